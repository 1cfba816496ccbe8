"""Where a study's money went: answers, forks, retries and scoring, by model, suite or task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

Purpose: TypeAlias = Literal["answers", "forks", "retries", "scoring"]

PURPOSES: dict[Purpose, str] = {
    "answers": "what the answers that stand needed, at list price",
    "forks": "asking runs out of budget for the answer they had by then",
    "retries": "calls that brought no answer, and attempts that a later one replaced",
    "scoring": "calls of the scorers",
}
"""What money is spent on, and what that means."""

Group: TypeAlias = Literal["model", "suite", "task"]

GROUPS: dict[Group, tuple[str, ...]] = {"model": ("model",), "suite": ("suite",), "task": ("suite", "task_id")}
"""What money is summed by, and the columns that tell it."""


@dataclass(frozen=True, slots=True)
class Spending:
    """The money of one model, suite or task."""

    name: tuple[str, ...]
    """The values of the columns that it was grouped by."""
    attempts: int
    unknown: int
    """Attempts of which a part of the cost is not known, and is in none of the sums."""
    usd: dict[Purpose, float]

    @property
    def total_usd(self) -> float:
        """All that is known."""
        return sum(self.usd.values())


def spending(runs: pd.DataFrame, calls: pd.DataFrame | None = None, *, by: Sequence[str]) -> tuple[Spending, ...]:
    """Every attempt's dollars by purpose, the dearest group first.

    Args:
        runs: The runs table, replaced attempts too.
        calls: The calls table, which tells forks from lost calls; without it both count as retries.
        by: Columns to group by, such as `model`.
    """
    money = _by_purpose(runs, calls)
    keys = [runs[column].astype("string").fillna("").rename(column) for column in by]
    table = money.assign(attempts=1, unknown=runs[["cost_usd", "wasted_usd", "scorer_usd"]].isna().any(axis=1))
    sums = table.groupby(keys, sort=True).sum()
    found = [
        Spending(
            tuple(map(str, name if isinstance(name, tuple) else (name,))),
            int(row["attempts"]),
            int(row["unknown"]),
            {purpose: float(row[purpose]) for purpose in PURPOSES},
        )
        for name, row in sums.iterrows()
    ]
    return tuple(sorted(found, key=lambda each: -each.total_usd))


def dearest(found: Sequence[Spending], most: int, *, others: str) -> tuple[Spending, ...]:
    """The first so many groups, and the rest as one under a name such as `12 other tasks`.

    Args:
        found: As `spending` returns it, the dearest first.
        most: How many to keep.
        others: What the rest are called, as `other tasks`.
    """
    rest = found[most:]
    if not rest:
        return tuple(found)
    summed = Spending(
        (f"{len(rest)} {others}",),
        sum(each.attempts for each in rest),
        sum(each.unknown for each in rest),
        {purpose: sum(each.usd[purpose] for each in rest) for purpose in PURPOSES},
    )
    return (*found[:most], summed)


def _by_purpose(runs: pd.DataFrame, calls: pd.DataFrame | None) -> pd.DataFrame:
    cost, wasted, scoring = (
        runs[column].astype("Float64").fillna(0.0).astype(float) for column in ("cost_usd", "wasted_usd", "scorer_usd")
    )
    replaced = runs["superseded"].fillna(value=False).astype(bool)
    forks = _forks(runs, calls).clip(upper=wasted)
    return pd.DataFrame(
        {
            "answers": cost.where(~replaced, 0.0),
            "forks": forks,
            "retries": wasted - forks + cost.where(replaced, 0.0),
            "scoring": scoring,
        }
    )


def _forks(runs: pd.DataFrame, calls: pd.DataFrame | None) -> pd.Series[float]:
    if calls is None:
        return pd.Series(0.0, index=runs.index)
    asked = calls[calls["phase"].eq("fork") & calls["outcome"].eq("answered")]
    booked = asked["cost_usd"].astype("Float64").fillna(0.0).astype(float).groupby([asked["run_id"], asked["attempt"]])
    keys = pd.MultiIndex.from_frame(runs[["run_id", "attempt"]])
    return pd.Series(booked.sum().reindex(keys).fillna(0.0).to_numpy(dtype=float), index=runs.index)
