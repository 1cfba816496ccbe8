"""Read-outs that pick one of k tries drawn without replacement from n, all of them exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from inspect_horizon.frontier.coverage import pass_all, pass_at

if TYPE_CHECKING:
    from inspect_horizon.frontier.arrays import FloatArray
    from inspect_horizon.frontier.readouts.pools import Tries


def covered(tries: Tries) -> FloatArray:
    """Chance that one of k tries is right, for k = 1 … n, shape (n,)."""
    return pass_at(np.array([tries.n]), np.array([int(tries.success.sum())]), np.arange(1, tries.n + 1))


def best_scored(tries: Tries) -> FloatArray:
    """Chance that the try which the verifier likes best is right, for k = 1 … n, shape (n,).

    By order statistics: the best of k is among the tries that score at most s in C(N(≤ s), k) of the C(n, k) choices.
    Equal scores are picked among by chance; a try without a score is picked only where none of the k has one.
    """
    score = np.where(np.isnan(tries.score), -np.inf, tries.score)
    levels, level = np.unique(score, return_inverse=True)
    sizes = np.bincount(level, minlength=len(levels))
    rates = np.bincount(level, weights=tries.success, minlength=len(levels)) / sizes
    up_to = np.cumsum(sizes)
    none_above = pass_all(np.array([tries.n]), up_to, np.arange(1, tries.n + 1)[:, None])
    return np.array([chance @ rates for chance in np.diff(none_above, prepend=0.0)])


def first_submitted(tries: Tries) -> FloatArray:
    """Chance that the first of k tries to submit an answer is right, for k = 1 … n, shape (n,).

    Tries are made one after another until one submits; where none does, the last stands as it is.
    """
    own = tries.submitted
    submits = float(tries.success[own].mean()) if own.any() else 0.0
    stays = float(tries.success[~own].mean()) if (~own).any() else 0.0
    silent = _none_submits(tries)[1:]
    return np.asarray(submits * (1.0 - silent) + stays * silent)


def spent_until_submitted(tries: Tries, spend: FloatArray) -> FloatArray:
    """Expected spend of making tries until one of k has submitted, for k = 1 … n, shape (n,).

    Args:
        tries: Of one task, n of them.
        spend: Of each, shape (n,).
    """
    own, n = tries.submitted, tries.n
    submitting = float(spend[own].mean()) if own.any() else 0.0
    staying = float(spend[~own].mean()) if (~own).any() else 0.0
    reached = _none_submits(tries)
    left_submitting = own.sum() / np.maximum(n - np.arange(n), 1)
    share = np.minimum(left_submitting, 1.0)
    return np.asarray(np.cumsum(reached[:n] * (share * submitting + (1.0 - share) * staying)))


def _none_submits(tries: Tries) -> FloatArray:
    """Chance that none of k tries submits, for k = 0 … n, shape (n + 1,)."""
    silent = int((~tries.submitted).sum())
    return np.append(1.0, pass_all(np.array([tries.n]), np.array([silent]), np.arange(1, tries.n + 1)))
