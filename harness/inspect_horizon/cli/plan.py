"""`horizon plan`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from inspect_horizon.cli.options import asked, sweep_flags
from inspect_horizon.sweeps.describe import plan_rows, plan_text
from inspect_horizon.sweeps.spec import make_sweep
from inspect_horizon.sweeps.sweep import RESULTS, plan

if TYPE_CHECKING:
    from pathlib import Path


@click.command(name="plan")
@sweep_flags
@click.option("--json", "as_json", is_flag=True, help="Print the cells as JSON.")
@click.option("--commands", is_flag=True, help="Print the plain `inspect eval` command of each cell.")
def command(file: Path | None, *, as_json: bool, commands: bool, **flags: Any) -> None:
    """Show what a sweep would run and the most it can cost, without calling a model."""
    planned = plan(make_sweep(file, **asked(flags)))
    if as_json:
        click.echo(json.dumps(plan_rows(planned), indent=1))
    elif commands:
        click.echo("\n".join(cell.command for cell in planned.cells))
    else:
        click.echo(plan_text(planned, RESULTS / planned.sweep.name))
        click.echo(f"\none cell alone, for example:\n  {planned.cells[0].command}\nall of them: --commands")
