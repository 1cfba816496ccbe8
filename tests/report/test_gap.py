"""The truncation gap as text, as rows, in the foot of a frontier, and from the command line."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from frontier.test_gap import Study
from inspect_horizon.frontier import GAP_FLAGS, UNPAIRED, Configuration, Gap, Interval, envelope
from inspect_horizon.report import frontier_table
from inspect_horizon.report.gap import gap_rows, gap_text
from inspect_horizon.runs import conform, write_tables
from report.studies import made_of, point
from support.study import LITELLMS_OWN, command

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from inspect_horizon.frontier.pairs import Notice

MODEL = Configuration("model-0")
TOLD = Gap(MODEL, ("ledger",), "start", 84, 60, -0.031, Interval(-0.094, 0.02), -0.2, Interval(-0.6, 0.1), {}, ())
UNTOLD = Gap(MODEL, ("ledger",), "off", 0, 0, None, None, None, None, {}, ("not_measured",))
HINT = "truncation gap: not measured (--check-ladder 0.1 measures it)"

_numbers = st.none() | st.floats(-1, 1) | st.floats(-1e6, 1e6)
_intervals = st.none() | st.builds(Interval, _numbers, _numbers)


@st.composite
def some_gaps(draw: st.DrawFn) -> list[Gap]:
    """Any gaps of configurations named by anything."""
    configurations = st.builds(Configuration, st.text(max_size=60), st.text(max_size=60))
    checks: tuple[tuple[Notice, ...], ...] = (("off", "start"), ("off", "start", "running"))
    return [
        Gap(
            own, ("suite",), notice, draw(st.integers(0, 9999)), 3, draw(_numbers), draw(_intervals), draw(_numbers),
            draw(_intervals), draw(st.dictionaries(st.sampled_from(sorted(UNPAIRED)), st.integers(1, 999))),
            tuple(draw(st.lists(st.sampled_from(sorted(GAP_FLAGS)), unique=True))),
        )
        for own in sorted(draw(st.sets(configurations, max_size=3)))
        for notice in draw(st.sampled_from(checks))
    ]  # fmt: skip


def study(folder: Path, runs: pd.DataFrame) -> Path:
    steps = conform(runs[["run_id"]].head(0), "checkpoints")
    write_tables(folder, {"runs": conform(runs, "runs"), "checkpoints": steps})
    return folder


def test_a_gap_reads_like_this() -> None:
    text = gap_text([UNTOLD, TOLD])
    assert "\nmodel-0\n  not told: not measured\n" in text
    assert "  told once: success −3 % (−9…+2), horizon −0.2 doublings (−0.6…+0.1), 84 pairs\n" in text
    beyond = gap_text([replace(TOLD, success=-0.001, doublings_interval=Interval(None, None), flags=("open",))])
    assert "success 0 % (−9…+2)" in beyond
    assert "horizon −0.2 doublings (−∞…+∞), 84 pairs [open]" in " ".join(beyond.split())
    assert f"  open  {GAP_FLAGS['open'][:40]}" in beyond
    unknown = gap_text([replace(TOLD, doublings=None, doublings_interval=None, success_interval=None)])
    assert "told once: success −3 %, horizon not known, 84 pairs" in unknown


def test_what_is_in_no_pair_is_said() -> None:
    text = gap_text([replace(TOLD, unpaired={"ladder_missing": 2, "check_unusable": 1})])
    assert "Checks in no pair: 3\n  2 without a ladder run\n  1 whose run" in text


@settings(max_examples=50, deadline=None)
@given(shown=some_gaps())
def test_no_line_is_wider_than_eighty_nor_holds_what_a_terminal_obeys(shown: list[Gap]) -> None:
    whole = made_of((point(1.0, 5.0),))
    curves = tuple(replace(whole.curves[0], configuration=own) for own in sorted({gap.configuration for gap in shown}))
    foot = frontier_table(replace(whole, curves=curves, envelope=envelope(curves)), gaps=shown)
    for text in (gap_text(shown), foot):
        assert max(map(cell_len, text.split("\n"))) <= 80
        assert {unicodedata.category(character) for character in text.replace("\n", "")}.isdisjoint({"Cc", "Cf", "Cs"})
    assert json.loads(json.dumps(gap_rows(shown), allow_nan=False)) == gap_rows(shown)


def test_the_foot_of_a_frontier_quotes_the_gap() -> None:
    shown = made_of((point(1.0, 5.0),))
    assert "  model-0: told once horizon −0.2 doublings (−0.6…+0.1)\n" in frontier_table(shown, gaps=[UNTOLD, TOLD])
    vague = replace(TOLD, doublings=None, doublings_interval=None)
    assert "  model-0: told once success −3 % (−9…+2)\n" in frontier_table(shown, gaps=[UNTOLD, vague])
    assert frontier_table(shown, gaps=[UNTOLD]).endswith(f"\n\n{HINT}\n")
    assert "gap" not in frontier_table(shown)


@pytest.mark.filterwarnings(LITELLMS_OWN)
def test_the_commands_measure_say_so_or_say_nothing(tmp_path: Path) -> None:
    """A study with told checks, one of ladders alone, and one that only ran its budgets one by one."""
    runs = Study(-1.0).runs(np.random.default_rng(1))
    ladders = runs[~runs["check"]]
    checked, alone, grid = (
        study(tmp_path / name, table)
        for name, table in (("checked", runs), ("alone", ladders), ("grid", ladders.assign(protocol="{}")))
    )
    quick = ("--bootstrap", 40)
    (_, told) = json.loads(command("gap", checked, "--json", *quick).out)
    assert told["notice"] == "start"
    assert told["doublings"] < told["doublings_ci_high"] < 1
    assert command("gap", checked, "--json", *quick, "--seed", 1).out != command("gap", checked, "--json", *quick).out
    assert "not told: not measured\n  told once: success" in command("gap", checked, *quick).out
    assert command("gap", alone, "--kind", "usd").out.endswith(f"{HINT}\n")
    assert command("gap", grid).out.startswith("no ladder: ")
    assert json.loads(command("gap", grid, "--json").out) == []

    shown = command("frontier", checked, "--no-plot", *quick).out
    assert f"Left out: {runs['check'].sum()} runs\n  {runs['check'].sum()} checks of a ladder\n" in shown
    assert "told once horizon −" in shown
    assert HINT in command("frontier", alone, "--no-plot", *quick).out
    assert "gap" not in command("frontier", grid, "--no-plot", *quick).out
    assert json.loads(command("frontier", checked, "--no-plot", "--json", *quick).out)["truncation_gap"][1] == told
