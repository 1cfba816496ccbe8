"""From tables of runs and checkpoints to arrays: did each run of a configuration succeed within each budget?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from inspect_horizon.errors import UsageError
from inspect_horizon.frontier.human_error import human_error_of
from inspect_horizon.frontier.left_out import nothing_left, reasons
from inspect_horizon.frontier.table import CONFIGURATION, numbers, prepare, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inspect_horizon.frontier.arrays import BoolArray, FloatArray, IntArray
    from inspect_horizon.frontier.human_error import HumanError

Outcomes: TypeAlias = npt.NDArray[np.int8]

UNKNOWN = -1
ROUNDING = 1 + 1e-9
"""A spend this much above a budget still counts as within it: sums of prices round."""
MOST_BUDGETS = 9


@dataclass(frozen=True, slots=True, order=True)
class Configuration:
    """What is never pooled: everything besides task and budget that can change an outcome."""

    model: str
    scaffold: str = ""
    strategy: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Observations:
    """The n runs of one configuration against K budgets."""

    configuration: Configuration
    task: IntArray
    """Index into the study's tasks, shape (n,)."""
    doublings: FloatArray
    """log2 of the task's human minutes, shape (n,)."""
    weight: FloatArray
    """The task's own weight, 1 where none is given, shape (n,)."""
    outcome: Outcomes
    """1 success, 0 failure or `UNKNOWN` within each budget, shape (n, K)."""
    covered: IntArray
    """How many of the budgets the run can speak for: those within the cap it was given, all if none, shape (n,)."""
    count: IntArray
    """How many runs each row stands for: 1 unless the table was reduced, shape (n,)."""
    n_errors: int
    """Runs of this configuration that infrastructure broke and that are in none of the arrays."""

    def evidence(self) -> Outcomes:
        """The outcomes that enter estimates: those within what covers their run; the others are unknown."""
        within = np.arange(self.outcome.shape[1])[None, :] < self.covered[:, None]
        return np.where(within, self.outcome, UNKNOWN).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Study:
    """Everything that the estimates need, and what was left out of it."""

    kind: str
    amounts: FloatArray
    """The budgets, rising, shape (K,), in the unit of `kind`."""
    tasks: tuple[str, ...]
    """Every task of the study, sorted, as suite and id."""
    families: IntArray
    """Family of each task, shape (len(tasks),)."""
    observations: tuple[Observations, ...]
    """One for each configuration, sorted."""
    left_out: Mapping[str, int]
    """Runs that are in no estimate, by reason."""
    wage_usd_per_hour: float | None
    """Median human cost per hour over the runs, null where the table holds none."""
    human_error: HumanError | None = None
    """How exact the human times of the tasks are; None where the table does not say."""

    def n_families(self, own: Observations) -> int:
        """How many families the tasks of one configuration's runs are of."""
        return len(np.unique(self.families[own.task]))


def observe(
    runs: pd.DataFrame,
    checkpoints: pd.DataFrame | None = None,
    *,
    kind: str,
    amounts: Sequence[float] | FloatArray | None = None,
    cap: float | None = None,
) -> Study:
    """Success of every run within every budget, configuration by configuration.

    Args:
        runs: One row a run; `task_id`, `model`, `success`, `human_minutes` and the spend of `kind` are needed, other
            columns of the runs table are used where they are there.
        checkpoints: What a run's answer was worth at each rung; without any, success at its total spend.
        kind: `usd`, `tokens`, `output_tokens`, `cost_ratio` or `seconds`, which any run can be read in, or the kind of
            the runs' own budgets (`weighted_tokens`, `flops`, `flops_generated`).
        amounts: Budgets in the unit of `kind`; by default those of the runs and their rungs, or doublings over the
            spends of successes.
        cap: The most a run without a recorded stop reason could spend, in the unit of `kind`: its failure at the cap
            says nothing of larger budgets.

    Raises:
        DataError: A column is missing, or no run can be used.
        UsageError: The kind is not known, or an amount is not above 0.
    """
    table = prepare(runs, kind)
    why = reasons(table)
    counted = table["_count"].groupby(why).sum()
    left_out = {str(reason): int(count) for reason, count in counted.items() if reason != ""}
    used = table[why == ""]
    if used.empty:
        raise nothing_left(table, why, kind)
    grid = _grid(used, amounts, checkpoints)
    tasks = used[["_task", "_family"]].drop_duplicates("_task").sort_values("_task")
    names = tuple(tasks["_task"])
    used = used.assign(_number=np.searchsorted(np.array(names, dtype=object), used["_task"].to_numpy(dtype=object)))
    used = used.sort_values(["_number", "run_id"], kind="stable")
    errors = table[why == "error"].groupby(list(CONFIGURATION))["_count"].sum().to_dict()
    steps = None if checkpoints is None else steps_of(checkpoints, used, kind)
    observations = tuple(
        _of_configuration(Configuration(*map(str, key)), rows, grid, steps, cap, int(errors.get(key, 0)))
        for key, rows in used.groupby(list(CONFIGURATION), sort=True)
    )
    families = _codes(tasks["_family"])
    return Study(kind, grid, names, families, observations, left_out, _wage(used), human_error_of(used))


def _grid(
    used: pd.DataFrame, amounts: Sequence[float] | FloatArray | None, checkpoints: pd.DataFrame | None
) -> FloatArray:
    if amounts is not None:
        return budget_grid(amounts)
    own = used.loc[(used["budget_kind"] == used["_kind"]) & (used["budget_amount"] > 0), "budget_amount"]
    if not own.empty:
        return np.unique(np.concatenate([own.to_numpy(dtype=np.float64), _rungs(used, checkpoints)]))
    spends = used.loc[(used["success"] > 0) & (used["_spend"] > 0), "_spend"].to_numpy(dtype=np.float64)
    if spends.size == 0:
        spends = used.loc[used["_spend"] > 0, "_spend"].to_numpy(dtype=np.float64)
    return _doublings_over(spends) if spends.size else np.array([1.0])


def _rungs(used: pd.DataFrame, checkpoints: pd.DataFrame | None) -> FloatArray:
    """The budgets at which ladders were read, shape (n,)."""
    if checkpoints is None or checkpoints.empty:
        return np.empty(0)
    same = text(checkpoints, "rung_kind") == used["_kind"].iloc[0]
    told = pd.Index(used["run_id"].astype(object).unique()).get_indexer(text(checkpoints, "run_id")) >= 0
    amounts = numbers(checkpoints, "rung_amount")[same & told]
    return np.asarray(amounts[amounts > 0], dtype=np.float64)


def budget_grid(amounts: Sequence[float] | FloatArray) -> FloatArray:
    """The budgets in order, each once, shape (K,).

    Raises:
        UsageError: There is none, or one is not above 0.
    """
    grid = np.unique(np.asarray(amounts, dtype=np.float64))
    if grid.size == 0 or not (np.isfinite(grid).all() and grid[0] > 0):
        raise UsageError(f"budgets {list(grid)} cannot be used", fix="give at least one, all finite and above 0")
    return grid


def _doublings_over(spends: FloatArray) -> FloatArray:
    """Powers of two that end at the first to hold every spend, at most `MOST_BUDGETS` of them."""
    top = int(np.ceil(np.log2(spends.max()) - 1e-9))
    bottom = max(int(np.ceil(np.log2(spends.min()))), top - MOST_BUDGETS + 1)
    return np.exp2(np.arange(min(bottom, top), top + 1, dtype=np.float64))


def _codes(names: pd.Series[str]) -> IntArray:
    return np.unique(names.to_numpy(dtype=str), return_inverse=True)[1].astype(np.int64)


def _wage(used: pd.DataFrame) -> float | None:
    rates = 60 * used["human_cost_usd"] / used["human_minutes"]
    known = (rates > 0).to_numpy(dtype=bool)
    if not known.any():
        return None
    return float(np.median(np.repeat(rates[known].to_numpy(dtype=np.float64), used.loc[known, "_count"])))


def steps_of(checkpoints: pd.DataFrame, used: pd.DataFrame, kind: str) -> pd.DataFrame | None:
    """Checkpoints of used runs with their spend in `kind`, in order of spend; None if they do not tell it."""
    if checkpoints.empty:
        return None
    costs = used.drop_duplicates("run_id")
    run = pd.Index(costs["run_id"].astype(object)).get_indexer(text(checkpoints, "run_id"))
    checkpoints, run = checkpoints[run >= 0], run[run >= 0]
    column = {"usd": "spent_usd", "cost_ratio": "spent_usd", "tokens": "spent_tokens"}.get(kind, "")
    at = numbers(checkpoints, column).to_numpy()
    if kind == "cost_ratio":
        at = at / costs["human_cost_usd"].to_numpy(dtype=np.float64)[run]
    how, own_kind = text(checkpoints, "how"), (text(checkpoints, "rung_kind") == kind).to_numpy()
    # A run that is asked keeps back what the question may cost, so it may have ended within a rung that could not hold
    # it; what it got is known rung by rung.
    asked = np.zeros(len(costs), dtype=np.bool_)
    asked[run[own_kind & (how == "fork").to_numpy()]] = True
    by_rung = own_kind & asked[run]
    steps = pd.DataFrame(
        {
            "run_id": costs["run_id"].to_numpy(dtype=object)[run],
            "_at": np.where(by_rung, numbers(checkpoints, "rung_amount"), at),
            "success": numbers(checkpoints, "success").to_numpy(),
            "_final": (how == "final").to_numpy(),
        }
    )
    known = ~np.isnan(steps["_at"].to_numpy()) & _of_used_attempts(checkpoints, run, used, costs)
    steps, run = steps[known], run[known]
    unfinished = np.zeros(len(costs), dtype=np.bool_)
    unfinished[run] = True
    unfinished[run[steps["_final"].to_numpy()]] = False
    ends = costs[unfinished]
    last = ends[["run_id", "success"]].assign(_at=ends["_spend"], _final=True)
    both: pd.DataFrame = pd.concat([steps, last], ignore_index=True)
    return both.sort_values(["_at", "_final"], kind="stable")


def _of_used_attempts(checkpoints: pd.DataFrame, run: IntArray, used: pd.DataFrame, costs: pd.DataFrame) -> BoolArray:
    """Which checkpoints are of an attempt that is used, `run` being the place of each one's run among `costs`."""
    if not ("attempt" in checkpoints.columns and "attempt" in used.columns):
        return np.ones(len(run), dtype=np.bool_)
    own_run = pd.Index(costs["run_id"].astype(object)).get_indexer(used["run_id"].astype(object))
    told = [numbers(table, "attempt").fillna(-1.0).to_numpy() for table in (used, checkpoints)]
    numbered = np.unique(np.concatenate(told), return_inverse=True)[1]
    one_of = int(numbered.max(initial=0)) + 1
    own, theirs = own_run * one_of + numbered[: len(used)], run * one_of + numbered[len(used) :]
    return np.asarray(np.isin(theirs, own), dtype=np.bool_)


def _of_configuration(
    configuration: Configuration,
    rows: pd.DataFrame,
    grid: FloatArray,
    steps: pd.DataFrame | None,
    cap: float | None,
    n_errors: int,
) -> Observations:
    outcome = known_outcomes(rows, grid, steps, cap=cap)
    own, told = rows["budget_amount"].to_numpy()[:, None], rows["_told"].to_numpy()
    covered = (grid[None, :] <= _declared_cap(rows, cap)[:, None] * ROUNDING).sum(axis=1).astype(np.int64)
    at_own = (grid[None, :] <= own * ROUNDING).sum(axis=1)
    covered[told] = at_own[told]
    return Observations(
        configuration,
        rows["_number"].to_numpy(dtype=np.int64),
        np.log2(rows["human_minutes"].to_numpy(dtype=np.float64)),
        rows["weight"].fillna(1.0).clip(lower=0.0).to_numpy(dtype=np.float64),
        outcome,
        _extend_where_all_ended(outcome, covered),
        rows["_count"].to_numpy(dtype=np.int64),
        n_errors,
    )


def known_outcomes(
    rows: pd.DataFrame, grid: FloatArray, steps: pd.DataFrame | None, *, cap: float | None = None
) -> Outcomes:
    """Success of runs that can be used within every budget: 1, 0 or `UNKNOWN`, shape (n, K).

    Args:
        rows: Runs as `prepare` makes them.
        grid: The budgets, rising, shape (K,).
        steps: Their checkpoints, as `steps_of` makes them.
        cap: As for `observe`.
    """
    outcome = _outcome_at(rows, grid, steps)
    limit = _known_up_to(rows, cap)
    outcome[grid[None, :] > limit[:, None] * ROUNDING] = UNKNOWN
    own, told = rows["budget_amount"].to_numpy()[:, None], rows["_told"].to_numpy()
    outcome[told[:, None] & ~np.isclose(grid[None, :], own, rtol=1e-9, atol=0.0)] = UNKNOWN
    return outcome


def _outcome_at(rows: pd.DataFrame, grid: FloatArray, steps: pd.DataFrame | None) -> Outcomes:
    """What the last checkpoint within each budget was worth, 0 before the first."""
    spend, success = rows["_spend"].to_numpy(dtype=np.float64), rows["success"].to_numpy(dtype=np.float64) > 0
    outcome = (success[:, None] & (spend[:, None] <= grid[None, :] * ROUNDING)).astype(np.int8)
    if steps is None:
        return outcome
    place = pd.Index(rows["run_id"].astype(object)).get_indexer(steps["run_id"].astype(object))
    own, run = steps[place >= 0], place[place >= 0]
    worth = own["success"].to_numpy(dtype=np.float64)
    values = np.zeros((len(rows), len(grid) + 2), dtype=np.int8)
    last = np.zeros(values.shape, dtype=np.int64)
    # Steps come in order of spend, and of several that first fit the same budget the last one written stays.
    fits = 1 + np.searchsorted(grid * ROUNDING, own["_at"].to_numpy(dtype=np.float64), side="left")
    values[run, fits] = np.where(np.isnan(worth), UNKNOWN, worth > 0)
    last[run, fits] = fits
    carried = np.take_along_axis(values, np.maximum.accumulate(last, axis=1), axis=1)[:, 1:-1]
    stepped = np.unique(run)
    outcome[stepped] = carried[stepped]
    return outcome


def _known_up_to(rows: pd.DataFrame, cap: float | None) -> FloatArray:
    """The largest budget that each run speaks of, infinite for one that ended by itself, shape (n,)."""
    reason, spend = rows["stop_reason"].to_numpy(), rows["_spend"].to_numpy(dtype=np.float64)
    at_own_cap, amount = reason == "budget", rows["_allowed"].to_numpy(dtype=np.float64)
    limit = np.where(np.isin(reason, ("budget", "other_limit")), spend, np.inf)
    limit = np.where(at_own_cap & ~np.isnan(amount), amount, limit)
    if cap is not None:
        failed = ~(rows["success"].to_numpy(dtype=np.float64) > 0)
        limit = np.where((reason == "") & failed & (spend * ROUNDING >= cap), cap, limit)
    return limit


def _declared_cap(rows: pd.DataFrame, cap: float | None) -> FloatArray:
    """The most each run was allowed to spend in this kind, infinite where nothing says so, shape (n,)."""
    declared = rows["_allowed"].fillna(np.inf).to_numpy(dtype=np.float64)
    if cap is not None:
        unsaid = (rows["stop_reason"] == "").to_numpy() & np.isinf(declared)
        declared = np.where(unsaid, cap, declared)
    return declared


def _extend_where_all_ended(outcome: Outcomes, covered: IntArray) -> IntArray:
    """Budgets that speak for each run: those within its cap, and beyond it if its cap stopped no run.

    Where a cap did stop some, the others are known beyond it only because they ended early; using them there would
    let them stand for all.
    """
    extended = covered.copy()
    for reach in np.unique(covered):
        same = covered == reach
        if (outcome[same][:, reach:] != UNKNOWN).all():
            extended[same] = outcome.shape[1]
    return extended
