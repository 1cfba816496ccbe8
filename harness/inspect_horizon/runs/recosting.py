"""The tables of a study at other prices: the dollars of its calls, and all that follows from them."""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from inspect_horizon.budgets.budget import IN_DOLLARS
from inspect_horizon.budgets.comparing import Factors, compare
from inspect_horizon.budgets.usage import COUNTS, MAIN_COUNTS
from inspect_horizon.runs.called import PAID, dollars, total
from inspect_horizon.runs.charging import Charges, Row, is_bounded, rebound, same_usd, usage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from inspect_horizon.budgets.prices import Price, PriceBook

MONEY = ("cost_usd", "scorer_usd", "wasted_usd", "price_source")
CELL = ("model", "scaffold", "strategy", "condition", "budget_kind", "budget_amount")
"""Runs that are read together, under one budget; suites are pooled, so a cell is one over all of them."""

UNKNOWN_RUN: Row = {"cost_usd": None, "budget_kind": None, "budget_amount": None}

Attempt = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Recosting:
    """Two ways to price the calls of a study."""

    calls: Sequence[Row]
    """As they are booked, in the order of the table."""
    old: PriceBook
    new: PriceBook
    factors: Mapping[str, Factors | None]
    """By the model that was asked for; None where one of its prices is not known."""

    @classmethod
    def of(cls, calls: Sequence[Row], models: Iterable[str], old: PriceBook, new: PriceBook) -> Recosting:
        """That of a calls table.

        Args:
            calls: Its rows.
            models: Those of the runs, which may have ended before any call.
            old: The prices that the study is booked at, as far as they are known.
            new: The prices that are asked about.
        """
        own: dict[str, list[Row]] = {model: [] for model in models}
        for call in calls:
            own.setdefault(call["model"], []).append(call)
        then = {model: price_then(model, rows, old) for model, rows in own.items()}
        factors = {model: _factors(then[model], new.find(model), rows) for model, rows in own.items()}
        return cls(calls, old, new, factors)

    def repriced(self) -> list[Row]:
        """The calls at the new prices."""
        return [{**call, **self._money(call)} for call in self.calls]

    def _money(self, call: Row) -> Row:
        asked = self.new.find(call["model"])
        reserved = None if asked is None else rebound(call, self.old.find(call["model"]), asked)
        if call["outcome"] != "answered":
            cost = {"rejected": call["cost_usd"], "lost": reserved}.get(call["outcome"])
            return {"reserved_usd": reserved, "cost_usd": cost}
        price = Charges(self.new).price(call)
        cost = reserved if is_bounded(call) else Charges(self.new).usd(call)
        return {"reserved_usd": reserved, "cost_usd": cost, "price_source": price.source if price else None}


def price_then(model: str, calls: Iterable[Row], old: PriceBook) -> Price | None:
    """The price that a model was charged at, if the book at hand still has it: it must give the booked dollars."""
    charged = [call for call in calls if call["outcome"] == "answered" and usage_of(call) is not None]
    charges = Charges(old)
    return old.find(model) if all(charges.explains(call) for call in charged) else None


def _factors(old: Price | None, new: Price | None, calls: Iterable[Row]) -> Factors | None:
    if old is None or new is None:
        return None
    kinds = {
        count.removesuffix("_tokens")
        for count in COUNTS
        if count not in MAIN_COUNTS and any(call.get(count) for call in calls)
    }
    return compare(old, new, kinds=kinds, tiers={call.get("tier") for call in calls})


@dataclass(frozen=True, slots=True)
class Spent:
    """What one attempt took out of a dollar budget, at both prices; None where a part of it is not known."""

    old: float | None
    new: float | None
    models: frozenset[str]
    """Those that its agent asked."""


@dataclass(slots=True)
class Attempts:
    """Old and new calls of every attempt."""

    old: dict[Attempt, list[Row]] = field(default_factory=lambda: defaultdict(list))
    new: dict[Attempt, list[Row]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, old: Sequence[Row], new: Sequence[Row]) -> Attempts:
        made = cls()
        for before, after in zip(old, new, strict=True):
            key = (before["run_id"], before["attempt"])
            made.old[key].append(before)
            made.new[key].append(after)
        return made

    def spent(self, key: Attempt) -> Spent:
        """By its agent, calls that were lost included."""
        old, new = (total(call["cost_usd"] for call in _settled(calls.get(key, ()))) for calls in (self.old, self.new))
        agent = (call for call in self.old.get(key, ()) if call["phase"] in PAID)
        return Spent(old, new, frozenset(call["model"] for call in agent))

    def unchanged(self, key: Attempt) -> bool:
        """Whether every call costs what it did, so that the sums stand to the last bit."""
        names = ("cost_usd", "reserved_usd", "price_source")
        pairs = zip(self.old.get(key, ()), self.new.get(key, ()), strict=True)
        return all(before[name] == after[name] for before, after in pairs for name in names)

    def spent_by(self, key: Attempt, usd: float | None) -> float | None:
        """The new dollars of the calls that had come to so many old ones; None where no call ended just there."""
        before: float = 0.0
        after: float = 0.0
        pairs = zip(_settled(self.old.get(key, ())), _settled(self.new.get(key, ())), strict=True)
        for was, now in [({"cost_usd": 0.0}, {"cost_usd": 0.0}), *pairs]:
            if usd is None or was["cost_usd"] is None or now["cost_usd"] is None:
                return None
            before, after = before + was["cost_usd"], after + now["cost_usd"]
            if same_usd(before, usd):
                return after
        return None


def _settled(calls: Iterable[Row]) -> list[Row]:
    """The agent's calls that were billed, in the order in which its budget was charged."""
    charged = [call for call in calls if call["phase"] in PAID and call["outcome"] in ("answered", "lost")]
    return sorted(charged, key=lambda call: (call["settled_at"] is None, call["settled_at"]))


def recost_runs(runs: Sequence[Row], attempts: Attempts, factors: Mapping[str, Factors | None]) -> list[Row]:
    """The runs at the new prices, their budgets included.

    A run that its budget stopped at spend S of b is known up to S' + r (b - S): S' is what the same calls cost now, and
    r the smallest factor among the prices of its model, at which the call that was refused would be refused again. All
    runs of a cell get the smallest such cap, so that at each budget the same runs speak. Where all prices of a model
    change by one factor this is that factor times b.
    """
    priced = [_recost(run, attempts) for run in runs]
    cells: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for place, run in enumerate(runs):
        if run["budget_kind"] in IN_DOLLARS and run["budget_amount"] is not None:
            cells[tuple(run[name] for name in CELL)].append(place)
    for places in cells.values():
        own = [runs[place] for place in places]
        scale = _budget_scale(own, attempts, factors)
        for place in places:
            run = runs[place]
            spent = attempts.spent((run["run_id"], run["attempt"]))
            priced[place] |= {
                "budget_amount": scale(run["budget_amount"]),
                "budget_usd": scale(run["budget_usd"]),
                "overshoot_usd": _excess(run["overshoot_usd"], spent),
                "budget_spent": None if run["budget_spent"] is None else _in_unit(run, spent.new),
            }
            if attempts.unchanged((run["run_id"], run["attempt"])):
                priced[place]["budget_spent"] = run["budget_spent"]
    return priced


def _recost(run: Row, attempts: Attempts) -> Row:
    key = (run["run_id"], run["attempt"])
    if key not in attempts.new:
        return {**run, **({} if is_costless(run) else dict.fromkeys(MONEY))}
    return dict(run) if attempts.unchanged(key) else {**run, **dollars(attempts.new[key])}


def is_costless(run: Row) -> bool:
    """Whether no price can change what a run has cost."""
    return not any(run[name] for name in ("cost_usd", "scorer_usd", "wasted_usd"))


def _excess(usd: float | None, spent: Spent) -> float | None:
    if not usd:
        return usd
    return None if not spent.old or spent.new is None else usd * (spent.new / spent.old)


def _in_unit(run: Row, usd: float | None) -> float | None:
    if usd is None or run["budget_kind"] == "usd":
        return usd
    return usd / float(run["human_cost_usd"])


def _budget_scale(
    own: Sequence[Row], attempts: Attempts, factors: Mapping[str, Factors | None]
) -> Callable[[float | None], float | None]:
    """What the budget of a cell is multiplied by."""
    spends = [attempts.spent((run["run_id"], run["attempt"])) for run in own]
    models = {own[0]["model"]}.union(*(spent.models for spent in spends))
    known = [found for model in sorted(models) if (found := factors[model]) is not None]
    if len(known) < len(models):
        return lambda _: None
    joined = functools.reduce(Factors.joined, known)
    factor = joined.least if joined.uniform else _smallest_cap(own, spends, joined.least)
    return lambda amount: None if amount is None or factor <= 0 else float(Fraction(amount) * factor)


def _smallest_cap(own: Sequence[Row], spends: Sequence[Spent], least: Fraction) -> Fraction:
    """As a share of the old budget: over the runs that the budget stopped, or all where it stopped none."""
    caps = [
        (run["stop_reason"] == "budget", _cap(run["budget_usd"], spent, least))
        for run, spent in zip(own, spends, strict=True)
        if not run["superseded"] and None not in (run["budget_usd"], spent.old, spent.new)
    ]
    stopped = [cap for was_stopped, cap in caps if was_stopped]
    return min(stopped or [cap for _, cap in caps], default=least)


def _cap(budget_usd: float, spent: Spent, least: Fraction) -> Fraction:
    """The share of its old budget up to which a run is known; below it, where a provider billed more than asked."""
    budget, old, new = Fraction(budget_usd), Fraction(spent.old or 0.0), Fraction(spent.new or 0.0)
    return least if old > budget else (new + least * (budget - old)) / budget


def recost_checkpoints(
    checkpoints: Sequence[Row], runs: Sequence[Row], repriced: Sequence[Row], attempts: Attempts
) -> list[Row]:
    """What each checkpoint had spent, at the new prices; a rung in dollars moves as the budget of its run does."""
    pairs = {(was["run_id"], was["attempt"]): (was, now) for was, now in zip(runs, repriced, strict=True)}
    moved = []
    for row in checkpoints:
        key = (row["run_id"], row["attempt"])
        was, now = pairs.get(key, (UNKNOWN_RUN, UNKNOWN_RUN))
        spent = now["cost_usd"] if row["how"] == "final" else attempts.spent_by(key, row["spent_usd"])
        moved.append({**row, "spent_usd": spent, "rung_amount": _rung(row, was, now)})
    return moved


def _rung(row: Row, was: Row, now: Row) -> float | None:
    amount = row["rung_amount"]
    if amount is None or row["rung_kind"] not in IN_DOLLARS or row["rung_kind"] != was["budget_kind"]:
        return amount  # type: ignore[no-any-return]  # a cell of the table
    if not was["budget_amount"] or now["budget_amount"] is None:
        return None
    return float(Fraction(amount) * Fraction(now["budget_amount"]) / Fraction(was["budget_amount"]))
