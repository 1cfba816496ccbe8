"""How one curve is drawn: line, markers, band, and arrows where the interval has no end."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from inspect_horizon.report.scales import is_hollow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

    from inspect_horizon.frontier import HorizonCurve, HorizonPoint
    from inspect_horizon.frontier.shape import SweetSpot
    from inspect_horizon.report.scales import Window

MANY = 7
"""From so many curves on, bands behind hollow points would hide each other; thin lines stand for them."""
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito (2008), "Color Universal Design", without black, the human line's, and yellow, too pale on white."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
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
    hollow_bands: bool
    """Whether the intervals of hollow points are bands, too, and not thin lines."""


def looks(count: int) -> list[Look]:
    """A look for each of so many curves: colours first, then markers, fainter bands the more they overlap."""
    many = count >= MANY
    shade = 0.06 if many else 0.18 if count <= 3 else 0.12
    return [
        Look(
            _COLOURS[place % len(_COLOURS)],
            MARKERS[place // len(_COLOURS) % len(MARKERS)],
            shade,
            weight=1.1 if many else 1.5,
            hollow_bands=not many,
        )
        for place in range(count)
    ]


def draw_curve(axes: Axes, view: Window, curve: HorizonCurve, look: Look) -> None:
    """Draw a curve; budgets without a number leave a gap."""
    for stretch in _stretches(curve.points, lambda point: _has_band(point, look)):
        _draw_band(axes, view, stretch, look)
    for point in curve.points:
        if _has_interval(point) and not _has_band(point, look):
            _draw_thin(axes, view, point, look)
    for stretch in _stretches(curve.points, has_place):
        _draw_line(axes, stretch, look)
    for hollow in (True, False):
        _draw_markers(axes, [p for p in curve.points if has_place(p) and is_hollow(p) == hollow], look, hollow=hollow)
    for point in curve.points:
        _draw_arrows(axes, view, point, look)


def is_inside(spot: SweetSpot) -> bool:
    """Whether a sweet spot lies between the first and the last budget of its curve, so that it can be shown as one."""
    return spot.budget_amount is not None and not {"boundary_low", "boundary_high"} & set(spot.flags)


def draw_star(axes: Axes, view: Window, spot: SweetSpot, look: Look) -> None:
    """Mark where an hour of a curve's work is cheapest."""
    if spot.budget_amount in view.budgets and spot.horizon_minutes in view.minutes:
        axes.plot(
            [spot.budget_amount or 0.0],
            [spot.horizon_minutes or 0.0],
            color=look.colour,
            linestyle="none",
            marker="*",
            markersize=5.5 + 2 * look.weight,
            markeredgecolor="white",
            markeredgewidth=0.6,
            zorder=4,
        )


def has_place(point: HorizonPoint) -> bool:
    """Whether a point has a horizon that a log axis can hold."""
    return point.horizon_minutes is not None and point.horizon_minutes > 0


def _has_interval(point: HorizonPoint) -> bool:
    return point.ci_low is not None or point.ci_high is not None


def _has_band(point: HorizonPoint, look: Look) -> bool:
    return _has_interval(point) and (look.hollow_bands or not is_hollow(point))


def _stretches(points: Sequence[HorizonPoint], has: Callable[[HorizonPoint], bool]) -> list[list[HorizonPoint]]:
    """Neighbouring points that have what is asked, together."""
    return [list(stretch) for holds, stretch in groupby(points, key=has) if holds]


def _draw_band(axes: Axes, view: Window, stretch: list[HorizonPoint], look: Look) -> None:
    """Shade the intervals, to the edge of the view where they have no end."""
    low = [point.ci_low or min(view.minutes.low, point.ci_high or view.minutes.low) for point in stretch]
    high = [point.ci_high or max(view.minutes.high, point.ci_low or view.minutes.high) for point in stretch]
    at = [point.budget_amount for point in stretch]
    if len(stretch) == 1:
        axes.vlines(at, low, high, color=look.colour, linewidth=look.weight, alpha=min(1.0, 3 * look.shade))
    else:
        axes.fill_between(at, low, high, color=look.colour, alpha=look.shade, linewidth=0)


def _draw_thin(axes: Axes, view: Window, point: HorizonPoint, look: Look) -> None:
    low, high = point.ci_low or view.minutes.low, point.ci_high or view.minutes.high
    axes.vlines(point.budget_amount, low, high, color=look.colour, linewidth=0.4, alpha=0.35)


def _draw_line(axes: Axes, stretch: list[HorizonPoint], look: Look) -> None:
    """Join the points, with dashes to and from hollow ones."""
    for first, second in pairwise(stretch):
        dashed = is_hollow(first) or is_hollow(second)
        axes.plot(
            [first.budget_amount, second.budget_amount],
            [first.horizon_minutes or 0.0, second.horizon_minutes or 0.0],
            color=look.colour,
            linewidth=look.weight * (0.6 if dashed else 1.0),
            linestyle=(0, (4, 2)) if dashed else "-",
            solid_capstyle="round",
        )


def _draw_markers(axes: Axes, points: list[HorizonPoint], look: Look, *, hollow: bool) -> None:
    if points:
        axes.plot(
            [point.budget_amount for point in points],
            [point.horizon_minutes or 0.0 for point in points],
            color=look.colour,
            linestyle="none",
            marker=look.marker,
            markersize=2.2 + look.weight,
            markerfacecolor="white" if hollow else look.colour,
            markeredgewidth=0.8,
            zorder=3,
        )


def _draw_arrows(axes: Axes, view: Window, point: HorizonPoint, look: Look) -> None:
    """Arrows from the point, or from the end that is known, towards an end that is not."""
    if "open" not in point.flags or not _has_band(point, look):
        return
    if point.ci_high is None:
        _draw_arrow(axes, view, point.budget_amount, point.horizon_minutes or point.ci_low, 1, look)
    if not point.ci_low:
        _draw_arrow(axes, view, point.budget_amount, point.horizon_minutes or point.ci_high, -1, look)


def _draw_arrow(axes: Axes, view: Window, budget: float, minutes: float | None, way: int, look: Look) -> None:
    if minutes is None or minutes not in view.minutes:
        return
    axes.annotate(
        "",
        (budget, minutes),
        xytext=(0, way * _ARROW_POINTS),
        textcoords="offset points",
        arrowprops={
            "arrowstyle": "<|-",
            "color": look.colour,
            "linewidth": 0.6,
            "mutation_scale": 5,
            "shrinkA": 0,
            "shrinkB": 2,
        },
    )
