"""The attempts at each run in their order: which number each has, which one stands, what its budget came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_horizon.runs.booked import Booked


def number_attempts(rows: Sequence[dict[str, Any]], book: Booked) -> pd.DataFrame:
    """Add what the ledger knows, number the attempts, and mark those that another replaces."""
    frame = pd.DataFrame([{**row, **book.spend(row["uuid"])} for row in rows]).astype(object)
    frame["_started"] = pd.to_datetime(frame["started_at"], utc=True, format="ISO8601")
    frame["_in_ledger"] = _places_in_ledger(frame, book)
    frame = frame.sort_values(["run_id", "_in_ledger", "_started"], kind="stable", ignore_index=True)
    frame["attempt"] = frame.groupby("run_id").cumcount() + 1
    ranked = frame.assign(_done=frame["stop_reason"] != "error").sort_values(["run_id", "_done", "attempt"])
    standing = ranked.groupby("run_id").tail(1).index
    frame["superseded"] = ~frame.index.isin(standing)
    frame["budget_usd"] = _budgets_usd(frame)
    book.attempt_numbers.update(zip(frame["uuid"], frame["attempt"], strict=True))
    in_dollars = frame["budget_kind"].isin(["usd", "cost_ratio"])
    if "budget_spent" in frame:
        frame["budget_spent"] = _in_budget_unit(frame)
    frame["overshoot_usd"] = frame.get("overshoot", pd.Series(dtype=object)).where(in_dollars, None)
    return frame.drop(columns=["uuid", "_started", "_in_ledger", "overshoot"], errors="ignore")


def _places_in_ledger(frame: pd.DataFrame, book: Booked) -> pd.Series[int]:
    """Where attempts stand in the ledger, which knows their order whatever the clock said; 0 where it lacks one."""
    places = frame["uuid"].map({attempt_id: place for place, attempt_id in enumerate(book.attempts)})
    known = places.notna().groupby(frame["run_id"]).transform("all")
    return places.where(known, 0).astype(int)


def _budgets_usd(frame: pd.DataFrame) -> pd.Series[float]:
    """What each run's budget comes to in dollars; unknown where it is in something else."""
    amount, human_usd = (_numbers(frame[name]) for name in ("budget_amount", "human_cost_usd"))
    in_usd = amount.where(frame["budget_kind"] == "usd")
    return in_usd.where(frame["budget_kind"] != "cost_ratio", amount * human_usd)


def _in_budget_unit(frame: pd.DataFrame) -> pd.Series[float]:
    """A run under a cost ratio is held to the dollars that it comes to."""
    spent, human_usd = (_numbers(frame[name]) for name in ("budget_spent", "human_cost_usd"))
    return spent.where(frame["budget_kind"] != "cost_ratio", spent / human_usd)


def _numbers(values: pd.Series[Any]) -> pd.Series[float]:
    """What is no number is unknown here; the column that holds it says so in the end."""
    return pd.to_numeric(values, errors="coerce").astype(float)
