"""Names of the curves: at their right ends, or in a legend where they would not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.lines import Line2D

from inspect_horizon.report.lettering import LINE_HEIGHT
from inspect_horizon.report.marks import looks
from inspect_horizon.report.scales import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from inspect_horizon.frontier import HorizonCurve
    from inspect_horizon.report.scales import Window

_MARGIN_POINTS = 8.0


def name_at_ends(
    figure: Figure, axes: Axes, curves: Sequence[HorizonCurve], names: Sequence[str], view: Window, size: float
) -> None:
    """Write each name in its curve's colour beside the axes, a hair line leading to where the curve ends."""
    ends = [_end(curve, view) for curve in curves]
    notes = [
        axes.annotate(
            name if end else f"{name} (no horizon)",
            end or (view.budgets.high, view.minutes.low),
            xytext=(1.0, 0.5),
            textcoords="axes fraction",
            color=look.colour,
            fontsize=size,
            verticalalignment="center",
            arrowprops={"arrowstyle": "-", "color": look.colour, "linewidth": 0.4, "shrinkA": 1, "shrinkB": 3}
            if end
            else None,
            annotation_clip=False,
        )
        for name, end, look in zip(names, ends, looks(len(curves)), strict=True)
    ]
    figure.draw_without_rendering()
    box = axes.get_window_extent()
    points = 72 / figure.dpi
    wanted = [box.height * points * (view.minutes.share(end[1]) if end else 0.0) for end in ends]
    for note, place in zip(notes, spread(wanted, size * LINE_HEIGHT), strict=True):
        note.set_position((1.0 + _MARGIN_POINTS / (box.width * points), place / (box.height * points)))


def name_in_legend(
    figure: Figure, curves: Sequence[HorizonCurve], names: Sequence[str], size: float, *, bottom: float | None
) -> None:
    """List the names outside the axes, the longest final horizon first, as the curves end.

    Args:
        figure: Gets the legend.
        curves: In the order of their looks.
        names: One for each curve.
        size: Of the font, in points.
        bottom: Where the legend starts, as a share of the figure's height, in two columns below the axes; None for
            one column beside them.
    """
    handles = [
        Line2D([], [], color=look.colour, marker=look.marker, linewidth=look.weight, markersize=2.2 + look.weight)
        for look in looks(len(curves))
    ]
    last = [next((p.horizon_minutes for p in reversed(c.points) if p.horizon_minutes), 0.0) for c in curves]
    order = sorted(range(len(curves)), key=lambda place: -last[place])
    legend = figure.legend(
        [handles[place] for place in order],
        ["-"] * len(order),
        loc="outside right upper" if bottom is None else "lower left",
        bbox_to_anchor=None if bottom is None else (0.0, bottom),
        ncols=1 if bottom is None else 2,
        frameon=False,
        fontsize=size,
        handlelength=1.8,
        columnspacing=1.2,
        labelspacing=0.35,
    )
    legend.set_in_layout(bottom is None)
    # Matplotlib leaves out entries whose label starts with an underscore; a model's name may.
    for text, place in zip(legend.get_texts(), order, strict=True):
        text.set_text(names[place])


def _end(curve: HorizonCurve, view: Window) -> tuple[float, float] | None:
    """The last point of the curve in view, or else the last known end of an interval."""
    places = [
        (point.budget_amount, minutes)
        for attribute in ("horizon_minutes", "ci_low", "ci_high")
        for point in reversed(curve.points)
        if (minutes := getattr(point, attribute)) is not None and minutes in view.minutes
    ]
    return places[0] if places else None
