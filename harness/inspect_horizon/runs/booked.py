"""What a sweep's ledger says of each attempt: its spend, its tries, how it ended; and its calls, some at a time."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import pandas as pd

from inspect_horizon.budgets.ledger import Ledger
from inspect_horizon.runs.called import of_run, of_try, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from inspect_horizon.runs.called import Call

CALLS_AT_A_TIME = 1 << 14
"""Some 50 MB of them."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a planned run."""

    attempt_id: str
    run_id: str
    started_at: str
    overshoot: float | None
    """In the budget's unit; None where a kill cut the attempt off."""
    spent: float | None
    """Of the budget, in its unit."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A ledger, by attempt."""

    attempts: Mapping[str, Attempt] = field(default_factory=dict)
    spends: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By attempt, the columns of a run that its calls fill."""
    rungs: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """What each rung got of an attempt."""
    tries: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    """What came of each try of an attempt, with the columns that its calls fill."""
    attempt_numbers: dict[str, int] = field(default_factory=dict)
    """1 for the first try at its run; filled in when the runs are put in order."""
    ledger: Ledger | None = None

    def spend(self, attempt_id: str) -> Mapping[str, Any]:
        """The columns of a run that the ledger fills; nothing for an attempt that it does not know."""
        attempt = self.attempts.get(attempt_id)
        if attempt is None:
            return {}
        return {**self.spends[attempt_id], "overshoot": attempt.overshoot, "budget_spent": attempt.spent}

    def calls(self) -> Iterator[pd.DataFrame]:
        """The calls table, some rows at a time, read anew from the ledger."""
        every = chain.from_iterable(calls for _, calls in _calls_of(self.ledger))
        while some := list(islice(every, CALLS_AT_A_TIME)):
            yield pd.DataFrame([self._row(call) for call in some]).astype(object)

    def _row(self, call: Call) -> dict[str, Any]:
        settled = call["settled_at"]
        return {
            **{name: call[name] for name in ("call_id", "run_id", "phase", "model", "served_model", "cost_usd")},
            **{
                name: call[name] for name in ("reserved_usd", "price_source", "outcome", "tier", "reported_usd", "note")
            },
            **tokens_of(call),
            "number": call["number"],
            "attempt": self.attempt_numbers.get(call["attempt_id"]),
            "sample_uuid": call["attempt_id"],
            "reserved_tokens": call["prompt_tokens"] + call["output_tokens"],
            "reserved_output_tokens": call["output_tokens"],
            "latency_seconds": None if settled is None else settled - call["at"],
            "worst_case": None if settled is None else bool(call["worst_case"]),
            "started_at": _time(call["at"]),
            "settled_at": None if settled is None else _time(settled),
        }


@contextmanager
def booked(path: Path | None) -> Iterator[Booked]:
    """Read a ledger as it stands at the start of the block, within which its calls can be read again.

    Args:
        path: The file; None, or one that is not there, is a ledger without an entry.

    Raises:
        DataError: The file is no ledger, or a newer version wrote it.
    """
    if path is None or not path.exists():
        yield Booked()
        return
    ledger = Ledger(path, read_only=True)
    try:
        with ledger.snapshot():
            yield _read(ledger)
    finally:
        ledger.close()


def _read(ledger: Ledger) -> Booked:
    attempts = {
        row["attempt_id"]: Attempt(
            row["attempt_id"], row["run_id"], _time(row["started_at"]), row["overshoot"], row["spent"]
        )
        for row in ledger.attempts()
    }
    spends: dict[str, Mapping[str, Any]] = dict.fromkeys(attempts, of_run(()))
    noted = _by_attempt(ledger.tries())
    tries = {attempt_id: _with_calls(own, ()) for attempt_id, own in noted.items()}
    for attempt_id, calls in _calls_of(ledger):
        spends[attempt_id] = of_run(calls)
        if attempt_id in noted:
            tries[attempt_id] = _with_calls(noted[attempt_id], calls)
    return Booked(attempts, spends, _by_attempt(ledger.rungs()), tries, ledger=ledger)


def _calls_of(ledger: Ledger | None) -> Iterator[tuple[str, list[Call]]]:
    """Attempt by attempt, in the order of reservation; no more than one attempt's are in memory."""
    for attempt_id, calls in () if ledger is None else ledger.calls_of_attempts():
        yield attempt_id, [{**call, "reserved_usd": call["usd"]} for call in calls]


def _with_calls(tries: Iterable[Mapping[str, Any]], calls: Iterable[Call]) -> tuple[Mapping[str, Any], ...]:
    own: dict[int | None, list[Call]] = defaultdict(list)
    for call in calls:
        own[call["number"]].append(call)
    return tuple({**noted, **of_try(own[noted["number"]])} for noted in tries)


def _by_attempt(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[Mapping[str, Any], ...]]:
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["attempt_id"]].append(row)
    return {attempt_id: tuple(own) for attempt_id, own in found.items()}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
