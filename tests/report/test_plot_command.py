"""`horizon plot`: every figure at every size, with the numbers that the command of its name prints."""

from __future__ import annotations

import importlib.util
import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.dates import date2num

from inspect_horizon.cli import calibrate, frontier, gap, laws, spend, strategies, trend
from inspect_horizon.cli.plot import FIGURES
from inspect_horizon.frontier import Configuration, Interval
from inspect_horizon.frontier.by_length import LengthSuccess, SuccessRate
from inspect_horizon.frontier.shape import ratio_frontier
from inspect_horizon.report.calibration_figure import draw_calibration
from inspect_horizon.report.figure import draw_frontier
from inspect_horizon.report.gap_figure import draw_gaps
from inspect_horizon.report.laws_figure import draw_laws
from inspect_horizon.report.plain import plain
from inspect_horizon.report.spending_figure import draw_spending
from inspect_horizon.report.strategies_figure import draw_strategies
from inspect_horizon.report.success_figure import draw_success
from inspect_horizon.report.trend_figure import draw_trends
from inspect_horizon.report.units import format_usd
from inspect_horizon.runs.spending import Spending
from report.test_plot import markers, texts
from support.study import command

if TYPE_CHECKING:
    from types import ModuleType

    import click
    from matplotlib.axes import Axes

    from inspect_horizon.runs.spending import Purpose

GALLERY = Path(__file__).resolve().parents[2] / "docs" / "gallery"


def gallery() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery", GALLERY / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LESS = ("--bootstrap", 20)
DRAW = gallery()
LEAST = {
    "calibration": ("--studies", 2, *LESS),
    "laws": ("--bootstrap", 50, *DRAW.BUDGETS),
    "success": (),
    "spend": (),
}
"""What keeps a figure quick, where it is not `LESS`; of an option given twice the last counts."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place: Path = tmp_path_factory.mktemp("study")
    DRAW.write_study(place)
    return place


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place: Path = tmp_path_factory.mktemp("pool")
    DRAW.write_pool(place)
    return place


def options(like: click.Command, *words: object) -> dict[str, Any]:
    """What a command makes of its words."""
    with like.make_context("x", [str(word) for word in words]) as context:
        return {name: value for name, value in context.params.items() if name not in ("as_json", "plot")}


def told(name: str, folder: Path, *words: object) -> Any:
    less = LEAST.get(name, LESS) if name != "calibrate" else LESS
    ended = command(name, folder, *words, *less, "--json", *(() if name in ("gap", "spend") else ("--no-plot",)))
    assert ended.code == 0, ended
    return json.loads(ended.out)


@pytest.fixture(scope="module")
def frontiers_json(folder: Path) -> Any:
    return told("frontier", folder, *DRAW.BUDGETS)


def bars(axes: Axes) -> list[tuple[float, float]]:
    """Both ends of every upright line that is an interval."""
    uprights = [path for own in axes.collections if isinstance(own, LineCollection) for path in own.get_paths()]
    return [(float(low), float(high)) for (_, low), (_, high) in (np.asarray(path.vertices) for path in uprights)]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name in DRAW.WRITERS else []) for name in sorted(FIGURES)]
)
def test_every_figure_comes_in_every_format_at_every_size(name: str, folder: Path, pool: Path, tmp_path: Path) -> None:
    own = [word for word in DRAW.OPTIONS.get(name, ()) if word not in ("--studies", "60", "--bootstrap")]
    words = [*own, *LEAST.get(name, LESS)]
    study = pool if name in DRAW.WRITERS else folder
    for size, shape in (("paper", (2100, None)), ("slide", (1920, 1080))):
        stem = tmp_path / size
        ended = command("plot", name, study, *words, "--size", size, "--file", stem)
        assert ended.code == 0, ended
        assert ended.out.split() == [f"{stem}.png", f"{stem}.svg", f"{stem}.pdf"]
        png = Path(f"{stem}.png").read_bytes()
        width, height = struct.unpack(">II", png[16:24])
        assert (width, shape[1] and height) == shape
        assert Path(f"{stem}.svg").read_text().startswith("<?xml")
        assert Path(f"{stem}.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
def test_the_file_is_the_one_that_the_command_of_its_name_draws(folder: Path) -> None:
    words = (*DRAW.BUDGETS, *LESS)
    drawn = command("frontier", folder, *words, "--json")
    assert drawn.code == 0, drawn
    for name in ("frontier", "frontier-ratio"):
        first = (folder / f"{name}.svg").read_bytes()
        assert command("plot", name, folder, *words, "--format", "svg").out.split() == [str(folder / f"{name}.svg")]
        assert (folder / f"{name}.svg").read_bytes() == first
        assert command("plot", name, folder, *words, "--format", "svg", "--size", "slide").code == 0
        assert (folder / f"{name}-slide.svg").exists()


@pytest.mark.slow
def test_the_horizons_of_strategies_are_those_that_their_command_draws(pool: Path) -> None:
    words = (*DRAW.OPTIONS["strategies-horizon"], *LESS)
    assert command("strategies", pool, "--by", "horizon", *words).code == 0
    first = (pool / "strategies-horizon.svg").read_bytes()
    assert command("plot", "strategies-horizon", pool, *words, "--format", "svg").code == 0
    assert (pool / "strategies-horizon.svg").read_bytes() == first


def test_the_numbers_of_the_frontier_are_those_of_its_json(folder: Path, frontiers_json: Any) -> None:
    said = frontiers_json
    study = frontier.read(**{**options(frontier.command, folder, *DRAW.BUDGETS, *LESS), "path": folder})
    figure = draw_frontier(study.frontier)
    rows = [row for row in said["curves"] if row["horizon_minutes"]]
    open_ = {"extrapolated", "unidentified"}
    for hollow in (True, False):
        placed = {
            (row["budget_amount"], row["horizon_minutes"]) for row in rows if bool(open_ & set(row["flags"])) == hollow
        }
        assert placed == markers(figure, hollow=hollow)
    paths = [path for own in figure.axes[0].collections for path in own.get_paths()]
    corners = np.concatenate([np.asarray(path.vertices) for path in paths])
    bounded = [row for row in rows if row["ci_low"] and row["ci_high"]]
    assert len(bounded) > 8
    for row in bounded:
        for end in ("ci_low", "ci_high"):
            assert np.isclose(corners, (row["budget_amount"], row[end]), rtol=1e-9).all(axis=1).any(), (row, end)
    ratios = ratio_frontier(study.frontier)
    shown = draw_frontier(ratios)
    assert {
        (point.budget_amount, point.horizon_minutes)
        for curve in ratios.curves
        for point in curve.points
        if point.horizon_minutes
    } == markers(shown, hollow=True) | markers(shown, hollow=False)


def test_the_numbers_of_the_gap_are_those_of_its_json(folder: Path) -> None:
    said = [row for row in told("gap", folder) if row["n_pairs"]]
    success, horizon = draw_gaps(gap.read(**options(gap.command, folder, *LESS))).axes
    for axes, name, scale in ((success, "success", 100.0), (horizon, "doublings", 1.0)):
        rows = [row for row in said if row[name] is not None]
        points = [line.get_xdata()[0] for line in axes.get_lines() if line.get_marker() == "o"]  # type: ignore[index]
        assert points == pytest.approx([scale * row[name] for row in rows])
        bars = [np.asarray(own.get_paths()[0].vertices)[:, 0] for own in axes.collections]
        assert len(bars) == len(rows) >= 4
        for row, (low, high) in zip(rows, bars, strict=True):
            ends = (row[f"{name}_ci_low"], row[f"{name}_ci_high"])
            kept = [row[name] if end is None else end for end in ends]
            assert (low, high) == pytest.approx([scale * end for end in kept])


def test_the_numbers_of_the_trend_are_those_of_its_json(folder: Path) -> None:
    said = told("trend", folder, *DRAW.OPTIONS["trend"])
    _, trends = trend.read(**options(trend.command, folder, *DRAW.OPTIONS["trend"], *LESS))
    assert plain(trends) == said
    hollow = trends[0].points[-1].configuration
    figure = draw_trends(trends, hollow=[hollow])
    drawn = markers(figure, hollow=True) | markers(figure, hollow=False)
    last = trends[0].points[-1]
    assert {(float(date2num(point.released)), point.value) for point in trends[0].points} <= drawn  # type: ignore[no-untyped-call]
    assert (float(date2num(last.released)), last.value) in markers(figure, hollow=True)  # type: ignore[no-untyped-call]
    assert "Hollow: extrapolated" in texts(figure)


def test_the_numbers_of_the_calibration_are_those_of_its_json(folder: Path) -> None:
    words = (*DRAW.BUDGETS, "--studies", 3)
    said = told("calibrate", folder, *words)["numbers"]
    figure = draw_calibration(calibrate.read(**options(calibrate.command, folder, *words, *LESS)))
    for axes, name in zip(figure.axes, ("bias", "coverage"), strict=True):
        drawn = [
            value
            for line in axes.get_lines()
            if line.get_marker() not in ("None", "")
            for value in np.asarray(line.get_ydata())
        ]
        wanted = [100 * row[name] for row in said if row["number"] == "horizon" and row[name] is not None]
        assert drawn == pytest.approx(wanted)


def test_the_numbers_of_success_are_those_of_the_frontiers_json(folder: Path, frontiers_json: Any) -> None:
    said = frontiers_json["success_by_length"]
    study, found = frontier.read_by_length(folder, DRAW.BUDGETS[1], None, None)
    assert plain(found) == said
    panels = draw_success(found, kind=study.kind).axes
    assert [axes.get_title(loc="left") for axes in panels] == ["model-a", "model-b", "model-c", "model-d"]
    for axes in panels:
        own = [each["rates"] for each in said if each["model"] == f"acme/{axes.get_title(loc='left')}"]
        assert [list(np.asarray(line.get_ydata())) for line in axes.get_lines()] == [
            [rate["success_rate"] for rate in rates] for rates in own
        ]
        intervals = [rate["interval"] for rates in own for rate in rates]
        assert bars(axes) == [(interval["low"], interval["high"]) for interval in intervals]
        assert len(intervals) > 30


def test_a_budget_that_no_run_tells_of_leaves_a_gap() -> None:
    """Success is known at two of three budgets: two points, and no line between them."""
    known = [SuccessRate(amount, 4, 2, 0.5, Interval(0.2, 0.8)) for amount in (1.0, 4.0)]
    rates = (known[0], SuccessRate(2.0, 0, 0, None, None), known[1])
    found = LengthSuccess(Configuration("m", "", "", ""), 1.0, 4.0, 2, rates)
    (axes,) = draw_success([found], kind="usd").axes
    assert [list(np.asarray(line.get_xdata())) for line in axes.get_lines()] == [[1.0], [4.0]]


def test_configurations_can_be_chosen_by_a_part_of_their_name(folder: Path, tmp_path: Path) -> None:
    words = (folder, *DRAW.BUDGETS, "--format", "svg", "--file", tmp_path / "two")
    assert command("plot", "success", *words, "--of", "model-a", "--of", "del-c").code == 0
    drawn = (tmp_path / "two.svg").read_text()
    assert [f"<!-- model-{letter} -->" in drawn for letter in "abcd"] == [True, False, True, False]
    ended = command("plot", "success", *words, "--of", "model-z")
    assert ended.code == 2
    assert "'model-z'" in ended.err
    assert "acme/model-a, acme/model-b" in ended.err


@pytest.mark.parametrize("by", ["model", "task"])
def test_the_dollars_of_the_spending_are_those_of_its_json(folder: Path, by: str) -> None:
    said = told("spend", folder, "--by", by)
    figure = draw_spending(spend.read(folder, by), by=by)  # type: ignore[arg-type]  # both are groups
    (axes,) = figure.axes
    for container, purpose in zip(axes.containers, ("answers", "forks", "retries", "scoring"), strict=True):
        widths = [bar.get_width() for bar in container]
        named = len(widths) - (len(said) > len(widths))
        rest = [sum(row["usd"][purpose] for row in said[named:])] if len(said) > named else []
        assert widths == pytest.approx([*(row["usd"][purpose] for row in said[:named]), *rest])
        assert sum(widths) > 0
    whole = sum(sum(row["usd"].values()) for row in said)
    unknown = sum(row["unknown"] for row in said)
    assert f"at least {format_usd(whole)} in all" in texts(figure)
    assert f"Of {unknown} attempts a part" in texts(figure)
    assert unknown > 0


def test_what_a_group_spent_is_not_known_rather_than_nothing() -> None:
    nothing: dict[Purpose, float] = {"answers": 0.0, "forks": 0.0, "retries": 0.0, "scoring": 0.0}
    figure = draw_spending([Spending(("m",), 7, 7, nothing)], by="model")
    assert "7 of 7 attempts unknown" in texts(figure)
    assert "no cost is known" in texts(figure)


def test_the_numbers_of_the_laws_are_those_of_their_json(folder: Path) -> None:
    said = told("laws", folder, *DRAW.OPTIONS["laws"])["success"]
    words = (*DRAW.OPTIONS["laws"], *LEAST["laws"])
    study, found = laws.read(**options(laws.command, folder, *words))
    (axes,) = draw_laws(found, kind=study.kind).axes
    lines = [(line.get_marker(), list(np.asarray(line.get_ydata()))) for line in axes.get_lines()]
    assert [rates for marker, rates in lines if marker == "o"] == [own["rates"] for own in said]
    crosses = [rates for marker, rates in lines if marker == "x"]
    assert crosses == [own["forecast"]["foretold"] for own in said if own["forecast"]]
    assert crosses
    intervals = [interval for own in said for interval in own["rate_intervals"]]
    assert bars(axes) == [(interval["low"], interval["high"]) for interval in intervals]
    assert all(
        interval["low"] <= rate <= interval["high"]
        for own in said
        for rate, interval in zip(own["rates"], own["rate_intervals"], strict=True)
    )


def test_the_numbers_of_the_strategies_are_those_of_their_json(pool: Path) -> None:
    words = DRAW.OPTIONS["strategies"]
    said = told("strategies", pool, *words)
    given = options(strategies.command, pool, *words, *LESS)
    found = strategies.compare(strategies.asked(**{name: value for name, value in given.items() if name != "by"}))
    (axes,) = draw_strategies(found.read, found.best, found.live).axes
    drawn = {(float(x), float(y)) for line in axes.get_lines() for x, y in np.asarray(line.get_xydata())}
    read = [row for row in said["read_outs"] if row["spend"]]
    best = [row for row in said["frontier"]["points"] if row["success_rate"] is not None]
    assert drawn == {(row["spend"], row["success_rate"]) for row in read} | {
        (row["amount"], row["success_rate"]) for row in best
    }
    assert set(bars(axes)) == {(row["interval"]["low"], row["interval"]["high"]) for row in read}


def test_a_study_in_tokens_has_no_figure_over_shares(folder: Path) -> None:
    ended = command("plot", "frontier-ratio", folder, "--budgets", "cost_ratio:0.1,1", *LESS)
    assert ended.code == 2
    assert "fix: " in ended.err


def test_the_gallery_shows_every_figure() -> None:
    page = (GALLERY / "README.md").read_text()
    for name in FIGURES:
        assert f"({name}.png)" in page
        assert f"horizon plot {name} " in page
    shown = sorted(path.name for path in GALLERY.glob("*.png"))
    assert all(f"({name})" in page for name in shown)
    assert sum(path.stat().st_size for path in GALLERY.glob("*.png")) < 2_600_000
