"""How far a sweep is, read from its ledger while Inspect is at work."""

from __future__ import annotations

import sqlite3
import threading
import time
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
    """Planned runs that are done, and those that an error has ended since the command began."""
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
    stop, began = threading.Event(), time.time()

    def tell_now() -> None:
        with suppress(sqlite3.Error):
            tell(look(ledger, plan, since=began))

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


def look(ledger: Path, plan: Plan, *, since: float) -> Progress:
    """How far a sweep is; reads the ledger without disturbing who writes it.

    Args:
        ledger: The sweep's.
        plan: What is to be done.
        since: When this command began, in seconds of the epoch; it does again what an error had ended before.
    """
    with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True, timeout=5.0)) as book:
        done = "SELECT count(DISTINCT run_id) FROM attempts JOIN endings USING (attempt_id)"
        ended = book.execute(f"{done} WHERE stop_reason IS NOT 'error' OR ended_at >= ?", (since,)).fetchone()[0]
        spent, held = book.execute("SELECT spent_usd, held_usd FROM totals").fetchone()
    return Progress(plan.n_runs, ended, spent, max(held, 0.0), plan.sweep.spend_cap_usd)
