"""The file behind a ledger: older formats, files that may only be read, and locks that others hold."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from inspect_horizon.budgets.book import SCHEMA_VERSION
from inspect_horizon.budgets.ledger import Ledger, Reservation, Settlement, Totals
from inspect_horizon.errors import DataError
from support.rights import mere_user, unwritable
from support.writing import answer, reservation

if TYPE_CHECKING:
    from pathlib import Path

OF_FORMAT_1 = """
CREATE TABLE attempts (attempt_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, started_at REAL NOT NULL);
CREATE TABLE endings (attempt_id TEXT NOT NULL, ended_at REAL NOT NULL, stop_reason TEXT, overshoot REAL NOT NULL);
CREATE TABLE reservations (
    call_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, attempt_id TEXT NOT NULL, phase TEXT NOT NULL,
    model TEXT NOT NULL, at REAL NOT NULL, usd REAL, prompt_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL);
CREATE TABLE settlements (
    call_id TEXT PRIMARY KEY REFERENCES reservations, at REAL NOT NULL, outcome TEXT NOT NULL, usd REAL,
    input_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, output_tokens INTEGER,
    reasoning_tokens INTEGER, worst_case INTEGER NOT NULL, served_model TEXT, price_source TEXT, note TEXT);
CREATE TABLE totals (one INTEGER PRIMARY KEY CHECK (one = 1), spent_usd REAL, held_usd REAL);
INSERT INTO totals VALUES (1, 0.0, 0.0);
CREATE TRIGGER hold AFTER INSERT ON reservations BEGIN
    UPDATE totals SET held_usd = held_usd + coalesce(new.usd, 0.0);
END;
CREATE TRIGGER release AFTER INSERT ON settlements BEGIN
    UPDATE totals SET spent_usd = spent_usd + coalesce(new.usd, 0.0),
        held_usd = held_usd - coalesce((SELECT usd FROM reservations WHERE call_id = new.call_id), 0.0);
END;
INSERT INTO attempts VALUES ('a', 'c/t/1', 1.0);
INSERT INTO endings VALUES ('a', 9.0, 'submitted', 0.0);
INSERT INTO reservations VALUES ('one', 'c/t/1', 'a', 'agent', 'm', 2.0, 0.5, 100, 50);
INSERT INTO settlements VALUES ('one', 3.0, 'answered', 0.25, 90, 0, 0, 40, 8, 0, 'm-1', 'a table', NULL);
INSERT INTO reservations VALUES ('two', 'c/t/1', 'a', 'scorer', 'm', 4.0, 0.2, 100, 50);
INSERT INTO settlements VALUES ('two', 5.0, 'answered', 0.125, 90, 0, 0, 40, 8, 0, 'm-1', 'a table', NULL);
INSERT INTO reservations VALUES ('three', 'c/t/1', 'a', 'scorer', 'm', 6.0, 0.0625, 100, 50);
PRAGMA user_version = 1;
PRAGMA journal_mode = WAL;
"""
"""The first format as it was written, with two calls that were answered and one that a kill cut off."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OF_FORMAT_1)
    return path


def format_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def contents(ledger: Ledger) -> tuple[object, ...]:
    return ledger.totals(), ledger.calls(), ledger.attempts()


def test_a_ledger_of_the_first_format_is_brought_up_to_date_and_goes_on(old: Path) -> None:
    with closing(Ledger(old, read_only=True)) as ledger:
        before = contents(ledger)
    assert format_of(old) == 1
    with closing(Ledger(old)) as ledger:
        assert contents(ledger) == before
        assert ledger.totals() == Totals(0.375, 0.0625)
        assert [call["outcome"] for call in ledger.calls()] == ["answered", "answered", None]
        assert ledger.calls()[0]["tier"] is None
        ledger.settle(ledger.reserve(reservation()), answer(0.005))
        assert ledger.write_off() == 1
        assert ledger.totals().spent_usd == pytest.approx(0.4425)
    assert format_of(old) == SCHEMA_VERSION


def test_what_scoring_costs_is_learnt_from_an_older_ledger(old: Path) -> None:
    """$0.125 for one run and at most $0.20 for a call."""
    with closing(Ledger(old, cap_usd=1.0)) as ledger:
        ledger.write_off()
        assert ledger.totals().spent_usd == 0.4375
        with pytest.raises(Exception, match=r"\$0\.3250 kept back to score the runs under way"):
            ledger.reserve(Reservation("c/t/1", "b", "agent", "m", 0.24, 0, 1))
        ledger.reserve(Reservation("c/t/1", "b", "agent", "m", 0.2375, 0, 1))


def test_several_processes_may_bring_a_ledger_up_to_date_at_once(old: Path) -> None:
    code = "import sys, pathlib; from inspect_horizon.budgets.ledger import Ledger; Ledger(pathlib.Path(sys.argv[1]))"
    openers = [subprocess.Popen([sys.executable, "-c", code, str(old)]) for _ in range(4)]
    assert [opener.wait(60) for opener in openers] == [0] * 4
    assert format_of(old) == SCHEMA_VERSION


def test_reading_changes_nothing(old: Path) -> None:
    before = old.read_bytes()
    with closing(Ledger(old, read_only=True)) as ledger:
        assert len(ledger.calls()) == 3
        with pytest.raises(DataError, match="cannot be written: attempt to write a readonly database"):
            ledger.reserve(reservation())
    assert old.read_bytes() == before


def test_a_ledger_that_was_never_begun_reads_as_empty(tmp_path: Path) -> None:
    """A kill between the file and its first word."""
    (tmp_path / "ledger.sqlite").touch()
    with closing(Ledger(tmp_path / "ledger.sqlite", read_only=True)) as ledger:
        assert contents(ledger) == (Totals(0.0, 0.0), [], [])
    assert (tmp_path / "ledger.sqlite").read_bytes() == b""


def test_a_ledger_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"ledger\.sqlite cannot be opened: unable to open"):
        Ledger(tmp_path / "ledger.sqlite", read_only=True)
    assert list(tmp_path.iterdir()) == []


def killed_copy(path: Path, folder: Path) -> Path:
    """A ledger as a kill leaves it: its last calls are in the journal beside it alone."""
    with closing(Ledger(path)) as ledger:
        ledger.settle(ledger.reserve(reservation(0.3)), answer(0.1))
        folder.mkdir()
        for name in (path.name, f"{path.name}-wal"):
            shutil.copyfile(path.with_name(name), folder / name)
    return folder / path.name


READER = """
import sys, pathlib
from inspect_horizon.budgets.ledger import Ledger
ledger = Ledger(pathlib.Path(sys.argv[1]), read_only=True)
print(ledger.totals().spent_usd, len(ledger.calls()), len(ledger.attempts()))
"""


@pytest.mark.parametrize("killed", [False, True])
def test_a_ledger_can_be_read_where_nothing_can_be_written(tmp_path: Path, killed: bool) -> None:
    folder = tmp_path / "archive"
    path = killed_copy(tmp_path / "ledger.sqlite", folder)
    if not killed:
        Ledger(path).close()
    with unwritable(folder):
        command = [sys.executable, "-c", READER, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=mere_user)
    assert done.stdout.split() == ["0.1", "1", "0"], done.stderr
    assert {file.name for file in folder.iterdir()} == {"ledger.sqlite", *(["ledger.sqlite-wal"] if killed else [])}


def test_a_call_waits_for_a_process_that_holds_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with closing(Ledger(path)) as ledger, closing(sqlite3.connect(path, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        later = threading.Timer(0.3, other.rollback)
        later.start()
        ledger.settle(ledger.reserve(reservation()), answer(0.005))
        later.join()
        assert ledger.totals() == Totals(0.005, 0.0)


def test_a_lock_that_is_never_let_go_of_ends_in_one_sentence(tmp_path: Path) -> None:
    """And admits no call; the wait is shortened for the test."""
    path = tmp_path / "ledger.sqlite"
    with closing(Ledger(path, busy_seconds=0.2)) as ledger, closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DataError, match=r"cannot be written: database is locked\n  fix: free some disk or wait"):
            ledger.reserve(reservation())
        with pytest.raises(DataError, match="cannot be opened: database is locked"):
            Ledger(path, busy_seconds=0.2)
        other.rollback()
        assert ledger.totals() == Totals(0.0, 0.0)
        ledger.settle(ledger.reserve(reservation()), Settlement("rejected", 0.0))


def test_a_ledger_that_another_process_has_to_itself_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(DataError, match="cannot be opened: database is locked"):
            Ledger(path, read_only=True, busy_seconds=0.2)
