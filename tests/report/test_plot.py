"""The frontier as a picture: what is drawn, and where."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from matplotlib.collections import PolyCollection
from matplotlib.text import Text

from inspect_horizon.errors import DataError, UsageError
from inspect_horizon.frontier import Frontier, human_line
from inspect_horizon.report import plot_frontier
from inspect_horizon.report.figure import draw_frontier
from inspect_horizon.report.scales import Span, spread, time_ticks
from report.studies import HOSTILE, frontiers, made_of, point, renamed, simulated

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure

    from inspect_horizon.report import PlotFormat

INK = "0.15"


def written(figure: Figure) -> list[Text]:
    return [found for found in figure.findobj() if isinstance(found, Text)]


def texts(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in written(figure))


def markers(figure: Figure, *, hollow: bool) -> set[tuple[float, float]]:
    lines = [line for line in figure.axes[0].get_lines() if line.get_marker() not in ("None", "", None)]
    chosen = [line for line in lines if (line.get_markerfacecolor() == "white") == hollow]
    return {(float(x), float(y)) for line in chosen for x, y in np.asarray(line.get_xydata())}


def with_wage(shown: Frontier, wage: float) -> Frontier:
    return replace(shown, wage_usd_per_hour=wage, human_line=tuple(map(float, human_line(shown.amounts, wage))))


def test_the_same_frontier_gives_the_same_bytes_whatever_the_reader_has_set(tmp_path: Path) -> None:
    formats: tuple[PlotFormat, ...] = ("png", "svg", "pdf")
    first = plot_frontier(simulated(), tmp_path / "new folder" / "v1.frontier", formats=formats)
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9, "axes.grid": True, "svg.hashsalt": "other"}):
        second = plot_frontier(simulated(), tmp_path / "again", formats=formats)
        assert mpl.rcParams["font.size"] == 20, "their settings are theirs"
    assert [path.name for path in first] == ["v1.frontier.png", "v1.frontier.svg", "v1.frontier.pdf"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert first[0].read_bytes().startswith(b"\x89PNG")
    assert b"<dc:date>" not in first[1].read_bytes()


def test_every_horizon_of_the_frame_is_drawn_where_it_is() -> None:
    shown = simulated(3)
    frame = shown.to_frame().dropna(subset="horizon_minutes")
    drawn = markers(draw_frontier(shown), hollow=True) | markers(draw_frontier(shown), hollow=False)
    assert drawn == set(zip(frame["budget_amount"], frame["horizon_minutes"], strict=True))
    assert len(drawn) >= 12


def test_points_not_to_be_trusted_are_hollow_and_joined_by_dashes() -> None:
    shown = made_of((
        point(1.0, 5.0, "extrapolated"), point(2.0, 9.0), point(4.0, 12.0), point(8.0, 20.0, "unidentified")
    ))  # fmt: skip
    figure = draw_frontier(shown)
    assert markers(figure, hollow=True) == {(1.0, 5.0), (8.0, 20.0)}
    assert markers(figure, hollow=False) == {(2.0, 9.0), (4.0, 12.0)}
    joins = [
        line
        for line in figure.axes[0].get_lines()
        if len(np.asarray(line.get_xdata())) == 2 and line.get_linewidth() < 1
    ]
    dashed = {tuple(np.asarray(line.get_xdata())) for line in joins if line.is_dashed()}
    assert dashed == {(1.0, 2.0), (4.0, 8.0)}
    assert "Hollow and dashed" in texts(figure)
    assert "Hollow" not in texts(draw_frontier(made_of((point(1.0, 5.0), point(2.0, 9.0)))))


def test_the_band_runs_from_end_to_end_of_each_interval() -> None:
    shown = made_of((point(1.0, 5.0, ends=(4.0, 7.0)), point(2.0, 9.0, ends=(8.0, 11.0))))
    (band,) = (found for found in draw_frontier(shown).axes[0].collections if isinstance(found, PolyCollection))
    corners = {(float(x), float(y)) for x, y in np.asarray(band.get_paths()[0].vertices)}
    assert {(1.0, 4.0), (1.0, 7.0), (2.0, 8.0), (2.0, 11.0)} <= corners


def test_an_interval_without_end_has_an_arrow_and_reaches_the_edge() -> None:
    shown = made_of((point(1.0, 5.0, "open", ends=(0.0, 7.0)), point(2.0, 9.0, "open", ends=(8.0, None))))
    figure = draw_frontier(shown)
    axes = figure.axes[0]
    (band,) = (found for found in axes.collections if isinstance(found, PolyCollection))
    heights = np.asarray(band.get_paths()[0].vertices)[:, 1]
    assert heights.min() <= axes.get_ylim()[0] * (1 + 1e-9)
    assert heights.max() >= axes.get_ylim()[1] * (1 - 1e-9)
    assert "Arrow: the interval has no end there." in texts(figure)


def test_a_budget_without_a_number_leaves_a_gap() -> None:
    shown = made_of((point(1.0, 5.0), point(2.0, None, "unobserved"), point(4.0, 12.0), point(8.0, 13.0)))
    joins = {tuple(np.asarray(line.get_xdata())) for line in draw_frontier(shown).axes[0].get_lines()}
    assert (4.0, 8.0) in joins
    assert not joins & {(1.0, 4.0), (1.0, 2.0), (2.0, 4.0)}


def test_the_human_line_is_straight_with_slope_one_and_says_its_wage() -> None:
    """At 60 dollars an hour a dollar buys a minute."""
    figure = draw_frontier(simulated(3))
    (line,) = (found for found in figure.axes[0].get_lines() if found.get_color() == INK)
    budgets, minutes = np.asarray(line.get_xydata()).T
    assert minutes == pytest.approx(budgets)
    assert "human at $60/h" in texts(figure)


@pytest.mark.parametrize(("wage", "arrow"), [(60_000.0, "↓"), (0.0001, "↑")])
def test_a_human_line_far_away_is_told_and_does_not_squeeze_the_curves(wage: float, arrow: str) -> None:
    near, far = simulated(3), with_wage(simulated(3), wage)
    figure = draw_frontier(far)
    low, high = figure.axes[0].get_ylim()
    times = near.to_frame()["horizon_minutes"].dropna()
    assert np.log(high / low) < 3 * np.log(times.max() / times.min())
    assert not [line for line in figure.axes[0].get_lines() if line.get_color() == INK]
    assert f"{arrow} human at" in texts(figure)
    assert "Beyond the axes: a human at" in texts(figure).replace("\n", " ")


def test_tokens_have_no_human_line_and_their_own_axis() -> None:
    shown = replace(simulated(3), budget_kind="tokens", human_line=None)
    assert "human at" not in texts(draw_frontier(shown))
    assert "budget per run (tokens, log scale)" in texts(draw_frontier(shown))


@pytest.mark.parametrize("models", [1, 3, 16])
@pytest.mark.parametrize("width", [3.5, 7.0])
def test_everything_stays_on_the_paper_and_every_curve_is_named(models: int, width: float) -> None:
    figure = draw_frontier(simulated(models), width_inches=width, weights="equal", tested_minutes=(0.1, 480.0))
    extent = figure.get_tightbbox()
    assert extent.x0 > -0.03
    assert extent.y0 > -0.03
    assert extent.x1 < figure.get_size_inches()[0] + 0.03
    assert extent.y1 < figure.get_size_inches()[1] + 0.03
    assert all(texts(figure).count(f"model-{number:02d}") == 1 for number in range(models))


def test_names_at_the_ends_do_not_cover_each_other() -> None:
    shown = made_of(*((point(1.0, 5.0), point(2.0, 10.0 + number / 50)) for number in range(5)))
    figure = draw_frontier(shown)
    names = [text for text in written(figure) if "model" in text.get_text()]
    boxes = sorted(Text.get_window_extent(text).y0 for text in names)
    assert len(boxes) == 5
    assert np.diff(boxes).min() > 7 * figure.dpi / 72, "a font of 7 points"


def test_hostile_names_are_shown_as_text(tmp_path: Path) -> None:
    shown = renamed(simulated(5), HOSTILE)
    figure = draw_frontier(shown, title="$\\frac{$ \x1b[2J")
    assert "$x^2$ $\\frac{a}{b$" in texts(figure)
    assert "_hidden�evil" in texts(figure)
    assert "\x1b" not in texts(figure)
    assert "[red]bold[/red]�second" in texts(figure)
    for width in (3.5, 7.0):
        assert all(path.stat().st_size > 5000 for path in plot_frontier(shown, tmp_path / "x", width_inches=width))


def test_names_that_start_with_an_underscore_are_in_the_legend() -> None:
    shown = renamed(simulated(16), tuple(f"_{number}" for number in range(16)))
    (legend,) = draw_frontier(shown).legends
    assert {text.get_text() for text in legend.get_texts()} == {f"_{number}" for number in range(16)}


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(shown=frontiers(), width=st.sampled_from([3.5, 7.0]))
def test_any_frontier_can_be_drawn_and_hides_no_trusted_point(shown: Frontier, width: float) -> None:
    """Not shrunk, since drawing is slow. No axis follows times below 1e-9 or above 1e12 minutes."""
    figure = draw_frontier(shown, width_inches=width)
    low, high = figure.axes[0].get_ylim()
    trusted = [minutes for _, minutes in markers(figure, hollow=False) if 1e-9 <= minutes <= 1e12]
    assert all(low < minutes < high for minutes in trusted)


def test_unknown_formats_and_widths_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'gif' is not known\n  fix: choose from png, svg, pdf"):
        plot_frontier(simulated(), tmp_path / "x", formats=("gif",))  # type: ignore[arg-type] # what a flag may hold
    with pytest.raises(UsageError, match="no plot format"):
        plot_frontier(simulated(), tmp_path / "x", formats=())
    with pytest.raises(UsageError, match=r"0\.5 inches wide"):
        plot_frontier(simulated(), tmp_path / "x", width_inches=0.5)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataError, match="taken"):
        plot_frontier(simulated(), tmp_path / "taken" / "frontier")


def test_importing_the_package_loads_no_plotting_library() -> None:
    script = (
        "import sys, inspect_horizon.report as report; assert report.plot_frontier;"
        "print(sorted({'matplotlib', 'inspect_ai', 'litellm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@given(wanted=st.lists(st.floats(-1e3, 1e3), max_size=8), gap=st.floats(0.1, 50))
def test_spread_places_keep_their_order_and_distance_and_move_only_if_they_must(
    wanted: list[float], gap: float
) -> None:
    places = spread(wanted, gap)
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(np.array(places)[order]) >= gap - 1e-6).all()
    assert sum(places) == pytest.approx(sum(wanted), abs=1e-6), "the least squares move none on average"
    if (np.diff(np.sort(wanted)) >= gap).all():
        assert places == pytest.approx(wanted)


@given(low=st.floats(1e-4, 1e4), factor=st.floats(40, 1e9))
def test_time_ticks_are_few_in_view_and_apart(low: float, factor: float) -> None:
    span = Span(low, low * factor)
    ticks = [minutes for minutes, _ in time_ticks(span, 9)]
    assert 1 <= len(ticks) <= 9
    assert all(minutes in span for minutes in ticks)
    assert all(np.diff([span.share(minutes) for minutes in ticks]) >= 0.1 - 1e-9)
