"""How far a sweep is, read from its ledger while Inspect is at work."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from inspect_horizon.sweeps.plan import Plan

SECONDS_BETWEEN = 0.5


@dataclass(frozen=True, slots=True)
class Progress:
    """One look at a running sweep."""

    planned: int
    ended: int
    """Planned runs of which an attempt has ended, with or without an error."""
    spent_usd: float
    held_usd: float
    cap_usd: float | None


Watch = Callable[[Progress], None]


@contextmanager
def watching(ledger: Path, plan: Plan, tell: Watch | None) -> Iterator[None]:
    """Tell how far the sweep is, twice a second and once at the end, from a thread of its own.

    A ledger that cannot be read for the moment is not worth a word: whoever writes it will say so.
    """
    if tell is None:
        yield
        return
    stop = threading.Event()

    def tell_now() -> None:
        with suppress(sqlite3.Error):
            tell(look(ledger, plan))

    def look_on() -> None:
        while not stop.wait(SECONDS_BETWEEN):
            tell_now()

    thread = threading.Thread(target=look_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        tell_now()


def look(ledger: Path, plan: Plan) -> Progress:
    """How far a sweep is; reads the ledger without disturbing who writes it."""
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True, timeout=5.0)) as book:
        done = "SELECT count(DISTINCT run_id) FROM attempts JOIN endings USING (attempt_id)"
        ended = book.execute(done).fetchone()[0]
        spent, held = book.execute("SELECT spent_usd, held_usd FROM totals").fetchone()
    return Progress(plan.n_runs, ended, spent, max(held, 0.0), plan.sweep.spend_cap_usd)
