"""Votes of k tries drawn without replacement from n: how often the answer with the most votes, or mass, is right.

Ties are split evenly, which is the expectation over breaking them by chance. The answer that wins is returned as one
of the tries that gave it; tries without an answer do not vote, and are returned only where none of the k has one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from inspect_horizon.frontier.readouts.pools import NO_ANSWER

if TYPE_CHECKING:
    from inspect_horizon.frontier.arrays import FloatArray, IntArray
    from inspect_horizon.frontier.readouts.pools import Tries

MOST_EXACT = 32
"""Tries up to which a majority is enumerated: the time grows with the cube of their number."""
MOST_SUBSETS = 2000
"""Choices of k tries up to which every one is tried."""
_SAME = 1e-9
"""Masses this near, as a share of the largest, are tied: sums of scores round."""


@dataclass(frozen=True, slots=True)
class Chances:
    """Chance that the read-out of k tries is right, for k = 1 … n."""

    rate: FloatArray
    """Shape (n,)."""
    error: FloatArray
    """Standard error of resampling, 0 where the chance is exact, shape (n,)."""


@dataclass(frozen=True, slots=True)
class _Ballot:
    """Who can be voted for."""

    votes: FloatArray
    """1 where a try gave an answer, shape (n, answers)."""
    rates: FloatArray
    """Share of the tries that gave an answer which are right, shape (answers,)."""
    silent: FloatArray
    """Successes of the tries without an answer, shape (silent,)."""


def majority(tries: Tries, *, rng: np.random.Generator, draws: int) -> Chances:
    """The answer that most of k tries gave.

    Args:
        tries: Of one task, n of them.
        rng: Source of the draws, for more than `MOST_EXACT` tries.
        draws: Orders of the tries that are then drawn.

    References:
        Wang et al. (2023), "Self-consistency", arXiv:2203.11171; Wu et al. (2024), arXiv:2408.00724.
    """
    ballot = _ballot(tries)
    if tries.n <= MOST_EXACT:
        return Chances(_enumerated(ballot, tries.n), np.zeros(tries.n))
    return _counted(ballot, rng, draws)


def weighted_majority(tries: Tries, *, rng: np.random.Generator, draws: int) -> Chances:
    """The answer with the largest sum of the verifier's scores among k tries; a try without a score adds nothing.

    Every choice of k tries is weighed where there are at most `MOST_SUBSETS` of them. Arguments as for `majority`.
    """
    ballot = _ballot(tries)
    mass = ballot.votes * np.nan_to_num(tries.score, nan=0.0)[:, None]
    if math.comb(tries.n, tries.n // 2) <= MOST_SUBSETS:
        found = Chances(np.zeros(tries.n), np.zeros(tries.n))
    else:
        found = _resampled(ballot, mass, rng, draws)
    for k in range(1, tries.n + 1):
        if math.comb(tries.n, k) <= MOST_SUBSETS:
            chosen = np.array(list(combinations(range(tries.n), k)))
            among = np.zeros((len(chosen), tries.n))
            np.put_along_axis(among, chosen, 1.0, axis=1)
            found.rate[k - 1] = _right(ballot, among @ ballot.votes, among @ mass).mean()
            found.error[k - 1] = 0.0
    return found


def whole_vote(tries: Tries, *, weighted: bool) -> float:
    """Chance that the vote of all the tries is right: 1 or 0, or between them where answers tie."""
    ballot = _ballot(tries)
    mass = ballot.votes * (np.nan_to_num(tries.score, nan=0.0)[:, None] if weighted else 1.0)
    return float(_right(ballot, ballot.votes.sum(axis=0)[None], mass.sum(axis=0)[None])[0])


def mass_of(tries: Tries, *, weighted: bool) -> FloatArray:
    """Share of the votes, or of the verifier's scores over their largest, that each answer has, shape (answers,)."""
    votes = _ballot(tries).votes
    if not weighted:
        return np.asarray(votes.sum(axis=0) / tries.n)
    score = np.nan_to_num(tries.score, nan=0.0)
    return np.asarray((votes * score[:, None]).sum(axis=0) / (tries.n * max(float(score.max()), 1e-300)))


def _ballot(tries: Tries) -> _Ballot:
    given = np.unique(tries.answer[tries.answer != NO_ANSWER])
    votes = np.asarray(tries.answer[:, None] == given[None, :], dtype=np.float64)
    rates = (votes * tries.success[:, None]).sum(axis=0) / np.maximum(votes.sum(axis=0), 1.0)
    return _Ballot(votes, rates, tries.success[tries.answer == NO_ANSWER])


def _right(ballot: _Ballot, votes: FloatArray, mass: FloatArray) -> FloatArray:
    """Chance of being right for each draw, shape (B,), of its votes and masses by answer, both shape (B, answers)."""
    silent = float(ballot.silent.mean()) if len(ballot.silent) else 0.0
    if votes.shape[1] == 0:
        return np.full(len(votes), silent)
    standing = np.where(votes > 0, mass, -np.inf)
    most = standing.max(axis=1)
    anyone = np.isfinite(most)
    bar = np.where(anyone, most - _SAME * np.abs(most), 0.0)
    wins = (standing >= bar[:, None]) & anyone[:, None]
    return np.where(anyone, (wins * ballot.rates).sum(axis=1) / np.maximum(wins.sum(axis=1), 1), silent)


def _counted(ballot: _Ballot, rng: np.random.Generator, draws: int) -> Chances:
    """Of random orders of the tries, the first k, told by who leads: each try can change that for one answer alone."""
    n, answers = ballot.votes.shape
    given = np.where(ballot.votes.any(axis=1), ballot.votes.argmax(axis=1) if answers else 0, answers)
    rates, silent = np.append(ballot.rates, 0.0), float(ballot.silent.mean()) if len(ballot.silent) else 0.0
    total, squares, row = np.zeros(n), np.zeros(n), np.arange(draws)
    votes, most = np.zeros((draws, answers + 1), dtype=np.int64), np.zeros(draws, dtype=np.int64)
    leaders, rate = np.zeros(draws), np.zeros(draws)
    for k, chosen in enumerate(given[_orders(n, rng, draws)].T):
        votes[row, chosen] += chosen < answers
        own, worth = votes[row, chosen], rates[chosen]
        leads, ties = own > most, (own == most) & (chosen < answers)
        most = np.where(leads, own, most)
        leaders = np.where(leads, 1.0, leaders + ties)
        rate = np.where(leads, worth, rate + ties * worth)
        right = np.where(most > 0, rate / np.maximum(leaders, 1.0), silent)
        total[k], squares[k] = right.mean(), right.var()
    return Chances(total, np.sqrt(squares / draws))


def _resampled(ballot: _Ballot, mass: FloatArray, rng: np.random.Generator, draws: int) -> Chances:
    """Of random orders of the tries, the first k."""
    n = len(ballot.votes)
    total, squares = np.zeros(n), np.zeros(n)
    votes, sums = np.zeros((draws, ballot.votes.shape[1])), np.zeros((draws, ballot.votes.shape[1]))
    orders = _orders(n, rng, draws)
    for k in range(n):
        votes, sums = votes + ballot.votes[orders[:, k]], sums + mass[orders[:, k]]
        right = _right(ballot, votes, sums)
        total[k], squares[k] = right.mean(), right.var()
    return Chances(total, np.sqrt(squares / draws))


def _orders(n: int, rng: np.random.Generator, draws: int) -> IntArray:
    return rng.permuted(np.tile(np.arange(n), (draws, 1)), axis=1)


def _enumerated(ballot: _Ballot, n: int) -> FloatArray:
    """Exact chances for k = 1 … n, by generating functions in the number of tries drawn and of answers tied."""
    sizes = ballot.votes.sum(axis=0).astype(np.int64)
    ways = np.zeros(n + 1)
    for size in np.unique(sizes):
        # By symmetry, answers of one size win alike often.
        right = float(ballot.rates[sizes == size].sum())
        others = np.delete(sizes, int(np.flatnonzero(sizes == size)[0]))
        for votes in range(1, int(size) + 1) if right > 0 else ():
            rest = _ways_to_lose_or_tie(others, votes, len(ballot.silent), n - votes)
            shared = rest @ (1.0 / (1.0 + np.arange(rest.shape[1])))
            ways[votes:] += right * math.comb(int(size), votes) * shared
    silent = len(ballot.silent)
    for k in range(1, silent + 1):
        ways[k] += math.comb(silent, k) * float(ballot.silent.mean())
    return ways[1:] / np.array([math.comb(n, k) for k in range(1, n + 1)], dtype=np.float64)


def _ways_to_lose_or_tie(others: IntArray, votes: int, silent: int, most: int) -> FloatArray:
    """Ways to draw tries that leave no other answer above `votes`, by tries drawn and answers tied, (most + 1, T)."""
    below = int(others[others < votes].sum()) + silent
    ways = np.zeros((most + 1, most // votes + 1))
    ways[:, 0] = [math.comb(below, drawn) for drawn in range(most + 1)]
    for size in others[others >= votes]:
        after = np.zeros_like(ways)
        for drawn in range(min(votes, most + 1)):
            after[drawn:] += math.comb(int(size), drawn) * ways[: most + 1 - drawn]
        if votes <= most:
            after[votes:, 1:] += math.comb(int(size), votes) * ways[: most + 1 - votes, :-1]
        ways = after
    return ways
