"""`horizon plot`: every figure at every size, with the numbers that the command of its name prints."""

from __future__ import annotations

import importlib.util
import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.dates import date2num

from inspect_horizon.cli import calibrate, frontier, gap, trend
from inspect_horizon.cli.plot import FIGURES
from inspect_horizon.frontier.shape import ratio_frontier
from inspect_horizon.report.calibration_figure import draw_calibration
from inspect_horizon.report.figure import draw_frontier
from inspect_horizon.report.gap_figure import draw_gaps
from inspect_horizon.report.plain import plain
from inspect_horizon.report.trend_figure import draw_trends
from inspect_horizon.runs.casting import conform
from inspect_horizon.runs.completing import final_checkpoints
from inspect_horizon.runs.store import write_tables
from report.test_plot import markers, texts
from support.study import command

if TYPE_CHECKING:
    from types import ModuleType

    import click

GALLERY = Path(__file__).resolve().parents[2] / "docs" / "gallery"
LESS = ("--bootstrap", 20)


def gallery() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gallery", GALLERY / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DRAW = gallery()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place: Path = tmp_path_factory.mktemp("study")
    runs = conform(DRAW.study(seed=8), "runs")
    write_tables(place, {"runs": runs, "checkpoints": final_checkpoints(runs)})
    return place


def options(like: click.Command, *words: object) -> dict[str, Any]:
    """What a command makes of its words."""
    with like.make_context("x", [str(word) for word in words]) as context:
        return {name: value for name, value in context.params.items() if name not in ("as_json", "plot")}


def told(name: str, folder: Path, *words: object) -> Any:
    ended = command(name, folder, *words, *LESS, "--json", *(() if name == "gap" else ("--no-plot",)))
    assert ended.code == 0, ended
    return json.loads(ended.out)


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_every_figure_comes_in_every_format_at_every_size(name: str, folder: Path, tmp_path: Path) -> None:
    less = ("--studies", 2, *LESS) if name == "calibration" else LESS
    words = [*(word for word in DRAW.OPTIONS.get(name, ()) if word not in ("--studies", "60", "--bootstrap")), *less]
    for size, shape in (("paper", (2100, None)), ("slide", (1920, 1080))):
        stem = tmp_path / size
        ended = command("plot", name, folder, *words, "--size", size, "--file", stem)
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


def test_the_numbers_of_the_frontier_are_those_of_its_json(folder: Path) -> None:
    said = told("frontier", folder, *DRAW.BUDGETS)
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
    assert sum(path.stat().st_size for path in GALLERY.glob("*.png")) < 2_000_000
