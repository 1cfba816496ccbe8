"""What a model call used, in tokens: the one shape that prices, limits and tables share."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a call, or of many added up.

    The first four counts hold every token once. Those after them say which part of one of the four is billed at a
    price of its own; no token is in two parts.
    """

    input_tokens: int = 0
    """Prompt tokens that no cache held."""
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    """Prompt tokens written to a cache, for however long."""
    output_tokens: int = 0
    """All that was generated, reasoning included."""
    reasoning_tokens: int = 0
    """The part of `output_tokens` that was reasoning."""
    cache_write_1h_tokens: int = 0
    """The part of `cache_write_tokens` that is kept for an hour and not for five minutes."""
    audio_input_tokens: int = 0
    """The part of `input_tokens` that was sound."""
    audio_cache_read_tokens: int = 0
    """The part of `cache_read_tokens` that was sound."""
    image_input_tokens: int = 0
    """The part of `input_tokens` that was pictures."""
    audio_output_tokens: int = 0
    """The part of `output_tokens` that was sound."""
    image_output_tokens: int = 0
    """The part of `output_tokens` that was pictures."""

    def __post_init__(self) -> None:
        for name in COUNTS:
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; a count of tokens cannot be below 0")
        for whole, parts in PARTS.items():
            if sum(getattr(self, part) for part in parts) > getattr(self, whole):
                named = " and ".join(f"{getattr(self, part)} {_words(part)}" for part in parts if getattr(self, part))
                raise ValueError(f"{named} exceed {getattr(self, whole)} {_words(whole)}")

    @property
    def prompt_tokens(self) -> int:
        """Everything that was sent, cached or not."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def total_tokens(self) -> int:
        """Everything that was sent and generated."""
        return self.prompt_tokens + self.output_tokens

    @property
    def by_kind(self) -> dict[str, int]:
        """Every token once, by the kind of token that it is billed as; the kinds are the names of `Rates`."""
        kinds = {name.removesuffix("_tokens"): getattr(self, name) for name in COUNTS}
        for whole, parts in PARTS.items():
            kinds[whole.removesuffix("_tokens")] -= sum(getattr(self, part) for part in parts)
        return kinds

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, name) + getattr(other, name) for name in COUNTS))


COUNTS = tuple(field.name for field in fields(Usage))
"""The counts of a usage, in their order."""

MAIN_COUNTS = COUNTS[:5]
"""Those that a whole run is told in; the others matter to the price of a call."""

PARTS = {
    "input_tokens": ("audio_input_tokens", "image_input_tokens"),
    "cache_read_tokens": ("audio_cache_read_tokens",),
    "cache_write_tokens": ("cache_write_1h_tokens",),
    "output_tokens": ("reasoning_tokens", "audio_output_tokens", "image_output_tokens"),
}
"""The counts that are part of another."""


def _words(count: str) -> str:
    return count.replace("_", " ")
