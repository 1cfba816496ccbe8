"""Each check of a ladder beside the ladder it checks: the same task, epoch and budget, run once more by itself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from inspect_horizon.frontier.left_out import reasons
from inspect_horizon.frontier.observations import UNKNOWN, Configuration, known_outcomes, steps_of
from inspect_horizon.frontier.table import prepare, protocol_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from inspect_horizon.frontier.arrays import FloatArray, IntArray
    from inspect_horizon.frontier.observations import Outcomes

Notice: TypeAlias = Literal["off", "start", "running"]

_BETWEEN = ("mode", "notice", "notice_version")
"""What a ladder's protocol and its check's may differ in."""
_GROUP = ["model", "scaffold", "strategy", "_shared"]
_TASK = ["_task", "_epoch"]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The n checks of one ladder under one notice that have a ladder to be compared with."""

    configuration: Configuration
    """Of the ladder."""
    suites: tuple[str, ...]
    notice: Notice
    """What the agents of the checks were told of their budget."""
    task: IntArray
    """Number of the task, shape (n,)."""
    families: IntArray
    """Family of each task, shape (tasks,)."""
    doublings: FloatArray
    """log2 of the task's human minutes, shape (n,)."""
    budget: IntArray
    """Number of the budget, shape (n,)."""
    weight: FloatArray
    """The task's own weight, shape (n,)."""
    ladder: Outcomes
    """Success of the ladder within the budget, 0 or 1, shape (n,)."""
    check: Outcomes
    """Success of the run that had this budget to itself, 0 or 1, shape (n,)."""
    unpaired: Mapping[str, int]
    """Checks that are in none of the arrays, by reason."""


def pair(runs: pd.DataFrame, checkpoints: pd.DataFrame | None, *, kind: str) -> tuple[Pairs, ...]:
    """The pairs of every ladder with budgets in `kind`, by configuration and by what the checks were told.

    A configuration has pairs, if only none, for checks that were not told and for checks that were.

    Raises:
        DataError: A column is missing.
        UsageError: The kind is not known.
    """
    table = _ladders_and_checks(prepare(runs, kind))
    if table.empty:
        return ()
    outcomes = _outcomes(table, checkpoints, kind)
    return tuple(made for _, rows in table.groupby(_GROUP, sort=True) for made in _of_ladder(rows, outcomes))


def _ladders_and_checks(table: pd.DataFrame) -> pd.DataFrame:
    """The standing runs that matter here, with what their protocols say."""
    protocols = {text: protocol_of(text) for text in table["protocol"].unique()}
    shared = {text: _shared(protocol) for text, protocol in protocols.items()}
    table["_ladder"] = [protocols[text].get("mode") == "ladder" for text in table["protocol"]]
    table["_notice"] = [str(protocols[text].get("notice") or "off") for text in table["protocol"]]
    table["_shared"] = table["protocol"].map(shared)
    table["_epoch"] = table["epoch"].astype(object).map(str) if "epoch" in table.columns else ""
    own_kind = (table["budget_kind"] == table["_kind"]) & (table["budget_amount"] > 0)
    table = table[~table["superseded"] & own_kind & (table["_ladder"] | table["check"])].reset_index(drop=True)
    table["_usable"] = reasons(table.assign(check=False)) == ""
    table["_budget"] = np.unique(table["budget_amount"], return_inverse=True)[1]
    table["_row"] = np.arange(len(table))
    return table


def _shared(protocol: dict[str, Any]) -> str:
    return json.dumps({name: value for name, value in protocol.items() if name not in _BETWEEN}, sort_keys=True)


def _outcomes(table: pd.DataFrame, checkpoints: pd.DataFrame | None, kind: str) -> Outcomes:
    """Every run at every budget, shape (rows + 1, budgets); the last row stands for a run that is not there."""
    amounts = np.unique(table["budget_amount"].to_numpy(dtype=np.float64))
    outcomes = np.full((len(table) + 1, len(amounts)), UNKNOWN, dtype=np.int8)
    usable = table[table["_usable"]]
    if len(usable):
        steps = None if checkpoints is None else steps_of(checkpoints, usable, kind)
        outcomes[usable["_row"]] = known_outcomes(usable, amounts, steps)
    return outcomes


def _of_ladder(rows: pd.DataFrame, outcomes: Outcomes) -> Iterator[Pairs]:
    ladders, checks = rows[~rows["check"]], rows[rows["check"]]
    first = (ladders if len(ladders) else checks).sort_values("condition", kind="stable").iloc[0]
    configuration = Configuration(*(str(first[name]) for name in ("model", "scaffold", "strategy", "condition")))
    suites = tuple(sorted(set(rows["suite"]) - {""}))
    for notice in _notices(checks):
        own = checks[checks["_notice"] == notice]
        yield _paired(configuration, suites, notice, ladders, own, outcomes)


def _notices(checks: pd.DataFrame) -> list[Notice]:
    there: set[Notice] = set(checks["_notice"])
    told: list[Notice] = [notice for notice in ("start", "running") if notice in there]
    return ["off", *(told or ["start"])]


def _paired(
    configuration: Configuration,
    suites: tuple[str, ...],
    notice: Notice,
    ladders: pd.DataFrame,
    checks: pd.DataFrame,
    outcomes: Outcomes,
) -> Pairs:
    both = checks.merge(ladders[[*_TASK, "_usable", "_row"]], on=_TASK, how="left", suffixes=("", "_of_ladder"))
    both = both.sort_values([*_TASK, "_budget", "run_id"], kind="stable")
    at, row = both["_budget"].to_numpy(dtype=np.int64), both["_row_of_ladder"].fillna(-1).to_numpy(dtype=np.int64)
    check, ladder = outcomes[both["_row"], at], outcomes[row, at]
    tests = {
        "ladder_missing": row < 0,
        "check_unusable": ~both["_usable"].to_numpy(dtype=bool),
        "ladder_unusable": ~both["_usable_of_ladder"].eq(True).to_numpy(dtype=bool),
        "unknown_at_budget": (check == UNKNOWN) | (ladder == UNKNOWN),
    }
    why = np.select(list(tests.values()), list(tests), default="")
    kept = why == ""
    used = both[kept]
    names, task = np.unique(used["_task"].to_numpy(dtype=str), return_inverse=True)
    family = used.drop_duplicates("_task").set_index("_task")["_family"].reindex(names)
    return Pairs(
        configuration=configuration,
        suites=suites,
        notice=notice,
        task=task.astype(np.int64),
        families=np.unique(family.to_numpy(dtype=str), return_inverse=True)[1].astype(np.int64),
        doublings=np.log2(used["human_minutes"].to_numpy(dtype=np.float64)),
        budget=at[kept],
        weight=used["weight"].fillna(1.0).clip(lower=0.0).to_numpy(dtype=np.float64),
        ladder=ladder[kept],
        check=check[kept],
        unpaired={reason: int((why == reason).sum()) for reason in tests if (why == reason).any()},
    )
