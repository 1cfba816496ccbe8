"""A progress bar on a terminal, a line now and then in a pipe."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from inspect_horizon.budgets.dollars import usd_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from inspect_horizon.sweeps.plan import Plan
    from inspect_horizon.sweeps.progress import Progress as Look
    from inspect_horizon.sweeps.progress import Watch

SECONDS_BETWEEN_LINES = 15.0


@contextmanager
def progress_bar(planned: Plan) -> Iterator[Watch]:
    """Give something to be told how far the sweep is."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    columns = (
        *(TextColumn("runs"), BarColumn(bar_width=24), MofNCompleteColumn(), TextColumn("{task.fields[money]}")),
        *(TimeElapsedColumn(), TimeRemainingColumn()),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("runs", total=planned.n_runs, money="")
        yield lambda look: bar.update(task, completed=look.ended, money=_money(look))


def _lines() -> Watch:
    said, at = "", time.monotonic()

    def tell(look: Look) -> None:
        nonlocal said, at
        line = f"{look.ended} of {look.planned} runs, {_money(look)}"
        due = time.monotonic() - at >= SECONDS_BETWEEN_LINES or look.ended == look.planned
        if due and line != said:
            said, at = line, time.monotonic()
            click.echo(line, err=True)

    return tell


def _money(look: Look) -> str:
    cap = f" of ${usd_text(look.cap_usd, 2)}" if look.cap_usd is not None else ""
    return f"${usd_text(look.spent_usd)}{cap}"
