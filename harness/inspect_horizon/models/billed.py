"""What a reply says that it is billed for: its usage in our shape, its tier of service, the provider's own sum."""

from __future__ import annotations

import math
from typing import Any

from inspect_horizon.budgets.usage import Usage

MOST_TOKENS = 1_000_000_000
"""No model reads or writes so many in a call; a usage that says so is wrong."""


def read_usage(response: Any) -> Usage | None:
    """What LiteLLM says the call used, or None where that is missing or cannot be true.

    Its `prompt_tokens` holds the tokens read from and written to caches as well, whatever the vendor. Some vendors
    leave reasoning out of the completion: then the total is more than prompt and completion, or the reasoning alone is
    more than the completion.
    """
    reported = getattr(response, "usage", None)
    if reported is None or not reported.prompt_tokens:
        return None
    prompt = getattr(reported, "prompt_tokens_details", None)
    completion = getattr(reported, "completion_tokens_details", None)
    said = reported.completion_tokens or 0
    thought = _count(completion, "reasoning_tokens")
    hidden = max((reported.total_tokens or 0) - reported.prompt_tokens - said, thought if thought > said else 0, 0)
    generated = said + hidden
    if generated == 0 and any(_said_something(choice.message) for choice in response.choices):
        return None
    if max(reported.prompt_tokens, generated) > MOST_TOKENS:
        return None
    read, written = _count(prompt, "cached_tokens"), _count(prompt, "cache_creation_tokens")
    fresh = reported.prompt_tokens - read - written
    audio, heard = _sound(prompt, fresh, read)
    thought = min(max(thought, hidden), generated)
    spoken = min(_count(completion, "audio_tokens"), generated - thought)
    try:
        return Usage(
            input_tokens=fresh,
            cache_read_tokens=read,
            cache_write_tokens=written,
            output_tokens=generated,
            reasoning_tokens=thought,
            cache_write_1h_tokens=_count(
                getattr(prompt, "cache_creation_token_details", None), "ephemeral_1h_input_tokens"
            ),
            audio_input_tokens=audio,
            audio_cache_read_tokens=heard,
            image_input_tokens=min(_count(prompt, "image_tokens"), max(fresh - audio, 0)),
            audio_output_tokens=spoken,
            image_output_tokens=min(_count(completion, "image_tokens"), generated - thought - spoken),
        )
    except ValueError:
        return None


def read_tier(response: Any) -> str | None:
    """The tier of service that the provider says it has used."""
    for holder in (response, getattr(response, "usage", None)):
        tier = getattr(holder, "service_tier", None)
        if isinstance(tier, str):
            return tier
    return None


def read_cost(response: Any) -> float | None:
    """The dollars that the provider itself puts on the call; few do, such as OpenRouter."""
    usd = getattr(getattr(response, "usage", None), "cost", None)
    return float(usd) if isinstance(usd, int | float) and math.isfinite(usd) and usd >= 0 else None


def _sound(prompt: Any, fresh: int, read: int) -> tuple[int, int]:
    """Tokens of sound among those that no cache held and among those that one did.

    LiteLLM before 1.109 takes the cached ones out of Gemini's count of sound and does not say how many they were: then
    all that the cache held counts as sound, which is the dearer.
    """
    sound, cached = _count(prompt, "audio_tokens"), getattr(prompt, "cached_tokens_details", None)
    heard = min(_count(cached, "audio_tokens"), read)
    if cached is None and sound > 0:
        return min(sound, max(fresh, 0)), read
    return min(max(sound - heard, 0), max(fresh, 0)), heard


def _count(details: Any, name: str) -> int:
    value = getattr(details, name, None)
    return int(value) if isinstance(value, int | float) and value > 0 else 0


def _said_something(message: Any) -> bool:
    return bool(message.content or message.tool_calls or getattr(message, "reasoning_content", None))
