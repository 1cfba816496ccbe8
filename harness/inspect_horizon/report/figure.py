"""The figure of a frontier: horizon against budget on log axes."""

from __future__ import annotations

import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from inspect_horizon.report.foot import foot_inches, foot_lines, write_foot
from inspect_horizon.report.lettering import characters, shown
from inspect_horizon.report.marks import MANY, draw_curve, draw_star, has_place, is_inside, looks
from inspect_horizon.report.names import labels, shorten
from inspect_horizon.report.naming import name_at_ends, name_in_legend
from inspect_horizon.report.reference import draw_references, human_out_of_view, shade_untried
from inspect_horizon.report.scales import budget_ticks, is_hollow, time_ticks, window
from inspect_horizon.report.units import format_minutes
from inspect_horizon.report.wording import ESTIMATORS, budget_name, has_intervals, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from inspect_horizon.frontier import Frontier, HorizonPoint
    from inspect_horizon.frontier.shape import SweetSpot
    from inspect_horizon.report.scales import Window

_NARROW_INCHES = 5.0
_STYLE = Path(__file__).with_name("horizon.mplstyle")


@contextmanager
def style() -> Iterator[None]:
    """Our settings in place of the reader's, which return afterwards."""
    with mpl.rc_context(fname=_STYLE):
        yield


@dataclass(frozen=True, slots=True)
class _Page:
    """What the paper leaves room for."""

    width: float
    """Inches."""
    names: tuple[str, ...]
    """One for each curve."""
    height: float | None = None
    """Inches; None where the figure may be as high as it likes."""

    @property
    def narrow(self) -> bool:
        return self.width < _NARROW_INCHES

    @property
    def size(self) -> float:
        """Of the font, in points."""
        return 7.0 if self.narrow else 8.0

    @property
    def names_at_ends(self) -> bool:
        longest = max(map(len, self.names), default=0)
        return len(self.names) < MANY and longest <= (18 if self.narrow else 30)

    @property
    def name_in_title(self) -> bool:
        return len(self.names) == 1 and not self.names_at_ends

    @property
    def legend_below(self) -> float:
        """Inches that a legend below the axes takes."""
        below = self.narrow and not self.names_at_ends and not self.name_in_title
        return ((len(self.names) + 1) // 2 * 1.4 * (self.size - 2) + 8) / 72 if below else 0.0


def draw_frontier(
    frontier: Frontier,
    *,
    title: str | None = None,
    width_inches: float = 7.0,
    height_inches: float | None = None,
    weights: str | None = None,
    tested_minutes: tuple[float, float] | None = None,
    sweet_spots: Sequence[SweetSpot] = (),
) -> Figure:
    """Every horizon curve with its interval as a band, beside the human line.

    Hollow markers and dashes: extrapolated, or too few outcomes to trust. An arrow: the interval has no end there.

    Args:
        frontier: What to draw.
        title: In place of one that says what is shown.
        width_inches: 7 spans a page, 3.5 a column.
        height_inches: None for as high as its width asks.
        weights: How runs were weighted, for the foot.
        tested_minutes: Shortest and longest task tried, to shade what lies beyond.
        sweet_spots: One for each curve, to be marked where it lies within the budgets tried, or none.
    """
    names = labels([curve.configuration for curve in frontier.curves], drop_provider=True)
    page = _Page(width_inches, tuple(shown(name) for name in names), height_inches)
    view = window(frontier, tested_minutes)
    stars = [spot if is_inside(spot) else None for spot in sweet_spots]
    foot = _foot(frontier, view, weights, tested_minutes, starred=any(stars))
    with style():
        mpl.rcParams["font.size"] = page.size
        figure, axes, above_foot = _settle(page, foot)
        _scale(axes, frontier, view, page)
        axes.set_title(_title(frontier, title, page), loc="left", fontsize=page.size + 1)
        if tested_minutes is not None:
            shade_untried(axes, view, tested_minutes)
        for curve, look in zip(frontier.curves, looks(len(frontier.curves)), strict=True):
            draw_curve(axes, view, curve, look)
        for spot, look in zip(stars, looks(len(stars)), strict=True):
            if spot is not None:
                draw_star(axes, view, spot, look)
        _name(figure, axes, frontier, view, page, above_foot)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        draw_references(axes, frontier, view, page.size - 1)
    return figure


def _settle(page: _Page, foot: Sequence[str]) -> tuple[Figure, Axes, float]:
    """An empty figure with its foot, room kept for a legend, and where that room starts, as a share of the height."""
    lines = foot_lines(foot, page.width, page.size - 2)
    below = foot_inches(lines, page.size - 2)
    own_height = min(0.6 * page.width + (0.4 if page.narrow else 0.0), 7.0) + below + page.legend_below
    height = own_height if page.height is None else page.height
    figure = Figure(figsize=(page.width, height))
    write_foot(figure, lines, page.size - 2, above_inches=page.legend_below)
    return figure, figure.add_subplot(), below / height


def _title(frontier: Frontier, title: str | None, page: _Page) -> str:
    text = shown(title) if title else f"{percent(frontier.quantile)} time horizon bought by each budget"
    lines = textwrap.wrap(text, characters(page.width - 0.8, page.size + 1))
    if page.name_in_title:
        lines.append(shorten(page.names[0], characters(page.width - 0.8, page.size + 1)))
    return "\n".join(lines)


def _scale(axes: Axes, frontier: Frontier, view: Window, page: _Page) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(view.budgets.low, view.budgets.high)
    axes.set_ylim(view.minutes.low, view.minutes.high)
    inches = page.width - (1.4 if page.narrow or page.names_at_ends else 3.2)
    for axis, ticks in (
        (axes.xaxis, budget_ticks(frontier, characters(inches, page.size))),
        (axes.yaxis, time_ticks(view.minutes, 9)),
    ):
        axis.set_major_locator(FixedLocator([value for value, _ in ticks]))
        axis.set_major_formatter(FixedFormatter([label for _, label in ticks]))
        axis.set_minor_locator(NullLocator())
    axes.set_xlabel(f"budget per run ({shown(budget_name(frontier.budget_kind))}, log scale)")
    axes.set_ylabel(f"{percent(frontier.quantile)} horizon (human time, log scale)")


def _name(figure: Figure, axes: Axes, frontier: Frontier, view: Window, page: _Page, above_foot: float) -> None:
    if page.names_at_ends:
        name_at_ends(figure, axes, frontier.curves, page.names, view, page.size - 1)
    elif not page.name_in_title:
        names = [shorten(name, 30 if page.narrow else 44) for name in page.names]
        bottom = above_foot if page.narrow else None
        name_in_legend(figure, frontier.curves, names, page.size - 2, bottom=bottom)


def _foot(
    frontier: Frontier,
    view: Window,
    weights: str | None,
    tested_minutes: tuple[float, float] | None,
    *,
    starred: bool,
) -> list[str]:
    """How the numbers were made and what the marks mean, of those that occur."""
    points = [point for curve in frontier.curves for point in curve.points]
    placed = [point for point in points if has_place(point)]
    hidden = sum((point.horizon_minutes or 0.0) not in view.minutes for point in placed)
    many = len(frontier.curves) >= MANY
    sentences = [_method(frontier, points, weights)]
    if not placed:
        sentences.append("No budget has a horizon with a number.")
    if any(is_hollow(point) for point in placed):
        sentences.append(
            "Hollow and dashed: extrapolated, or too few outcomes" + (", intervals as thin lines." if many else ".")
        )
    if any("open" in point.flags and not (many and is_hollow(point)) for point in points):
        sentences.append("Arrow: the interval has no end there.")
    if starred:
        sentences.append("Star: the sweet spot, where an hour of work is cheapest.")
    if hidden:
        sentences.append(f"{hidden} hollow point{'s lie' if hidden > 1 else ' lies'} beyond the axes.")
    if elsewhere := human_out_of_view(frontier, view):
        sentences.append(elsewhere)
    if tested_minutes is not None:
        shortest, longest = tested_minutes
        shaded = view.minutes.low < shortest or longest < view.minutes.high
        tried = f"Tasks of {format_minutes(shortest)} to {format_minutes(longest)} were tried"
        sentences.append(f"{tried}; grey lies beyond." if shaded else f"{tried}.")
    return sentences


def _method(frontier: Frontier, points: list[HorizonPoint], weights: str | None) -> str:
    runs = sorted(point.n_runs for point in points if point.n_runs > 0)
    parts = [ESTIMATORS[frontier.estimator]]
    if weights:
        parts.append(f"{shown(weights)} weights")
    parts.append(f"{percent(frontier.confidence)} bootstrap intervals" if has_intervals(frontier) else "no intervals")
    if runs:
        parts.append(f"{runs[0]:,}{f' to {runs[-1]:,}' if runs[-1] > runs[0] else ''} runs a point")
    return "; ".join(parts) + "."
