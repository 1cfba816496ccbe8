"""The frontier as text and as rows."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from inspect_horizon.frontier import Frontier, Interval, SlopeTest
from inspect_horizon.report import (
    curve_rows,
    format_budget,
    format_interval,
    format_minutes,
    format_share,
    frontier_table,
)
from report.studies import HOSTILE, frontiers, made_of, point, renamed, simulated


@settings(max_examples=50, deadline=None)
@given(shown=frontiers(), width=st.integers(80, 140))
def test_no_line_is_wider_than_asked_nor_holds_what_a_terminal_obeys(shown: Frontier, width: int) -> None:
    text = frontier_table(shown, width=width)
    assert max(map(cell_len, text.split("\n"))) <= width
    assert {unicodedata.category(character) for character in text.replace("\n", "")}.isdisjoint({"Cc", "Cf", "Cs"})


@pytest.mark.parametrize("models", [1, 3, 16])
def test_every_number_in_the_table_is_one_of_the_frame(models: int) -> None:
    shown = simulated(models)
    lines = [line.split() for line in frontier_table(shown).splitlines()]
    for row in shown.to_frame().to_dict("records"):
        known = {str(name): None if value is pd.NA else value for name, value in row.items()}
        ends = known["ci_low"], known["ci_high"]
        cells = (
            format_budget("usd", row["budget_amount"]),
            "–" if known["horizon_minutes"] is None else format_minutes(known["horizon_minutes"]),
            "–" if ends == (None, None) else format_interval(*ends),
            "–" if known["cost_ratio"] is None else format_share(known["cost_ratio"]),
            str(row["n_runs"]),
            str(row["n_success"]),
        )
        written = " ".join(cells).split()
        assert any(line[: len(written)] == written for line in lines), written


def test_a_width_below_eighty_is_taken_as_eighty() -> None:
    assert frontier_table(simulated(), width=20) == frontier_table(simulated(), width=80)


def test_sixteen_models_fit_eighty_columns_and_are_all_named() -> None:
    shown = simulated(16)
    text = frontier_table(shown)
    assert max(map(cell_len, text.splitlines())) <= 80
    assert all(sum(line.startswith(f"acme/model-{n:02d} ") for line in text.splitlines()) == 1 for n in range(16))


def test_a_point_reads_like_this() -> None:
    shown = made_of((point(0.02, 4.2, "extrapolated", ends=(2.9, 6.1)), point(0.5, None, "no_failure", "unidentified")))
    assert "   $0.02  4.2 min  2.9–6.1 min       2.0 %   100      40  extrapolated\n" in frontier_table(shown)
    assert "   $0.50        –            –           –   100      40  no_failure\n" in frontier_table(shown)


def test_a_study_without_any_cost_ratio_has_no_column_of_dashes() -> None:
    shown = made_of((point(0.02, None, "no_success"), point(0.5, None, "no_failure")))
    text = frontier_table(shown)
    assert "cost ratio" not in text.lower()
    assert "   $0.50        –         –   100      40  no_failure\n" in text


def test_flags_of_every_point_are_said_once_and_all_that_occur_are_explained() -> None:
    shown = made_of((point(1.0, 5.0, "few_families"), point(2.0, 9.0, "few_families", "extrapolated")))
    text = frontier_table(shown)
    assert text.count("few_families") == 2, "beside the name, and in the legend"
    assert "the horizon lies outside the range of task lengths tested" in text
    assert "no run succeeded" not in text


def test_the_winner_of_each_budget_is_named_with_its_neighbours() -> None:
    shown = made_of(
        (point(1.0, 5.0), point(2.0, 6.0), point(4.0, 7.0)), (point(1.0, 1.0), point(2.0, 2.0), point(4.0, 90.0))
    )
    text = frontier_table(shown)
    assert "  $1 to $2  model-0  5.0 min to 6.0 min\n  $4        model-1  1.5 h\n" in text
    assert "Longest" not in frontier_table(replace(shown, curves=shown.curves[:1]))


def test_a_slope_alarm_shows_its_test() -> None:
    shown = made_of((point(1.0, 5.0, "slope_differs"), point(2.0, 9.0, "slope_differs")))
    test = SlopeTest(6.5, (1, 140), 0.0004, (1.0, 2.0))
    alarmed = replace(shown, curves=(replace(shown.curves[0], slope_test=test, slope_interval=Interval(1.2, 1.9)),))
    assert "F(1, 140) = 6.5, p = 0.0004, over $1, $2" in frontier_table(alarmed)
    assert "slope 1.50 (1.20–1.90) per doubling" in frontier_table(alarmed)
    assert "F(" not in frontier_table(simulated())


def test_what_was_left_out_is_counted() -> None:
    shown = replace(made_of((point(1.0, 5.0),)), left_out={"error": 10, "no_spend": 2})
    assert "Left out: 12 runs\n  10 error, 2 no_spend\n" in frontier_table(shown)
    assert "Left out" not in frontier_table(simulated())


def test_markup_is_text() -> None:
    text = frontier_table(renamed(simulated(5), HOSTILE))
    assert "[red]bold[/red]" in text
    assert "\x1b" not in text


def test_rows_hold_the_numbers_of_the_frame() -> None:
    shown = simulated(3)
    frame = shown.to_frame()
    rows = pd.DataFrame(curve_rows(shown)).astype(dict.fromkeys(frame.columns[frame.dtypes == "Float64"], "Float64"))
    pd.testing.assert_frame_equal(rows.assign(flags=rows["flags"].map(tuple)), frame)


@settings(max_examples=30, deadline=None)
@given(shown=frontiers(), wild=st.sampled_from([float("nan"), float("inf")]))
def test_rows_are_strict_json(shown: Frontier, wild: float) -> None:
    first, *rest = shown.curves
    points = tuple(replace(point, horizon_minutes=wild, ci_high=wild) for point in first.points)
    rows = curve_rows(replace(shown, curves=(replace(first, points=points), *rest)))
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows
    assert rows[0]["horizon_minutes"] is None
