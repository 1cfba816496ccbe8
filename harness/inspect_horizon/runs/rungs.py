"""What each rung of a grid got of each run, as checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from inspect_horizon.runs.casting import conform
from inspect_horizon.runs.completing import final_checkpoints

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from inspect_horizon.runs.booked import Booked


def checkpoints(
    runs: pd.DataFrame, book: Booked, threshold: Callable[[Mapping[str, Any]], float], answers: pd.Series[Any] | None
) -> pd.DataFrame:
    """The checkpoints table: a row a rung for runs that were read at rungs, and the end of every other run.

    Args:
        runs: The runs table.
        book: The ledger, with its attempts numbered as in the runs table.
        threshold: The least score that is a success, for a run.
        answers: Each run's answer in the end, by its place in the table; None where no log tells.
    """
    noted = {
        (book.attempts[name].run_id, book.attempt_numbers[name]): own
        for name, own in book.rungs.items()
        if name in book.attempt_numbers
    }
    ends = final_checkpoints(runs, answers)
    keys = zip(ends["run_id"], ends["attempt"], strict=True)
    others = ends[np.array([key not in noted for key in keys], dtype=bool)]
    known = None if answers is None else answers.reindex(runs.index)
    read = np.array([key in noted for key in zip(runs["run_id"], runs["attempt"], strict=True)], dtype=bool)
    judged = runs.assign(answer=known).loc[read & runs["success"].notna()].astype(object)
    rows = [
        _row(run, rung, threshold(run)) for run in _records(judged) for rung in noted[run["run_id"], run["attempt"]]
    ]
    if not rows:
        return others
    return pd.concat([others, conform(pd.DataFrame(rows).astype(object), "checkpoints")], ignore_index=True)


def _records(runs: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in runs.to_dict("records")]


def _row(run: Mapping[str, Any], rung: Mapping[str, Any], threshold: float) -> dict[str, Any]:
    return {
        "run_id": run["run_id"],
        "attempt": run["attempt"],
        "rung_kind": run["budget_kind"],
        "rung_amount": rung["amount"],
        "spent_tokens": rung["spent_tokens"],
        "spent_usd": rung["spent_usd"],
        "success": _success(run, rung, threshold),
        "score": run["score"] if _is_end(rung) else rung["score"],
        "answer": run["answer"] if _is_end(rung) and rung["answer"] is None else rung["answer"],
        "how": rung["how"],
        "error": rung["error"],
    }


def _is_end(rung: Mapping[str, Any]) -> bool:
    """Whether the rung holds the whole run, whose own score is its score."""
    return rung["how"] == "final" and not rung["over"]


def _success(run: Mapping[str, Any], rung: Mapping[str, Any], threshold: float) -> bool | None:
    if rung["unknown"]:
        return None
    if _is_end(rung):
        return bool(run["success"])
    return rung["score"] is not None and bool(rung["score"] >= threshold)
