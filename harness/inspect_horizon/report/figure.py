"""The figure itself: horizon against budget on log axes."""

from __future__ import annotations

import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from inspect_horizon.report.lettering import shown
from inspect_horizon.report.marks import draw_curve, looks
from inspect_horizon.report.names import labels, shorten
from inspect_horizon.report.naming import name_at_ends, name_in_legend
from inspect_horizon.report.reference import draw_references, shade_untested
from inspect_horizon.report.scales import budget_ticks, is_hollow, time_ticks, window
from inspect_horizon.report.wording import ESTIMATORS, budget_name, has_intervals, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from inspect_horizon.frontier import Frontier
    from inspect_horizon.report.scales import Window

_MOST_NAMED_AT_ENDS = 6
_NARROW_INCHES = 5.0
_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": "0.35",
    "axes.labelcolor": "0.15",
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": ["DejaVu Sans"],
    "savefig.dpi": 300,
    "svg.hashsalt": "inspect-horizon",
    "text.parse_math": False,
    "xtick.color": "0.35",
    "ytick.color": "0.35",
    "xtick.labelcolor": "0.15",
    "ytick.labelcolor": "0.15",
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
}
"""No mathematics in text: a model may be named `$x$`. The font is the one that Matplotlib brings along."""


@contextmanager
def style() -> Iterator[None]:
    """Our settings in place of the reader's, which return afterwards."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def draw_frontier(
    frontier: Frontier,
    *,
    title: str | None = None,
    width_inches: float = 7.0,
    weights: str | None = None,
    tested_minutes: tuple[float, float] | None = None,
) -> Figure:
    """Every horizon curve with its interval as a band, beside the human line.

    Hollow markers and dashes: extrapolated, or too few outcomes to trust. An arrow: the interval has no end there.

    Args:
        frontier: What to draw.
        title: In place of one that says what is shown.
        width_inches: 7 spans a page, 3.5 a column.
        weights: How runs were weighted, for the foot.
        tested_minutes: Shortest and longest task tried, to shade what lies beyond.
    """
    narrow = width_inches < _NARROW_INCHES
    size = 7.0 if narrow else 8.0
    with style():
        mpl.rcParams["font.size"] = size
        figure = Figure(figsize=(width_inches, _height(frontier, width_inches)), layout="constrained")
        axes = figure.add_subplot()
        view = window(frontier, tested_minutes)
        _scale(axes, frontier, view, width_inches)
        axes.set_title(shown(title or _title(frontier)), loc="left", fontsize=size + 1)
        figure.supxlabel(_foot(frontier, weights, width_inches), x=0.01, ha="left", fontsize=size - 2, color="0.4")
        shade_untested(axes, view, tested_minutes, size - 2)
        for curve, look in zip(frontier.curves, looks(len(frontier.curves)), strict=True):
            draw_curve(axes, view, curve, look)
        _name_curves(axes, frontier, view, size, narrow=narrow)
        draw_references(axes, frontier, view, size - 1)
    return figure


def _height(frontier: Frontier, width_inches: float) -> float:
    """Lower than wide; a column's legend stands below the axes and needs a line for each name."""
    below = len(frontier.curves) if width_inches < _NARROW_INCHES and not _fits_ends(frontier, narrow=True) else 0
    return min(0.62 * width_inches, 6.0) + (0.5 if width_inches < _NARROW_INCHES else 0.0) + 0.135 * below


def _title(frontier: Frontier) -> str:
    return f"{percent(frontier.quantile)} time horizon bought by each budget"


def _scale(axes: Axes, frontier: Frontier, view: Window, width_inches: float) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(view.budgets.low, view.budgets.high)
    axes.set_ylim(view.minutes.low, view.minutes.high)
    for axis, ticks in (
        (axes.xaxis, budget_ticks(frontier, 10 * (width_inches - 1.5))),
        (axes.yaxis, time_ticks(view.minutes, 9)),
    ):
        axis.set_major_locator(FixedLocator([value for value, _ in ticks]))
        axis.set_major_formatter(FixedFormatter([label for _, label in ticks]))
        axis.set_minor_locator(NullLocator())
    axes.set_xlabel(f"budget per run ({budget_name(frontier.budget_kind)}, log scale)")
    axes.set_ylabel(f"{percent(frontier.quantile)} horizon (human time, log scale)")


def _name_curves(axes: Axes, frontier: Frontier, view: Window, size: float, *, narrow: bool) -> None:
    names = [shorten(name, 44) for name in _names(frontier)]
    if _fits_ends(frontier, narrow=narrow):
        name_at_ends(axes, frontier.curves, names, view, size - 1)
    else:
        name_in_legend(axes, frontier.curves, names, size - 2, below=narrow)


def _fits_ends(frontier: Frontier, *, narrow: bool) -> bool:
    longest = max(map(len, _names(frontier)), default=0)
    return len(frontier.curves) <= _MOST_NAMED_AT_ENDS and longest <= (18 if narrow else 30)


def _names(frontier: Frontier) -> list[str]:
    return [shown(name) for name in labels([curve.configuration for curve in frontier.curves], drop_provider=True)]


def _foot(frontier: Frontier, weights: str | None, width_inches: float) -> str:
    """How the numbers were made and what the marks mean, of those that occur."""
    points = [point for curve in frontier.curves for point in curve.points]
    runs = [point.n_runs for point in points if point.n_runs > 0]
    method = [ESTIMATORS[frontier.estimator]]
    method += [f"{weights} weights"] if weights else []
    method += [f"{percent(frontier.confidence)} bootstrap intervals" if has_intervals(frontier) else "no intervals"]
    method += [f"{min(runs):,} runs a point" if min(runs) == max(runs) else f"{min(runs):,} to {max(runs):,} runs a point"] if runs else []
    marks = []
    if any(is_hollow(point) and point.horizon_minutes is not None for point in points):
        marks.append("Hollow and dashed: extrapolated or too few outcomes.")
    if any("open" in point.flags for point in points):
        marks.append("Arrow: the interval has no end there.")
    text = " ".join(["; ".join(method) + ".", *marks])
    return textwrap.fill(text, int(width_inches * 20))
