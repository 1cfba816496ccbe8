"""`horizon import`."""

from __future__ import annotations

from pathlib import Path

import click

from inspect_horizon.budgets.budget import Budget
from inspect_horizon.cli.options import column_names
from inspect_horizon.cli.saying import say
from inspect_horizon.runs import import_runs


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--to", required=True, type=click.Path(file_okay=False, path_type=Path), help="Results folder to make.")
@click.option("--map", "mappings", multiple=True, metavar="THEIRS=OURS", help="Column names that differ; repeatable.")
@click.option("--wage", type=float, help="Human wage, $ an hour, where the file states no human cost.")
@click.option("--cap", help="Budget that held the runs, where the file states none, such as usd:3.")
@click.option("--threshold", type=float, help="The least score that is a success, where success is a number.")
@click.option("--replace", is_flag=True, help="Replace what another import left in the folder.")
def command(
    file: Path,
    to: Path,
    mappings: tuple[str, ...],
    wage: float | None,
    cap: str | None,
    threshold: float | None,
    *,
    replace: bool,
) -> None:
    """Bring in runs from FILE: task_id, model, success and human_minutes are needed, cost is welcome."""
    mapping = column_names(mappings, example="minutes=human_minutes")
    held = Budget.parse(cap) if cap else None
    report = import_runs(
        file, to, mapping=mapping, cap=held, wage_usd_per_hour=wage, threshold=threshold, replace=replace
    )
    click.echo(f"{report.runs:,} runs of {report.models} models on {report.tasks} tasks: {report.folder}")
    for note in report.notes:
        say(f"note: {note}")
    click.echo(f"next: horizon frontier {to}")
