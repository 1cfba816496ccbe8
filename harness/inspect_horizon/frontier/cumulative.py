"""One solver for every shared-slope fit: proportional odds on grouped counts, many replicates at once.

The model is `logit P(success by budget k | x) = theta[k] - beta * x`, x being log2 minutes from a centre. A run gives
the first budget at which it is known to have succeeded, or the last at which it is known to have failed; the counts
of those per length are all the likelihood needs.

Maximum likelihood is biased away from zero and infinite under separation. The adjusted scores of Kosmidis (2014),
"Improved estimation in cumulative link models", JRSS B 76, 169-196, remove the first-order bias and stay finite; they
move each cumulated count by `c = w * g'(eta) / 2 * var(eta)`. With one budget that is Firth's (1993) logistic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from inspect_horizon.frontier.arrays import BoolArray, FloatArray

_MAX_ITERATIONS = 60
_MAX_NEWTON = 12
_MAX_HALVINGS = 8
_NEAR = 0.05
"""A decrement below which a fit is as good as solved: its square root is the distance left, in standard errors."""
_LONGEST_STEP = 4.0
_SMALLEST_SCALE = 2.0**-12


@dataclass(frozen=True, slots=True)
class Counts:
    """Weighted outcomes of R replicates at L lengths and K budgets, each with at least one success."""

    position: FloatArray
    """log2 minutes of each length from a centre, shape (L,)."""
    solved: FloatArray
    """Weight of runs whose first success is at the budget, shape (R, L, K); unlinked: of runs that succeed at it."""
    failed: FloatArray
    """Weight of runs whose last known failure is at the budget, shape (R, L, K); unlinked: of runs that fail at it."""
    covered: FloatArray
    """Weight of runs that would have been seen at the budget whatever they did, shape (R, L, K)."""
    linked: bool
    """Whether budgets cut one trajectory (proportional odds) or are taken as independent trials."""

    def of(self, replicates: BoolArray) -> Counts:
        """The same counts for some of the replicates."""
        return Counts(
            self.position, self.solved[replicates], self.failed[replicates], self.covered[replicates], self.linked
        )


@dataclass(frozen=True, slots=True)
class Solution:
    """Thresholds and common slopes of R replicates."""

    thresholds: FloatArray
    """Log-odds of success at position 0, shape (R, K), never falling along a row where budgets are linked."""
    slopes: FloatArray
    """Fall in log-odds per doubling of length, shape (R,)."""
    converged: BoolArray
    """Whether the score is zero, or so near that what is left is a fraction of a standard error; shape (R,)."""


@dataclass(frozen=True, slots=True)
class _Step:
    direction: FloatArray
    """Fisher scoring step, shape (R, K + 1), the slope last."""
    decrement: FloatArray
    """score' information^-1 score, shape (R,): zero at the solution."""


def solve(counts: Counts, *, reduce_bias: bool = True, tolerance: float = 1e-10) -> Solution:
    """Zero of the (bias-reduced) score of every replicate, by Fisher scoring with step halving.

    Args:
        counts: Grouped outcomes; every replicate needs two lengths and, where linked, a success in every cell.
        reduce_bias: False gives maximum likelihood, which does not converge on separated data.
        tolerance: Largest step, in log-odds or log-odds per doubling, that counts as standing still.
    """
    parameters = _start(counts)
    replicates = len(parameters)
    converged = np.zeros(replicates, dtype=np.bool_)
    open_ones = np.arange(replicates)
    current, step, scale = parameters.copy(), _step(counts, parameters, reduce_bias), np.ones(replicates)
    active = counts
    for _ in range(_MAX_ITERATIONS):
        trial = current + (scale * _room(active, current, step.direction))[:, None] * step.direction
        ahead = _step(active, trial, reduce_bias)
        better = (ahead.decrement <= step.decrement * (1 + 1e-6)) | (scale < _SMALLEST_SCALE)
        still = better & (np.abs(ahead.direction).max(axis=1) < tolerance)
        current = np.where(better[:, None], trial, current)
        step = _Step(
            np.where(better[:, None], ahead.direction, step.direction),
            np.where(better, ahead.decrement, step.decrement),
        )
        scale = np.where(better, np.minimum(1.0, 2 * scale), scale / 2)
        if still.any():
            parameters[open_ones[still]] = current[still]
            converged[open_ones[still]] = True
            left = ~still
            open_ones, current, scale, active = open_ones[left], current[left], scale[left], active.of(left)
            step = _Step(step.direction[left], step.decrement[left])
        if len(open_ones) == 0:
            break
    if len(open_ones):
        parameters[open_ones], converged[open_ones] = _newton(active, current, reduce_bias, tolerance)
    return Solution(parameters[:, :-1], parameters[:, -1], converged)


def _newton(
    counts: Counts, parameters: FloatArray, reduce_bias: bool, tolerance: float
) -> tuple[FloatArray, BoolArray]:
    """Zero of the scoring step itself, for the replicates at which scoring with halved steps has come to a halt.

    With few runs the expected information that scoring uses is far from the score's true derivative, and its decrement
    need not fall along its steps. The length of the step does fall along Newton's direction.
    """
    direction = _step(counts, parameters, reduce_bias).direction
    for _ in range(_MAX_NEWTON):
        toward = _newton_direction(counts, parameters, direction, reduce_bias)
        share = _room(counts, parameters, toward)
        waiting = np.abs(direction).max(axis=1) >= tolerance
        for _ in range(_MAX_HALVINGS):
            trial = parameters + (share * waiting)[:, None] * toward
            ahead = _step(counts, trial, reduce_bias).direction
            shorter = waiting & (_length(ahead) < _length(direction))
            parameters = np.where(shorter[:, None], trial, parameters)
            direction = np.where(shorter[:, None], ahead, direction)
            waiting &= ~shorter
            share = share / 2
            if not waiting.any():
                break
        if (np.abs(direction).max(axis=1) < tolerance).all():
            break
    left = _step(counts, parameters, reduce_bias)
    near = left.decrement < _NEAR if reduce_bias else False  # likelihood alone flattens on its way to infinity
    return parameters, (np.abs(left.direction).max(axis=1) < tolerance) | near


def _newton_direction(counts: Counts, parameters: FloatArray, direction: FloatArray, reduce_bias: bool) -> FloatArray:
    """Minus the inverse of the step's derivative, by differences, times the step; the step itself where singular."""
    replicates, size = parameters.shape
    derivative = np.empty((replicates, size, size))
    for place in range(size):
        apart = 1e-6 * (1.0 + np.abs(parameters[:, place]))
        moved = parameters.copy()
        moved[:, place] += apart
        derivative[:, :, place] = (_step(counts, moved, reduce_bias).direction - direction) / apart[:, None]
    regular = np.isfinite(derivative).all(axis=(1, 2)) & (np.abs(np.linalg.det(derivative)) > 1e-12)
    derivative = np.where(regular[:, None, None], derivative, -np.eye(size))
    return np.asarray(-np.linalg.solve(derivative, direction[:, :, None])[:, :, 0], dtype=np.float64)


def _length(direction: FloatArray) -> FloatArray:
    return np.asarray((direction**2).sum(axis=1), dtype=np.float64)


def _start(counts: Counts) -> FloatArray:
    """Slope 0 and the observed log-odds of success by each budget, strictly rising where budgets are linked."""
    solved, failed = counts.solved.sum(axis=1), counts.failed.sum(axis=1)
    if counts.linked:
        total = solved.sum(axis=1, keepdims=True) + failed.sum(axis=1, keepdims=True)
        solved = np.cumsum(solved, axis=1)
        failed = total - solved
    thresholds = np.log((solved + 0.5) / (failed + 0.5))
    return np.concatenate([thresholds, np.zeros((len(thresholds), 1))], axis=1)


def _room(counts: Counts, parameters: FloatArray, direction: FloatArray) -> FloatArray:
    """The share of a step that is neither wild nor lets two linked thresholds meet, shape (R,)."""
    share = np.minimum(1.0, _LONGEST_STEP / np.maximum(np.abs(direction).max(axis=1), 1e-300))
    if counts.linked and parameters.shape[1] > 2:
        gaps, changes = np.diff(parameters[:, :-1]), np.diff(direction[:, :-1])
        closing = np.where(changes < 0, 0.8 * gaps / np.maximum(-changes, 1e-300), np.inf)
        share = np.minimum(share, closing.min(axis=1))
    return np.asarray(share, dtype=np.float64)


def _step(counts: Counts, parameters: FloatArray, reduce_bias: bool) -> _Step:
    thresholds, slopes = parameters[:, :-1], parameters[:, -1]
    odds = thresholds[:, None, :] - slopes[:, None, None] * counts.position[None, :, None]
    win, lose = expit(odds), expit(-odds)
    density = win * lose
    # d log(cell) / d(upper end) and -d log(cell) / d(lower end): density over the cell's probability, free of
    # cancellation because win[k] - win[k-1] = win[k] * lose[k-1] * (1 - exp(-gap)).
    above, below = lose.copy(), np.zeros_like(win)
    if counts.linked:
        with np.errstate(over="ignore"):
            crowding = 1.0 / np.expm1(np.diff(thresholds))[:, None, :]
        above[:, :, 1:] += crowding
        below[:, :, :-1] = win[:, :, :-1] + crowding
    linked_cover = _next(counts.covered, counts.linked)
    ended = counts.covered - linked_cover
    information = _information(counts, density, above, below, win, linked_cover)
    inverse = np.asarray(np.linalg.inv(information), dtype=np.float64)
    solved, failed = counts.solved, counts.failed
    if reduce_bias:
        shift = 0.5 * density * (lose - win) * _variance(counts.position, inverse)
        solved = solved + counts.covered * (shift - _previous(shift, counts.linked))
        failed = failed - ended * shift
    score_odds = solved * above - _next(solved, counts.linked) * below - failed * win
    score = np.concatenate([score_odds.sum(axis=1), -(counts.position @ score_odds.sum(axis=2)[:, :, None])], axis=1)
    direction = np.matmul(inverse, score[:, :, None])[:, :, 0]
    return _Step(direction, np.einsum("rp,rp->r", direction, score))


def _information(
    counts: Counts,
    density: FloatArray,
    above: FloatArray,
    below: FloatArray,
    win: FloatArray,
    linked_cover: FloatArray,
) -> FloatArray:
    """Expected information of thresholds and slope, shape (R, K + 1, K + 1)."""
    replicates, _, budgets = density.shape
    ended = counts.covered - linked_cover
    diagonal = density * (counts.covered * above + linked_cover * below + ended * win)
    beside = -linked_cover[:, :, :-1] * density[:, :, :-1] * above[:, :, 1:]
    rows = diagonal.copy()
    rows[:, :, :-1] += beside
    rows[:, :, 1:] += beside
    result = np.zeros((replicates, budgets + 1, budgets + 1))
    step = np.arange(budgets)
    result[:, step, step] = diagonal.sum(axis=1)
    result[:, step[:-1], step[1:]] = result[:, step[1:], step[:-1]] = beside.sum(axis=1)
    result[:, :-1, -1] = result[:, -1, :-1] = -np.matmul(counts.position, rows)
    result[:, -1, -1] = rows.sum(axis=2) @ counts.position**2
    # Far from the data every cell's density underflows; a hair of information keeps the inverse defined there.
    everywhere = np.arange(budgets + 1)
    result[:, everywhere, everywhere] += 1e-12
    return result


def _variance(position: FloatArray, inverse: FloatArray) -> FloatArray:
    """Variance of every linear predictor, shape (R, L, K)."""
    own = np.diagonal(inverse, axis1=1, axis2=2)[:, None, :-1]
    with_slope = inverse[:, None, :-1, -1]
    slope = inverse[:, -1, -1][:, None, None]
    place = position[None, :, None]
    return np.asarray(own - 2 * place * with_slope + place**2 * slope, dtype=np.float64)


def _next(values: FloatArray, linked: bool) -> FloatArray:
    shifted = np.zeros_like(values)
    if linked:
        shifted[:, :, :-1] = values[:, :, 1:]
    return shifted


def _previous(values: FloatArray, linked: bool) -> FloatArray:
    shifted = np.zeros_like(values)
    if linked:
        shifted[:, :, 1:] = values[:, :, :-1]
    return shifted
