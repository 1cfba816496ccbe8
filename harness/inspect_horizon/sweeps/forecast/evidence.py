"""Earlier runs as a forecast reads them: what each spent, whether its budget cut it short, and how near it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from inspect_horizon.sweeps.forecast.law import Observed
from inspect_horizon.sweeps.forecast.surface import Spots

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspect_horizon.sweeps.forecast.law import FloatArray
    from inspect_horizon.sweeps.plan import Cell

Source = Literal["same", "model", "others", "none"]
"""The nearest earlier runs: of the same model, suite, strategy and condition; of the same model otherwise; of other
models; or none."""
Unit = Literal["usd", "tokens", "output_tokens"]

ALIKE = ("model", "suite", "strategy", "condition")
PROMPT = ("input_tokens", "cache_read_tokens", "cache_write_tokens")
MINUTES_CENTRE = 10.0
"""The length at which a level is stated, in human minutes: between the seconds and the hours of most suites."""
LEAST_LEFT = 1e-6
"""Share of a budget; less than this is nothing left, and has no logarithm."""


def unit_of(kind: str) -> Unit:
    """In what the spend of a run is held to a budget of a kind."""
    return "tokens" if kind == "tokens" else "output_tokens" if kind == "output_tokens" else "usd"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Runs and failed attempts, one row each; what is not known is NaN."""

    rows: pd.DataFrame
    unit: Unit

    @classmethod
    def of(cls, tables: Iterable[pd.DataFrame], unit: Unit) -> Evidence:
        """The evidence in tables of runs; a run in two of them counts once.

        Attempts that a kill cut off say nothing about how much a run spends or how often one fails.
        """
        frames = [_plain(table, unit) for table in tables]
        rows = pd.concat(frames, ignore_index=True) if frames else _plain_columns()
        rows = rows.drop_duplicates(["sweep", "run_id", "attempt"])
        return cls(rows[rows["failed"] | ~rows["superseded"]].reset_index(drop=True), unit)

    @property
    def runs(self) -> int:
        """Runs that had an outcome."""
        return int((~self.rows["failed"]).sum())

    def near(self, cell: Cell) -> dict[Source, Evidence]:
        """The evidence by how near it is to a cell, nearest first, without the kinds of which there is none.

        Of other models those on the same suite, where there are any.
        """
        own = (cell.model, cell.suite.name, cell.strategy, cell.condition)
        model = self.rows["model"] == cell.model
        same = np.logical_and.reduce([self.rows[name] == value for name, value in zip(ALIKE, own, strict=True)])
        suite = ~model & (self.rows["suite"] == cell.suite.name)
        chosen: list[tuple[Source, pd.Series[bool]]] = [
            ("same", same),
            ("model", model & ~same),
            ("others", suite if (suite & ~self.rows["failed"]).any() else ~model),
        ]
        parts = {source: Evidence(self.rows[mask], self.unit) for source, mask in chosen}
        return {source: part for source, part in parts.items() if part.runs}

    def scaled(self, dollars: pd.Series[float]) -> Evidence:
        """The same runs at the prices of another model.

        Args:
            dollars: What each row's dollars are multiplied with, NaN where that is not known.
        """
        money = ["usd", "scorer_usd"] + (["spend", "budget"] if self.unit == "usd" else [])
        return Evidence(self.rows.assign(**{name: self.rows[name] * dollars for name in money}), self.unit)

    def spend(self) -> Observed:
        """Logarithms of human minutes and of spend, of the runs that had an outcome.

        A run that its budget stopped shows a lower bound. Another limit is the suite's own and will bind again, so
        that what such a run spent is all that it would have spent.
        """
        rows = self._known("spend", "minutes")
        x = np.log(rows["minutes"].to_numpy(float) / MINUTES_CENTRE)
        return _observed(rows, x, np.log(rows["spend"].to_numpy(float)), rows["stopped"].to_numpy(bool))

    def left_over(self, centre: float) -> Observed:
        """Logarithms of budget (less `centre`) and of the share of it that a run which it stopped left unspent."""
        rows = self._known("spend", "budget")
        rows = rows[rows["stopped"]]
        share = (rows["spend"] / rows["budget"]).to_numpy(float)
        y = np.log(np.clip(1 - share, LEAST_LEFT, 1.0))
        return _observed(rows, np.log(rows["budget"].to_numpy(float)) - centre, y)

    def companion(self, name: Literal["usd", "tokens"], centre: float) -> Spots | None:
        """Logarithms of spend (less `centre`), of human minutes, and of another quantity per unit of spend."""
        rows = self._known("spend", name, "minutes")
        if rows.empty:
            return None
        spend = np.log(rows["spend"].to_numpy(float))
        minutes = np.log(rows["minutes"].to_numpy(float) / MINUTES_CENTRE)
        height = np.log(rows[name].to_numpy(float)) - spend
        return Spots(np.stack([spend - centre, minutes], axis=1), height, rows["task"].nunique())

    def log_spend(self) -> float | None:
        """Mean logarithm of the spend; None where no spend is known."""
        rows = self._known("spend")
        return float(np.log(rows["spend"].to_numpy(float)).mean()) if len(rows) else None

    def scoring(self) -> FloatArray:
        """Dollars for the scoring of each run, where known."""
        known: FloatArray = self.rows.loc[~self.rows["failed"], "scorer_usd"].dropna().to_numpy(float)
        return known

    def failures(self) -> tuple[int, int, float | None]:
        """Failed attempts, runs with an outcome, and what a failed attempt spends as a share of what a run does."""
        failed = self.rows["failed"]
        lost, mean = self.rows.loc[failed, "spend"].mean(), self.rows.loc[~failed, "spend"].mean()
        share = float(lost / mean) if mean > 0 and not np.isnan(lost) else None
        return int(failed.sum()), int((~failed).sum()), share

    def _known(self, *names: str) -> pd.DataFrame:
        above = np.logical_and.reduce([self.rows[name] > 0 for name in names])
        known: pd.DataFrame = self.rows[above & ~self.rows["failed"]]
        return known


def _observed(rows: pd.DataFrame, x: FloatArray, y: FloatArray, cut: np.ndarray | None = None) -> Observed:
    none = np.zeros(len(rows), dtype=bool)
    return Observed(x, y, none if cut is None else cut, rows["task"].to_numpy(object))


def _plain(table: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """The columns that a forecast needs, in plain types."""
    tokens = all_tokens(table)
    agent_usd = table["cost_usd"].astype(float) + table["wasted_usd"].astype(float).fillna(0.0)
    spend = {"usd": agent_usd, "tokens": tokens, "output_tokens": table["output_tokens"].astype(float)}[unit]
    budget = table["budget_usd"] if unit == "usd" else table["budget_amount"].where(table["budget_kind"] == unit)
    words = {name: table[name].astype(object).fillna("") for name in (*ALIKE, "sweep", "run_id", "task_id")}
    words["task"] = words["suite"] + "/" + words.pop("task_id")
    reason = table["stop_reason"].astype(object).fillna("")
    return pd.DataFrame(
        {
            **words,
            "attempt": table["attempt"].astype(int),
            "superseded": table["superseded"].astype(bool),
            "failed": reason == "error",
            "stopped": reason == "budget",
            "minutes": table["human_minutes"].astype(float),
            "spend": spend,
            "budget": budget.astype(float),
            "usd": agent_usd,
            "tokens": tokens,
            "scorer_usd": table["scorer_usd"].astype(float),
        }
    )


def _plain_columns() -> pd.DataFrame:
    """No rows at all, with the columns of evidence."""
    words = dict.fromkeys((*ALIKE, "sweep", "run_id", "task"), pd.Series(dtype=object))
    numbers = dict.fromkeys(("minutes", "spend", "budget", "usd", "tokens", "scorer_usd"), pd.Series(dtype=float))
    marks = dict.fromkeys(("superseded", "failed", "stopped"), pd.Series(dtype=bool))
    return pd.DataFrame({**words, "attempt": pd.Series(dtype=int), **marks, **numbers})


def all_tokens(runs: pd.DataFrame) -> pd.Series[float]:
    """All tokens of each row of a table of runs; NaN where those of the prompt or those generated are not known.

    A provider without a cache reports none of its columns.
    """
    prompt = runs[list(PROMPT)].astype(float).sum(axis=1, min_count=1)
    total: pd.Series[float] = prompt + runs["output_tokens"].astype(float)
    return total
