"""`horizon frontier`."""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np

from inspect_horizon.budgets.budget import KINDS, Budget, BudgetKind
from inspect_horizon.budgets.grid import Grid
from inspect_horizon.errors import UsageError
from inspect_horizon.frontier import Frontier, Gap, gap
from inspect_horizon.frontier import frontier as estimate
from inspect_horizon.report import curve_rows, frontier_table, plot_frontier
from inspect_horizon.report.gap import gap_rows
from inspect_horizon.report.money import overshoot_line
from inspect_horizon.runs import read_runs, read_table
from inspect_horizon.runs.overshooting import overshoots_of

PLOT = "frontier"
DEFAULT_WAGE = 50.0
"""Dollars an hour, where neither the study nor the user says; only cost ratios and the human line depend on it."""


@click.command(name="frontier")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--budgets", help="Grid to read the runs at.  [default: the study's own budgets]")
@click.option("--kind", type=click.Choice(KINDS), help="Unit of the budgets.  [default: the study's own]")
@click.option("--estimator", type=click.Choice(["curve", "separate", "metr"]), default="curve", show_default=True)
@click.option("--quantile", type=float, default=0.5, show_default=True, help="Success rate at the horizon.")
@click.option("--weights", type=click.Choice(["equal", "invsqrt"]), default="equal", show_default=True)
@click.option("--wage", type=float, help="Human wage, $ an hour.  [default: the study's, else 50]")
@click.option(
    "--bootstrap", type=click.IntRange(min=0), default=1000, show_default=True, help="Replicates behind the intervals."
)
@click.option(
    "--resample",
    type=click.Choice(["family", "full", "family-task", "task"]),
    help="What replicates draw.  [default: family; full with --estimator metr]",
)
@click.option("--cap", help="Budget that held imported runs, such as usd:3.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the bootstrap.")
@click.option("--json", "as_json", is_flag=True, help="Print an object with a list of rows, `curves`.")
@click.option("--plot/--no-plot", default=True, show_default=True, help="Write frontier.png and frontier.svg.")
def command(
    path: Path,
    budgets: str | None,
    kind: BudgetKind | None,
    estimator: str,
    quantile: float,
    weights: str,
    wage: float | None,
    bootstrap: int,
    resample: str | None,
    cap: str | None,
    seed: int,
    *,
    as_json: bool,
    plot: bool,
) -> None:
    """Show the horizon that each budget buys, for the study in PATH, and draw it."""
    runs = read_runs(path)
    grid = Grid.parse(budgets) if budgets else None
    if grid is not None and kind not in (None, grid.kind):
        raise UsageError(
            f"--kind {kind} contradicts --budgets {budgets}, which is in {grid.kind}",
            fix=f"leave out --kind, or write the budgets as {kind}:AMOUNTS",
        )
    unit = grid.kind if grid else kind or own_kind(runs["budget_kind"].dropna().unique().tolist())
    checkpoints = read_table(path, "checkpoints") if path.is_dir() else None
    result = estimate(
        runs,
        checkpoints,
        kind=unit,
        amounts=grid.amounts if grid else None,
        estimator=estimator,  # type: ignore[arg-type]  # click has checked the choice
        quantile=quantile,
        weights=weights,  # type: ignore[arg-type]  # click has checked the choice
        wage=wage if wage is not None or runs["human_cost_usd"].notna().any() else DEFAULT_WAGE,
        bootstrap=bootstrap,
        resample=resample,  # type: ignore[arg-type]  # click has checked the choice
        cap=_cap(cap, unit),
        rng=np.random.default_rng(seed),
    )
    gaps = gap(
        runs,
        checkpoints,
        kind=unit,
        weights=weights,  # type: ignore[arg-type]  # click has checked the choice
        bootstrap=bootstrap,
        rng=np.random.default_rng(seed),
    )
    overshot = overshoot_line(overshoots_of(runs))
    table = frontier_table(result, gaps=gaps, foot=[overshot] if overshot else [])
    click.echo(json.dumps(_object(result, gaps), allow_nan=False) if as_json else table)
    if plot:
        folder = path if path.is_dir() else path.parent
        minutes = runs["human_minutes"].astype(float)
        tested = (float(minutes.min()), float(minutes.max()))
        written = plot_frontier(result, folder / PLOT, weights=weights, tested_minutes=tested)
        click.echo(f"plot: {', '.join(map(str, written))}", err=as_json)


def own_kind(kinds: list[str]) -> BudgetKind:
    """The kind of the study's budgets, `usd` where runs had none.

    Raises:
        UsageError: There are several.
    """
    known = [kind for kind in KINDS if kind in kinds]
    if len(known) > 1:
        raise UsageError(f"the study has budgets in {', '.join(known)}", fix="choose one with --kind")
    return known[0] if known else "usd"


def _cap(text: str | None, unit: str) -> float | None:
    if text is None:
        return None
    cap = Budget.parse(text)
    if cap.kind != unit:
        raise UsageError(f"--cap {text} is not in {unit}, the unit of the budgets", fix=f"write it as {unit}:AMOUNT")
    return cap.amount


def _object(result: Frontier, gaps: tuple[Gap, ...]) -> dict[str, object]:
    return {
        "budget_kind": result.budget_kind,
        "estimator": result.estimator,
        "confidence": result.confidence,
        "resample": result.resample,
        "wage_usd_per_hour": result.wage_usd_per_hour,
        "curves": curve_rows(result),
        "left_out": dict(result.left_out),
        "truncation_gap": gap_rows(gaps),
    }
