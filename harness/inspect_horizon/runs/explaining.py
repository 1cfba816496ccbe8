"""One run's cost, call by call: what was used, at which price, and whether the table and the provider agree."""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from inspect_horizon.budgets.comparing import tariff
from inspect_horizon.budgets.prices import plain_tier
from inspect_horizon.errors import UsageError
from inspect_horizon.runs.called import PAID, total
from inspect_horizon.runs.charging import Row, is_bounded, plain_rows, same_usd, usage_of
from inspect_horizon.runs.store import read_runs, read_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inspect_horizon.budgets.prices import Price, PriceBook
    from inspect_horizon.budgets.usage import Usage


@dataclass(frozen=True, slots=True)
class Charge:
    """What a call was charged for one kind of token."""

    kind: str
    tokens: int
    usd_per_token: float


@dataclass(frozen=True, slots=True)
class ExplainedCall:
    """One call of a run."""

    number: int
    """From 1, in the order in which they were made."""
    attempt: int
    phase: str
    model: str
    outcome: str | None
    """None: never settled; a kill cut it off."""
    usage: Usage | None
    """None where none was reported."""
    reserved_tokens: int | None
    """What it could use at most."""
    booked_usd: float | None
    """What the ledger charged; for a call that was never settled, what it had reserved."""
    reported_usd: float | None
    """What the provider says that it charges; None where it does not say."""
    at_bound: bool
    """Whether it is charged the most that it could cost, since what it used is not known."""
    tier: str
    """The tier of service that it was charged at."""
    price_source: str | None
    """The list that it was charged by."""
    price: Price | None
    """The price in that list, where the book at hand still has it."""
    note: str | None
    """What the ledger says is unusual about its bill."""

    @property
    def difference_usd(self) -> float | None:
        """What the provider reported less what is booked."""
        if self.reported_usd is None or self.booked_usd is None:
            return None
        return self.reported_usd - self.booked_usd

    @property
    def billed_usd(self) -> float | None:
        """What the provider charged or may have charged: its own sum where it gives one."""
        return self.booked_usd if self.reported_usd is None else self.reported_usd

    @property
    def charges(self) -> tuple[Charge, ...]:
        """Tokens of each kind and their price; empty where either is not known."""
        if self.price is None or self.usage is None:
            return ()
        rates = tariff(self.price, self.tier).rates(self.usage.prompt_tokens)
        return tuple(Charge(kind, count, getattr(rates, kind)) for kind, count in self.usage.by_kind.items() if count)

    @property
    def step(self) -> int | None:
        """The length of prompt from which its rates hold; None for those of any prompt."""
        if self.price is None or self.usage is None:
            return None
        above = [above for above, _ in tariff(self.price, self.tier).steps if self.usage.prompt_tokens > above]
        return max(above, default=None)

    @property
    def repriced_usd(self) -> float | None:
        """Tokens times the price at hand; None where either is not known."""
        return self.price.cost_usd(self.usage, self.tier) if self.price is not None and self.usage is not None else None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where the dollars of one planned run went, over all its attempts."""

    run: Row
    """The row that stands, as in the runs table."""
    attempts: int
    calls: tuple[ExplainedCall, ...]

    @property
    def list_usd(self) -> float | None:
        """List price of what the standing attempt's answer needed.

        It tells what the answer takes, however it came about: an answer from a cache of our own, if there were one,
        would count as if its model had been called.
        """
        return total(call.booked_usd for call in self._needed if call.phase in PAID)

    @property
    def scorer_usd(self) -> float | None:
        """What scoring the standing attempt cost."""
        return total(call.booked_usd for call in self._needed if call.phase == "scorer")

    @property
    def billed_usd(self) -> float | None:
        """All that the provider charged or may have charged for the run: answers, scoring, lost calls, all attempts."""
        return total(call.billed_usd for call in self.calls)

    @property
    def wasted_usd(self) -> float | None:
        """Of it, at what is booked: calls without an answer, questions to lower rungs, and all of earlier attempts."""
        needed = {call.number for call in self._needed}
        return total(call.booked_usd for call in self.calls if call.number not in needed)

    @property
    def reported(self) -> tuple[ExplainedCall, ...]:
        """The calls for which the provider reports its own dollars."""
        return tuple(call for call in self.calls if call.reported_usd is not None)

    @property
    def difference_usd(self) -> float | None:
        """What the provider reported less what is booked, over the calls for which it reports any; None for none."""
        return total(call.difference_usd for call in self.reported) if self.reported else None

    @property
    def adds_up(self) -> bool:
        """Whether the calls sum to the cost in the runs table."""
        stated, summed = self.run["cost_usd"], self.list_usd
        if stated is None or summed is None:
            return stated is None and summed is None
        return same_usd(stated, summed)

    @property
    def _needed(self) -> list[ExplainedCall]:
        own = [call for call in self.calls if call.attempt == self.run["attempt"] and call.outcome == "answered"]
        return [call for call in own if call.phase != "fork"]

    def as_dict(self) -> dict[str, Any]:
        """Everything above, as JSON can hold it."""
        names = ("run_id", "task_id", "suite", "model", "budget_kind", "budget_amount", "stop_reason", "success")
        return {
            **{name: self.run[name] for name in names},
            "attempt": self.run["attempt"],
            "attempts": self.attempts,
            "price_source": self.run["price_source"],
            "list_usd": self.list_usd,
            "scorer_usd": self.scorer_usd,
            "billed_usd": self.billed_usd,
            "wasted_usd": self.wasted_usd,
            "reported_calls": len(self.reported),
            "reported_usd": total(call.reported_usd for call in self.reported) if self.reported else None,
            "difference_usd": self.difference_usd,
            "table_usd": self.run["cost_usd"],
            "adds_up": self.adds_up,
            "calls": [_as_dict(call) for call in self.calls],
        }


def _as_dict(call: ExplainedCall) -> dict[str, Any]:
    own = ("number", "attempt", "phase", "model", "outcome", "reserved_tokens", "booked_usd", "reported_usd")
    more = ("difference_usd", "repriced_usd", "at_bound", "tier", "step", "price_source", "note")
    return {
        **{name: getattr(call, name) for name in (*own, *more)},
        "tokens": None if call.usage is None else call.usage.by_kind,
        "charges": [asdict(charge) for charge in call.charges],
    }


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
    (standing,) = plain_rows(own[~own["superseded"].astype(bool)].head(1))
    rows = plain_rows(calls[calls["run_id"] == name].sort_values("started_at", kind="stable"))
    return Explanation(
        run=standing,
        attempts=len(own),
        calls=tuple(_explained(number, row, prices) for number, row in enumerate(rows, 1)),
    )


def _meant(asked: str, known: Sequence[str]) -> str:
    if asked in known:
        return asked
    begun = [name for name in known if name.startswith(asked)]
    if len(begun) == 1:
        return begun[0]
    near = begun[:3] or difflib.get_close_matches(asked, known, n=3) or known[:3]
    what = f"{len(begun)} runs begin with {asked!r}" if begun else f"there is no run {asked!r}"
    raise UsageError(what, fix=f"name one, such as {', '.join(near)}")


def _explained(number: int, row: Row, prices: PriceBook) -> ExplainedCall:
    price = prices.served(row["model"], row["served_model"])
    return ExplainedCall(
        number=number,
        attempt=int(row["attempt"] or 1),
        phase=row["phase"],
        model=row["served_model"] or row["model"],
        outcome=row["outcome"],
        usage=usage_of(row),
        reserved_tokens=row["reserved_tokens"],
        booked_usd=row["reserved_usd"] if row["outcome"] is None else row["cost_usd"],
        reported_usd=row["reported_usd"],
        at_bound=is_bounded(row),
        tier=plain_tier(row["tier"]),
        price_source=row["price_source"],
        price=price if price is not None and price.source == row["price_source"] else None,
        note=row["note"],
    )
