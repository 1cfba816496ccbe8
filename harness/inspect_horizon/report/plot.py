"""Every figure, drawn at a size and written to files; Matplotlib takes half a second to load, and most draw nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, get_args

from inspect_horizon.errors import DataError, UsageError
from inspect_horizon.report.sizes import FORMATS, Size

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure

    from inspect_horizon.frontier import Calibration, Configuration, Frontier, Gap
    from inspect_horizon.frontier.by_length import LengthSuccess
    from inspect_horizon.frontier.decomposition import Decomposition
    from inspect_horizon.frontier.laws import SuccessLaws
    from inspect_horizon.frontier.readouts import Optimal, ReadOuts
    from inspect_horizon.frontier.readouts.reading import Bought
    from inspect_horizon.frontier.shape import SweetSpot
    from inspect_horizon.frontier.trend import Trend
    from inspect_horizon.runs.spending import Spending

PlotFormat: TypeAlias = Literal["png", "svg", "pdf"]

_UNDATED: dict[str, dict[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""What is left out of a file, so that the same frontier gives the same bytes."""


def plot_frontier(
    frontier: Frontier,
    path_stem: Path,
    *,
    formats: Sequence[PlotFormat] = ("png", "svg"),
    title: str | None = None,
    width_inches: float | None = None,
    size: Size = "paper",
    weights: str | None = None,
    tested_minutes: tuple[float, float] | None = None,
    sweet_spots: Sequence[SweetSpot] = (),
) -> list[Path]:
    """Draw horizon against budget and write it, once a format; the same frontier gives the same bytes.

    Args:
        frontier: What to draw.
        path_stem: Where to write, without the ending that names the format; folders that lack are made.
        formats: Any of `png`, `svg` and `pdf`.
        title: In place of one that says what is shown.
        width_inches: 7 spans a page, 3.5 a column; None takes that of the size.
        size: `paper`, or `slide`: 16 by 9, with letters to be read from afar.
        weights: How runs were weighted, for the foot.
        tested_minutes: Shortest and longest task tried; horizons beyond were read off the model alone.
        sweet_spots: One for each curve, to be marked, or none.

    Returns:
        The files written, in the order of the formats.

    Raises:
        UsageError: A format is not known, or the width leaves no room.
        DataError: A file cannot be written.
    """
    if width_inches is not None and not 3 <= width_inches <= 40:
        raise UsageError(f"a plot {width_inches} inches wide cannot be read", fix="take 7 for a page, 3.5 for a column")
    from inspect_horizon.report.figure import draw_frontier

    draw = partial(
        draw_frontier,
        frontier,
        title=title,
        weights=weights,
        tested_minutes=tested_minutes,
        sweet_spots=sweet_spots,
    )
    return _write(draw, path_stem, formats, size, width_inches=width_inches)


def plot_decomposition(
    found: Decomposition, path_stem: Path, *, formats: Sequence[PlotFormat] = ("png", "svg"), size: Size = "paper"
) -> list[Path]:
    """Draw a decomposition as a waterfall and write it, once a format.

    Args:
        found: What to draw.
        path_stem: Where to write, without the ending that names the format; folders that lack are made.
        formats: Any of `png`, `svg` and `pdf`.
        size: Of the page.

    Returns:
        The files written, in the order of the formats.

    Raises:
        UsageError: A format is not known.
        DataError: A file cannot be written.
    """
    from inspect_horizon.report.waterfall import draw_waterfall

    return _write(partial(draw_waterfall, found), path_stem, formats, size)


def plot_trends(
    trends: Sequence[Trend],
    path_stem: Path,
    *,
    formats: Sequence[PlotFormat] = ("png", "svg"),
    size: Size = "paper",
    hollow: Collection[Configuration] = (),
) -> list[Path]:
    """Draw trends over release dates and write them, once a format; see `plot_decomposition`.

    Args:
        trends: What to draw.
        path_stem: Where to write, without the ending.
        formats: Any of `png`, `svg` and `pdf`.
        size: Of the page.
        hollow: Whose horizon is extrapolated, or rests on too few outcomes.
    """
    from inspect_horizon.report.trend_figure import draw_trends

    return _write(partial(draw_trends, trends, hollow=frozenset(hollow)), path_stem, formats, size)


def plot_calibration(
    calibration: Calibration,
    path_stem: Path,
    *,
    formats: Sequence[PlotFormat] = ("png", "svg"),
    size: Size = "paper",
) -> list[Path]:
    """Draw bias and coverage of the horizon against budget, a line a truth; see `plot_decomposition`."""
    from inspect_horizon.report.calibration_figure import draw_calibration

    return _write(partial(draw_calibration, calibration), path_stem, formats, size)


def plot_gaps(
    gaps: Sequence[Gap], path_stem: Path, *, formats: Sequence[PlotFormat] = ("png", "svg"), size: Size = "paper"
) -> list[Path]:
    """Draw truncation gaps, in success and in doublings of the horizon; see `plot_decomposition`."""
    from inspect_horizon.report.gap_figure import draw_gaps

    return _write(partial(draw_gaps, gaps), path_stem, formats, size)


def plot_laws(
    found: Sequence[SuccessLaws],
    path_stem: Path,
    *,
    kind: str,
    formats: Sequence[PlotFormat] = ("png", "svg"),
    size: Size = "paper",
) -> list[Path]:
    """Draw success against spend with its laws and write it, once a format; see `plot_decomposition`.

    Args:
        found: What to draw.
        path_stem: Where to write, without the ending that names the format.
        kind: Unit of the budgets.
        formats: Any of `png`, `svg` and `pdf`.
        size: Of the page.
    """
    from inspect_horizon.report.laws_figure import draw_laws

    return _write(partial(draw_laws, found, kind=kind), path_stem, formats, size)


def plot_strategies(
    read: ReadOuts,
    best: Optimal,
    path_stem: Path,
    *,
    live: Sequence[Bought] = (),
    formats: Sequence[PlotFormat] = ("png", "svg"),
    size: Size = "paper",
) -> list[Path]:
    """Draw read-outs and the compute-optimal frontier and write them, once a format; see `plot_decomposition`."""
    from inspect_horizon.report.strategies_figure import draw_strategies

    return _write(partial(draw_strategies, read, best, live), path_stem, formats, size)


def plot_success(
    found: Sequence[LengthSuccess],
    path_stem: Path,
    *,
    kind: str,
    formats: Sequence[PlotFormat] = ("png", "svg"),
    size: Size = "paper",
) -> list[Path]:
    """Draw success against budget by length of task, a panel a configuration; see `plot_laws`."""
    from inspect_horizon.report.success_figure import draw_success

    return _write(partial(draw_success, found, kind=kind), path_stem, formats, size)


def plot_spending(
    found: Sequence[Spending],
    path_stem: Path,
    *,
    by: str,
    formats: Sequence[PlotFormat] = ("png", "svg"),
    size: Size = "paper",
) -> list[Path]:
    """Draw where the money went, a bar a group, and write it, once a format; see `plot_decomposition`.

    Args:
        found: What to draw.
        path_stem: Where to write, without the ending.
        by: What the groups are: `model`, `suite` or `task`.
        formats: Any of `png`, `svg` and `pdf`.
        size: Of the page.
    """
    from inspect_horizon.report.spending_figure import draw_spending

    return _write(partial(draw_spending, found, by=by), path_stem, formats, size)


class _Draw(Protocol):
    """Draws a figure so large; with None for a height, as high as its content asks."""

    def __call__(self, *, width_inches: float, height_inches: float | None) -> Figure: ...


def _write(
    draw: _Draw, path_stem: Path, formats: Sequence[PlotFormat], size: Size, *, width_inches: float | None = None
) -> list[Path]:
    """Draw a figure of a size and write it, once a format; see `plot_decomposition`."""
    _check(formats)
    from inspect_horizon.report.figure import style

    page = FORMATS[size]
    with style():
        figure = draw(width_inches=width_inches or page.width_inches, height_inches=page.height_inches)
        return _save(figure, path_stem, formats, page.dots_per_inch)


def _check(formats: Sequence[str]) -> None:
    unknown = [name for name in formats if name not in get_args(PlotFormat)]
    if unknown or not formats:
        raise UsageError(
            f"plot format {unknown[0]!r} is not known" if unknown else "no plot format is given",
            fix=f"choose from {', '.join(get_args(PlotFormat))}",
        )


def _save(figure: Figure, path_stem: Path, formats: Sequence[PlotFormat], dots_per_inch: int) -> list[Path]:
    """Write a figure, in the style that it was drawn in, which must still hold; the same figure as the same bytes."""
    paths = [path_stem.with_name(f"{path_stem.name}.{name}") for name in formats]
    try:
        path_stem.parent.mkdir(parents=True, exist_ok=True)
        for path, name in zip(paths, formats, strict=True):
            figure.savefig(path, format=name, dpi=dots_per_inch, metadata=_UNDATED.get(name))
    except OSError as error:
        raise DataError(
            f"the plot cannot be written to {path_stem.parent}: {error.strerror or error}",
            fix="make room there or name another place",
        ) from error
    return paths
