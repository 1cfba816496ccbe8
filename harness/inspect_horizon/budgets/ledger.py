"""Every call of a sweep, reserved before and settled after, in one append-only SQLite file that a kill cannot hurt."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from inspect_horizon.budgets.book import BUSY_SECONDS, columns_of, open_to_read, open_to_write, patiently, roll_back
from inspect_horizon.budgets.dollars import usd_text
from inspect_horizon.budgets.dust import DUST
from inspect_horizon.budgets.usage import COUNTS
from inspect_horizon.errors import DataError, SpendCapExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from inspect_horizon.budgets.usage import Usage

Phase = Literal["agent", "verifier", "fork", "scorer"]
"""The first two are paid from the run's budget."""
CallOutcome = Literal["answered", "rejected", "lost"]
"""`answered` was served; `rejected` provably not billed; `lost` failed and may have been billed."""

Kept = Literal["reservations", "settlements", "endings", "rungs", "tries"]
"""What is in the book once for a call, or once for an attempt."""
KEYS: dict[Kept, str] = {
    "reservations": "call_id",
    "settlements": "call_id",
    "endings": "attempt_id",
    "rungs": "attempt_id",
    "tries": "attempt_id",
}

SILENT_SECONDS = 3600.0
"""Nothing is kept back for an attempt that has made no call for so long: the process that made it may be gone."""
CUT_OFF = "the process ended before the call did"
"""The note of calls that are written off."""
SETTLED = (*COUNTS, "worst_case", "served_model", "price_source", "note", "tier", "reported_usd")


@dataclass(frozen=True, slots=True)
class Reservation:
    """A call about to be made and the most that it can cost."""

    run_id: str
    attempt_id: str
    phase: Phase
    model: str
    usd: float | None
    """None where the model's price is not known."""
    prompt_tokens: int
    output_tokens: int
    number: int | None = None
    """Of the try it is for, where the run makes several."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a call."""

    outcome: CallOutcome
    usd: float | None
    usage: Usage | None = None
    """None where none was reported."""
    worst_case: bool = False
    """Whether `usd` is the bound, for want of a usage that can be believed."""
    served_model: str | None = None
    price_source: str | None = None
    note: str | None = None
    tier: str | None = None
    reported_usd: float | None = None
    """What the provider says that it will charge."""


@dataclass(frozen=True, slots=True)
class RungNote:
    """What one rung of a grid got of a run."""

    amount: float
    """As the grid names it."""
    how: str
    """`final`: the run's own end; `state`: scored as it stood; `fork`: asked in a side branch."""
    over: bool
    """Whether the trajectory went on beyond it."""
    spent: float
    """Within the rung, in the unit of the budget, the question after the end included."""
    spent_usd: float | None
    spent_tokens: int | None
    score: float | None
    """None where the run's own score holds, or none could be had."""
    answer: str | None
    error: str | None
    """Why there is no answer or no score, where there is none."""
    unknown: bool
    """Whether what the rung would have got is not known, and so no failure."""


@dataclass(frozen=True, slots=True)
class TryNote:
    """What came of one try of a run; what it spent is in its calls."""

    number: int
    """From 1, in the order started."""
    parent: int | None
    """Of the try it was branched from."""
    answer: str | None
    normalized: str | None
    submitted: bool
    score: float | None
    verifier: str | None
    verifier_score: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Totals:
    """The money of a whole sweep, in US dollars."""

    spent_usd: float
    held_usd: float
    """Reserved and not settled: calls under way, and calls that a kill cut off."""


class Ledger:
    """The account book of a sweep; every process that works on the sweep opens the same file."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        cap_usd: float | None = None,
        read_only: bool = False,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        """Open the book, or begin one.

        Args:
            path: The file; None keeps the book in memory, for a run outside any sweep.
            cap_usd: The most that may be spent by all runs together, what is already in the book included.
            read_only: Leave the file as it is, an older format too; it has to exist and may lie where nothing can be
                written.
            busy_seconds: How long to wait, each time, for other processes that hold the file's lock.

        Raises:
            DataError: The file is no ledger, is a newer one, or cannot be written.
        """
        self.path, self.cap_usd = path, cap_usd
        self._busy_seconds = busy_seconds
        if read_only and path is not None:
            self._connection = open_to_read(path, busy_seconds=busy_seconds)
        else:
            self._connection = open_to_write(path, busy_seconds=busy_seconds)

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing, in turn with the other processes."""
        try:
            patiently(self._connection, "BEGIN IMMEDIATE", seconds=self._busy_seconds)
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                roll_back(self._connection)
                raise
        except sqlite3.Error as error:
            raise DataError(
                f"the ledger {self.path} cannot be written: {error}",
                fix="free some disk or wait for the other process, then run the same command again",
            ) from error

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection
        except sqlite3.Error as error:
            raise DataError(
                f"the ledger {self.path} cannot be read: {error}",
                fix="wait for the other process, or restore the file from a copy",
            ) from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Within the block every read sees the book as it stands at the first, whatever others write meanwhile."""
        with self._read() as book:
            book.execute("BEGIN")
            try:
                yield
            finally:
                roll_back(book)

    def begin(self, run_id: str, attempt_id: str) -> None:
        """Note that an attempt at a run starts."""
        with self._write() as book:
            book.execute("INSERT OR IGNORE INTO attempts VALUES (?, ?, ?)", (attempt_id, run_id, time.time()))

    def end(self, attempt_id: str, stop_reason: str | None, *, spent: float | None, overshoot: float) -> None:
        """Note how an attempt's agent ended, what it spent of its budget and how much beyond it, in its unit."""
        row = (attempt_id, time.time(), stop_reason, overshoot, spent)
        with self._write() as book:
            book.execute(
                "INSERT INTO endings (attempt_id, ended_at, stop_reason, overshoot, spent) VALUES (?, ?, ?, ?, ?)", row
            )

    def note_rungs(self, attempt_id: str, notes: Sequence[RungNote]) -> None:
        """Note what each rung got of an attempt, all of them or none."""
        with self._write() as book:
            book.executemany(
                "INSERT INTO rungs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(attempt_id, *asdict(note).values()) for note in notes],
            )

    def rungs(self) -> list[dict[str, Any]]:
        """What the rungs got, attempt by attempt, cheapest first; none in a book of a format without them."""
        with self._read() as book:
            known = columns_of(book, "rungs")
            return [dict(row) for row in book.execute("SELECT * FROM rungs ORDER BY rowid")] if known else []

    def note_tries(self, attempt_id: str, notes: Sequence[TryNote]) -> None:
        """Note what came of each try of an attempt, all of them or none."""
        with self._write() as book:
            book.executemany(
                "INSERT INTO tries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(attempt_id, *asdict(note).values()) for note in notes],
            )

    def tries(self) -> list[dict[str, Any]]:
        """What came of the tries, attempt by attempt, in order; none in a book of a format without them."""
        with self._read() as book:
            known = columns_of(book, "tries")
            return [dict(row) for row in book.execute("SELECT * FROM tries ORDER BY rowid")] if known else []

    def scored(self, attempt_id: str) -> None:
        """Note that an attempt needs no more money, be it scored or given up; none is kept back for it any more."""
        with self._write() as book:
            book.execute("DELETE FROM unscored WHERE attempt_id = ?", (attempt_id,))

    def reserve(self, reservation: Reservation, *, call_id: str | None = None) -> str:
        """Admit a call, before it is made.

        Under a cap an agent leaves what the runs under way will need to be scored, as far as that is known from those
        that have been: an answer that was paid for is worth nothing without its score.

        Args:
            reservation: The call.
            call_id: Its id, where whoever asks has to know it beforehand.

        Returns:
            The call's id, to settle it with.

        Raises:
            SpendCapExceeded: Spent, reserved, kept back and this together exceed the cap, or the call's price is not
                known.
            DataError: The reservation cannot be written; the call must not be made.
        """
        call_id = call_id or uuid4().hex
        with self._write() as book:
            self._admit(reservation)
            row = {"call_id": call_id, "at": time.time(), **_fields(reservation)}
            _insert(book, "reservations", {name: value for name, value in row.items() if value is not None})
        return call_id

    def _admit(self, reservation: Reservation) -> None:
        if self.cap_usd is None:
            return
        if reservation.usd is None:
            raise SpendCapExceeded(
                f"{reservation.model} has no known price, so it cannot be held to a spend cap",
                fix="pass its price with --prices FILE, or drop --spend-cap",
            )
        totals, kept_usd = self.totals(), self._kept_for_scoring(reservation)
        most = self.cap_usd * (1 + DUST) - reservation.usd - kept_usd
        if totals.spent_usd + totals.held_usd > most:
            kept = f", ${usd_text(kept_usd)} kept back to score the runs under way" if kept_usd else ""
            raise SpendCapExceeded(
                f"a call of up to ${usd_text(reservation.usd)} does not fit the spend cap of "
                f"${usd_text(self.cap_usd, 2)}: ${usd_text(totals.spent_usd)} is spent and "
                f"${usd_text(totals.held_usd)} reserved{kept}",
                fix="run the same command with a higher --spend-cap; nothing that was paid for is lost",
                for_now=totals.spent_usd <= most,
            )

    def _kept_for_scoring(self, reservation: Reservation) -> float:
        """What a call has to leave: for each run under way the most that scoring one has cost, less what its own has.

        And the largest bound of a scorer's call, since the last of them is admitted at its bound too. Calls of scorers
        wait for each other, so one bound is enough for all.
        """
        if reservation.phase == "scorer":
            return 0.0
        known = self._connection.execute("SELECT scoring_usd, scorer_call_usd FROM totals").fetchone()
        others = self._connection.execute(
            "SELECT coalesce(sum(max(? - scorer_usd, 0.0)), 0.0) FROM unscored WHERE at > ? AND attempt_id <> ?",
            (known["scoring_usd"], time.time() - SILENT_SECONDS, reservation.attempt_id),
        )
        return float(others.fetchone()[0] + known["scoring_usd"] + known["scorer_call_usd"])

    def settle(self, call_id: str, settlement: Settlement) -> None:
        """Replace a reservation by what the call came to."""
        with self._write() as book:
            _settle(book, call_id, settlement)

    def holds(self, table: Kept, key: str) -> bool:
        """Whether something of this kind is in the book; who cannot know whether he was heard asks, and says it again.

        Args:
            table: The kind.
            key: The id of the call, or of the attempt.
        """
        with self._read() as book:
            found = book.execute(f"SELECT 1 FROM {table} WHERE {KEYS[table]} = ? LIMIT 1", (key,))  # noqa: S608 - our own names
            return found.fetchone() is not None

    def write_off(self, cell_id: str = "") -> int:
        """Settle at their bound the calls that nobody will settle any more; call it when no process is at work.

        Nor will anybody score the attempts that were under way.

        Args:
            cell_id: Of whose runs; empty for all that are in the book.

        Returns:
            How many calls there were.
        """
        runs = f"{cell_id}/" if cell_id else ""
        with self._write() as book:
            book.execute(
                "DELETE FROM unscored WHERE ? = '' OR attempt_id IN"
                " (SELECT attempt_id FROM attempts WHERE substr(run_id, 1, length(?)) = ?)",
                (runs, runs, runs),
            )
            lost = book.execute(
                "SELECT call_id, usd FROM reservations r WHERE substr(run_id, 1, length(?)) = ?"
                " AND NOT EXISTS (SELECT 1 FROM settlements s WHERE s.call_id = r.call_id)",
                (runs, runs),
            ).fetchall()
            for call in lost:
                _settle(book, call["call_id"], Settlement("lost", call["usd"], worst_case=True, note=CUT_OFF))
        return len(lost)

    def totals(self) -> Totals:
        """What all calls have come to so far."""
        with self._read() as book:
            row = book.execute("SELECT spent_usd, held_usd FROM totals").fetchone()
        return Totals(row["spent_usd"], max(row["held_usd"], 0.0))

    def calls(self) -> list[dict[str, Any]]:
        """Every call, in the order of reservation; an unsettled one has null for what is not known."""
        with self._read() as book:
            return [dict(row) for row in book.execute(f"{_calls_in(book)} ORDER BY r.rowid")]

    def calls_of_attempts(self) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """The calls of each attempt that made any, in the order of reservation; attempts in the order they started.

        However long the book, no more than one attempt's are in memory.
        """
        with self._read() as book:
            rows = book.execute(
                f"{_calls_in(book)} LEFT JOIN attempts a USING (attempt_id) ORDER BY a.rowid, r.attempt_id, r.rowid"
            )
            for attempt_id, own in groupby(rows, key=itemgetter("attempt_id")):
                yield attempt_id, [dict(row) for row in own]

    def attempts(self) -> list[dict[str, Any]]:
        """Every attempt at a run, in the order they started; one that a kill cut off has no ending."""
        with self._read() as book:
            spent = _known("spent", "e", columns_of(book, "endings"))
            rows = book.execute(
                f"SELECT a.*, e.ended_at, e.stop_reason, e.overshoot, {spent} AS spent"  # noqa: S608 - our own names
                " FROM attempts a LEFT JOIN endings e USING (attempt_id) ORDER BY a.rowid"
            )
            return [dict(row) for row in rows]


def _calls_in(book: sqlite3.Connection) -> str:
    """The query for calls and what became of them, in the format that the book has."""
    known = columns_of(book, "settlements")
    settled = ", ".join(f"{_known(name, 's', known)} AS {_plain(name)}" for name in SETTLED)
    number = "" if "number" in columns_of(book, "reservations") else " NULL AS number,"
    return (
        f"SELECT r.*,{number} s.at AS settled_at, s.outcome, s.usd AS cost_usd, {settled}"  # noqa: S608 - our own names
        " FROM reservations r LEFT JOIN settlements s USING (call_id)"
    )


def _settle(book: sqlite3.Connection, call_id: str, settlement: Settlement) -> None:
    usage = settlement.usage
    counts = {name: getattr(usage, name) if usage else None for name in COUNTS}
    row = {"call_id": call_id, "at": time.time(), **_fields(settlement), **counts}
    _insert(book, "settlements", row)


def _insert(book: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    book.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # noqa: S608 - our own names
        tuple(row.values()),
    )


def _known(column: str, table: str, columns: set[str]) -> str:
    """A column, or null where the book is of an older format that does not have it."""
    return f"{table}.{column}" if column in columns else "NULL"


def _plain(column: str) -> str:
    """Reservations have tokens of output too: those that were allowed."""
    return "generated_tokens" if column == "output_tokens" else column


def _fields(noted: Reservation | Settlement) -> dict[str, Any]:
    """What stands in columns of its own; `asdict` would copy every value."""
    return {field.name: getattr(noted, field.name) for field in fields(noted) if field.name != "usage"}
