"""Reach against reliability: tasks solved at least once in k attempts, and tasks solved every time.

Coverage at k is the chance that one of k attempts at a task succeeds, reliability that all k do. Both are estimated
without bias from n attempts with c successes, 1 - C(n - c, k) / C(n, k) and C(c, k) / C(n, k), as averages over tasks
(Chen et al. 2021, arXiv:2107.03374; Brown et al. 2024, arXiv:2407.21787). At k = 1 both are the success rate. They are
never mixed: a horizon by coverage says what can be found among k answers, one by reliability what can be relied on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from inspect_horizon.errors import UsageError
from inspect_horizon.frontier.bootstrap import FEWEST_FAMILIES, check_resample, draw_tasks
from inspect_horizon.frontier.costs.logistic import cells_of, enough, fit_cells
from inspect_horizon.frontier.fits import exp2_interval, exp2_number, interval_of
from inspect_horizon.frontier.observations import UNKNOWN, observe
from inspect_horizon.frontier.results import FLAGS
from inspect_horizon.frontier.weights import run_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from inspect_horizon.frontier.arrays import FloatArray, IntArray
    from inspect_horizon.frontier.observations import Configuration, Observations, Study
    from inspect_horizon.frontier.results import Interval
    from inspect_horizon.frontier.weights import Weighting

COVERAGE_FLAGS = {
    "too_few_attempts": "no task was attempted so often",
    "some_tasks": "some tasks were not attempted so often and are left out",
    "no_success": FLAGS["no_success"],
    "no_failure": FLAGS["no_failure"],
    "unidentified": FLAGS["unidentified"],
    "rising": FLAGS["rising"],
    "extrapolated": FLAGS["extrapolated"],
    "few_families": FLAGS["few_families"],
}
"""Every flag of coverage and reliability, and what it tells the reader."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A rate over k attempts, and the length at which it is one half."""

    rate: float | None
    """0 to 1, every task counting alike; None where no task was attempted so often."""
    interval: Interval | None
    horizon_minutes: float | None
    horizon_interval: Interval | None
    flags: tuple[str, ...]
    """Keys of `COVERAGE_FLAGS`."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What k attempts at a task bring one configuration."""

    configuration: Configuration
    k: int
    n_tasks: int
    """Tasks with at least k attempts whose outcome is known."""
    coverage: Repeated
    """At least one of k succeeds: reach."""
    reliability: Repeated
    """All of k succeed."""


def coverage(
    runs: pd.DataFrame,
    checkpoints: pd.DataFrame | None = None,
    *,
    kind: str,
    rng: np.random.Generator,
    budget: float | None = None,
    ks: Sequence[int] = (1, 2, 4, 8, 16),
    quantile: float = 0.5,
    weights: Weighting = "equal",
    bootstrap: int = 1000,
    resample: str = "family-task",
    confidence: float = 0.95,
) -> tuple[Coverage, ...]:
    """Coverage and reliability of every configuration at each number of attempts.

    Tasks are drawn with all their attempts, since drawing attempts anew would find some twice.

    Args:
        runs: One row a run, columns as in the runs table.
        checkpoints: What runs' answers were worth on the way, or none.
        kind: Unit of the budget of one attempt.
        rng: Source of the bootstrap's draws.
        budget: Of one attempt; the largest of the study by default.
        ks: Numbers of attempts, 1 or more.
        quantile: Rate at the horizons, between 0 and 1.
        weights: `equal` per task, or `invsqrt`.
        bootstrap: Number of replicates; 0 for no intervals.
        resample: `family-task` or `task`.
        confidence: Share of the bootstrap distribution between the ends of an interval.

    Raises:
        DataError: A column is missing, or no run can be used.
        UsageError: A number of attempts is below 1, or an option is none of those above.
    """
    check_resample(resample)
    if not ks or min(ks) < 1:
        raise UsageError(f"{list(ks)} are no numbers of attempts", fix="give some of 1 or more")
    study = observe(runs, checkpoints, kind=kind, amounts=None if budget is None else [budget])
    draws = _draws(study, bootstrap, rng)
    alone = {own.configuration: resample == "task" or _few(study, own) for own in study.observations}
    return tuple(
        _at(study, own, k, draws[alone[own.configuration]], quantile, weights, confidence)
        for own in study.observations
        for k in sorted(set(ks))
    )


def pass_at(attempts: IntArray, successes: IntArray, k: int | IntArray) -> FloatArray:
    """Chance that one of k attempts succeeds, unbiased, NaN for tasks attempted less often.

    Args:
        attempts: At each task, shape (tasks,).
        successes: Among them, shape (tasks,).
        k: 1 or more; arrays of all three are broadcast.

    References:
        Chen et al. (2021), arXiv:2107.03374, section 2.1.
    """
    return 1.0 - _all_among(attempts, attempts - successes, k)


def pass_all(attempts: IntArray, successes: IntArray, k: int | IntArray) -> FloatArray:
    """Chance that all of k attempts succeed, unbiased; arguments as for `pass_at`."""
    return _all_among(attempts, successes, k)


def _all_among(attempts: IntArray, alike: IntArray, k: int | IntArray) -> FloatArray:
    """C(alike, k) / C(attempts, k)."""
    possible = np.where(alike >= k, alike, k)
    total = np.where(attempts >= k, attempts, k)
    logs = _log_choose(possible, k) - _log_choose(total, k)
    return np.where(attempts < k, np.nan, np.where(alike < k, 0.0, np.exp(np.minimum(logs, 0.0))))


def _log_choose(n: IntArray, k: int | IntArray) -> FloatArray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _draws(study: Study, bootstrap: int, rng: np.random.Generator) -> dict[bool, FloatArray]:
    """How often each task is drawn, after a row of ones, by whether tasks alone are; shape (1 + R, tasks)."""
    drawn, whole = draw_tasks(study.families, bootstrap, rng), np.ones((1, len(study.tasks)))
    return {True: np.vstack([whole, drawn.by_task]), False: np.vstack([whole, drawn.by_family])}


def _few(study: Study, own: Observations) -> bool:
    return study.n_families(own) < FEWEST_FAMILIES


def _at(
    study: Study, own: Observations, k: int, draws: FloatArray, quantile: float, weights: Weighting, confidence: float
) -> Coverage:
    outcome = own.evidence()[:, -1]
    known = outcome != UNKNOWN
    size = len(study.tasks)
    attempts = np.bincount(own.task[known], minlength=size).astype(np.int64)
    successes = np.bincount(own.task[known], outcome[known], minlength=size).astype(np.int64)
    length, weight = np.zeros(size), np.zeros(size)
    length[own.task], weight[own.task] = own.doublings, own.weight
    tasks = np.flatnonzero(attempts >= k)
    shared = {
        "some_tasks": 0 < len(tasks) < (attempts > 0).sum(),
        "few_families": _few(study, own),
    }
    if len(tasks) == 0:
        nothing = Repeated(None, None, None, None, ("too_few_attempts",))
        return Coverage(own.configuration, k, 0, nothing, nothing)
    own_weight = run_weights(tasks, study.families[tasks], weighting=weights) * weight[tasks]
    if not own_weight.sum() > 0:
        own_weight = np.ones(len(tasks))
    coverage_, reliability = (
        _repeated(chances[tasks], length[tasks], own_weight, draws[:, tasks], quantile, confidence, shared)
        for chances in (pass_at(attempts, successes, k), pass_all(attempts, successes, k))
    )
    return Coverage(own.configuration, k, len(tasks), coverage_, reliability)


def _repeated(
    chance: FloatArray,
    length: FloatArray,
    weight: FloatArray,
    draws: FloatArray,
    quantile: float,
    confidence: float,
    shared: dict[str, bool],
) -> Repeated:
    mass = draws * weight
    total = mass.sum(axis=1)
    rates = (mass[total > 0] @ chance) / total[total > 0]
    fits = fit_cells(cells_of(length, chance, weight), draws)
    doublings = fits.doublings_at(quantile)
    mixed = 0 < chance.sum() < len(chance)
    has_horizon = bool(mixed and fits.slopes[0] > 0)
    raised = {
        "no_success": not chance.any(),
        "no_failure": bool((chance >= 1).all()),
        "unidentified": mixed and not enough(length, chance),
        "rising": mixed and len(np.unique(length)) > 1 and not has_horizon,
        "extrapolated": has_horizon and not length.min() - 1e-9 <= doublings[0] <= length.max() + 1e-9,
        **shared,
    }
    return Repeated(
        float(rates[0]),
        interval_of(rates[1:], confidence),
        exp2_number(float(doublings[0])) if has_horizon else None,
        exp2_interval(doublings[1:], confidence) if has_horizon else None,
        tuple(name for name in COVERAGE_FLAGS if raised.get(name)),
    )
