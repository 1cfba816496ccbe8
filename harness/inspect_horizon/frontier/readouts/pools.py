"""From the pool of attempts to arrays: the tries of each configuration at each task, with what each of them spent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from inspect_horizon.errors import DataError, UsageError
from inspect_horizon.frontier.observations import ROUNDING, Configuration
from inspect_horizon.frontier.table import numbers, protocol_of, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from inspect_horizon.frontier.arrays import BoolArray, FloatArray, IntArray

NO_ANSWER = -1
FLOPS_PER_PARAMETER = 2.0
"""Of generating, or reading, one token (Kaplan et al. 2020, arXiv:2001.08361, section 2.1)."""
_SPEND = {
    "usd": "cost_usd",
    "cost_ratio": "cost_usd",
    "tokens": "tokens",
    "output_tokens": "output_tokens",
    "flops_generated": "output_tokens",
    "seconds": "seconds",
}
POOL_KINDS = tuple(_SPEND)
"""Units in which read-outs can be charged."""
_REQUIRED = ("task_id", "model", "success", "human_minutes", "pool_id")
_CONFIGURATION = ("model", "scaffold", "condition")
_OF_TRIES = (
    *("_task", "_family", "human_minutes", "weight", "human_cost_usd", "success", "verifier_score"),
    *("_answer", "_submitted", "_spend", "_judge", "_scorer"),
)


@dataclass(frozen=True, slots=True)
class Tries:
    """The n tries of one configuration at one task; none of the arrays is empty."""

    task: str
    family: str
    doublings: float
    """log2 of the task's human minutes."""
    weight: float
    """The task's own weight."""
    human_usd: float
    """What a human is paid for the task; NaN where no wage is known."""
    success: FloatArray
    """1 or 0, shape (n,)."""
    answer: IntArray
    """Which of the task's distinct answers it gave, or `NO_ANSWER`, shape (n,)."""
    score: FloatArray
    """What the verifier thought of it, higher is better, NaN where it did not look, shape (n,)."""
    submitted: BoolArray
    """Whether it ended by itself with an answer, shape (n,)."""
    spend: FloatArray
    """Of the try itself, in the pool's unit, NaN where not known, shape (n,)."""
    judge: FloatArray
    """Of the verifier on it, likewise, shape (n,)."""
    scorer: FloatArray
    """Of the task's own scorer on it, likewise, shape (n,)."""

    @property
    def n(self) -> int:
        return len(self.success)

    def at(self, places: IntArray) -> Tries:
        """Some of the tries, in the order asked for."""
        arrays = ("success", "answer", "score", "submitted", "spend", "judge", "scorer")
        return replace(self, **{name: getattr(self, name)[places] for name in arrays})

    def within(self, cap: float) -> Tries:
        """The same tries, each stopped once it had spent `cap`: without an answer to be judged if it had not ended."""
        ended = self.spend <= cap * ROUNDING
        return replace(
            self,
            success=np.where(ended, self.success, 0.0),
            answer=np.where(ended, self.answer, NO_ANSWER),
            score=np.where(ended, self.score, np.nan),
            submitted=self.submitted & ended,
            spend=np.minimum(self.spend, cap),
            judge=np.where(ended, self.judge, 0.0),
        )


@dataclass(frozen=True, slots=True)
class Pool:
    """The tries of one configuration, under the largest budget of a try that it was given."""

    configuration: Configuration
    """Its strategy is empty: how the tries are read out is not of the pool."""
    kind: str
    """Unit of the spends."""
    tasks: tuple[Tries, ...]
    """Sorted by task."""
    told: bool
    """Whether the agent knew its budget, so that a try says nothing of a smaller one."""
    unscored: int
    """Tries left out since no success or failure is known of them."""
    by_scorer: bool
    """Whether the verifier was the task's own scorer, which knows the answer."""

    def within(self, cap: float) -> Pool:
        """The pool as it would be if no try had been allowed more than `cap`.

        Raises:
            UsageError: The agents were told their budget.
        """
        if self.told:
            raise UsageError(
                f"tries of {self.configuration.model} were told their budget, so they say nothing of smaller ones",
                fix="leave the cap out, or sweep each cap by itself",
            )
        return replace(self, tasks=tuple(tries.within(cap) for tries in self.tasks))

    @property
    def has_scores(self) -> bool:
        """Whether a verifier looked at any try."""
        return any(bool(np.isfinite(tries.score).any()) for tries in self.tasks)

    @property
    def has_answers(self) -> bool:
        """Whether the answer of any try is known."""
        return any(bool((tries.answer != NO_ANSWER).any()) for tries in self.tasks)


def pools_of(
    pool: pd.DataFrame, *, kind: str = "usd", parameters: Mapping[str, float] | None = None
) -> tuple[Pool, ...]:
    """The pool of every configuration, sorted.

    Args:
        pool: One row a try, columns as `runs.pooling.pool` makes them.
        kind: One of `POOL_KINDS`. A judge's tokens all count, read or generated.
        parameters: Active parameters by model, judges included, for `flops_generated`.

    Raises:
        DataError: A column is missing, or no try can be used.
        UsageError: The kind is not known, or needs the size of a model that is not given.
    """
    if kind not in _SPEND:
        raise UsageError(f"read-outs cannot be charged in {kind!r}", fix=f"choose one of {', '.join(_SPEND)}")
    missing = [name for name in (*_REQUIRED, _SPEND[kind]) if name not in pool.columns]
    if missing:
        raise DataError(
            f"the pool has no column {', '.join(missing)}; it has {', '.join(map(str, pool.columns))}",
            fix="make it of runs with `pool`",
        )
    table = _prepared(pool, kind, parameters or {})
    known = table["success"].notna() & (table["human_minutes"] > 0)
    found = []
    for key, rows in table[known].groupby(list(_CONFIGURATION), sort=True):
        model, scaffold, condition = map(str, key)
        own = _largest(rows)
        unscored = int((~known & (table[list(_CONFIGURATION)] == list(key)).all(axis=1)).sum())
        columns = {name: own[name].to_numpy() for name in _OF_TRIES}
        tasks = tuple(_tries(columns, np.asarray(rows)) for _, rows in sorted(own.groupby("_task").indices.items()))
        told = bool(own["protocol"].map(_is_told).any())
        by_scorer = bool((own["verifier"] == "task").any())
        found.append(Pool(Configuration(model, scaffold, "", condition), kind, tasks, told, unscored, by_scorer))
    if not found:
        raise DataError(
            f"none of the {len(pool)} tries can be used", fix="check that `success` and `human_minutes` are filled in"
        )
    return tuple(found)


def _prepared(pool: pd.DataFrame, kind: str, parameters: Mapping[str, float]) -> pd.DataFrame:
    table = pool.reset_index(drop=True).copy()
    for name in ("suite", "task_family", *_CONFIGURATION, "budget_kind", "protocol", "verifier", "pool_id"):
        table[name] = text(pool.reset_index(drop=True), name)
    for name in ("success", "human_minutes", "human_cost_usd", "weight", "budget_amount", "verifier_score"):
        table[name] = numbers(table, name)
    table["_task"] = table["suite"] + "/" + table["task_id"].astype(str)
    family = table["task_family"].where(table["task_family"] != "", table["task_id"].astype(str))
    table["_family"] = table["suite"] + "/" + family
    answer = text(table, "normalized")
    answer = answer.where(answer != "", text(table, "answer"))
    table["_answer"] = np.where(answer == "", NO_ANSWER, pd.factorize(answer, sort=True)[0])
    table["_submitted"] = numbers(table, "submitted").fillna(1.0) > 0
    table["_spend"] = numbers(table, _SPEND[kind])
    in_dollars = kind in ("usd", "cost_ratio")
    table["_judge"] = numbers(table, "verifier_usd" if in_dollars else "" if kind == "seconds" else "verifier_tokens")
    table["_scorer"] = numbers(table, "scorer_usd" if in_dollars else "")
    if kind == "cost_ratio":
        human = table["human_cost_usd"].where(table["human_cost_usd"] > 0)
        for name in ("_spend", "_judge", "_scorer"):
            table[name] = table[name] / human
    if kind == "flops_generated":
        judges = table["verifier"].str.partition(":")[2]
        table["_spend"] *= FLOPS_PER_PARAMETER * _sizes(table["model"], parameters)
        table["_judge"] *= FLOPS_PER_PARAMETER * judges.map(parameters).astype(float)
    by_task = table["verifier"] == "task"
    table["_judge"] = table["_judge"].where(~by_task | table["_judge"].notna(), table["_scorer"])
    return table


def _sizes(models: pd.Series[str], parameters: Mapping[str, float]) -> pd.Series[float]:
    unknown = sorted(set(models) - set(parameters))
    if unknown:
        raise UsageError(
            f"the number of active parameters of {', '.join(unknown)} is not known",
            fix=f"state it, such as --parameters {unknown[0]}=7e9",
        )
    return models.map(parameters).astype(float)


def _largest(rows: pd.DataFrame) -> pd.DataFrame:
    """The tries under the configuration's largest budget, of each task its largest pool, rather one that was judged.

    A task's own scorer is no judge here, since it knows the answer.
    """
    amount = rows["budget_amount"].fillna(-1.0)
    top = rows[amount == amount.groupby(rows["budget_kind"]).transform("max")]
    judged = (top["verifier_score"].notna() & (top["verifier"] != "task")).groupby(top["pool_id"]).transform("sum")
    ranked = top.assign(_size=top.groupby("pool_id")["pool_id"].transform("size"), _judged=judged)
    ranked = ranked.sort_values(["_size", "_judged", "pool_id"], kind="stable")
    chosen: Sequence[str] = ranked.drop_duplicates("_task", keep="last")["pool_id"].tolist()
    return top[top["pool_id"].isin(chosen)]


def _tries(columns: Mapping[str, npt.NDArray[Any]], rows: IntArray) -> Tries:
    """The tries in these rows, which are of one task."""
    first = rows[0]
    weight = float(columns["weight"][first])
    given = columns["_answer"][rows]
    return Tries(
        str(columns["_task"][first]),
        str(columns["_family"][first]),
        float(np.log2(columns["human_minutes"][first])),
        1.0 if np.isnan(weight) else max(weight, 0.0),
        float(columns["human_cost_usd"][first]),
        np.asarray(columns["success"][rows] > 0, dtype=np.float64),
        np.where(given == NO_ANSWER, NO_ANSWER, np.unique(given, return_inverse=True)[1]),
        columns["verifier_score"][rows],
        columns["_submitted"][rows],
        columns["_spend"][rows],
        columns["_judge"][rows],
        columns["_scorer"][rows],
    )


def _is_told(protocol: str) -> bool:
    return protocol_of(protocol).get("notice") in ("start", "running")
