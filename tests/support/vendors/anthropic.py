"""Anthropic's Messages API, with a prompt cache that is really kept.

Usage by its documentation, "Prompt caching": `input_tokens` are those after the last cache breakpoint, the total is
`cache_read_input_tokens + cache_creation_input_tokens + input_tokens`, and `cache_creation` splits the writes by how
long they are kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.vendors.loopback import Body, Counts, Said, Vendor, generated, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

MOST_MARKS = 4


@dataclass
class Messages:
    """The protocol, and what its cache holds."""

    cached: dict[str, int] = field(default_factory=dict)
    """Tokens of each prompt that ended at a cache mark."""

    def count(self, body: Body, said: Said) -> Mapping[str, Any]:
        """Read the longest marked prefix that the cache holds; write the marked ones beyond it."""
        text, read, total = "", 0, 0
        written = {"5m": 0, "1h": 0}
        marks = [ttl for _, ttl in blocks(body) if ttl]
        assert len(marks) <= MOST_MARKS, f"{len(marks)} cache marks, Anthropic takes {MOST_MARKS}"
        parts = list(blocks(body))
        reach = 0
        for block, ttl in parts:
            text += json.dumps(block, sort_keys=True)
            total += tokens(block)
            if ttl and text in self.cached:
                read = reach = total
        text, total = "", 0
        for block, ttl in parts:
            text += json.dumps(block, sort_keys=True)
            total += tokens(block)
            if ttl and total > reach:
                written[ttl] += total - reach
                reach = total
                self.cached[text] = total
        return {
            "input_tokens": total - reach,
            "cache_read_input_tokens": read,
            "cache_creation_input_tokens": sum(written.values()),
            "cache_creation": {
                "ephemeral_5m_input_tokens": written["5m"],
                "ephemeral_1h_input_tokens": written["1h"],
            },
            "output_tokens": min(generated(said), body["max_tokens"]),
            "service_tier": said.tier or "standard",
        }

    def counts(self, usage: Mapping[str, Any]) -> Counts:
        hour = (usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens", 0)
        return {
            "input": usage["input_tokens"],
            "cache_read": usage.get("cache_read_input_tokens") or 0,
            "cache_write": (usage.get("cache_creation_input_tokens") or 0) - hour,
            "cache_write_1h": hour,
            "output": usage["output_tokens"],
        }

    def answer(self, path: str, body: Body, said: Said, usage: Mapping[str, Any]) -> Body:
        assert path == "/v1/messages", path
        thoughts = [{"type": "thinking", "thinking": said.thought, "signature": f"signed {said.thought}"}]
        content = [
            *(thoughts if said.thought else []),
            *([{"type": "text", "text": said.text}] if said.text else []),
            *(
                {"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": dict(arguments)}
                for n, (name, arguments) in enumerate(said.calls)
            ),
        ]
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": said.model or body["model"],
            "content": content,
            "stop_reason": said.stop or ("tool_use" if said.calls else "end_turn"),
            "stop_sequence": None,
            "usage": dict(usage),
        }

    def stream(self, answer: Body) -> Sequence[tuple[str | None, Any]]:
        return [(event["type"], event) for event in _events(answer)]


def blocks(body: Body) -> Iterator[tuple[Any, str | None]]:
    """Everything that is sent, in the order in which it is cached, each with how long it asks to be kept."""
    system = body.get("system") or []
    said = [block for message in body["messages"] for block in _parts(message["content"])]
    for block in (*body.get("tools", ()), *_parts(system), *said):
        mark = block.get("cache_control")
        plain = {key: value for key, value in block.items() if key != "cache_control"}
        yield plain, mark.get("ttl", "5m") if mark else None


def _parts(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _events(answer: Body) -> Iterator[Body]:
    usage = answer["usage"]
    begun = {**answer, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(answer["content"]):
        empty: Body = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {"input": {}}}
        yield {"type": "content_block_start", "index": index, "content_block": {**block, **empty[block["type"]]}}
        for delta in _deltas(block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    stop = {"stop_reason": answer["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": stop, "usage": usage}
    yield {"type": "message_stop"}


def _deltas(block: Body) -> list[Body]:
    match block["type"]:
        case "text":
            return [{"type": "text_delta", "text": part} for part in halves(block["text"])]
        case "thinking":
            thought = [{"type": "thinking_delta", "thinking": part} for part in halves(block["thinking"])]
            return [*thought, {"type": "signature_delta", "signature": block["signature"]}]
    return [{"type": "input_json_delta", "partial_json": part} for part in halves(json.dumps(block["input"]))]


def halves(text: str) -> tuple[str, str]:
    """A text in the two pieces that it is streamed in."""
    return text[: len(text) // 2], text[len(text) // 2 :]


def anthropic(think: Callable[[Body], Said] = lambda _: Said()) -> Vendor:
    """A server of the Messages API."""
    return Vendor(Messages(), think)
