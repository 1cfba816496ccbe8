"""OpenAI's Responses API.

Usage by its reference, "The response object": `input_tokens` includes the cached ones, `output_tokens` the reasoning.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from support.vendors.anthropic import halves
from support.vendors.loopback import Body, Counts, Said, Vendor, generated, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Responses:
    """The protocol."""

    def count(self, body: Body, said: Said) -> Mapping[str, Any]:
        prompt, written = tokens([body["input"], body.get("tools"), body.get("instructions")]), generated(said)
        return {
            "input_tokens": prompt,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": tokens(said.thought)},
            "total_tokens": prompt + written,
        }

    def counts(self, usage: Mapping[str, Any]) -> Counts:
        cached = usage["input_tokens_details"]["cached_tokens"]
        thought = usage["output_tokens_details"]["reasoning_tokens"]
        return {
            "input": usage["input_tokens"] - cached,
            "cache_read": cached,
            "output": usage["output_tokens"] - thought,
            "reasoning": thought,
        }

    def answer(self, path: str, body: Body, said: Said, usage: Mapping[str, Any]) -> Body:
        assert path == "/v1/responses", path
        summary = [{"type": "summary_text", "text": said.thought}]
        text = {"type": "output_text", "text": said.text, "annotations": []}
        message = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [text]}
        output = [
            *([{"type": "reasoning", "id": "rs_1", "summary": summary}] if said.thought else []),
            *([message] if said.text else []),
            *(
                {
                    "type": "function_call",
                    "id": f"fc_{n}",
                    "call_id": f"call_{n}",
                    "name": name,
                    "arguments": json.dumps(dict(arguments)),
                    "status": "completed",
                }
                for n, (name, arguments) in enumerate(said.calls)
            ),
        ]
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 0,
            "status": said.stop or "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if said.stop == "incomplete" else None,
            "error": None,
            "model": said.model or body["model"],
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "service_tier": said.tier or "default",
            "usage": dict(usage),
        }

    def stream(self, answer: Body) -> Sequence[tuple[str | None, Any]]:
        begun = {**answer, "status": "in_progress", "output": [], "usage": None}
        events: list[Body] = [{"type": "response.created", "response": begun}]
        for index, item in enumerate(answer["output"]):
            events.append({"type": "response.output_item.added", "output_index": index, "item": _empty(item)})
            where = {"output_index": index, "item_id": item["id"]}
            kind, text = _written(item)
            pieces = halves(text) if text else ()
            events += [
                {"type": f"response.{kind}.delta", "content_index": 0, **where, "delta": each} for each in pieces
            ]
            events.append({"type": "response.output_item.done", "output_index": index, "item": item})
        done = "incomplete" if answer["status"] == "incomplete" else "completed"
        events.append({"type": f"response.{done}", "response": answer})
        return [(event["type"], {**event, "sequence_number": n}) for n, event in enumerate(events)]


def _written(item: Body) -> tuple[str, str]:
    if item["type"] == "message":
        return "output_text", str(item["content"][0]["text"])
    return "function_call_arguments", str(item.get("arguments", ""))


def _empty(item: Body) -> Body:
    return {**item, **({"arguments": ""} if item["type"] == "function_call" else {"content": []})}


def responses(think: Callable[[Body], Said] = lambda _: Said()) -> Vendor:
    """A server of the Responses API."""
    return Vendor(Responses(), think, prefix="/v1")
