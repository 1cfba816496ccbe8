"""`horizon prices`."""

from __future__ import annotations

from pathlib import Path

import click

from inspect_horizon.budgets.prices import price_book
from inspect_horizon.report.money import price_text


@click.command(name="prices")
@click.argument("model")
@click.option("--prices", "file", type=click.Path(path_type=Path), help="YAML file of prices that overrule ours.")
def command(model: str, file: Path | None) -> None:
    """Show what MODEL is charged at, and where that is written."""
    book = price_book(*([file] if file else []))
    click.echo(price_text(book.price(model.removeprefix("litellm/"))))
