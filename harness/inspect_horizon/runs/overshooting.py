"""By how much runs spent more than their budgets, and what the tables cannot vouch for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspect_horizon.runs.store import read_runs, read_table, tables_in

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


@dataclass(frozen=True, slots=True)
class Overshoot:
    """One model under one budget."""

    model: str
    budget: str
    runs: int
    """Attempts whose spend is known; killed ones have none to compare."""
    over: int
    largest_share: float
    """The largest excess as a share of its budget, 0 if no run exceeded it."""
    worst_case_calls: int
    """Calls booked at their bound, since what they used is not known."""
    soft: int
    """Runs whose budget only Inspect's own limits held."""


def overshoots(path: Path) -> tuple[Overshoot, ...]:
    """The excess of a study's runs, by model and budget.

    Raises:
        DataError: The folder holds no runs.
    """
    runs = read_runs(path)
    calls = read_table(path, "calls") if "calls" in tables_in(path) else None
    bounded = runs[runs["budget_amount"].notna()]
    groups = bounded.groupby(["model", "budget_kind", "budget_amount"], sort=True)
    return tuple(_overshoot(own, calls) for _, own in groups)


def _overshoot(own: pd.DataFrame, calls: pd.DataFrame | None) -> Overshoot:
    first = own.iloc[0]
    spent = _spent(own)
    limit = own["budget_usd"].where(own["budget_kind"].isin(["usd", "cost_ratio"]), own["budget_amount"])
    excess = ((spent - limit) / limit).dropna().clip(lower=0)
    over = excess[excess > 1e-9]
    guessed = (
        0 if calls is None else int(calls[calls["run_id"].isin(own["run_id"])]["worst_case"].fillna(value=False).sum())
    )
    return Overshoot(
        model=first["model"],
        budget=f"{first['budget_kind']}:{first['budget_amount']:.6g}",
        runs=len(excess),
        over=len(over),
        largest_share=float(over.max()) if len(over) else 0.0,
        worst_case_calls=guessed,
        soft=int((own["enforcement"] == "soft").sum()),
    )


def _spent(own: pd.DataFrame) -> pd.Series[float]:
    kind = own["budget_kind"].iloc[0]
    if kind == "output_tokens":
        return own["output_tokens"].astype("Float64")
    if kind == "tokens":
        parts = ["input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens"]
        return own[parts].sum(axis=1, skipna=False).astype("Float64")
    return own["cost_usd"].astype("Float64")
