"""From raw counts to thresholds that never fall as the budget rises, and from those to horizons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from inspect_horizon.frontier.cumulative import Counts, solve

if TYPE_CHECKING:
    from inspect_horizon.frontier.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Shared-slope fits of R replicates at K budgets; where no line can be fitted the limit that holds is named."""

    log_odds: FloatArray
    """Log-odds of success at position 0, shape (R, K); -inf with no success yet, inf with no failure left."""
    slopes: FloatArray
    """Fall in log-odds per doubling, shape (R,); NaN where the counts cannot tell."""

    def doublings_at(self, quantile: float) -> FloatArray:
        """Position of the horizon at success rate `quantile`, in doublings from the centre, shape (R, K).

        A slope that is not positive has no crossing: the horizon is then its limit as the slope falls to 0, endless
        where success at the centre is above the quantile and nothing where it is below.
        """
        above = self.log_odds - np.log(quantile / (1 - quantile))
        falling = (self.slopes > 0)[:, None]
        with np.errstate(over="ignore"):
            crossing = above / np.where(falling, self.slopes[:, None], 1.0)
        return np.where(falling, crossing, np.where(above > 0, np.inf, -np.inf))


def fit_thresholds(counts: Counts, *, reduce_bias: bool = True, tolerance: float = 1e-10) -> Thresholds:
    """Slope and monotone thresholds of every replicate.

    Budgets that bring no new success share the threshold of the one before (their maximum likelihood estimate).
    Unlinked budgets whose thresholds fall are pooled with their neighbour and fitted again, as in isotonic regression
    (pool adjacent violators), until none does.
    """
    result = _without_failures(counts)
    pools = _pools(counts)
    fit_here = _can_fit(counts)
    waiting = np.flatnonzero(fit_here)
    while len(waiting):
        _fit_pooled(counts, pools, waiting, result, reduce_bias, tolerance)
        waiting = waiting[_pool_violators(result.log_odds, pools, waiting)]
    result.log_odds[(pools < 0)] = -np.inf
    endless = _never_fails(counts)
    result.log_odds[endless] = np.inf
    return result


def _without_failures(counts: Counts) -> Thresholds:
    """What is known before any fit: the pooled log-odds of success, and no slope."""
    solved, failed = counts.solved.sum(axis=1), counts.failed.sum(axis=1)
    if counts.linked:
        beyond = np.cumsum(solved[:, ::-1], axis=1)[:, ::-1] - solved
        failed = np.cumsum(failed[:, ::-1], axis=1)[:, ::-1] + beyond
        solved = np.cumsum(solved, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.log(solved) - np.log(failed)
    odds = np.where(solved + failed > 0, odds, -np.inf)
    return Thresholds(np.maximum.accumulate(odds, axis=1), np.full(len(odds), np.nan))


def _pools(counts: Counts) -> IntArray:
    """Which threshold each budget starts with, shape (R, K); -1 before the first success."""
    seen = counts.solved.sum(axis=1) > 0
    if counts.linked:
        return np.cumsum(seen, axis=1).astype(np.int64) - 1
    tried = seen | (counts.failed.sum(axis=1) > 0)
    started = np.maximum.accumulate(seen, axis=1)
    return np.cumsum(started & tried, axis=1).astype(np.int64) - 1


def _never_fails(counts: Counts) -> BoolArray:
    """Budgets from which on no run is known to fail, at least one being known to succeed, shape (R, K)."""
    solved, failed = counts.solved.sum(axis=1), counts.failed.sum(axis=1)
    later = np.cumsum(failed[:, ::-1], axis=1)[:, ::-1]
    if counts.linked:
        later = later + np.cumsum(solved[:, ::-1], axis=1)[:, ::-1] - solved
    return np.asarray((later <= 0) & (np.cumsum(solved, axis=1) > 0), dtype=np.bool_)


def _can_fit(counts: Counts) -> BoolArray:
    """Replicates with two lengths, a success, and a failure at a budget that brings one, shape (R,)."""
    lengths = ((counts.solved + counts.failed).sum(axis=2) > 0).sum(axis=1)
    mixed = ~_never_fails(counts) & (_pools(counts) >= 0)
    return np.asarray((lengths >= 2) & mixed.any(axis=1), dtype=np.bool_)


def _fit_pooled(
    counts: Counts, pools: IntArray, which: IntArray, result: Thresholds, reduce_bias: bool, tolerance: float
) -> None:
    """Solve the replicates `which`, those with the same pools together, into `result`."""
    patterns, members = np.unique(pools[which], axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        rows = which[members.reshape(-1) == number]
        solution = solve(_pooled(counts, pattern, rows), reduce_bias=reduce_bias, tolerance=tolerance)
        result.slopes[rows] = np.where(solution.converged, solution.slopes, np.nan)
        known = pattern >= 0
        result.log_odds[np.ix_(rows, known)] = solution.thresholds[:, pattern[known]]


def _pooled(counts: Counts, pattern: IntArray, rows: IntArray) -> Counts:
    first = np.searchsorted(pattern, np.arange(pattern[-1] + 1))
    solved = np.add.reduceat(counts.solved[rows], first, axis=2)
    failed = np.add.reduceat(counts.failed[rows], first, axis=2)
    covered = counts.covered[rows][:, :, first] if counts.linked else solved + failed
    return replace(counts, solved=solved, failed=failed, covered=covered)


def _pool_violators(log_odds: FloatArray, pools: IntArray, which: IntArray) -> BoolArray:
    """Join falling neighbours in `pools`; which replicates need another fit, shape (len(which),)."""
    mine = pools[which]
    falls = np.zeros(mine.shape, dtype=np.bool_)
    odds = log_odds[which]
    falls[:, 1:] = (odds[:, 1:] < odds[:, :-1] - 1e-12) & (mine[:, :-1] >= 0)
    pools[which] = mine - np.cumsum(falls, axis=1)
    return np.asarray(falls.any(axis=1), dtype=np.bool_)
