"""A law of how one quantity of a run grows with another, learned from runs of which some were cut short."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

CHAINS = 50
BURN_IN = 40
KEPT = 10
THIN = 2
LAWS = CHAINS * KEPT
"""Draws of a law: each is one account of the evidence that could be true."""
SPREAD_WEIGHT = 4.0
"""Runs that the guess of a spread counts for, beside what is observed."""
MOST_WEIGHT = 20.0
"""Runs that a spread learned elsewhere counts for at most."""
LEAST_TAIL, LEAST_DRAW = 1e-290, 1e-12
"""Below their product a normal tail is no number any more."""
SHARED = 0.5
"""Share of the variance of what is not known that all groups have in common: if agents spend more than was believed,
they do so everywhere."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What is held of a law `y = level + slope · x + task + run` before some runs are seen; natural logarithms."""

    mean: FloatArray
    """Of level and slope, shape (2,)."""
    covariance: FloatArray
    """Of level and slope, shape (2, 2)."""
    task_sd: float = 0.5
    """Guess of how much tasks of one length differ."""
    run_sd: float = 0.5
    """Guess of how much runs of one task differ."""
    weight: float = SPREAD_WEIGHT
    """Runs that both guesses count for."""

    @classmethod
    def of(cls, level: float, level_sd: float, slope: float, slope_sd: float) -> Belief:
        """Level and slope held to be independent."""
        return cls(np.array([level, slope]), np.diag([level_sd**2, slope_sd**2]))

    def elsewhere(self, level_sd: float, slope_sd: float, *, shift: float = 0.0) -> Belief:
        """The belief about a like group that may differ by so much, and is known to differ by `shift`."""
        wider = self.covariance + np.diag([level_sd**2, slope_sd**2])
        return replace(self, mean=self.mean + np.array([shift, 0.0]), covariance=wider)


@dataclass(frozen=True, slots=True)
class Observed:
    """Runs to learn a law from; empty arrays are no evidence."""

    x: FloatArray
    """Shape (n,)."""
    y: FloatArray
    """Shape (n,); where `cut` only a lower bound."""
    cut: NDArray[np.bool_]
    """Which runs were stopped before they were through."""
    tasks: NDArray[np.object_]
    """The task of each run; runs of one task are alike."""

    def drawn(self, most: int, rng: np.random.Generator) -> Observed:
        """So many of the runs at most, drawn at random."""
        if len(self.x) <= most:
            return self
        chosen = rng.choice(len(self.x), size=most, replace=False)
        return Observed(self.x[chosen], self.y[chosen], self.cut[chosen], self.tasks[chosen])


@dataclass(frozen=True, slots=True)
class Law:
    """Draws of a law, all of them as likely as the evidence makes them."""

    level: FloatArray
    """Shape (LAWS,), as all that follow."""
    slope: FloatArray
    task_sd: FloatArray
    run_sd: FloatArray
    tasks: dict[str, FloatArray]
    """By how much each task that was seen differs from others of its length."""
    weight: float
    """Runs behind the spreads."""
    seen: tuple[float, float] = (-np.inf, np.inf)
    """From where to where on x runs were seen."""

    def belief(self) -> Belief:
        """What it amounts to, for a group that is not the one it was learned from."""
        pair = np.stack([self.level, self.slope])
        spreads = (float(np.median(self.task_sd)), float(np.median(self.run_sd)))
        return Belief(pair.mean(axis=1), np.cov(pair), *spreads, weight=min(self.weight, MOST_WEIGHT))

    def task_effects(self, names: list[str], rng: np.random.Generator) -> FloatArray:
        """By how much tasks differ from others of their length, shape (LAWS, tasks): known for those that were seen."""
        unseen = rng.standard_normal((LAWS, len(names))) * self.task_sd[:, None]
        for column, name in enumerate(names):
            if name in self.tasks:
                unseen[:, column] = self.tasks[name]
        return unseen


def believe(belief: Belief, common: FloatArray, rng: np.random.Generator) -> Law:
    """The draws of a law of which no run was seen.

    Args:
        belief: What is held of it.
        common: Standard normal, shape (LAWS, 2): what all groups of the sweep have in common.
        rng: For the rest.
    """
    own = rng.standard_normal((LAWS, 2))
    normal = np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own
    pair = belief.mean + normal @ np.linalg.cholesky(belief.covariance).T
    task_sd, run_sd = (sd * np.sqrt(belief.weight / rng.chisquare(belief.weight, LAWS)) for sd in _sds(belief))
    return Law(pair[:, 0], pair[:, 1], task_sd, run_sd, tasks={}, weight=belief.weight)


def learn(belief: Belief, seen: Observed, rng: np.random.Generator) -> Law:
    """The draws of a law after some runs were seen: a Tobit model with an effect for each task.

    Many short Gibbs chains from points drawn from the belief. In each step the spend that a cut run would have come
    to is drawn from the tail beyond its bound (Chib 1992), then level and slope with the task effects integrated out,
    then the task effects, then the two spreads.

    Args:
        belief: What is held before; with no run seen it stays.
        seen: The runs, at least one.
        rng: For the draws.

    References:
        Chib (1992), "Bayes inference in the Tobit censored regression model", Journal of Econometrics 51.
    """
    order = np.argsort(seen.tasks.astype(str), kind="stable")
    names, starts, counts = np.unique(seen.tasks[order].astype(str), return_index=True, return_counts=True)
    x, y, cut = seen.x[order], seen.y[order], seen.cut[order]
    row_task = np.repeat(np.arange(len(names)), counts)
    task_x = np.add.reduceat(x, starts) / counts
    level, slope, effects, task_sd, run_sd = _start(belief, len(names), rng)
    kept: list[tuple[FloatArray, ...]] = []
    for step in range(BURN_IN + KEPT * THIN):
        expected = level[:, None] + slope[:, None] * x + effects[:, row_task]
        whole = _beyond(expected, y, cut, run_sd, rng)
        means = np.add.reduceat(whole, starts, axis=1) / counts
        precision = 1 / (task_sd[:, None] ** 2 + run_sd[:, None] ** 2 / counts)
        level, slope = _line(belief, task_x, means, precision, rng)
        gaps = means - level[:, None] - slope[:, None] * task_x
        scale = 1 / (counts / run_sd[:, None] ** 2 + 1 / task_sd[:, None] ** 2)
        effects = scale * counts / run_sd[:, None] ** 2 * gaps + np.sqrt(scale) * rng.standard_normal(gaps.shape)
        rest = whole - level[:, None] - slope[:, None] * x - effects[:, row_task]
        run_sd = _spread(belief.run_sd, belief.weight, rest, rng)
        task_sd = _spread(belief.task_sd, belief.weight, effects, rng)
        if step >= BURN_IN and (step - BURN_IN) % THIN == 0:
            kept.append((level, slope, task_sd, run_sd, effects))
    level, slope, task_sd, run_sd, effects = (np.concatenate(parts) for parts in zip(*kept, strict=True))
    by_task = {str(name): effects[:, column] for column, name in enumerate(names)}
    weight, seen_from, seen_to = belief.weight + len(x), float(x.min()), float(x.max())
    return Law(level, slope, task_sd, run_sd, by_task, weight, (seen_from, seen_to))


def _sds(belief: Belief) -> tuple[float, float]:
    return belief.task_sd, belief.run_sd


def _start(belief: Belief, tasks: int, rng: np.random.Generator) -> tuple[FloatArray, ...]:
    pair = rng.multivariate_normal(belief.mean, belief.covariance, size=CHAINS)
    spreads = (np.full(CHAINS, sd) for sd in _sds(belief))
    return pair[:, 0], pair[:, 1], np.zeros((CHAINS, tasks)), *spreads


def _beyond(
    expected: FloatArray, y: FloatArray, cut: NDArray[np.bool_], run_sd: FloatArray, rng: np.random.Generator
) -> FloatArray:
    """What the runs would have come to: as seen, or where cut a draw beyond the bound; shape (CHAINS, n)."""
    whole = np.broadcast_to(y, expected.shape).copy()
    if cut.any():
        middle, sd = expected[:, cut], run_sd[:, None]
        tail = np.maximum(ndtr((middle - y[cut]) / sd), LEAST_TAIL)
        drawn = middle - sd * ndtri(tail * rng.uniform(LEAST_DRAW, 1.0, tail.shape))
        whole[:, cut] = np.maximum(drawn, y[cut])
    return whole


def _line(
    belief: Belief, x: FloatArray, means: FloatArray, precision: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """A draw of level and slope for each chain from the tasks' means, weighted regression with the belief as prior."""
    before = np.linalg.inv(belief.covariance)
    moments = [precision.sum(axis=1), precision @ x, precision @ x**2]
    information = before + np.stack([moments[0], moments[1], moments[1], moments[2]], axis=1).reshape(-1, 2, 2)
    pull = before @ belief.mean + np.stack([(precision * means).sum(axis=1), (precision * means) @ x], axis=1)
    covariance = np.linalg.inv(information)
    centre = np.einsum("cij,cj->ci", covariance, pull)
    drawn = centre + np.einsum("cij,cj->ci", np.linalg.cholesky(covariance), rng.standard_normal(centre.shape))
    return drawn[:, 0], drawn[:, 1]


def _spread(guess: float, weight: float, deviations: FloatArray, rng: np.random.Generator) -> FloatArray:
    """A draw of a standard deviation for each chain."""
    squares = weight * guess**2 + (deviations**2).sum(axis=1)
    drawn: FloatArray = np.sqrt(squares / rng.chisquare(weight + deviations.shape[1], len(deviations)))
    return drawn
