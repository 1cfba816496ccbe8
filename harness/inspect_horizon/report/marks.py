"""How one curve is drawn: line, markers, band, and arrows where the interval has no end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from inspect_horizon.report.scales import is_hollow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from matplotlib.axes import Axes

    from inspect_horizon.frontier import HorizonCurve, HorizonPoint
    from inspect_horizon.report.scales import Window

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito (2008), "Color Universal Design", without black, the human line's, and yellow, too pale on white."""
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
_ARROW_POINTS = 10.0


@dataclass(frozen=True, slots=True)
class Look:
    """What tells a curve from the others."""

    colour: str
    marker: str
    shade: float
    """Opacity of the band, 0 to 1."""
    weight: float
    """Width of the line in points."""


def looks(count: int) -> list[Look]:
    """A look for each of so many curves: colours first, then markers, fainter bands the more they overlap."""
    shade = 0.18 if count <= 3 else 0.12 if count <= 6 else 0.045
    weight = 1.5 if count <= 6 else 1.1
    return [
        Look(_COLOURS[place % len(_COLOURS)], _MARKERS[place // len(_COLOURS) % len(_MARKERS)], shade, weight)
        for place in range(count)
    ]


def draw_curve(axes: Axes, view: Window, curve: HorizonCurve, look: Look) -> None:
    """Draw a curve; budgets without a number leave a gap."""
    for stretch in _stretches(curve.points, lambda point: point.ci_low is not None or point.ci_high is not None):
        _draw_band(axes, view, stretch, look)
    for stretch in _stretches(curve.points, lambda point: bool(point.horizon_minutes)):
        for first, second in pairwise(stretch):
            dashed = is_hollow(first) or is_hollow(second)
            axes.plot(
                [first.budget_amount, second.budget_amount],
                [_height(first), _height(second)],
                color=look.colour,
                linewidth=look.weight * (0.6 if dashed else 1.0),
                linestyle=(0, (4, 2)) if dashed else "-",
                solid_capstyle="round",
            )
    for hollow in (True, False):
        _draw_markers(axes, [p for p in curve.points if p.horizon_minutes and is_hollow(p) == hollow], look, hollow=hollow)
    for point in curve.points:
        _draw_arrows(axes, view, point, look)


def _stretches(
    points: Sequence[HorizonPoint], has: Callable[[HorizonPoint], bool]
) -> Iterator[list[HorizonPoint]]:
    """Neighbouring points that have what is asked, together."""
    stretch: list[HorizonPoint] = []
    for point in points:
        if has(point):
            stretch.append(point)
        elif stretch:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _draw_band(axes: Axes, view: Window, stretch: list[HorizonPoint], look: Look) -> None:
    low = [point.ci_low or view.minutes.low for point in stretch]
    high = [view.minutes.high if point.ci_high is None else point.ci_high for point in stretch]
    at = [point.budget_amount for point in stretch]
    if len(stretch) == 1:
        axes.vlines(at, low, high, color=look.colour, linewidth=look.weight, alpha=min(1.0, 3 * look.shade))
    else:
        axes.fill_between(at, low, high, color=look.colour, alpha=look.shade, linewidth=0)


def _draw_markers(axes: Axes, points: list[HorizonPoint], look: Look, *, hollow: bool) -> None:
    axes.plot(
        [point.budget_amount for point in points],
        [_height(point) for point in points],
        color=look.colour,
        linestyle="none",
        marker=look.marker,
        markersize=2.6 + look.weight,
        markerfacecolor="white" if hollow else look.colour,
        markeredgewidth=0.8,
        gid="hollow" if hollow else "solid",
    )


def _draw_arrows(axes: Axes, view: Window, point: HorizonPoint, look: Look) -> None:
    """Arrows from the point, or from the end that is known, towards an end that is not; and to points out of view."""
    if "open" in point.flags:
        if point.ci_high is None:
            _draw_arrow(axes, point.budget_amount, point.horizon_minutes or point.ci_low, +1, look)
        if not point.ci_low:
            _draw_arrow(axes, point.budget_amount, point.horizon_minutes or point.ci_high, -1, look)


def _draw_arrow(axes: Axes, budget: float, start: float | None, way: int, look: Look) -> None:
    if not start:
        return
    axes.annotate(
        "",
        (budget, start),
        xytext=(0, way * _ARROW_POINTS),
        textcoords="offset points",
        arrowprops={"arrowstyle": "<|-", "color": look.colour, "linewidth": 0.6, "mutation_scale": 5, "shrinkA": 0, "shrinkB": 2},
        annotation_clip=True,
    )


def _height(point: HorizonPoint) -> float:
    return point.horizon_minutes or float("nan")
