"""A streamed reply, put together; its usage is the provider's own or none.

Where a stream is cut or ends without its usage LiteLLM says nothing: it counts the tokens of what came with a tokenizer
of its own, and passes that off as the usage, at a cost of its own. Money is never booked by that count, so this module
looks at what the provider itself has sent, which LiteLLM keeps in the wrapper around the stream.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import anyio
import litellm
from litellm.types.utils import ChoiceLogprobs

from inspect_horizon.models.failures import StreamCut, replied

if TYPE_CHECKING:
    from litellm.litellm_core_utils.streaming_handler import CustomStreamWrapper


def unseen(model: str, *, routed: bool) -> str | None:
    """What LiteLLM does not show of the model's stream and money depends on; None where all of it is seen.

    It calls every piece of Gemini's the last one, and before 1.109 every piece the work of the model that was asked.
    """
    if "gemini" in model:
        return "whether it was cut"
    return "who served it" if routed else None


async def put_together(stream: CustomStreamWrapper, patience: float | None) -> Any:
    """The whole reply, as LiteLLM gives one that is not streamed; its usage is None where the provider sent none.

    Args:
        stream: What LiteLLM returns for `stream=True`.
        patience: Seconds of silence after which the stream is given up; None waits as long as it lasts.

    Raises:
        StreamCut: The stream broke off, fell silent, or ended before the provider had said that it was done.
    """
    pieces = []
    try:
        async with aclosing(stream):
            while True:
                with anyio.fail_after(patience):
                    piece = await anext(stream, None)
                if piece is None:
                    break
                pieces.append(piece)
    except Exception as error:
        if not pieces and replied(error):  # some routes open the connection only when they are read
            raise
        raise StreamCut(f"the reply broke off: {type(error).__name__}: {error}"[:500]) from error
    if stream.received_finish_reason is None:
        raise StreamCut("the reply ended before the provider had said that it was done")
    response: Any = litellm.stream_chunk_builder(pieces, messages=[])
    if response is None:
        raise StreamCut("the reply held nothing")
    response.usage = _last_word(stream.chunks)
    response.service_tier = _tier([*pieces, *stream.chunks])
    logprobs = _logprobs(pieces)
    if logprobs:
        response.choices[0].logprobs = ChoiceLogprobs(content=logprobs)
    return response


def _last_word(chunks: list[Any]) -> Any:
    """The last usage that the provider has sent; None if more of the answer follows on it, as on Claude's first."""
    for chunk in reversed(chunks):
        usage = getattr(chunk, "usage", None)
        if usage is not None:
            return usage
        if any(_says_something(choice.delta) for choice in chunk.choices):
            return None
    return None


def _says_something(delta: Any) -> bool:
    return bool(delta.content or delta.tool_calls or getattr(delta, "reasoning_content", None))


def _tier(chunks: list[Any]) -> str | None:
    """The tier of service, wherever the provider says it: Claude's first event does, OpenAI's every piece."""
    holders = [*chunks, *(getattr(chunk, "usage", None) for chunk in chunks)]
    return next((tier for tier in (getattr(each, "service_tier", None) for each in holders) if tier), None)


def _logprobs(pieces: list[Any]) -> list[Any]:
    """Of the tokens of all pieces; LiteLLM leaves them out of what it puts together."""
    found = [getattr(choice, "logprobs", None) for piece in pieces for choice in piece.choices]
    return [token for each in found for token in (getattr(each, "content", None) or [])]
