"""Where a human time comes from, in the project's words."""

from __future__ import annotations

SOURCES = ("baseline", "estimate", "bucket", "model")
"""People were timed; someone judged; someone chose a range; a formula was fitted to other tasks."""

ALIASES = {"estimated bucket": "bucket"}


def source_class(text: str) -> str:
    """The known source that a word means; any other word as it stands."""
    word = " ".join(text.lower().replace("_", " ").split())
    known = ALIASES.get(word, word)
    return known if known in SOURCES else text.strip()
