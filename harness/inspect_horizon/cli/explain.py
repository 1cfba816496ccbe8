"""`horizon explain`."""

from __future__ import annotations

from pathlib import Path

import click

from inspect_horizon.budgets.prices import price_book
from inspect_horizon.report.money import explanation_text
from inspect_horizon.runs.explaining import explain


@click.command(name="explain")
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("run")
@click.option("--prices", "file", type=click.Path(path_type=Path), help="The price file that the sweep was given.")
def command(path: Path, run: str, file: Path | None) -> None:
    """Show the arithmetic of one RUN's cost in the study in PATH, call by call."""
    click.echo(explanation_text(explain(path, run, price_book(*([file] if file else [])))))
