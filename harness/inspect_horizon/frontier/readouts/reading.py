"""Every read-out of a pool at every number of tries: how often it is right and what it costs, paired by task."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from inspect_horizon.errors import UsageError
from inspect_horizon.frontier.readouts import limits, picks, votes
from inspect_horizon.frontier.readouts.pools import NO_ANSWER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_horizon.frontier.arrays import FloatArray
    from inspect_horizon.frontier.observations import Configuration
    from inspect_horizon.frontier.readouts.pools import Pool, Tries

ReadOutName: TypeAlias = Literal["coverage", "majority", "weighted_majority", "best_of_n", "first_submitted"]
READ_OUTS: tuple[ReadOutName, ...] = get_args(ReadOutName)
SINGLE = "single"
VOTES: tuple[ReadOutName, ...] = ("majority", "weighted_majority")
JUDGED: tuple[ReadOutName, ...] = ("weighted_majority", "best_of_n")
"""Read-outs that need a verifier's scores."""


@dataclass(frozen=True, slots=True)
class Bought:
    """What one read-out of k tries brings and takes, task by task; NaN where a task has fewer tries."""

    configuration: Configuration
    """Its strategy is `single`, or the name and number such as `majority@8`."""
    name: str
    k: int
    cap: float | None
    """The most that a try was allowed, in the pool's unit, where that is less than it was given."""
    right: FloatArray
    """Chance of success, shape (tasks,)."""
    error: FloatArray
    """Its standard error from resampling, 0 where it is exact, shape (tasks,)."""
    tries: FloatArray
    """Expected spend of the tries, NaN where it is not known, shape (tasks,)."""
    judge: FloatArray
    """Of the verifier where the read-out needs one, else 0, shape (tasks,)."""
    scorer: FloatArray
    """Of the task's own scorer where the read-out needs it to tell what is right, else 0; NaN if not known."""

    @property
    def spend(self) -> FloatArray:
        """All that the read-out needs, shape (tasks,); a scorer whose cost is not known is left out."""
        return self.tries + self.judge + np.nan_to_num(self.scorer, nan=0.0)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where one pool's vote ends as tries are added without end, task by task."""

    configuration: Configuration
    name: str
    right: FloatArray
    """Chance that the answer with the most votes, or mass, in the whole pool is right, shape (tasks,)."""
    bound: FloatArray
    """The most often that a vote of the whole pool misses the mode, were the pool's shares the true ones."""


def check_read_outs(names: Sequence[str]) -> None:
    """Refuse read-outs that do not exist.

    Raises:
        UsageError: A name is none of `READ_OUTS`.
    """
    unknown = [name for name in names if name not in READ_OUTS]
    if unknown:
        raise UsageError(f"read-out {unknown[0]!r} is not known", fix=f"choose from {', '.join(READ_OUTS)}")


def can_read(pool: Pool, name: str) -> bool:
    """Whether the pool holds what a read-out needs: answers to vote for, scores to choose by."""
    return (name not in VOTES or pool.has_answers) and (name not in JUDGED or pool.has_scores)


def bought(
    pool: Pool,
    tasks: Sequence[str],
    *,
    names: Sequence[str] = READ_OUTS,
    ks: Sequence[int] | None = None,
    cap: float | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> list[Bought]:
    """What every read-out of one pool brings at every k, beginning with the single try that all of them are at k = 1.

    Args:
        pool: The tries.
        tasks: The tasks that the arrays are in the order of.
        names: Which read-outs; those that the pool cannot give are left out.
        ks: Numbers of tries; by default every one up to the largest pool of a task.
        cap: The most that a try may spend, or None for what it was given.
        seed: Of the resampling of votes, where they are not exact; the same for every pool and cap.
        draws: Orders of the tries that are then drawn.
    """
    limited = pool if cap is None else pool.within(cap)
    most = max(tries.n for tries in limited.tasks)
    wanted = [k for k in (ks or range(1, most + 1)) if 1 < k <= most]
    size, places = len(tasks), {task: place for place, task in enumerate(tasks)}
    offered = [name for name in names if can_read(limited, name)]
    single, read = np.full((5, size), np.nan), {name: np.full((5, most, size), np.nan) for name in offered}
    for tries in limited.tasks:
        if tries.task not in places:
            continue
        place = places[tries.task]
        single[:, place] = _one(tries)
        for name in offered:
            read[name][:, : tries.n, place] = _read(tries, name, np.random.default_rng(seed), draws)
    own = pool.configuration
    return [
        Bought(replace(own, strategy=SINGLE), SINGLE, 1, cap, *single),
        *(
            Bought(replace(own, strategy=f"{name}@{k}"), name, k, cap, *read[name][:, k - 1])
            for name in offered
            for k in wanted
        ),
    ]


def vote_limits(pool: Pool, tasks: Sequence[str], names: Sequence[str] = VOTES) -> list[Limits]:
    """Where those of the votes end that the pool can give; arguments as for `bought`."""
    found = []
    for name in VOTES:
        if name not in names or not can_read(pool, name):
            continue
        right, bound = np.full(len(tasks), np.nan), np.full(len(tasks), np.nan)
        places = {task: place for place, task in enumerate(tasks)}
        for tries in pool.tasks:
            if tries.task in places:
                place = places[tries.task]
                weighted = name == "weighted_majority"
                right[place] = votes.whole_vote(tries, weighted=weighted)
                mass = votes.mass_of(tries, weighted=weighted)
                bound[place] = limits.vote_bound(len(mass), limits.gap_between(mass), tries.n)
        found.append(Limits(replace(pool.configuration, strategy=name), name, right, bound))
    return found


def _one(tries: Tries) -> FloatArray:
    return np.array([tries.success.mean(), 0.0, tries.spend.mean(), 0.0, 0.0])


def _read(tries: Tries, name: str, rng: np.random.Generator, draws: int) -> FloatArray:
    """Chance, its error, and spends of tries, judge and scorer, for k = 1 … n, shape (5, n)."""
    ks, nothing = np.arange(1, tries.n + 1), np.zeros(tries.n)
    spend = ks * tries.spend.mean()
    if name == "coverage":
        return np.stack([picks.covered(tries), nothing, spend, nothing, ks * tries.scorer.mean()])
    if name == "first_submitted":
        until = picks.spent_until_submitted(tries, tries.spend)
        return np.stack([picks.first_submitted(tries), nothing, until, nothing, nothing])
    if name == "best_of_n":
        return np.stack([picks.best_scored(tries), nothing, spend, ks * judged(tries), nothing])
    vote = votes.majority if name == "majority" else votes.weighted_majority
    chances = vote(tries, rng=rng, draws=draws)
    judge = nothing if name == "majority" else ks * judged(tries)
    return np.stack([chances.rate, chances.error, spend, judge, nothing])


def judged(tries: Tries) -> float:
    """What the verifier costs a try on average: nothing for one without an answer, unless it is known to have cost."""
    unseen = (tries.answer == NO_ANSWER) & np.isnan(tries.judge)
    return float(np.where(unseen, 0.0, tries.judge).mean())
