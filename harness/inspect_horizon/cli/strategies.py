"""`horizon strategies`."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
import pandas as pd

from inspect_horizon.budgets.grid import Grid
from inspect_horizon.budgets.price_file import load_prices
from inspect_horizon.cli.saying import echo
from inspect_horizon.cli.studying import DEFAULT_WAGE
from inspect_horizon.errors import UsageError
from inspect_horizon.frontier import frontier as estimate
from inspect_horizon.frontier.readouts import (
    COMPETING,
    POOL_KINDS,
    READ_OUTS,
    bought_live,
    live_runs,
    optimal,
    read_out_runs,
    read_outs,
    restarts,
)
from inspect_horizon.report import curve_rows, plot_frontier
from inspect_horizon.report.plain import plain
from inspect_horizon.report.plot import plot_strategies
from inspect_horizon.report.strategies import horizons_text, strategies_text
from inspect_horizon.runs import read_runs
from inspect_horizon.runs.pooling import read_pool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inspect_horizon.frontier import Frontier
    from inspect_horizon.frontier.readouts import Optimal, ReadOuts
    from inspect_horizon.frontier.readouts.reading import Bought
    from inspect_horizon.report import PlotFormat
    from inspect_horizon.report.sizes import Size

PLOT, HORIZON_PLOT = "strategies", "strategies-horizon"
_DEFAULT_KS = (2, 4, 8, 16, 32, 64)
_TITLE = "Horizon bought by each budget, by model and strategy"


@click.command(name="strategies")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(POOL_KINDS), help="Unit of the spend.  [default: usd]")
@click.option("--budgets", help="Grid of spends, such as usd:0.01..1:x2.  [default: over those seen]")
@click.option(
    "--by",
    type=click.Choice(["success", "horizon"]),
    default="success",
    show_default=True,
    help="Success within a mean spend, or horizon within the most that a task may take.",
)
@click.option(
    "--read-out",
    "names",
    type=click.Choice(READ_OUTS),
    multiple=True,
    help="What competes; repeatable.  [default: all but coverage]",
)
@click.option(
    "-k", "ks", type=click.IntRange(min=2), multiple=True, help="Number of tries; repeatable.  [default: all]"
)
@click.option("--cap", "caps", type=float, multiple=True, help="Also stop each try at this spend; repeatable.")
@click.option("--parameters", "sizes", multiple=True, metavar="MODEL=N", help="Active parameters of a model or judge.")
@click.option("--prices", "file", type=click.Path(path_type=Path), help="YAML file that states active_parameters.")
@click.option(
    "--bootstrap", type=click.IntRange(min=0), default=1000, show_default=True, help="Replicates behind the intervals."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of all that is drawn.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as an object.")
@click.option("--plot/--no-plot", default=True, show_default=True, help="Write strategies.png and strategies.svg.")
def command(*, as_json: bool, plot: bool, by: str, **options: Any) -> None:
    """Show which model, strategy, number of tries and cap is best at each spend, from the attempts in PATH.

    Tries that were paid for are read out in every way at no further cost; strategies that were run compete as they are.
    """
    if by == "horizon" and options["caps"]:
        raise UsageError("--cap has no meaning with --by horizon", fix="leave it out: the budget is the cap")
    show = _show_horizons if by == "horizon" else _show_success
    path: Path = options["path"]
    show(asked(**options), path if path.is_dir() else path.parent, as_json=as_json, plot=plot)


@dataclass(frozen=True, slots=True)
class Asked:
    """A study's attempts, and what the options of the command say."""

    runs: pd.DataFrame
    pool: pd.DataFrame
    unit: str
    amounts: Sequence[float] | None
    names: tuple[str, ...]
    ks: tuple[int, ...]
    caps: tuple[float, ...]
    parameters: Mapping[str, float]
    bootstrap: int
    seed: int

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)


def asked(
    path: Path,
    kind: str | None,
    budgets: str | None,
    names: tuple[str, ...],
    ks: tuple[int, ...],
    sizes: tuple[str, ...],
    file: Path | None,
    bootstrap: int,
    seed: int,
    caps: tuple[float, ...] = (),
) -> Asked:
    """Read the study, and what the options of the command say."""
    grid = Grid.parse(budgets) if budgets else None
    unit, parameters = _unit(kind, grid), _parameters(sizes, file)
    return Asked(
        read_runs(path),
        read_pool(path),
        unit,
        grid.amounts if grid else None,
        names or COMPETING,
        ks,
        caps,
        parameters,
        bootstrap,
        seed,
    )


@dataclass(frozen=True, slots=True)
class Compared:
    """Every read-out, the strategies that were run as such, and the frontier over both."""

    read: ReadOuts
    live: tuple[Bought, ...]
    best: Optimal


def compare(told: Asked) -> Compared:
    """What each strategy brings within each mean spend of a task."""
    read = read_outs(
        told.pool,
        ks=told.ks or None,
        caps=told.caps,
        rng=told.rng(),
        kind=told.unit,
        parameters=told.parameters,
        bootstrap=told.bootstrap,
    )
    live = bought_live(told.runs, read.tasks.names, kind=told.unit, parameters=told.parameters)
    return Compared(read, tuple(live), optimal(read, amounts=told.amounts, names=told.names, live=live, rng=told.rng()))


def horizons(told: Asked) -> Frontier:
    """The horizon that each strategy reaches within the most that a task may take."""
    batches = read_out_runs(
        told.pool,
        kind=told.unit,
        names=told.names,
        ks=told.ks or _DEFAULT_KS,
        parameters=told.parameters,
        rng=told.rng(),
    )
    return estimate(
        pd.concat([batches, live_runs(told.runs)], ignore_index=True),
        kind=told.unit,
        amounts=told.amounts,
        wage=None if batches["human_cost_usd"].notna().any() else DEFAULT_WAGE,
        bootstrap=told.bootstrap,
        rng=told.rng(),
    )


def draw(
    found: Compared, stem: Path, *, formats: Sequence[PlotFormat] = ("png", "svg"), size: Size = "paper"
) -> list[Path]:
    """Draw success against mean spend and write it, once a format."""
    return plot_strategies(found.read, found.best, stem, live=found.live, formats=formats, size=size)


def draw_horizons(
    found: Frontier, stem: Path, *, formats: Sequence[PlotFormat] = ("png", "svg"), size: Size = "paper"
) -> list[Path]:
    """Draw the horizons of single tries and of whatever wins anywhere; more curves would hide each other."""
    return plot_frontier(_shown(found), stem, formats=formats, size=size, title=_TITLE)


def _show_success(told: Asked, folder: Path, *, as_json: bool, plot: bool) -> None:
    found = compare(told)
    policies = restarts(told.pool, rng=told.rng(), kind=told.unit, parameters=told.parameters, bootstrap=told.bootstrap)
    if as_json:
        parts = {
            "kind": told.unit,
            "frontier": found.best,
            "read_outs": found.read.read_outs,
            "limits": found.read.limits,
            "restarts": policies,
        }
        echo(json.dumps(plain(parts), allow_nan=False))
    else:
        echo(strategies_text(found.read, found.best, policies))
    if plot:
        echo(f"plot: {', '.join(map(str, draw(found, folder / PLOT)))}", err=as_json)


def _show_horizons(told: Asked, folder: Path, *, as_json: bool, plot: bool) -> None:
    found = horizons(told)
    if as_json:
        parts = {"kind": told.unit, "envelope": plain(found.envelope), "curves": curve_rows(found)}
        echo(json.dumps(parts, allow_nan=False))
    else:
        echo(horizons_text(found))
    if plot:
        echo(f"plot: {', '.join(map(str, draw_horizons(found, folder / HORIZON_PLOT)))}", err=as_json)


def _unit(kind: str | None, grid: Grid | None) -> str:
    if grid is None:
        return kind or "usd"
    if kind not in (None, grid.kind) or grid.kind not in POOL_KINDS:
        raise UsageError(
            f"read-outs cannot be charged in {grid.kind}"
            if kind is None
            else f"--kind {kind} is not that of --budgets",
            fix=f"write the budgets in one of {', '.join(POOL_KINDS)}",
        )
    return grid.kind


def _parameters(sizes: tuple[str, ...], file: Path | None) -> dict[str, float]:
    stated: Mapping[str, float] = load_prices(file).parameters if file else {}
    found = dict(stated)
    for text in sizes:
        model, _, number = text.rpartition("=")
        try:
            found[model.strip()] = float(number)
        except ValueError as error:
            raise UsageError(f"{text!r} is no number of parameters", fix="write MODEL=7e9") from error
        if not model or not found[model.strip()] > 0:
            raise UsageError(f"{text!r} is no number of parameters of a model", fix="write MODEL=7e9")
    return found


def _shown(found: Frontier) -> Frontier:
    winners = {point.winner for point in found.envelope}
    curves = tuple(
        curve
        for curve in found.curves
        if curve.configuration in winners or curve.configuration.strategy in ("", "single")
    )
    return replace(found, curves=curves)
