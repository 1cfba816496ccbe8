"""Horizons of one configuration at every budget, for the runs as they are or for any replicate of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from scipy.sparse import csr_array

from inspect_horizon.frontier.cumulative import Counts
from inspect_horizon.frontier.horizon import METR_REGULARIZATION
from inspect_horizon.frontier.metr import fit_ridge
from inspect_horizon.frontier.observations import UNKNOWN
from inspect_horizon.frontier.thresholds import fit_thresholds
from inspect_horizon.frontier.weights import run_weights

if TYPE_CHECKING:
    from inspect_horizon.frontier.arrays import BoolArray, FloatArray, IntArray
    from inspect_horizon.frontier.observations import Observations, Outcomes
    from inspect_horizon.frontier.weights import Weighting

Estimator: TypeAlias = Literal["curve", "separate", "metr"]


@dataclass(frozen=True, slots=True)
class Estimates:
    """Horizons and slopes of R replicates at K budgets."""

    doublings: FloatArray
    """log2 of the horizon in minutes, shape (R, K); -inf without a success, inf without a failure."""
    slopes: FloatArray
    """Fall in log-odds per doubling, shape (R, K), one value along a row where it is shared; NaN if unknown."""


@dataclass(frozen=True, slots=True)
class Design:
    """What never changes between replicates: which count each run's outcomes belong to, and with what weight."""

    estimator: Estimator
    linked: bool
    lengths: FloatArray
    """Distinct log2 minutes, shape (L,)."""
    weight: FloatArray
    """Weight of each run at each budget, shape (n, K); 0 where it says nothing."""
    solved: csr_array
    failed: csr_array
    covered: csr_array
    """Weight that each run adds to each (length, budget) of `Counts`, shape (L * K, n)."""

    @property
    def budgets(self) -> int:
        """Number of budgets, K."""
        return int(self.weight.shape[1])


def design(
    observations: Observations, families: IntArray, *, estimator: Estimator, weighting: Weighting = "equal"
) -> Design:
    """Arrange a configuration's runs for an estimator.

    Args:
        observations: The runs.
        families: Family of every task of the study, shape (tasks,).
        estimator: `curve`, one slope and monotone thresholds; `separate`, a Firth fit a budget; `metr`, theirs.
        weighting: How tasks and families share the weight.
    """
    evidence = observations.evidence()
    linked = estimator == "curve" and is_linked(evidence)
    lengths, length = np.unique(observations.doublings, return_inverse=True)
    weight = _weights(observations, families, evidence, weighting, linked)
    solved, failed, covered = _trajectory(evidence, observations.covered) if linked else _trials(evidence)
    scatter = [_scatter(cells, weight, length, len(lengths)) for cells in (solved, failed, covered)]
    return Design(estimator, linked, lengths, weight, *scatter)


def is_linked(evidence: Outcomes) -> bool:
    """Whether every run reads failure, then success, then unknown: one absorbing trajectory cut by budgets."""
    known = evidence != UNKNOWN
    begins = bool((np.diff(known.astype(np.int8), axis=1) <= 0).all())
    return begins and bool(((np.diff(evidence, axis=1) >= 0) | ~known[:, 1:]).all())


def estimate(arranged: Design, draws: FloatArray, *, quantile: float, tolerance: float) -> Estimates:
    """Fit every replicate.

    Args:
        arranged: The configuration's runs.
        draws: How often each run is drawn, shape (R, n); ones for the runs as they are.
        quantile: Success rate at the horizon.
        tolerance: Precision of the fits, in log-odds.
    """
    solved, failed, covered = (
        _gather(matrix, draws, arranged) for matrix in (arranged.solved, arranged.failed, arranged.covered)
    )
    if arranged.estimator == "metr":
        return _metr(arranged.lengths, solved, failed, quantile)
    scale = _scale(arranged, draws)[:, None, :]
    counts = Counts(arranged.lengths, solved * scale, failed * scale, covered * scale, arranged.linked)
    if arranged.estimator == "separate":
        return _separate(counts, quantile, tolerance)
    centre = float(np.average(arranged.lengths, weights=_length_weight(arranged)))
    counts = Counts(arranged.lengths - centre, counts.solved, counts.failed, counts.covered, counts.linked)
    fits = fit_thresholds(counts, tolerance=tolerance)
    slopes = np.repeat(fits.slopes[:, None], arranged.budgets, axis=1)
    return Estimates(fits.doublings_at(quantile) + centre, slopes)


def _weights(
    observations: Observations, families: IntArray, evidence: Outcomes, weighting: Weighting, linked: bool
) -> FloatArray:
    """One weight a run where budgets cut one trajectory, otherwise one for each budget, among the runs known there."""
    known = evidence != UNKNOWN
    result = np.zeros(known.shape)
    for budget in range(known.shape[1]):
        heard: BoolArray = known.any(axis=1) if linked else known[:, budget]
        task = observations.task[heard]
        own = run_weights(task, families[task], weighting=weighting) * observations.weight[heard]
        result[heard, budget] = own / own.sum() if own.sum() > 0 else 0.0
    return result


def _trajectory(evidence: Outcomes, covered: IntArray) -> tuple[BoolArray, BoolArray, BoolArray]:
    """First success, last known failure, and budgets at which the run would have been seen; each of shape (n, K)."""
    budgets = np.arange(evidence.shape[1])[None, :]
    known, success = (evidence != UNKNOWN).sum(axis=1), evidence == 1
    succeeds = success.any(axis=1)
    first = succeeds[:, None] & (budgets == success.argmax(axis=1)[:, None])
    last = ~succeeds[:, None] & (budgets == known[:, None] - 1)
    reach = np.where(succeeds, covered, known)
    return first, last, (budgets < reach[:, None]) & (known > 0)[:, None]


def _trials(evidence: Outcomes) -> tuple[BoolArray, BoolArray, BoolArray]:
    return evidence == 1, evidence == 0, evidence != UNKNOWN


def _scatter(cells: BoolArray, weight: FloatArray, length: IntArray, lengths: int) -> csr_array:
    run, budget = np.nonzero(cells)
    place = length[run] * cells.shape[1] + budget
    return csr_array((weight[run, budget], (place, run)), shape=(lengths * cells.shape[1], len(cells)))


def _gather(matrix: csr_array, draws: FloatArray, arranged: Design) -> FloatArray:
    counts = np.asarray(matrix @ draws.T, dtype=np.float64).T
    return np.ascontiguousarray(counts).reshape(len(draws), len(arranged.lengths), arranged.budgets)


def _scale(arranged: Design, draws: FloatArray) -> FloatArray:
    """Factor that makes the weights at each budget sum to the number of runs drawn, shape (R, K)."""
    total, drawn = draws @ arranged.weight, draws @ (arranged.weight > 0).astype(np.float64)
    return np.asarray(np.where(total > 0, drawn / np.where(total > 0, total, 1.0), 0.0))


def _length_weight(arranged: Design) -> FloatArray:
    total = np.asarray(arranged.covered.sum(axis=1)).reshape(len(arranged.lengths), arranged.budgets).sum(axis=1)
    return total if total.sum() > 0 else np.ones(len(arranged.lengths))


def _separate(counts: Counts, quantile: float, tolerance: float) -> Estimates:
    """Every budget as a replicate of its own, around its own centre of lengths."""
    replicates, lengths, budgets = counts.solved.shape
    solved, failed = (
        np.ascontiguousarray(part.transpose(0, 2, 1)).reshape(-1, lengths, 1) for part in (counts.solved, counts.failed)
    )
    centre = float(counts.position.mean())
    alone = Counts(counts.position - centre, solved, failed, solved + failed, linked=False)
    fits = fit_thresholds(alone, tolerance=tolerance)
    doublings = (fits.doublings_at(quantile) + centre).reshape(replicates, budgets)
    return Estimates(doublings, fits.slopes.reshape(replicates, budgets))


def _metr(lengths: FloatArray, solved: FloatArray, failed: FloatArray, quantile: float) -> Estimates:
    """METR's fit at every budget, weights as drawn (they do not renormalise replicates); all successes are endless."""
    replicates, _, budgets = solved.shape
    flat = [part.transpose(0, 2, 1).reshape(-1, len(lengths)) for part in (solved, failed)]
    wins, losses = flat[0].sum(axis=1) > 0, flat[1].sum(axis=1) > 0
    doublings = np.where(wins, np.inf, -np.inf)
    slopes = np.where(wins, np.nan, np.inf)
    both = wins & losses
    if both.any():
        fits = fit_ridge(lengths, flat[0][both], flat[1][both], regularization=METR_REGULARIZATION)
        doublings[both] = fits.doublings_at(quantile)
        slopes[both] = -fits.coefficients
    return Estimates(doublings.reshape(replicates, budgets), slopes.reshape(replicates, budgets))
