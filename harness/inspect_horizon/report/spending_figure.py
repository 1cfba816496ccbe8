"""Where a study's money went, as a bar a model, suite or task, in parts by what it was spent on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from inspect_horizon.report.figure import style
from inspect_horizon.report.foot import foot_inches, foot_lines, write_foot
from inspect_horizon.report.lettering import characters, shown
from inspect_horizon.report.names import shorten
from inspect_horizon.report.spending import group_name, spent_in_all
from inspect_horizon.report.units import format_usd
from inspect_horizon.runs.spending import PURPOSES, dearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle
    from matplotlib.text import Text

    from inspect_horizon.runs.spending import Purpose, Spending

_SIZE = 8.0
_COLOURS: dict[Purpose, str] = {
    "answers": "#0072B2",
    "forks": "#56B4E9",
    "retries": "#D55E00",
    "scoring": "#009E73",
}
"""Okabe and Ito's, as on the page."""
_PALE = ("forks",)
"""Purposes whose colour asks for dark letters."""
_BAR_INCHES, _THIN_INCHES = 0.28, 0.2
"""What a bar takes of a page, and at least takes of a slide."""
_AROUND_INCHES = 1.05
_FEWEST_BARS = 2
_MOST_BARS = 24
"""On a page."""
_MOST_FOR_WORDS = 0.6
"""Of the axes, beside the longest bar."""
_ROOM = 1.25
"""What a part needs to hold its dollars, in their width."""


def draw_spending(
    found: Sequence[Spending], *, by: str, width_inches: float = 7.0, height_inches: float | None = None
) -> Figure:
    """A bar for each group, the dearest above, with its dollars and how many attempts have a cost that is not known.

    Args:
        found: As `spending` returns it; those that have no room are summed in a last bar.
        by: What the groups are: `model`, `suite` or `task`.
        width_inches: 7 spans a page.
        height_inches: None for as high as the bars need.
    """
    foot = foot_lines(_foot(found), width_inches, _SIZE - 2)
    around = _AROUND_INCHES + foot_inches(foot, _SIZE - 2)
    room = _MOST_BARS if height_inches is None else int((height_inches - around) / _THIN_INCHES)
    bars = dearest(found, room - 1, others=f"other {by}s") if len(found) > room else tuple(found)
    rows = max(len(bars), _FEWEST_BARS)
    with style():
        mpl.rcParams["font.size"] = _SIZE
        figure = Figure(figsize=(width_inches, height_inches or around + _BAR_INCHES * rows))
        figure.suptitle(f"Where the money went, by {by}: {spent_in_all(found)}", x=0.01, ha="left", fontsize=_SIZE + 1)
        axes = figure.subplots()
        longest = characters(0.3 * width_inches, _SIZE)
        axes.set_yticks(range(len(bars)), [shorten(shown(group_name(each)), longest) for each in bars])
        axes.set_ylim(rows - 0.5, -0.6)
        axes.tick_params(axis="y", length=0)
        parts = _draw(axes, bars, _in_all(found))
        totals = [
            axes.text(each.total_usd, row, f" {_total(each)}", va="center", fontsize=_SIZE - 1)
            for row, each in enumerate(bars)
        ]
        for words in totals:
            words.set_in_layout(False)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda usd, _: format_usd(max(usd, 0.0))))
        axes.set_xlabel("US dollars")
        if axes.containers:
            axes.legend(
                loc="lower left", bbox_to_anchor=(0, 1), ncols=len(PURPOSES), frameon=False, fontsize=_SIZE - 1,
                borderaxespad=0.2, handlelength=1.2, columnspacing=1.4,
            )  # fmt: skip
        write_foot(figure, foot, _SIZE - 2)
        axes.set_xlim(0, _most(bars))
        figure.draw_without_rendering()
        axes.set_xlim(0, _most(bars) / (1 - _widest(axes, totals)))
        _drop_cut(figure, parts)
    return figure


def _draw(axes: Axes, bars: Sequence[Spending], in_all: Mapping[Purpose, float]) -> list[tuple[Rectangle, Text]]:
    """Stack what each group spent on each purpose; the parts with their dollars, where there are several."""
    parts = []
    starts = [0.0] * len(bars)
    for purpose in (purpose for purpose, usd in in_all.items() if usd > 0):
        drawn = axes.barh(
            range(len(bars)), [each.usd[purpose] for each in bars], left=starts, height=0.68,
            color=_COLOURS[purpose], edgecolor="white", linewidth=0.5, label=f"{purpose} {format_usd(in_all[purpose])}",
        )  # fmt: skip
        for row, (each, bar) in enumerate(zip(bars, drawn, strict=True)):
            if 0 < each.usd[purpose] < each.total_usd:
                middle = starts[row] + each.usd[purpose] / 2
                ink = "0.1" if purpose in _PALE else "white"
                words = axes.text(
                    middle, row, format_usd(each.usd[purpose]), ha="center", va="center", fontsize=_SIZE - 2, color=ink
                )
                parts.append((bar, words))
            starts[row] += each.usd[purpose]
    return parts


def _most(bars: Sequence[Spending]) -> float:
    return max((each.total_usd for each in bars), default=0.0) or 1.0


def _widest(axes: Axes, totals: Sequence[Text]) -> float:
    """The room that the words behind the bars need, as a share of the axes."""
    width = axes.get_window_extent().width
    return min(_MOST_FOR_WORDS, max((words.get_window_extent().width for words in totals), default=0.0) / width)


def _drop_cut(figure: Figure, parts: Sequence[tuple[Rectangle, Text]]) -> None:
    """Leave out the dollars of parts that are narrower than they are."""
    figure.draw_without_rendering()
    for bar, words in parts:
        if words.get_window_extent().width * _ROOM > bar.get_window_extent().width:
            words.remove()


def _in_all(found: Sequence[Spending]) -> dict[Purpose, float]:
    return {purpose: sum(each.usd[purpose] for each in found) for purpose in PURPOSES}


def _total(each: Spending) -> str:
    """A group's dollars, and what is not known of them."""
    if not each.unknown:
        return format_usd(each.total_usd)
    whose = f"{each.unknown:,} of {each.attempts:,} attempts unknown"
    return f"≥ {format_usd(each.total_usd)}, {whose}" if each.total_usd else whose


def _foot(found: Sequence[Spending]) -> list[str]:
    known = [f"{purpose}: {PURPOSES[purpose]}" for purpose, usd in _in_all(found).items() if usd > 0]
    sentences = [f"{'; '.join(known).capitalize()}."] if known else []
    if unknown := sum(each.unknown for each in found):
        sentences.append(f"Of {unknown:,} attempts a part of the cost is not known, and is in no sum.")
    return sentences
