"""Sweeps of the embedded models: what they should find is known beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from inspect_horizon.budgets import Grid
from inspect_horizon.frontier import frontier
from inspect_horizon.models.clerk import CLERKS
from inspect_horizon.runs import read_runs, read_table
from inspect_horizon.sweeps.spec import Sweep
from inspect_horizon.sweeps.sweep import sweep
from support.study import LITELLMS_OWN, standing

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
OUTCOME = ["epoch", "task_id", "budget_amount", "success", "score", "stop_reason", "cost_usd", "model_calls"]
TOKENS = ["input_tokens", "output_tokens"]


def outcomes(folder: Path) -> pd.DataFrame:
    """What should be the same when a sweep is repeated, in an order of its own."""
    runs = read_runs(folder)[OUTCOME + TOKENS]
    return runs.sort_values(OUTCOME[:3], ignore_index=True)


def asked(seed: int) -> Sweep:
    return Sweep(
        "twice",
        ("ledger", "atoms"),
        ("embedded/clerk-small",),
        Grid("usd", (0.02, 0.32)),
        limit=6,
        epochs=2,
        seed=seed,
        workers=1,
    )


@pytest.mark.slow
def test_the_same_seed_gives_the_same_runs(tmp_path: Path) -> None:
    """Outcome, tokens and dollars; under another seed other runs, of other tasks."""
    for name in ("one", "two"):
        sweep(asked(1), to=tmp_path / name)
    pd.testing.assert_frame_equal(outcomes(tmp_path / "one"), outcomes(tmp_path / "two"))
    sweep(asked(2), to=tmp_path / "other")
    one, other = (outcomes(tmp_path / name) for name in ("one", "other"))
    assert set(one["task_id"]) != set(other["task_id"])
    both = one.merge(other, on=OUTCOME[:3])
    assert len(both) > 0
    assert (both["cost_usd_x"] != both["cost_usd_y"]).any(), "the same task, another form on the day"


def test_epochs_are_independent_attempts(tmp_path: Path) -> None:
    """A second attempt at a task under the same budget is not the first one again."""
    sweep(asked(1), to=tmp_path / "out")
    runs = outcomes(tmp_path / "out")
    first, second = (runs[runs["epoch"] == epoch] for epoch in (1, 2))
    assert first["task_id"].to_list() == second["task_id"].to_list()
    assert (first["cost_usd"].to_numpy() != second["cost_usd"].to_numpy()).mean() > 0.5


def test_nothing_is_spent_beyond_a_budget(tmp_path: Path) -> None:
    """In every run, whatever became of it, and the calls add up to the runs."""
    outcome = sweep(asked(3), to=tmp_path / "out")
    assert outcome.complete
    assert outcome.overshot == 0
    runs, calls = read_runs(tmp_path / "out"), read_table(tmp_path / "out", "calls")
    assert (runs["cost_usd"] <= runs["budget_usd"] * (1 + 1e-9)).all()
    by_run = calls.groupby("run_id")["cost_usd"].sum()
    made = runs.set_index("run_id")["cost_usd"]
    assert made[by_run.index].to_numpy(float) == pytest.approx(by_run.to_numpy(float))
    assert outcome.totals.spent_usd == pytest.approx(float(made.sum()))


@pytest.mark.slow
def test_a_clerks_horizon_is_found_again(tmp_path: Path) -> None:
    """The 95 % interval holds H(b) = min(L50, b / r): half a minute, two minutes, and level at three.

    The seed is fixed, so this is a check of the pipeline; that intervals hold 95 % is for the estimators' own tests.
    """
    grid = Grid("usd", (0.005, 0.02, 0.32))
    asked = Sweep("one", ("ledger", "atoms"), ("embedded/clerk-small",), grid, workers=1)
    outcome = sweep(asked, to=tmp_path / "out")
    assert outcome.complete
    runs = read_runs(tmp_path / "out")
    assert len(standing(runs)) == outcome.planned
    found = frontier(
        runs, read_table(tmp_path / "out", "checkpoints"), kind="usd", bootstrap=400, rng=np.random.default_rng(1)
    )
    (curve,) = found.curves
    clerk = CLERKS["clerk-small"]
    for point, true in zip(curve.points, (0.5, 2.0, 3.0), strict=True):
        assert clerk.horizon_minutes(point.budget_amount) == pytest.approx(true)
        assert point.ci_low is not None, point
        assert point.ci_high is not None, point
        assert point.ci_low <= true <= point.ci_high, point
