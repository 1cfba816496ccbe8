"""What a model call used, in tokens: the one shape that prices, limits and tables share."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a call, or of many added up; no token is in two of the first four counts."""

    input_tokens: int = 0
    """Prompt tokens that no cache held."""
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    """All that was generated, reasoning included."""
    reasoning_tokens: int = 0
    """The part of `output_tokens` that was reasoning."""

    def __post_init__(self) -> None:
        for name in COUNTS:
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; a count of tokens cannot be below 0")
        if self.reasoning_tokens > self.output_tokens:
            raise ValueError(f"{self.reasoning_tokens} reasoning tokens exceed {self.output_tokens} output tokens")

    @property
    def prompt_tokens(self) -> int:
        """Everything that was sent, cached or not."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    @property
    def total_tokens(self) -> int:
        """Everything that was sent and generated."""
        return self.prompt_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, name) + getattr(other, name) for name in COUNTS))


COUNTS = tuple(field.name for field in fields(Usage))
"""The counts of a usage, in their order."""
