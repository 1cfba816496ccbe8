"""What the curves are read against: the human line, equal shares of its cost, and the lengths that were tested."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from inspect_horizon.report.scales import human_minutes_per_usd
from inspect_horizon.report.units import format_budget, format_minutes, format_usd

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from inspect_horizon.frontier import Frontier
    from inspect_horizon.report.scales import Window

_INK, _FAINT = "0.15", "0.8"
_SHORTEST_LINE = 0.22
"""Of the axes' width: less of the human line is a stub, and a sentence says where it lies instead."""


def draw_references(axes: Axes, frontier: Frontier, view: Window, size: float) -> None:
    """Draw the human line and, in grey, where the same task costs a tenth, a hundredth… of it.

    The layout is settled first and stays: the names along the lines take their angle from it.
    """
    figure = axes.get_figure(root=True)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    if frontier.human_line is None or frontier.wage_usd_per_hour is None:
        return
    per_usd = human_minutes_per_usd(frontier)
    human = f"human at {format_usd(frontier.wage_usd_per_hour)}/h"
    taken = _drawn(axes)
    if _visible(view, per_usd) >= _SHORTEST_LINE:
        _draw_line(axes, view, per_usd, human, taken, size, _INK, 1.2)
    else:
        _say_where(axes, frontier, view, per_usd, human, size)
    for power in range(-6, 7):
        ratio = 10.0**power
        if power != 0 and _visible(view, per_usd / ratio) >= _SHORTEST_LINE:
            share = f"{100 * ratio:g} % of human cost"
            _draw_line(axes, view, per_usd / ratio, share, taken, size - 1, _FAINT, 0.6)


def shade_untested(axes: Axes, view: Window, tested_minutes: tuple[float, float] | None, size: float) -> None:
    """Shade the horizons shorter or longer than any task that was tried."""
    if tested_minutes is None:
        return
    shortest, longest = tested_minutes
    for low, high, name, edge in (
        (view.minutes.low, shortest, f"shortest task {format_minutes(shortest)}", shortest),
        (longest, view.minutes.high, f"longest task {format_minutes(longest)}", longest),
    ):
        if low < high:
            axes.axhspan(low, high, color="0.95", linewidth=0, zorder=0)
            axes.text(
                0.01, edge, name, transform=axes.get_yaxis_transform(), fontsize=size, color="0.45",
                verticalalignment="top" if edge == shortest else "bottom",
            )  # fmt: skip


def _visible(view: Window, per_usd: float) -> float:
    """Share of the axes' width over which the line `minutes = per_usd * budget` is in view."""
    low, high = _ends(view, per_usd)
    return max(0.0, view.budgets.share(high) - view.budgets.share(low)) if low < high else 0.0


def _ends(view: Window, per_usd: float) -> tuple[float, float]:
    """Budgets between which the line is in view."""
    return max(view.budgets.low, view.minutes.low / per_usd), min(view.budgets.high, view.minutes.high / per_usd)


def _draw_line(axes: Axes, view: Window, per_usd: float, name: str, taken: list[np.ndarray], size: float, colour: str, weight: float) -> None:
    low, high = _ends(view, per_usd)
    axes.plot([low, high], [low * per_usd, high * per_usd], color=colour, linewidth=weight, zorder=1.5)
    first, last = axes.transData.transform([(low, low * per_usd), (high, high * per_usd)])
    angle = math.atan2(last[1] - first[1], last[0] - first[0])
    points = axes.get_figure(root=True).dpi / 72
    long = 0.58 * size * len(name) * points
    lift = np.array([-math.sin(angle), math.cos(angle)]) * 0.25 * size * points
    steps = np.linspace(0, 1, 9)[:, None] - 0.5
    best, room = None, -1.0
    reach = np.hypot(*(last - first))
    if reach < long * 1.1:
        return
    along = (last - first) / reach
    for place in np.linspace(0.55 * long, reach - 0.55 * long, 60):
        middle = first + along * place
        own = middle + steps * long * along + lift * 2.5
        free = min((float(np.hypot(*(own[:, None] - other[None]).transpose(2, 0, 1)).min()) for other in taken), default=1e9)
        if free > room:
            best, room = middle, free
    if room < size * points * 0.9:
        return
    x, y = axes.transData.inverted().transform(best + lift)
    axes.text(
        x, y, name, fontsize=size, color=_INK if colour == _INK else "0.5", rotation=math.degrees(angle), rotation_mode="anchor",
        horizontalalignment="center", verticalalignment="bottom",
    )
    taken.append(best + steps * long * along + lift * 2.5)


def _say_where(axes: Axes, frontier: Frontier, view: Window, per_usd: float, human: str, size: float) -> None:
    """One sentence in the corner nearest to a human line that is out of view."""
    above = per_usd * view.budgets.at(0.5) > view.minutes.at(0.5)
    amount = frontier.amounts[0] if above else frontier.amounts[-1]
    buys = f"{format_budget('usd', amount)} buys {format_minutes(per_usd * amount)}"
    axes.text(
        0.01 if above else 0.99, 0.99 if above else 0.01, f"{'↑' if above else '↓'} {human} is {'above' if above else 'below'}: {buys}",
        transform=axes.transAxes, fontsize=size, color=_INK, style="italic",
        horizontalalignment="left" if above else "right", verticalalignment="top" if above else "bottom",
    )


def _drawn(axes: Axes) -> list[np.ndarray]:
    """Points along everything drawn so far, in pixels."""
    found = []
    for line in axes.get_lines():
        xy = np.column_stack([np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)])
        if len(xy) == 0: continue
        pixels = axes.transData.transform(xy)
        if len(pixels) == 2:
            pixels = pixels[0] + np.linspace(0, 1, 12)[:, None] * (pixels[1] - pixels[0])
        found.append(pixels[np.isfinite(pixels).all(axis=1)])
    return [f for f in found if len(f)]
