"""Success rates of one configuration at every budget, as run and in replicates that draw whole families."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inspect_horizon.frontier.bootstrap import draw_tasks, draws_tasks_alone
from inspect_horizon.frontier.fits import interval_of
from inspect_horizon.frontier.intervals import expanded_tail
from inspect_horizon.frontier.observations import UNKNOWN

if TYPE_CHECKING:
    from inspect_horizon.frontier.arrays import BoolArray, FloatArray, IntArray
    from inspect_horizon.frontier.observations import Configuration, Observations, Study
    from inspect_horizon.frontier.results import Interval


@dataclass(frozen=True, slots=True)
class Rates:
    """Success at K budgets, every task counting by its weight."""

    configuration: Configuration
    amounts: FloatArray
    """The budgets, rising, shape (K,)."""
    rates: FloatArray
    """0 to 1, shape (K,)."""
    drawn: FloatArray
    """The same in every replicate, shape (R, K)."""
    clusters: FloatArray
    """How many equal families, or tasks where they are drawn alone, would weigh as much, shape (K,)."""

    def intervals(self, confidence: float) -> tuple[Interval | None, ...]:
        """Of each rate, over replicates, the ends moved outwards for how few families there are."""
        tails = expanded_tail((1 - confidence) / 2, np.maximum(self.clusters, 2.0))
        return tuple(interval_of(drawn, 1 - 2 * float(tail)) for drawn, tail in zip(self.drawn.T, tails, strict=True))


def rates_of(study: Study, *, bootstrap: int, rng: np.random.Generator) -> tuple[Rates, ...]:
    """Of every configuration, over the tasks and budgets whose outcome is known; the draws are paired.

    Args:
        study: As `observe` makes it.
        bootstrap: Number of replicates.
        rng: Source of the draws.
    """
    drawn = draw_tasks(study.families, bootstrap, rng)
    return tuple(
        _rates(
            study,
            own,
            drawn.drawn("family", study.n_families(own)).astype(np.float64),
            alone=draws_tasks_alone("family", study.n_families(own)),
        )
        for own in study.observations
    )


def by_task(study: Study, own: Observations) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Successes and known runs of each task at each budget, shape (tasks, K) both, and the tasks' weights."""
    evidence = own.evidence()
    shape = (len(study.tasks), evidence.shape[1])
    won, known, weight = np.zeros(shape), np.zeros(shape), np.zeros(shape[0])
    np.add.at(won, own.task, (evidence == 1) * own.count[:, None])
    np.add.at(known, own.task, (evidence != UNKNOWN) * own.count[:, None])
    weight[own.task] = own.weight
    return won, known, weight


def _rates(study: Study, own: Observations, draws: FloatArray, *, alone: bool) -> Rates:
    won, known, weight = by_task(study, own)
    share = np.divide(won, known, out=np.zeros_like(won), where=known > 0)
    mass = weight[:, None] * (known > 0)
    told: BoolArray = mass.sum(axis=0) > 0
    share, mass = share[:, told], mass[:, told]
    total = draws @ mass
    drawn = (draws @ (mass * share)) / np.where(total > 0, total, np.nan)
    whole = (mass * share).sum(axis=0) / mass.sum(axis=0)
    return Rates(
        own.configuration,
        study.amounts[told],
        whole,
        drawn[np.isfinite(drawn).all(axis=1)],
        _clusters(np.arange(len(study.tasks)) if alone else study.families, mass),
    )


def _clusters(groups: IntArray, mass: FloatArray) -> FloatArray:
    """Satterthwaite's count of the groups that the tasks are in, from the tasks' weights at each budget, shape (K,)."""
    total = np.zeros((int(groups.max()) + 1, mass.shape[1]))
    np.add.at(total, groups, mass)
    return np.asarray(total.sum(axis=0) ** 2 / (total**2).sum(axis=0))
