"""Overshoot and what repricing changed as plain text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspect_horizon.budgets.dollars import usd_text
from inspect_horizon.report.names import clean, shorten
from inspect_horizon.report.units import format_budget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_horizon.runs.overshooting import Excess, Overshoot
    from inspect_horizon.runs.repricing import Repriced, RepricedModel


def overshoot_text(rows: Sequence[Overshoot]) -> str:
    """How many attempts exceeded their budget and by how much, one line a model and budget."""
    if not rows:
        return "no run had a budget"
    lines = [
        f"{'':<47}{'excess, of the budget':>24}",
        f"{'model':<20}{'budget':<13}{'attempts':>9}{'over':>5}{'median':>8}{'p90':>8}{'most':>8}{'unused':>8}",
    ]
    previous = ""
    for row in rows:
        name = "" if row.model == previous else shorten(clean(row.model), 19)
        previous = row.model
        budget = shorten(format_budget(row.kind, row.amount), 12)
        excess = "".join(f"{_share(each):>8}" for each in (row.median, row.p90, row.largest))
        unused = "-" if row.unused_share is None else f"{row.unused_share:.1%}"
        lines.append(f"{name:<20}{budget:<13}{row.runs:>9,}{row.over:>5,}{excess}{unused:>8}")
        lines += [f"{'':<20}the most is {format_budget(row.kind, row.largest.amount)}"] if row.largest else []
    return "\n".join([*lines, "", *_summary(rows)])


def _share(excess: Excess | None) -> str:
    return "-" if excess is None else f"{excess.share:+.1%}" if excess.share < 10 else f"{excess.share:+.0%}"


def _summary(rows: Sequence[Overshoot]) -> list[str]:
    lines = [overshoot_line(rows) or "overshoot: not enforced here"]
    if any(row.unused_share is not None for row in rows):
        lines.append("unused: what the median attempt left of the budget that stopped it")
    guessed, unknown = sum(row.worst_case_calls for row in rows), sum(row.unknown for row in rows)
    if guessed:
        lines.append(f"{guessed:,} calls are booked at their bound, since what they used is not known")
    if unknown:
        lines.append(f"{unknown:,} attempts have no known spend to compare")
    return lines


def overshoot_line(rows: Sequence[Overshoot]) -> str | None:
    """One line for the foot of a report; None where no run had a budget."""
    if not rows:
        return None
    held = [row for row in rows if row.unenforced < row.runs + row.unknown]
    if not held:
        return "overshoot: budgets not enforced here"
    attempts, over, soft = (sum(getattr(row, name) for row in held) for name in ("runs", "over", "soft"))
    most = max((row.largest.share for row in held if row.largest), default=None)
    parts = [f"overshoot: {over:,} of {attempts:,} attempts"]
    parts += [f"at most {most:+.1%} of the budget"] if most is not None else []
    parts += [f"{soft:,} under Inspect's own limits only"] if soft else []
    return ", ".join(parts)


def repriced_text(done: Repriced) -> str:
    """What each model's calls cost before and after, and by which factors its prices differ."""
    lines = [f"{'model':<34}{'calls':>8}{'$ before':>13}{'$ after':>13}  factor"]
    for row in done.models:
        name, before, after = shorten(clean(row.model), 33), _dollars(row.old_usd), _dollars(row.new_usd)
        lines.append(f"{name:<34}{row.calls:>8,}{before:>13}{after:>13}  {_factor(row)}")
        before, after = (shorten(clean(each or "not known"), 36) for each in (row.old_source, row.new_source))
        lines.append(f"  {before} -> {after}")
    return "\n".join([*lines, "", f"{done.runs:,} runs and {done.calls:,} calls: {clean(str(done.folder))}"])


def _factor(row: RepricedModel) -> str:
    if row.least_factor is None:
        return "unknown"
    if row.most_factor is None:
        return "was free"
    least, most = f"x{row.least_factor:.4g}", f"x{row.most_factor:.4g}"
    return least if least == most else f"{least}..{most[1:]}"


def _dollars(usd: float | None) -> str:
    return "unknown" if usd is None else usd_text(usd)
