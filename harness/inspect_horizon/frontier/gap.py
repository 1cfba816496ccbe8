"""The truncation gap: what budgets run one by one bring, minus what ladders cut at the same budgets say.

Success is compared pair by pair. Horizons are compared by one logistic regression over both sides of all pairs,

    logit P(success) = theta[budget] - beta * log2(minutes) + delta * [check],

with Firth's bias reduction (`frontier/firth.py`). At success 1/2, or at any other rate, the check's horizon lies
delta / beta doublings from the ladder's, at every budget alike: the test for a shift of parallel curves in a bioassay
(Finney 1978, "Statistical Method in Biological Assay"), where delta / beta is the log of the relative potency.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
from scipy.sparse import csr_array

from inspect_horizon.errors import UsageError
from inspect_horizon.frontier.bootstrap import FEWEST_FAMILIES, draw_tasks
from inspect_horizon.frontier.firth import fit_firth
from inspect_horizon.frontier.pairs import pair
from inspect_horizon.frontier.results import FLAGS, Interval
from inspect_horizon.frontier.weights import run_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from inspect_horizon.frontier.arrays import BoolArray, FloatArray, IntArray
    from inspect_horizon.frontier.observations import Configuration, Outcomes
    from inspect_horizon.frontier.pairs import Notice, Pairs
    from inspect_horizon.frontier.weights import Weighting

GapResample: TypeAlias = Literal["family-task", "task"]

GAP_FLAGS = {
    "not_measured": "no check has a ladder to be compared with",
    "few_differ": "fewer than 5 pairs differ, too few to know the spread; if none, success has an exact interval",
    "unidentified": "fewer than 5 successes or failures on one side, or 3 task lengths: no horizons to compare",
    "flat": "success does not clearly fall with task length, so there are no horizons to compare",
    "open": FLAGS["open"],
    "few_families": FLAGS["few_families"],
    "incomplete": "more than 2 % of the checks are in no pair",
}
"""Every flag a gap can carry, and what it tells the reader."""

UNPAIRED = {
    "ladder_missing": "without a ladder run",
    "check_unusable": "whose run ended in an error or lacks what is needed",
    "ladder_unusable": "whose ladder ended in an error or lacks what is needed",
    "unknown_at_budget": "whose budget one of the two says nothing about",
}
"""Why checks are in no pair."""

_FEWEST_OUTCOMES, _FEWEST_LENGTHS, _FEWEST_DIFFERENT = 5, 3, 5
_MOST_MISSING = 0.02
_CELLS_AT_ONCE = 1_000_000
"""Replicates times cells; a fit holds about ten such arrays."""
_REPLICATES_TOLERANCE = 3e-4
"""In log-odds, where a standard error is some tenths: enough for the ends of an interval."""


@dataclass(frozen=True, slots=True)
class Gap:
    """How one configuration does under budgets of its own, compared with its ladders cut at the same budgets."""

    configuration: Configuration
    """Of the ladders."""
    suites: tuple[str, ...]
    notice: Notice
    """What the agents of the checks were told of their budget: `off`, `start` or `running`."""
    n_pairs: int
    """Checks that are compared with a ladder; 0 where the gap was not measured."""
    n_tasks: int
    success: float | None
    """Success rate of the checks minus that of the ladders, -1 to 1, every task counting alike."""
    success_interval: Interval | None
    doublings: float | None
    """log2 of the checks' horizon over the ladders'; None where there are no horizons to compare."""
    doublings_interval: Interval | None
    """An end is None where it lies beyond any number."""
    unpaired: Mapping[str, int]
    """Checks that are in no pair, by reason: keys of `UNPAIRED`."""
    flags: tuple[str, ...]
    """Keys of `GAP_FLAGS`."""


@dataclass(frozen=True, slots=True)
class _Shift:
    value: float | None
    interval: Interval | None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Cells:
    """Both sides of the pairs by length, budget and side; each task's part in a row."""

    design: FloatArray
    """A column for each budget, minus the position, and the side (check 1/2, ladder -1/2), shape (C, budgets + 2)."""
    solved: csr_array
    tried: csr_array
    """Weight of successes and of trials, shape (tasks, C)."""
    trials: FloatArray
    """Number of trials, shape (tasks,)."""


def gap(
    runs: pd.DataFrame,
    checkpoints: pd.DataFrame | None = None,
    *,
    kind: str,
    rng: np.random.Generator,
    weights: Weighting = "equal",
    bootstrap: int = 1000,
    resample: GapResample = "family-task",
    confidence: float = 0.95,
) -> tuple[Gap, ...]:
    """The truncation gap of every ladder in a table of runs, for checks that were told their budget and that were not.

    All pairs of a task are drawn together, both sides of each: a ladder's rungs are one trajectory.

    Args:
        runs: One row a run, columns as in the runs table; ladders and checks are told by `protocol` and `check`.
        checkpoints: What the ladders' answers were worth at each rung; without any, success at the total spend.
        kind: Unit of the ladders' budgets.
        rng: Source of the bootstrap's draws.
        weights: `equal` per task, or `invsqrt`, also divided by the root of the family's number of tasks.
        bootstrap: Number of replicates; 0 for no intervals.
        resample: `family-task` draws families, then tasks in each, which errs on the wide side; `task` draws tasks.
        confidence: Share of the bootstrap distribution between the ends of an interval.

    Returns:
        Two or more a configuration, whether measured or not; none for a table without ladders.

    Raises:
        DataError: A column is missing.
        UsageError: An option is none of those above.
    """
    _check(bootstrap, resample, confidence)
    found = pair(runs, checkpoints, kind=kind)
    return tuple(
        _gap(pairs, own, weights, bootstrap, resample, confidence)
        for pairs, own in zip(found, rng.spawn(len(found)), strict=True)
    )


def _check(bootstrap: int, resample: str, confidence: float) -> None:
    if bootstrap < 0:
        raise UsageError(f"bootstrap {bootstrap} is below 0", fix="give a number of replicates, or 0 for no intervals")
    if resample not in get_args(GapResample):
        raise UsageError(f"resample {resample!r} is not known", fix=f"choose one of {', '.join(get_args(GapResample))}")
    if not 0 < confidence < 1:
        raise UsageError(f"confidence {confidence} is not between 0 and 1", fix="write 95 % as 0.95")


def _gap(
    pairs: Pairs,
    rng: np.random.Generator,
    weighting: Weighting,
    bootstrap: int,
    resample: GapResample,
    confidence: float,
) -> Gap:
    n_pairs, n_missing = len(pairs.task), sum(pairs.unpaired.values())
    few_families = len(np.unique(pairs.families)) < FEWEST_FAMILIES
    success = shift = _Shift(None, None)
    if n_pairs:
        weight = run_weights(pairs.task, pairs.families[pairs.task], weighting=weighting) * pairs.weight
        draws = _draws(pairs.families, bootstrap, rng, alone=few_families or resample == "task")
        success = _success(pairs, weight, draws, confidence)
        shift = _horizon(pairs, weight, draws, confidence)
    raised = {
        "not_measured": n_pairs == 0,
        **dict.fromkeys((*success.flags, *shift.flags), True),
        "few_families": n_pairs > 0 and resample != "task" and few_families,
        "incomplete": n_missing > _MOST_MISSING * (n_pairs + n_missing),
    }
    return Gap(
        configuration=pairs.configuration,
        suites=pairs.suites,
        notice=pairs.notice,
        n_pairs=n_pairs,
        n_tasks=len(pairs.families),
        success=success.value,
        success_interval=success.interval,
        doublings=shift.value,
        doublings_interval=shift.interval,
        unpaired=pairs.unpaired,
        flags=tuple(name for name in GAP_FLAGS if raised.get(name)),
    )


def _draws(families: IntArray, bootstrap: int, rng: np.random.Generator, *, alone: bool) -> FloatArray:
    """How often each task counts: once as it is, in the first row, then as drawn, shape (1 + bootstrap, tasks)."""
    drawn = draw_tasks(families, bootstrap, rng)
    return np.concatenate([np.ones((1, len(families))), drawn.by_task if alone else drawn.by_family])


def _success(pairs: Pairs, weight: FloatArray, draws: FloatArray, confidence: float) -> _Shift:
    difference = pairs.check.astype(np.float64) - pairs.ladder
    tasks = len(pairs.families)
    total = draws @ np.bincount(pairs.task, weight, tasks)
    with np.errstate(invalid="ignore"):
        rates = draws @ np.bincount(pairs.task, weight * difference, tasks) / total
    differing = int((difference != 0).sum())
    flags = ("few_differ",) if differing < _FEWEST_DIFFERENT else ()
    value = _number(float(rates[0]))
    if len(draws) == 1 or value is None:
        return _Shift(value, None, flags)
    if differing == 0:
        return _Shift(value, _of_no_difference(tasks, confidence), flags)
    return _Shift(value, _interval(rates[1:], confidence), flags)


def _of_no_difference(tasks: int, confidence: float) -> Interval:
    """Where no task differs the bootstrap has no spread, but the share of tasks that do has an exact upper end.

    References:
        Clopper and Pearson (1934), "The use of confidence or fiducial limits illustrated in the case of the binomial",
        Biometrika 26, 404-413.
    """
    most = 1 - ((1 - confidence) / 2) ** (1 / tasks)
    return Interval(-most, most)


def _horizon(pairs: Pairs, weight: FloatArray, draws: FloatArray, confidence: float) -> _Shift:
    if not _identified(pairs):
        return _Shift(None, None, ("unidentified",))
    shifts, slopes, converged = _fits(_cells(pairs, weight), draws)
    flat = slopes <= 0
    if not converged[0]:
        return _Shift(None, None, ("unidentified",))
    if flat[0] or flat[1:].sum() > (1 - confidence) / 2 * len(flat[1:]):
        return _Shift(None, None, ("flat",))
    with np.errstate(divide="ignore", invalid="ignore"):
        doublings = np.where(flat, np.copysign(np.inf, shifts), shifts / slopes)
    known = doublings[1:][converged[1:]]
    if len(known) == 0 or (pairs.check == pairs.ladder).all():
        return _Shift(float(doublings[0]), None)
    interval = _interval(known, confidence)
    return _Shift(float(doublings[0]), interval, ("open",) if None in (interval.low, interval.high) else ())


def _identified(pairs: Pairs) -> bool:
    sides: tuple[Outcomes, ...] = (pairs.ladder, pairs.check)
    fewest = min(int((side == outcome).sum()) for side in sides for outcome in (0, 1))
    return fewest >= _FEWEST_OUTCOMES and len(np.unique(pairs.doublings)) >= _FEWEST_LENGTHS


def _cells(pairs: Pairs, weight: FloatArray) -> _Cells:
    budgets, budget = np.unique(pairs.budget, return_inverse=True)
    centre = float(np.average(pairs.doublings, weights=weight if weight.sum() > 0 else None))
    side = np.repeat([0.5, -0.5], len(pairs.task))
    keys = np.column_stack([np.tile(budget, 2), np.tile(pairs.doublings - centre, 2), side])
    unique, cell = np.unique(keys, axis=0, return_inverse=True)
    design = np.column_stack([np.eye(len(budgets))[unique[:, 0].astype(np.int64)], -unique[:, 1], unique[:, 2]])
    task, both = np.tile(pairs.task, 2), np.tile(weight, 2)
    won = np.concatenate([pairs.check, pairs.ladder])
    place, shape = (task, cell.reshape(-1)), (len(pairs.families), len(unique))
    return _Cells(
        design,
        csr_array((both * won, place), shape=shape),
        csr_array((both, place), shape=shape),
        np.bincount(task, minlength=shape[0]).astype(np.float64),
    )


def _fits(cells: _Cells, draws: FloatArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Shift in log-odds, fall in log-odds per doubling, and whether they were found, for every row of draws."""
    parts = [fit_firth(cells.design, *_counts(cells, draws[:1]))]
    size = max(1, _CELLS_AT_ONCE // len(cells.design))
    for start in range(1, len(draws), size):
        solved, tried = _counts(cells, draws[start : start + size])
        first = parts[0].parameters[0]
        parts.append(fit_firth(cells.design, solved, tried, start=first, tolerance=_REPLICATES_TOLERANCE))
    parameters = np.concatenate([part.parameters for part in parts])
    return parameters[:, -1], parameters[:, -2], np.concatenate([part.converged for part in parts])


def _counts(cells: _Cells, draws: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Successes and trials, shape (R, C), their weights summing to the number of trials, which the penalty goes by."""
    solved, tried = (np.asarray((part.T @ draws.T).T, dtype=np.float64) for part in (cells.solved, cells.tried))
    total = tried.sum(axis=1)
    scale = np.where(total > 0, draws @ cells.trials / np.where(total > 0, total, 1.0), 0.0)[:, None]
    return solved * scale, tried * scale


def _interval(values: FloatArray, confidence: float) -> Interval:
    tail = (1 - confidence) / 2
    low, high = np.quantile(values[~np.isnan(values)], [tail, 1 - tail], method="inverted_cdf")
    return Interval(_number(float(low)), _number(float(high)))


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
