"""Names of the curves: at their right ends, or in a legend where they would not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from inspect_horizon.report.marks import looks
from inspect_horizon.report.scales import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from inspect_horizon.frontier import HorizonCurve
    from inspect_horizon.report.scales import Window

_LINE_HEIGHT = 1.25
_MARGIN_POINTS = 8.0


def name_at_ends(
    axes: Axes, curves: Sequence[HorizonCurve], names: Sequence[str], view: Window, size: float
) -> None:
    """Write each name in its curve's colour beside the axes, a hair line leading to where the curve ends."""
    ends = [_end(curve, view) for curve in curves]
    notes = [
        axes.annotate(
            name,
            end or (view.budgets.high, view.minutes.low),
            xytext=(1.0, 0.5),
            textcoords="axes fraction",
            color=look.colour,
            fontsize=size,
            verticalalignment="center",
            arrowprops={"arrowstyle": "-", "color": look.colour, "linewidth": 0.4, "alpha": 0.7, "shrinkA": 1, "shrinkB": 3} if end else None,
            annotation_clip=False,
        )
        for name, end, look in zip(names, ends, looks(len(curves)), strict=True)
    ]
    figure = axes.get_figure(root=True)
    figure.draw_without_rendering()
    height = axes.get_window_extent().height * 72 / figure.dpi
    wanted = [height * (view.minutes.share(end[1]) if end else 0.0) for end in ends]
    for note, place in zip(notes, spread(wanted, size * _LINE_HEIGHT), strict=True):
        note.set_position((1.0 + _MARGIN_POINTS / (axes.get_window_extent().width * 72 / figure.dpi), place / height))


def name_in_legend(axes: Axes, curves: Sequence[HorizonCurve], names: Sequence[str], size: float, *, below: bool) -> None:
    """List the names outside the axes, the longest final horizon first, as the curves end."""
    handles = [
        Line2D([], [], color=look.colour, marker=look.marker, linewidth=look.weight, markersize=2.6 + look.weight)
        for look in looks(len(curves))
    ]
    last = [next((p.horizon_minutes for p in reversed(curve.points) if p.horizon_minutes), 0.0) for curve in curves]
    order = sorted(range(len(curves)), key=lambda place: -last[place])
    legend = axes.get_figure(root=True).legend(
        [handles[place] for place in order],
        ["-"] * len(order),
        loc="outside lower left" if below else "outside right upper",
        frameon=False,
        fontsize=size,
        handlelength=1.8,
        labelspacing=0.35,
    )
    # Matplotlib leaves out entries whose label starts with an underscore; a model's name may.
    for text, place in zip(legend.get_texts(), order, strict=True):
        text.set_text(names[place])


def _end(curve: HorizonCurve, view: Window) -> tuple[float, float] | None:
    """The last point in view that has a number."""
    return next(
        (
            (point.budget_amount, point.horizon_minutes)
            for point in reversed(curve.points)
            if point.horizon_minutes and point.horizon_minutes in view.minutes
        ),
        None,
    )
