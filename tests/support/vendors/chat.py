"""OpenAI's chat completions, as many vendors speak them, where the usage and the stream matter.

Usage by its reference, "The chat completion object": `prompt_tokens` includes the cached and the heard ones,
`completion_tokens` the reasoning. xAI leaves the reasoning out of it (Google, "Reasoning for Grok models": "outputted
in the reasoning_tokens field, separated from the completion_tokens").
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.chunks import chunks
from support.server import LOGPROBS
from support.vendors.loopback import Body, Counts, Said, Vendor, generated, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True)
class Chat:
    """The protocol."""

    reasoning_outside: bool = False
    usage_in_streams: bool = True
    """Whether a stream ends with its usage, if asked to."""

    def count(self, body: Body, said: Said) -> Mapping[str, Any]:
        prompt, written, thought = tokens([body["messages"], body.get("tools")]), generated(said), tokens(said.thought)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": written - (thought if self.reasoning_outside else 0),
            "total_tokens": prompt + written,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": thought},
        }

    def counts(self, usage: Mapping[str, Any]) -> Counts:
        prompt, completion = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
        cached = prompt.get("cached_tokens", usage.get("prompt_cache_hit_tokens", 0))
        sound = prompt.get("audio_tokens", 0)
        thought, spoken = completion.get("reasoning_tokens", 0), completion.get("audio_tokens", 0)
        return {
            "input": usage["prompt_tokens"] - cached - sound,
            "cache_read": cached,
            "audio_input": sound,
            "output": usage["completion_tokens"] - spoken - (0 if self.reasoning_outside else thought),
            "reasoning": thought,
            "audio_output": spoken,
        }

    def answer(self, path: str, body: Body, said: Said, usage: Mapping[str, Any]) -> Body:
        assert path.endswith("/chat/completions"), path
        calls = [
            {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(dict(args))}}
            for n, (name, args) in enumerate(said.calls)
        ]
        message = {
            "role": "assistant",
            "content": said.text or None,
            **({"reasoning_content": said.thought} if said.thought else {}),
            **({"tool_calls": calls} if calls else {}),
        }
        logprobs = LOGPROBS if said.logprobs else None
        finish = said.stop or ("tool_calls" if calls else "stop")
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": said.model or body["model"],
            "choices": [
                {"index": n, "message": message, "finish_reason": finish, "logprobs": logprobs}
                for n in range(said.choices)
            ],
            "usage": dict(usage),
            **({"service_tier": said.tier} if said.tier else {}),
            "asked_for_usage": (body.get("stream_options") or {}).get("include_usage", False),
        }

    def stream(self, answer: Body) -> Sequence[tuple[str | None, Any]]:
        return chunks(answer, with_usage=self.usage_in_streams and answer["asked_for_usage"])


def chat(think: Callable[[Body], Said] = lambda _: Said(), **how: bool) -> Vendor:
    """A server of chat completions."""
    return Vendor(Chat(**how), think, prefix="/v1")
