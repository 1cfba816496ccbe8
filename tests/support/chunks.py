"""A completion of OpenAI's chat protocol in the pieces in which it is streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.vendors.anthropic import halves

if TYPE_CHECKING:
    from collections.abc import Sequence

Body = dict[str, Any]


def chunks(answer: Body, *, with_usage: bool) -> Sequence[tuple[str | None, Any]]:
    """The events of a stream; none of them has a name.

    Args:
        answer: The body of the whole answer.
        with_usage: Whether its usage is the last of them.
    """
    head: Body = {key: answer[key] for key in ("id", "created", "model", "service_tier") if key in answer}
    head["object"] = "chat.completion.chunk"
    events: list[tuple[str | None, Any]] = []
    for choice in answer["choices"]:
        for delta in _deltas(choice["message"]):
            said = {"index": choice["index"], "delta": delta, "finish_reason": None}
            if delta.get("content") and not any(piece[1]["choices"][0].get("logprobs") for piece in events):
                said["logprobs"] = choice["logprobs"]
            events.append((None, {**head, "choices": [said]}))
        last = {"index": choice["index"], "delta": {}, "finish_reason": choice["finish_reason"]}
        events.append((None, {**head, "choices": [last]}))
    if with_usage:
        events.append((None, {**head, "choices": [], "usage": answer["usage"]}))
    return [*events, (None, "[DONE]")]


def _deltas(message: Body) -> list[Body]:
    deltas: list[Body] = [{"role": "assistant", "content": ""}]
    deltas += [{"reasoning_content": piece} for piece in halves(message.get("reasoning_content", "")) if piece]
    deltas += [{"content": piece} for piece in halves(message["content"] or "") if piece]
    for index, call in enumerate(message.get("tool_calls", ())):
        first, second = halves(call["function"]["arguments"])
        deltas.append({"tool_calls": [{**call, "index": index, "function": {**call["function"], "arguments": first}}]})
        deltas.append({"tool_calls": [{"index": index, "function": {"arguments": second}}]})
    return deltas
