"""Runs that something other than their budget stopped: neither a fault of the infrastructure nor want of money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import numpy as np
import pytest
from inspect_ai import Task, task_with
from inspect_ai import eval as inspect_eval
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver

from inspect_horizon.budgets import Grid
from inspect_horizon.frontier import observe
from inspect_horizon.runs import read_runs
from inspect_horizon.strategies.budgeted import budgeted
from inspect_horizon.suites import load_suite
from inspect_horizon.sweeps.cell import as_task
from inspect_horizon.sweeps.collecting import collect
from inspect_horizon.sweeps.plan import PLAIN, Cell
from support.study import LITELLMS_OWN

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
QUIET: dict[str, Any] = {"display": "none", "score_display": False, "log_level": "error", "log_realtime": False}


def cell(budget: str = "usd:1") -> Cell:
    """Two tasks of a built-in suite for the smallest clerk."""
    (amount,) = Grid.parse(budget).budgets
    return Cell(load_suite("atoms"), "atoms", "embedded/clerk-small", "single", amount, 2, 1, 50.0, PLAIN, 1)


def collected(folder: Path, task: Task) -> pd.DataFrame:
    """The runs of a cell's task, from its log alone."""
    inspect_eval(task, model="litellm/embedded/clerk-small", log_dir=str(folder / "logs"), **QUIET)
    collect(folder / "logs", to=folder / "out")
    return read_runs(folder / "out")


@solver
def dawdling() -> Solver:
    """Never comes to an end by itself."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await anyio.sleep(60)
        return state

    return solve


@scorer(metrics=[accuracy()])
def unsure() -> Scorer:
    """A grader that cannot make up its mind."""

    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=float("nan"))

    return score


def test_a_limit_on_time_is_another_limit(tmp_path: Path) -> None:
    """Inspect cancels the agent, which looks like a failure from within; it was slow, and that is an outcome."""
    planned = cell()
    slow = task_with(
        as_task(planned), solver=budgeted(dawdling(), str(planned.budget), planned.cell_id, 1), time_limit=1
    )
    runs = collected(tmp_path, slow)
    assert set(runs["stop_reason"]) == {"other_limit"}
    assert not runs["success"].any()
    assert runs["error"].isna().all()


def test_a_grader_that_cannot_tell_leaves_success_unknown(tmp_path: Path) -> None:
    runs = collected(tmp_path, task_with(as_task(cell()), scorer=unsure()))
    assert set(runs["stop_reason"]) == {"submitted"}
    assert runs["success"].isna().all()


def test_a_limit_of_the_suites_own_is_not_the_budget(tmp_path: Path) -> None:
    """What more money would have bought is then not known beyond what was spent."""
    runs = collected(tmp_path, task_with(as_task(cell("usd:1000")), token_limit=1))
    assert set(runs["stop_reason"]) == {"other_limit"}
    study = observe(runs, kind="usd", amounts=np.array([1e-7, 1000.0]))
    assert (study.observations[0].outcome[:, 1] == -1).all()
