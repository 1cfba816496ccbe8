"""Success against budget by length of task: what was seen, a panel a configuration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from inspect_horizon.report.budget_axis import budget_label, scale_budgets, scale_success, side_by_side
from inspect_horizon.report.figure import style
from inspect_horizon.report.foot import foot_inches, foot_lines, write_foot
from inspect_horizon.report.lettering import characters, shown
from inspect_horizon.report.marks import MARKERS
from inspect_horizon.report.names import labels, shorten
from inspect_horizon.report.units import format_minutes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.text import Text

    from inspect_horizon.frontier.by_length import LengthSuccess, SuccessRate

_SIZE = 8.0
_LEGEND_INCHES = 1.4
_ROW_INCHES, _ALONE_INCHES = 1.75, 3.2
_LONGEST = 0.84
"""Where on the map of colours the longest tasks stand: what comes after is too pale on white."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What tells a length of tasks from the others."""

    colour: tuple[float, float, float, float]
    marker: str
    moved: float
    """Factor on the budget."""


def draw_success(
    found: Sequence[LengthSuccess], *, kind: str, width_inches: float = 7.0, height_inches: float | None = None
) -> Figure:
    """The share of runs that succeed within each budget, a line a length with its intervals, a panel a configuration.

    Args:
        found: As `success_by_length` returns it.
        kind: Unit of the budgets.
        width_inches: 7 spans a page.
        height_inches: None for as high as the panels need.
    """
    panels = [(own, list(lengths)) for own, lengths in groupby(found, key=lambda each: each.configuration)]
    columns = _columns(len(panels), on_slide=height_inches is not None)
    rows = math.ceil(len(panels) / columns)
    names = labels([own for own, _ in panels], drop_provider=True)
    amounts = sorted({rate.budget_amount for each in found for rate in each.rates})
    looks = _looks(found, amounts)
    foot = foot_lines(_foot(found), width_inches, _SIZE - 2)
    own_height = 0.9 + (_ALONE_INCHES if len(panels) == 1 else _ROW_INCHES * rows) + foot_inches(foot, _SIZE - 2)
    inches = (width_inches - _LEGEND_INCHES - 0.5) / columns - 0.1
    with style():
        mpl.rcParams["font.size"] = _SIZE
        figure = Figure(figsize=(width_inches, height_inches or own_height))
        figure.suptitle("Success against budget, by human time of the task", x=0.01, ha="left", fontsize=_SIZE + 1)
        grid = list(figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel())
        for axes, name, (_, own) in zip(grid, names, panels, strict=False):
            _draw(axes, own, looks)
            axes.set_title(shorten(shown(name), characters(inches, _SIZE - 1)), loc="left", fontsize=_SIZE - 1)
        for axes in grid[len(panels) :]:
            axes.set_axis_off()
            grid[grid.index(axes) - columns].tick_params(labelbottom=True)
        scale_budgets(grid[0], amounts, kind, inches, _SIZE)
        scale_success(grid[0])
        below = figure.supxlabel(budget_label(kind), fontsize=_SIZE, color="0.15")
        beside = figure.supylabel("runs that succeed", fontsize=_SIZE, color="0.15")
        _name(figure, looks)
        write_foot(figure, foot, _SIZE - 2)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        _centre(below, beside, grid, foot_inches(foot, _SIZE - 2) / figure.get_figheight())
    return figure


def _centre(below: Text, beside: Text, grid: Sequence[Axes], foot: float) -> None:
    """Names of both axes in the middle of the panels and above the foot, of which the layout knows nothing."""
    boxes = [axes.get_position() for axes in grid]
    left, right = min(box.x0 for box in boxes), max(box.x1 for box in boxes)
    bottom, top = min(box.y0 for box in boxes), max(box.y1 for box in boxes)
    below.set_position(((left + right) / 2, foot + 0.01))
    beside.set_position((0.01, (bottom + top) / 2))


def _columns(panels: int, *, on_slide: bool) -> int:
    """As wide as they may be, a slide wider than high; four stand in a square."""
    if panels == 4 or panels < 3:
        return min(panels, 2)
    if panels <= 6 or not on_slide:
        return 3
    return max(4, math.ceil(math.sqrt(panels)))


def _looks(found: Sequence[LengthSuccess], amounts: Sequence[float]) -> Mapping[tuple[float, float], _Look]:
    """Darker for shorter tasks, by the length's ends in minutes."""
    lengths = sorted({(each.from_minutes, each.to_minutes) for each in found})
    last = max(len(lengths) - 1, 1)
    colours = mpl.colormaps["viridis"]
    return {
        length: _Look(colours(_LONGEST * place / last), MARKERS[place % len(MARKERS)], moved)
        for place, (length, moved) in enumerate(zip(lengths, side_by_side(amounts, len(lengths)), strict=True))
    }


def _draw(axes: Axes, own: Sequence[LengthSuccess], looks: Mapping[tuple[float, float], _Look]) -> None:
    for each in own:
        for known, stretch in groupby(each.rates, key=lambda rate: rate.success_rate is not None):
            if known:
                _draw_stretch(axes, list(stretch), looks[each.from_minutes, each.to_minutes])


def _draw_stretch(axes: Axes, rates: Sequence[SuccessRate], look: _Look) -> None:
    """Neighbouring budgets with a rate; one without leaves a gap."""
    at = [rate.budget_amount * look.moved for rate in rates]
    ends = [rate.interval for rate in rates]
    axes.vlines(
        at,
        [0.0 if each is None else each.low or 0.0 for each in ends],
        [1.0 if each is None or each.high is None else each.high for each in ends],
        color=look.colour, linewidth=0.7, alpha=0.55,
    )  # fmt: skip
    rate = [each.success_rate or 0.0 for each in rates]
    axes.plot(at, rate, color=look.colour, marker=look.marker, markersize=3.0, linewidth=1.0)


def _name(figure: Figure, looks: Mapping[tuple[float, float], _Look]) -> None:
    figure.legend(
        [
            Line2D([], [], color=look.colour, marker=look.marker, markersize=3.0, linewidth=1.0)
            for look in looks.values()
        ],
        [f"{format_minutes(shortest)} to {format_minutes(longest)}" for shortest, longest in looks],
        title="human time", alignment="left", loc="outside right upper", frameon=False,
        fontsize=_SIZE - 1.5, title_fontsize=_SIZE - 1, handlelength=1.6,
    )  # fmt: skip


def _foot(found: Sequence[LengthSuccess]) -> list[str]:
    runs = sorted(rate.n_runs for each in found for rate in each.rates if rate.n_runs)
    if not runs:
        return ["No run can be read in this unit."]
    count = f"{runs[0]:,}" if runs[0] == runs[-1] else f"{runs[0]:,} to {runs[-1]:,}"
    return [
        "Shares of runs as seen; no curve is laid through them.",
        f"Bars: 95 % Wilson intervals, as if runs were independent; {count} runs a point.",
    ]
