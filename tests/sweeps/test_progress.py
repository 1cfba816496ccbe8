"""How far a sweep is, as its ledger tells."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

from inspect_horizon.budgets import Grid
from inspect_horizon.budgets.ledger import Ledger
from inspect_horizon.sweeps.progress import look
from inspect_horizon.sweeps.spec import Sweep
from inspect_horizon.sweeps.sweep import plan

if TYPE_CHECKING:
    from pathlib import Path


def test_what_an_error_had_ended_before_is_not_yet_done_again(tmp_path: Path) -> None:
    """A sweep that its cap stopped would seem to be through from the start of the command that goes on with it."""
    planned = plan(Sweep("x", ("atoms",), ("embedded/clerk-small",), Grid("usd", (0.02,)), limit=4))
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        for run, reason in (("one", "submitted"), ("two", "error"), ("three", "error")):
            ledger.begin(run, f"{run}-first")
            ledger.end(f"{run}-first", reason, spent=0.0, overshoot=0.0)
        since = time.time()
        assert look(tmp_path / "ledger.sqlite", planned, since=since).ended == 1
        for run, reason in (("two", "error"), ("three", "submitted")):
            ledger.begin(run, f"{run}-again")
            ledger.end(f"{run}-again", reason, spent=0.0, overshoot=0.0)
        told = look(tmp_path / "ledger.sqlite", planned, since=since)
    assert (told.planned, told.ended) == (4, 3)
