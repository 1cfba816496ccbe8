"""Where a study's money went as plain text for a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from inspect_horizon.report.names import clean
from inspect_horizon.report.pairs import Cell, pair_lines
from inspect_horizon.report.units import format_usd
from inspect_horizon.runs.spending import PURPOSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_horizon.runs.spending import Spending


def spending_text(found: Sequence[Spending], *, by: str, width: int = 80) -> str:
    """A line a group, the dearest first, with its dollars by purpose; `?` counts attempts whose cost is not all known.

    Args:
        found: As `spending` returns it.
        by: What the groups are.
        width: The most columns a line may take.
    """
    unknown = sum(each.unknown for each in found)
    heads = ["attempts", *PURPOSES, "all", *(["?"] if unknown else [])]
    rows = [
        [
            Cell(f"{each.attempts:,}"),
            *(Cell(format_usd(each.usd[purpose])) for purpose in PURPOSES),
            Cell(format_usd(each.total_usd)),
            *([Cell(f"{each.unknown:,}")] if unknown else []),
        ]
        for each in found
    ]
    lines = [f"US dollars spent, by {by}", *pair_lines(heads, [group_name(each) for each in found], rows, width), ""]
    lines.append(spent_in_all(found))
    for purpose, meaning in PURPOSES.items():
        lines += textwrap.wrap(f"  {purpose:9} {meaning}", width, subsequent_indent=" " * 12)
    if unknown:
        said = f"  {'?':9} attempts of which a part of the cost is not known, and is in no sum: {unknown:,}"
        lines += textwrap.wrap(said, width, subsequent_indent=" " * 12)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def spent_in_all(found: Sequence[Spending]) -> str:
    """All dollars that are known, and whether they are all."""
    whole, unknown = sum(each.total_usd for each in found), any(each.unknown for each in found)
    if unknown and not whole:
        return "no cost is known"
    return f"{'at least ' if unknown else ''}{format_usd(whole)} in all"


def group_name(each: Spending) -> str:
    """What a group is called, the parts of its name as they may be shown."""
    return " / ".join(clean(part) for part in each.name if part) or "(none)"
