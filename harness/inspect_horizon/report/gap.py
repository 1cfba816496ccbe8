"""The truncation gap in words, and as rows for machines."""

from __future__ import annotations

import textwrap
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from inspect_horizon.frontier import GAP_FLAGS, UNPAIRED
from inspect_horizon.report.names import labels, shorten
from inspect_horizon.report.units import BEYOND
from inspect_horizon.report.wording import percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from inspect_horizon.frontier import Configuration, Gap, Interval

NOTICES: Mapping[str, str] = MappingProxyType(
    {"off": "not told", "start": "told once", "running": "told at every call"}
)
"""What the agents of the checks knew of their budget."""
NOT_MEASURED = "truncation gap: not measured (--check-ladder 0.1 measures it)"
_INDENT = "  "


def gap_text(gaps: Sequence[Gap], *, confidence: float = 0.95, width: int = 80) -> str:
    """The gaps of every configuration, and what the reader must know to trust them.

    Args:
        gaps: What to show, neighbours of one configuration together; may be none.
        confidence: That of the intervals.
        width: The most columns a line may take.
    """
    if not gaps:
        return "no ladder: runs under budgets of their own leave no truncation gap to measure\n"
    heading = f"Truncation gap: budgets run one by one, minus ladders cut there ({percent(confidence)} intervals)"
    sections = [
        [heading, "Success in percentage points; horizons in doublings."],
        *_configurations(gaps, width),
        _unpaired(gaps),
        _legend(gaps, width),
    ]
    if not any(gap.n_pairs for gap in gaps):
        sections.append([NOT_MEASURED])
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"


def gap_lines(gaps: Sequence[Gap], names: Mapping[Configuration, str], width: int) -> list[str]:
    """The gaps in the foot of a frontier, a line a curve; one in all where nothing was measured, none without ladders.

    Args:
        gaps: Those of the study.
        names: What to call the curves that are shown.
        width: The most columns a line may take.
    """
    if not gaps:
        return []
    measured = [gap for gap in gaps if gap.n_pairs and gap.configuration in names]
    if not measured:
        return [NOT_MEASURED]
    lines = ["Truncation gap: budgets run one by one, minus ladders (see horizon gap)"]
    for configuration, own in groupby(measured, key=lambda gap: gap.configuration):
        quoted = ", ".join(f"{NOTICES[gap.notice]} {_shortest(gap)}" for gap in own)
        name = shorten(names[configuration], width // 2)
        lines += _wrapped(f"{name}: {quoted}", width - cell_len(name) + len(name))
    return lines


def gap_rows(gaps: Sequence[Gap]) -> list[dict[str, Any]]:
    """One row a configuration and kind of check, of nothing but what strict JSON holds; what has no number is None."""
    return [
        {
            "model": gap.configuration.model,
            "scaffold": gap.configuration.scaffold,
            "strategy": gap.configuration.strategy,
            "condition": gap.configuration.condition,
            "suites": list(gap.suites),
            "notice": gap.notice,
            "n_pairs": gap.n_pairs,
            "n_tasks": gap.n_tasks,
            "success": gap.success,
            "success_ci_low": gap.success_interval and gap.success_interval.low,
            "success_ci_high": gap.success_interval and gap.success_interval.high,
            "doublings": gap.doublings,
            "doublings_ci_low": gap.doublings_interval and gap.doublings_interval.low,
            "doublings_ci_high": gap.doublings_interval and gap.doublings_interval.high,
            "unpaired": dict(gap.unpaired),
            "flags": list(gap.flags),
        }
        for gap in gaps
    ]


def _configurations(gaps: Sequence[Gap], width: int) -> list[list[str]]:
    groups = [list(own) for _, own in groupby(gaps, key=lambda gap: gap.configuration)]
    names = labels([own[0].configuration for own in groups])
    return [
        [shorten(name, width), *(line for gap in own for line in _wrapped(_sentence(gap), width))]
        for name, own in zip(names, groups, strict=True)
    ]


def _sentence(gap: Gap) -> str:
    told = NOTICES[gap.notice]
    if not gap.n_pairs:
        return f"{told}: not measured"
    flags = [flag for flag in gap.flags if flag != "not_measured"]
    noted = f" [{', '.join(flags)}]" if flags else ""
    return f"{told}: {_success(gap)}, {_horizon(gap)}, {gap.n_pairs} pairs{noted}"


def _shortest(gap: Gap) -> str:
    return _success(gap) if gap.doublings is None else _horizon(gap)


def _success(gap: Gap) -> str:
    value = "unknown" if gap.success is None else f"{_points(gap.success)} %"
    return f"success {value}{_between(gap.success_interval, _points)}"


def _horizon(gap: Gap) -> str:
    if gap.doublings is None:
        return "horizon not known"
    return f"horizon {_tenths(gap.doublings)} doublings{_between(gap.doublings_interval, _tenths)}"


def _between(interval: Interval | None, shown: Callable[[float], str]) -> str:
    if interval is None:
        return ""
    low = "−∞" if interval.low is None else shown(interval.low)
    high = "+∞" if interval.high is None else shown(interval.high)
    return f" ({low}{BEYOND}{high})"


def _points(share: float) -> str:
    return _signed(100 * share, 0)


def _tenths(doublings: float) -> str:
    return _signed(doublings, 1)


def _signed(value: float, digits: int) -> str:
    """With its sign, a true minus, and none for what rounds to nothing."""
    rounded = round(value, digits)
    return f"{0:.{digits}f}" if rounded == 0 else f"{rounded:+.{digits}f}".replace("-", "−")


def _unpaired(gaps: Sequence[Gap]) -> list[str]:
    counts = {reason: sum(gap.unpaired.get(reason, 0) for gap in gaps) for reason in UNPAIRED}
    total = sum(counts.values())
    lines = [f"{_INDENT}{count} {UNPAIRED[reason]}" for reason, count in counts.items() if count]
    return [f"Checks in no pair: {total}", *lines] if total else []


def _legend(gaps: Sequence[Gap], width: int) -> list[str]:
    raised = [flag for flag in GAP_FLAGS if flag != "not_measured" and any(flag in gap.flags for gap in gaps)]
    if not raised:
        return []
    size = max(map(len, raised)) + 2 * len(_INDENT)
    lines = ["Flags"]
    for flag in raised:
        text = f"{_INDENT}{flag}".ljust(size)
        lines += textwrap.wrap(GAP_FLAGS[flag], width, initial_indent=text, subsequent_indent=" " * size)
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    """Indented, broken behind commas alone where that fits."""
    parts = ", ".join(part.replace(" ", "\u00a0") for part in text.split(", "))
    lines = textwrap.wrap(parts, width, initial_indent=_INDENT, subsequent_indent=2 * _INDENT, break_on_hyphens=False)
    return [line.replace("\u00a0", " ") for line in lines]
