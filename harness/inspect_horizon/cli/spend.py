"""`horizon spend`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inspect_horizon.cli.saying import echo
from inspect_horizon.report.plain import plain
from inspect_horizon.report.spending import spending_text
from inspect_horizon.runs import read_runs, read_table, tables_in
from inspect_horizon.runs.spending import GROUPS, spending

if TYPE_CHECKING:
    from inspect_horizon.runs.spending import Group, Spending


@click.command(name="spend")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--by", type=click.Choice(list(GROUPS)), default="model", show_default=True, help="What to sum by.")
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def command(*, as_json: bool, **options: Any) -> None:
    """Show where the money of the study in PATH went: answers, forks, retries, scoring."""
    found = read(**options)
    echo(json.dumps(plain(found), allow_nan=False) if as_json else spending_text(found, by=options["by"]), nl=as_json)


def read(path: Path, by: Group) -> tuple[Spending, ...]:
    """The dollars of each group, as the options of the command say."""
    held = tables_in(path) if path.is_dir() else ()
    calls = read_table(path, "calls") if "calls" in held else None
    return spending(read_runs(path), calls, by=GROUPS[by])
