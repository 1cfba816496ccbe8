"""Firth's logistic regression for any design, many replicates of the same cells at once.

The model is `logit P(success in cell c) = design[c] @ parameters`; what is maximised is the log-likelihood plus half
the log determinant of the information (Jeffreys' prior). In this canonical model that is Firth's (1993) bias reduction,
and the maximum is finite even where successes and failures separate (Heinze and Schemper 2002, "A solution to the
problem of separation in logistic regression", Statistics in Medicine 21, 2409-2419). It is a zero of the modified score

    sum over c of design[c] * (solved[c] - tried[c] * p[c] + leverage[c] * (1/2 - p[c])).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from inspect_horizon.frontier.arrays import BoolArray, FloatArray

_MAX_ITERATIONS = 80
_LONGEST_STEP = 4.0
_HAIR = 1e-12
"""Of information where a replicate has no data at all for a parameter, so that its inverse is defined."""


@dataclass(frozen=True, slots=True)
class FirthFits:
    """Coefficients of R replicates."""

    parameters: FloatArray
    """Shape (R, p)."""
    converged: BoolArray
    """Whether the score's step is within the tolerance, shape (R,)."""


@dataclass(frozen=True, slots=True)
class _Place:
    value: FloatArray
    """Penalised log-likelihood, shape (R,)."""
    step: FloatArray
    """Scoring step from here, no part of it wild, shape (R, p)."""


def fit_firth(
    design: FloatArray,
    solved: FloatArray,
    tried: FloatArray,
    *,
    start: FloatArray | None = None,
    tolerance: float = 1e-8,
) -> FirthFits:
    """Bias-reduced coefficients of every replicate, by Fisher scoring with step halving.

    Args:
        design: One row a cell, shape (C, p), of full column rank.
        solved: Weight of the successes, shape (R, C).
        tried: Weight of all trials, shape (R, C); their sum should be the number of trials, which sets the strength of
            the penalty.
        start: Coefficients to start all replicates from, shape (p,); zeros by default.
        tolerance: Largest step, in log-odds, that counts as standing still.

    References:
        Firth (1993), "Bias reduction of maximum likelihood estimates", Biometrika 80, 27-38.
    """
    replicates, size = len(tried), design.shape[1]
    outer = (design[:, :, None] * design[:, None, :]).reshape(-1, size * size)
    parameters = np.tile(np.zeros(size) if start is None else start, (replicates, 1))
    converged, moving, scale = np.zeros(replicates, dtype=np.bool_), np.arange(replicates), np.ones(replicates)
    here = _place(design, outer, solved, tried, parameters)
    for _ in range(_MAX_ITERATIONS):
        trial = parameters[moving] + scale[:, None] * here.step
        there = _place(design, outer, solved[moving], tried[moving], trial)
        better = there.value >= here.value - 1e-9
        parameters[moving] = np.where(better[:, None], trial, parameters[moving])
        step = np.where(better[:, None], there.step, here.step)
        still = better & (np.abs(there.step).max(axis=1) < tolerance)
        converged[moving[still]] = True
        left = ~still
        here = _Place(np.where(better, there.value, here.value)[left], step[left])
        scale = np.where(better, np.minimum(1.0, 2 * scale), scale / 2)[left]
        moving = moving[left]
        if len(moving) == 0:
            break
    return FirthFits(parameters, converged)


def _place(
    design: FloatArray, outer: FloatArray, solved: FloatArray, tried: FloatArray, parameters: FloatArray
) -> _Place:
    size = design.shape[1]
    odds = parameters @ design.T
    rate = expit(odds)
    density = tried * rate * (1 - rate)
    information = (density @ outer).reshape(-1, size, size) + _HAIR * np.eye(size)
    inverse = np.linalg.inv(information)
    leverage = density * (inverse.reshape(-1, size * size) @ outer.T)
    score = (solved - tried * rate + leverage * (0.5 - rate)) @ design
    value = (solved * odds - tried * np.logaddexp(0.0, odds)).sum(axis=1)
    value += 0.5 * np.linalg.slogdet(information).logabsdet
    step = np.matmul(inverse, score[:, :, None])[:, :, 0]
    room = np.minimum(1.0, _LONGEST_STEP / np.maximum(np.abs(step).max(axis=1), 1e-300))
    return _Place(np.asarray(value, dtype=np.float64), np.asarray(room[:, None] * step, dtype=np.float64))
