"""Names that a user misspelt, answered with the one that was probably meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CUTOFF = 0.6
"""Share of two names that must agree: lower ones suggest what nobody meant."""


def nearest(name: str, choices: Iterable[str]) -> str | None:
    """The choice that a misspelt name probably meant, in whatever case; None where none is near."""
    lowered = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=CUTOFF)
    return lowered[close[0]] if close else None
