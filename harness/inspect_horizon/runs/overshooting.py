"""By how much runs spent more than their budgets, how much they left unspent, and what no table can vouch for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from inspect_horizon.budgets.account import SECONDS_TO_STOP
from inspect_horizon.budgets.budget import IN_DOLLARS
from inspect_horizon.budgets.dust import DUST
from inspect_horizon.runs.store import read_runs, read_table, tables_in

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TOKENS = ["input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens"]


@dataclass(frozen=True, slots=True)
class Excess:
    """What runs over their budget spent beyond it."""

    share: float
    """Of the budget."""
    amount: float
    """In the budget's unit."""


@dataclass(frozen=True, slots=True)
class Overshoot:
    """One model under one budget."""

    model: str
    kind: str
    amount: float
    runs: int
    """Attempts whose spend is known; killed ones have none to compare."""
    unknown: int
    """Attempts whose spend is not."""
    over: int
    median: Excess | None
    """Over the runs that exceeded their budget; None if none did, here and below."""
    p90: Excess | None
    largest: Excess | None
    unused_share: float | None
    """Of its budget, by the median run among those that were stopped by it; None if none was."""
    worst_case_calls: int
    """Calls booked at their bound, since what they used is not known."""
    soft: int
    """Runs whose budget only Inspect's own limits held."""
    unenforced: int
    """Runs that were made elsewhere: whether anything held them is not known."""

    @property
    def over_share(self) -> float | None:
        """The share of runs that exceeded their budget."""
        return self.over / self.runs if self.runs else None


def overshoots(path: Path) -> tuple[Overshoot, ...]:
    """The excess of a study's runs, by model and budget.

    Raises:
        DataError: The folder holds no runs.
    """
    return overshoots_of(read_runs(path), read_table(path, "calls") if "calls" in tables_in(path) else None)


def overshoots_of(runs: pd.DataFrame, calls: pd.DataFrame | None = None) -> tuple[Overshoot, ...]:
    """The same from tables at hand; without calls, none is known to be booked at its bound."""
    guessed = pd.Series(dtype="int64")
    if calls is not None:
        bounded = calls["worst_case"].fillna(value=False).astype(bool) | calls["outcome"].isna()
        guessed = calls[bounded].groupby("run_id").size()
    groups = runs[runs["budget_amount"].notna()].groupby(["model", "budget_kind", "budget_amount"], sort=True)
    return tuple(_overshoot(own, guessed) for _, own in groups)


def _overshoot(own: pd.DataFrame, guessed: pd.Series[int]) -> Overshoot:
    first = own.iloc[0]
    kind, amount = str(first["budget_kind"]), float(first["budget_amount"])
    spent = _spent(own, kind)
    beyond = _beyond(own, kind, spent)
    known = beyond.notna()
    dust = SECONDS_TO_STOP if kind == "seconds" else amount * DUST
    over = [float(each) for each in beyond[known] if each > dust]
    left = (1 - spent / amount)[own["stop_reason"].eq("budget").fillna(value=False)].dropna().clip(lower=0.0)
    return Overshoot(
        model=str(first["model"]),
        kind=kind,
        amount=amount,
        runs=int(known.sum()),
        unknown=int((~known).sum()),
        over=len(over),
        median=_excess(over, 0.5, amount),
        p90=_excess(over, 0.9, amount),
        largest=_excess(over, 1.0, amount),
        unused_share=float(left.median()) if len(left) else None,
        worst_case_calls=int(guessed.reindex(own["run_id"].unique(), fill_value=0).sum()),
        soft=int(own["enforcement"].eq("soft").sum()),
        unenforced=int(own["enforcement"].isna().sum()),
    )


def _excess(over: Sequence[float], quantile: float, amount: float) -> Excess | None:
    if not over:
        return None
    beyond = float(np.quantile(over, quantile))
    return Excess(beyond / amount, beyond)


def _spent(own: pd.DataFrame, kind: str) -> pd.Series[float]:
    """In the unit of the budget: what its account says, or else what the run's own columns tell."""
    told = own["budget_spent"].astype("Float64")
    match kind:
        case "output_tokens":
            found = own["output_tokens"]
        case "tokens":
            found = own[TOKENS].sum(axis=1, skipna=False)
        case "seconds":
            found = own["working_seconds"]
        case "usd":
            found = own["cost_usd"]
        case "cost_ratio":
            found = own["cost_usd"] / own["human_cost_usd"]
        case _:
            found = told
    return told.fillna(found.astype("Float64"))


def _beyond(own: pd.DataFrame, kind: str, spent: pd.Series[float]) -> pd.Series[float]:
    """What was spent beyond the budget.

    Dollars as they are booked where they are: a budget that was repriced is no longer the one that held its run.
    """
    beyond = (spent - own["budget_amount"]).clip(lower=0.0)
    if kind not in IN_DOLLARS:
        return beyond
    booked = own["overshoot_usd"].astype("Float64")
    return (booked if kind == "usd" else booked / own["human_cost_usd"]).fillna(beyond)
