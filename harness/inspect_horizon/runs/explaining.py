"""One run's cost, call by call: what was used, at which price, and whether it adds up to what the table says."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from inspect_horizon.budgets.usage import COUNTS, MAIN_COUNTS, Usage
from inspect_horizon.errors import UsageError
from inspect_horizon.runs.store import read_runs, read_table

if TYPE_CHECKING:
    from pathlib import Path

    from inspect_horizon.budgets.prices import Price, PriceBook

CENT_SHARE = 1e-9
"""Share of a sum by which two ways of adding dollars may differ: rounding in binary."""


@dataclass(frozen=True, slots=True)
class ExplainedCall:
    """One call of a run."""

    attempt: int
    phase: str
    model: str
    outcome: str | None
    """None: never settled; a kill cut it off."""
    usage: Usage | None
    """None where none was reported."""
    booked_usd: float | None
    """What the ledger charged; for a call that was never settled, what it had reserved."""
    worst_case: bool
    tier: str | None
    """The tier of service that it was charged at."""
    price: Price | None
    """The price that gives the booked dollars, where the book at hand still has it."""

    @property
    def repriced_usd(self) -> float | None:
        """Tokens times the price at hand; None where either is not known."""
        return self.price.cost_usd(self.usage, self.tier) if self.price is not None and self.usage is not None else None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where the dollars of one planned run went, over all its attempts."""

    run: dict[str, Any]
    """The row that stands, as in the runs table."""
    attempts: int
    calls: tuple[ExplainedCall, ...]

    @property
    def answer_usd(self) -> float | None:
        """List price of what the standing attempt's answer needed, from its calls."""
        return _sum(
            [call.booked_usd for call in self._standing if call.phase == "agent" and call.outcome == "answered"]
        )

    @property
    def scorer_usd(self) -> float | None:
        """What scoring the standing attempt cost."""
        return _sum([call.booked_usd for call in self._standing if call.phase == "scorer"])

    @property
    def wasted_usd(self) -> float | None:
        """Calls without an answer, and everything that earlier attempts spent."""
        standing = {id(call) for call in self._standing if call.outcome == "answered"}
        return _sum([call.booked_usd for call in self.calls if id(call) not in standing and call.phase != "scorer"])

    @property
    def adds_up(self) -> bool:
        """Whether the calls sum to the cost in the runs table."""
        stated, summed = self.run["cost_usd"], self.answer_usd
        if stated is None or summed is None:
            return stated is None and summed is None
        return math.isclose(stated, summed, rel_tol=CENT_SHARE, abs_tol=CENT_SHARE**2)

    @property
    def _standing(self) -> list[ExplainedCall]:
        return [call for call in self.calls if call.attempt == self.run["attempt"]]


def explain(path: Path, run_id: str, prices: PriceBook) -> Explanation:
    """The arithmetic of one run's cost.

    Args:
        path: A results folder with a calls table.
        run_id: The planned run; the beginning of its name is enough where no other begins so.
        prices: To show which price times which tokens gives the booked dollars.

    Raises:
        UsageError: No run, or more than one, is meant.
        DataError: The folder holds no runs or no calls.
    """
    runs, calls = read_runs(path), read_table(path, "calls")
    name = _meant(run_id, sorted(set(runs["run_id"])))
    own = runs[runs["run_id"] == name]
    standing = own[~own["superseded"].astype(bool)].iloc[0]
    rows = calls[calls["run_id"] == name].sort_values("started_at", kind="stable")
    return Explanation(
        run=_plain(standing),
        attempts=len(own),
        calls=tuple(_explained(_plain(row), prices) for _, row in rows.iterrows()),
    )


def _plain(row: pd.Series[Any]) -> dict[str, Any]:
    """A row with None for what is not known."""
    return {str(name): None if pd.isna(value) else value for name, value in row.items()}


def _meant(asked: str, known: list[str]) -> str:
    if asked in known:
        return asked
    begun = [name for name in known if name.startswith(asked)]
    if len(begun) == 1:
        return begun[0]
    near = begun[:3] or difflib.get_close_matches(asked, known, n=3) or known[:3]
    what = f"{len(begun)} runs begin with {asked!r}" if begun else f"there is no run {asked!r}"
    raise UsageError(what, fix=f"name one, such as {', '.join(near)}")


def _explained(row: dict[str, Any], prices: PriceBook) -> ExplainedCall:
    known = {name: row.get(name) for name in COUNTS}
    stated = None not in [known[name] for name in MAIN_COUNTS] and not row["worst_case"]
    usage = Usage(**{name: int(count or 0) for name, count in known.items()}) if stated else None
    price = prices.served(row["model"], row["served_model"])
    return ExplainedCall(
        attempt=int(row["attempt"] or 1),
        phase=row["phase"],
        model=row["served_model"] or row["model"],
        outcome=row["outcome"],
        usage=usage,
        booked_usd=row["reserved_usd"] if row["outcome"] is None else row["cost_usd"],
        worst_case=bool(row["worst_case"]),
        tier=row.get("tier"),
        price=price if price is not None and price.source == row["price_source"] else None,
    )


def _sum(parts: list[float | None]) -> float | None:
    return None if None in parts else sum(part for part in parts if part is not None)
