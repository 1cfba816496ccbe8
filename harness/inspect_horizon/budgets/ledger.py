"""Every call of a sweep, reserved before and settled after, in one append-only SQLite file that a kill cannot hurt."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from inspect_horizon.budgets.dust import DUST
from inspect_horizon.budgets.usage import COUNTS, MAIN_COUNTS
from inspect_horizon.errors import DataError, SpendCapExceeded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from inspect_horizon.budgets.usage import Usage

Phase = Literal["agent", "fork", "scorer"]
CallOutcome = Literal["answered", "rejected", "lost"]
"""`answered` was served; `rejected` provably not billed; `lost` failed and may have been billed."""

SCHEMA_VERSION = 2
"""2: settlements tell the parts of a usage that are billed apart, the tier, and what the provider says it charges."""
BUSY_SECONDS = 30.0

ADDED = (
    *(f"ALTER TABLE settlements ADD COLUMN {count} INTEGER" for count in COUNTS if count not in MAIN_COUNTS),
    "ALTER TABLE settlements ADD COLUMN tier TEXT",
    "ALTER TABLE settlements ADD COLUMN reported_usd REAL",
    "ALTER TABLE endings ADD COLUMN spent REAL",
    """CREATE TABLE rungs (
        attempt_id TEXT NOT NULL, amount REAL NOT NULL, how TEXT NOT NULL, over INTEGER NOT NULL, spent REAL NOT NULL,
        spent_usd REAL, spent_tokens INTEGER, score REAL, answer TEXT, error TEXT, unknown INTEGER NOT NULL
    )""",
)
"""What format 2 added; a book of format 1 is given it when it is opened."""
SCHEMA = (
    """CREATE TABLE attempts (
        attempt_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, started_at REAL NOT NULL
    )""",
    """CREATE TABLE endings (
        attempt_id TEXT NOT NULL, ended_at REAL NOT NULL, stop_reason TEXT, overshoot REAL NOT NULL
    )""",
    """CREATE TABLE reservations (
        call_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, attempt_id TEXT NOT NULL, phase TEXT NOT NULL,
        model TEXT NOT NULL, at REAL NOT NULL, usd REAL, prompt_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL
    )""",
    """CREATE TABLE settlements (
        call_id TEXT PRIMARY KEY REFERENCES reservations, at REAL NOT NULL, outcome TEXT NOT NULL, usd REAL,
        input_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, output_tokens INTEGER,
        reasoning_tokens INTEGER, worst_case INTEGER NOT NULL, served_model TEXT, price_source TEXT, note TEXT
    )""",
    *ADDED,
    "CREATE TABLE totals (one INTEGER PRIMARY KEY CHECK (one = 1), spent_usd REAL, held_usd REAL)",
    "INSERT INTO totals VALUES (1, 0.0, 0.0)",
    """CREATE TRIGGER hold AFTER INSERT ON reservations BEGIN
        UPDATE totals SET held_usd = held_usd + coalesce(new.usd, 0.0);
    END""",
    """CREATE TRIGGER release AFTER INSERT ON settlements BEGIN
        UPDATE totals SET spent_usd = spent_usd + coalesce(new.usd, 0.0),
            held_usd = held_usd - coalesce((SELECT usd FROM reservations WHERE call_id = new.call_id), 0.0);
    END""",
)
SETTLED = ", ".join(
    [f"s.{name} AS {'generated_tokens' if name == 'output_tokens' else name}" for name in COUNTS]
    + [f"s.{name}" for name in ("worst_case", "served_model", "price_source", "note", "tier", "reported_usd")]
)
TABLES = {"attempts", "endings", "reservations", "settlements", "totals"}


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
class Totals:
    """The money of a whole sweep, in US dollars."""

    spent_usd: float
    held_usd: float
    """Reserved and not settled: calls under way, and calls that a kill cut off."""


class Ledger:
    """The account book of a sweep; every process that works on the sweep opens the same file."""

    def __init__(self, path: Path | None = None, *, cap_usd: float | None = None) -> None:
        """Open the book, or begin one.

        Args:
            path: The file; None keeps the book in memory, for a run outside any sweep.
            cap_usd: The most that may be spent by all runs together, what is already in the book included.

        Raises:
            DataError: The file is no ledger, is a newer one, or cannot be written.
        """
        self.path, self.cap_usd = path, cap_usd
        self._connection = self._open(path)

    def _open(self, path: Path | None) -> sqlite3.Connection:
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                path or ":memory:", timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except (sqlite3.Error, OSError) as error:
            raise self._unopened(error) from error
        try:
            connection.row_factory = sqlite3.Row
            _wait_for_wal(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            self._found(connection)
        except sqlite3.Error as error:
            connection.close()
            raise self._unopened(error) from error
        except DataError:
            connection.close()
            raise
        return connection

    def _unopened(self, error: Exception) -> DataError:
        return DataError(f"the ledger {self.path} cannot be opened: {error}", fix="check the folder and its disk")

    def _found(self, connection: sqlite3.Connection) -> None:
        """Make an empty file a ledger, or see that it is one; in a transaction, as several workers may open it."""
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if version > SCHEMA_VERSION and TABLES & tables:
                raise DataError(
                    f"{self.path} was written by a newer version (format {version}, this one reads {SCHEMA_VERSION})",
                    fix="pip install --upgrade inspect-horizon",
                )
            if tables and not tables >= TABLES:
                raise DataError(
                    f"{self.path} is a database of something else, with the tables {', '.join(sorted(tables))}",
                    fix="name another folder for the results, or move the file away",
                )
            if not tables:
                for statement in SCHEMA:
                    connection.execute(statement)
            elif version < SCHEMA_VERSION:
                for statement in ADDED:
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        except BaseException:
            _roll_back(connection)
            raise
        connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing, in turn with the other processes."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                _roll_back(self._connection)
                raise
        except sqlite3.Error as error:
            raise DataError(
                f"the ledger {self.path} cannot be written: {error}",
                fix="free some disk or wait for the other process, then run the same command again",
            ) from error

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
        """What the rungs got, attempt by attempt, cheapest first."""
        return [dict(row) for row in self._connection.execute("SELECT * FROM rungs ORDER BY rowid")]

    def reserve(self, reservation: Reservation) -> str:
        """Admit a call, before it is made.

        Returns:
            The call's id, to settle it with.

        Raises:
            SpendCapExceeded: Spent, reserved and this together exceed the cap, or the call's price is not known.
            DataError: The reservation cannot be written; the call must not be made.
        """
        call_id = uuid4().hex
        with self._write() as book:
            self._admit(reservation)
            values = (call_id, *_flat(reservation, at=time.time(), after=4))
            book.execute("INSERT INTO reservations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
        return call_id

    def _admit(self, reservation: Reservation) -> None:
        if self.cap_usd is None:
            return
        if reservation.usd is None:
            raise SpendCapExceeded(
                f"{reservation.model} has no known price, so it cannot be held to a spend cap",
                fix="pass its price with --prices FILE, or drop --spend-cap",
            )
        totals = self.totals()
        if totals.spent_usd + totals.held_usd + reservation.usd > self.cap_usd * (1 + DUST):
            raise SpendCapExceeded(
                f"a call of up to ${reservation.usd:.4f} does not fit the spend cap of ${self.cap_usd:.2f}: "
                f"${totals.spent_usd:.4f} is spent and ${totals.held_usd:.4f} reserved",
                fix="run the same command with a higher --spend-cap; nothing that was paid for is lost",
                for_now=totals.spent_usd + reservation.usd <= self.cap_usd * (1 + DUST),
            )

    def settle(self, call_id: str, settlement: Settlement) -> None:
        """Replace a reservation by what the call came to."""
        usage = settlement.usage
        counts = {name: getattr(usage, name) if usage else None for name in COUNTS}
        row = {"call_id": call_id, "at": time.time(), **_fields(settlement), **counts}
        names = ", ".join(row)
        with self._write() as book:
            book.execute(
                f"INSERT INTO settlements ({names}) VALUES ({', '.join('?' * len(row))})",  # noqa: S608 - our own names
                tuple(row.values()),
            )

    def write_off(self) -> int:
        """Settle at their bound the calls that nobody will settle any more; call it when no process is at work.

        Returns:
            How many there were.
        """
        lost = [call for call in self.calls() if call["settled_at"] is None]
        for call in lost:
            note = "the process ended before the call did"
            self.settle(call["call_id"], Settlement("lost", call["usd"], worst_case=True, note=note))
        return len(lost)

    def totals(self) -> Totals:
        """What all calls have come to so far."""
        row = self._connection.execute("SELECT spent_usd, held_usd FROM totals").fetchone()
        return Totals(row["spent_usd"], max(row["held_usd"], 0.0))

    def calls(self) -> list[dict[str, Any]]:
        """Every call, in the order of reservation; an unsettled one has null for what is not known."""
        rows = self._connection.execute(
            f"SELECT r.*, s.at AS settled_at, s.outcome, s.usd AS cost_usd, {SETTLED}"  # noqa: S608 - our own names
            " FROM reservations r LEFT JOIN settlements s USING (call_id) ORDER BY r.rowid"
        )
        return [dict(row) for row in rows]

    def attempts(self) -> list[dict[str, Any]]:
        """Every attempt at a run, in the order they started; one that a kill cut off has no ending."""
        rows = self._connection.execute(
            "SELECT a.*, e.ended_at, e.stop_reason, e.overshoot, e.spent"
            " FROM attempts a LEFT JOIN endings e USING (attempt_id) ORDER BY a.rowid"
        )
        return [dict(row) for row in rows]


def _fields(settlement: Settlement) -> dict[str, Any]:
    return {field.name: getattr(settlement, field.name) for field in fields(settlement) if field.name != "usage"}


def _flat(reservation: Reservation, *, at: float, after: int) -> tuple[Any, ...]:
    values = tuple(asdict(reservation).values())
    return (*values[:after], at, *values[after:])


def _wait_for_wal(connection: sqlite3.Connection) -> None:
    """Switch the journal; SQLite does not wait for another process that is switching it, so this does."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _roll_back(connection: sqlite3.Connection) -> None:
    """Undo what is open; SQLite has done so itself where the disk was full."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
