"""Text in CSV files that a spreadsheet would run as a formula, made harmless and back."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

# An apostrophe tells spreadsheets that text follows. Text that already has one before such a character gets another,
# so that taking one away is exact.
DANGEROUS = "^('*[=+\\-@\t\r\n])"
DEFUSED = "^'('*[=+\\-@\t\r\n])"


def defuse(texts: pa.Array) -> pa.Array:
    """The texts with an apostrophe before a leading `=`, `+`, `-`, `@`, tab, carriage return or line feed."""
    return pc.replace_substring_regex(texts, DANGEROUS, r"'\1")


def undo(texts: pa.Array) -> pa.Array:
    """The texts that `defuse` was given."""
    return pc.replace_substring_regex(texts, DEFUSED, r"\1")
