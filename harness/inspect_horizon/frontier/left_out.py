"""Which runs are in no estimate, and why: as a column of words, and in a sentence where it befalls them all."""

from __future__ import annotations

import numpy as np
import pandas as pd

from inspect_horizon.errors import DataError

SAID = {
    "superseded": "gave way to a later attempt",
    "ladder_check": "checked a ladder",
    "error": "ended in an error",
    "no_success_recorded": "lacked a success or failure",
    "no_human_minutes": "lacked the human minutes of their task",
    "no_spend": "lacked their spend",
}
"""Reasons for leaving a run out, in the order in which they are looked for."""
LONGEST_ERROR = 200


def reasons(table: pd.DataFrame) -> pd.Series[str]:
    """Why each run is left out, empty where it is used; the first reason that holds."""
    minutes, spend = table["human_minutes"], table["_spend"]
    tests = {
        "superseded": table["superseded"],
        "ladder_check": table["check"],
        "error": table["stop_reason"] == "error",
        "no_success_recorded": table["success"].isna(),
        "no_human_minutes": ~(np.isfinite(minutes) & (minutes > 0)),
        "no_spend": ~(np.isfinite(spend) & (spend >= 0)),
    }
    found = np.select([tests[name].to_numpy(dtype=bool) for name in SAID], list(SAID), default="")
    return pd.Series(found, index=table.index, dtype=object)


def nothing_left(table: pd.DataFrame, why: pd.Series[str], kind: str) -> DataError:
    """The error of a table of which no run can be used.

    Args:
        table: The runs.
        why: Their `reasons`, none of them empty.
        kind: What budgets are counted in.
    """
    if table.empty:
        return DataError("the table of runs is empty", fix="run the sweep, or import a table with one row a run")
    counts = why.value_counts()
    befell = [name for name in SAID if name in counts]
    said = ", ".join(f"{counts[name]} {SAID[name]}{_commonest(table, name)}" for name in befell)
    fix = f"check that `success`, `human_minutes` and the spend behind {kind!r} are filled in"
    if set(befell) <= {"superseded", "ladder_check", "error"}:
        fix = "see to the error, then run the same `horizon sweep` again: it does what is missing"
    return DataError(f"none of the {len(table)} runs can be used: {said}", fix=fix)


def _commonest(table: pd.DataFrame, reason: str) -> str:
    """What most of the failed runs failed for, where the table says it."""
    if reason != "error" or "error" not in table.columns:
        return ""
    errors = table.loc[(table["stop_reason"] == "error") & ~table["superseded"], "error"].dropna().astype(str)
    if errors.empty:
        return ""
    counts = errors.value_counts()
    first, _, _ = counts.index[0].partition("\n")
    return f" ({'most often' if len(counts) > 1 else 'all'}: {first[:LONGEST_ERROR]})"
