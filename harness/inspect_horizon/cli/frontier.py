"""`horizon frontier`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from inspect_horizon.budgets.budget import KINDS, BudgetKind
from inspect_horizon.cli.places import at_hand
from inspect_horizon.cli.saying import echo
from inspect_horizon.cli.studying import DEFAULT_WAGE, cap_in, estimate_options, study_at
from inspect_horizon.frontier import Frontier, Gap, gap, observe
from inspect_horizon.frontier import frontier as estimate
from inspect_horizon.frontier.by_length import success_by_length
from inspect_horizon.frontier.costs import (
    AffordableHorizon,
    CostAtHorizon,
    affordable_horizons,
    cost_at_horizon,
    cost_per_success,
)
from inspect_horizon.frontier.coverage import coverage
from inspect_horizon.frontier.shape import Shape, ratio_frontier, shape
from inspect_horizon.report import curve_rows, frontier_table, plot_frontier
from inspect_horizon.report.gap import gap_rows
from inspect_horizon.report.money import overshoot_line
from inspect_horizon.report.plain import plain
from inspect_horizon.runs.overshooting import overshoots_of
from inspect_horizon.sweeps.stores import REMOTE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from inspect_horizon.cli.studying import StudyAt
    from inspect_horizon.frontier.by_length import LengthSuccess
    from inspect_horizon.report import PlotFormat
    from inspect_horizon.report.sizes import Size

PLOT, RATIO_PLOT = "frontier", "frontier-ratio"
_RATIO_TITLE = "Longest horizon within each share of the human cost"


@click.command(name="frontier")
@click.argument("path", metavar="PATH")
@click.option("--budgets", help="Grid to read the runs at.  [default: the study's own budgets]")
@click.option("--kind", type=click.Choice(KINDS), help="Unit of the budgets.  [default: the study's own]")
@click.option("--quantile", type=float, default=0.5, show_default=True, help="Success rate at the horizon.")
@estimate_options
@click.option("--json", "as_json", is_flag=True, help="Print an object with a list of rows, `curves`.")
@click.option(
    "--plot/--no-plot",
    default=True,
    show_default=True,
    help="Write frontier and frontier-ratio, PNG and SVG; not for a URL.",
)
def command(*, as_json: bool, plot: bool, **options: Any) -> None:
    """Show the horizon that each budget buys, for the study in PATH, and draw it."""
    plot = plot and REMOTE not in options["path"]
    options["path"] = at_hand(options["path"])
    study = read(**options)
    runs, checkpoints, result = study.runs, study.checkpoints, study.frontier
    weights, bootstrap, seed = options["weights"], options["bootstrap"], options["seed"]
    gaps = gap(
        runs,
        checkpoints,
        kind=result.budget_kind,
        weights=weights,
        bootstrap=bootstrap,
        rng=np.random.default_rng(seed),
    )
    told = _Read(
        result,
        gaps,
        study.shapes,
        *_costs(
            runs,
            result,
            result.budget_kind,
            weights=weights,
            bootstrap=bootstrap,
            resample=result.resample,
            seed=seed,
        ),
    )
    overshot = overshoot_line(overshoots_of(runs))
    table = frontier_table(
        result,
        gaps=gaps,
        shapes=told.shapes,
        affordable=told.affordable,
        costs=told.costs,
        foot=[overshot] if overshot else [],
    )
    if as_json:
        more = _more(runs, checkpoints, told, weights=weights, bootstrap=bootstrap, seed=seed)
        more["success_by_length"] = plain(
            by_length(runs, checkpoints, kind=result.budget_kind, amounts=result.amounts, cap=options["cap"])
        )
        echo(json.dumps(_object(told) | more, allow_nan=False))
    else:
        echo(table)
    if plot:
        path: Path = options["path"]
        folder = path if path.is_dir() else path.parent
        written = draw(study, folder / PLOT)
        if study.has_ratio:
            written += draw_ratio(study, folder / RATIO_PLOT)
        echo(f"plot: {', '.join(map(str, written))}", err=as_json)


@dataclass(frozen=True, slots=True)
class StudyRead:
    """A study and the frontier over its runs."""

    runs: pd.DataFrame
    checkpoints: pd.DataFrame | None
    frontier: Frontier
    weights: str

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Of each curve."""
        return tuple(shape(curve, wage=self.frontier.wage_usd_per_hour) for curve in self.frontier.curves)

    @property
    def has_ratio(self) -> bool:
        """Whether the frontier can be read at shares of the human cost."""
        return self.frontier.budget_kind == "usd" and self.frontier.wage_usd_per_hour is not None

    @property
    def tested_minutes(self) -> tuple[float, float]:
        """The shortest and the longest task tried."""
        minutes = self.runs["human_minutes"].astype(float)
        return float(minutes.min()), float(minutes.max())


def read(
    path: Path,
    budgets: str | None,
    kind: BudgetKind | None,
    estimator: str,
    quantile: float,
    weights: str,
    wage: float | None,
    wage_range: tuple[float, float] | None,
    bootstrap: int,
    resample: str | None,
    human_error: str,
    cap: str | None,
    seed: int,
) -> StudyRead:
    """The frontier, as the options of the command say."""
    study = study_at(path, budgets, kind)
    result = estimate(
        study.runs,
        study.checkpoints,
        kind=study.kind,
        amounts=study.amounts,
        estimator=estimator,  # type: ignore[arg-type]  # click has checked the choice
        quantile=quantile,
        weights=weights,  # type: ignore[arg-type]  # click has checked the choice
        wage=wage if wage is not None or study.runs["human_cost_usd"].notna().any() else DEFAULT_WAGE,
        wage_range=wage_range,
        bootstrap=bootstrap,
        resample=resample,  # type: ignore[arg-type]  # click has checked the choice
        cap=cap_in(cap, study.kind),
        human_error=human_error,  # type: ignore[arg-type]  # click has checked the choice
        rng=np.random.default_rng(seed),
    )
    return StudyRead(study.runs, study.checkpoints, result, weights)


def read_by_length(
    path: Path, budgets: str | None, kind: BudgetKind | None, cap: str | None
) -> tuple[StudyAt, tuple[LengthSuccess, ...]]:
    """The study and its success by length of task, as those options of the command say that it depends on."""
    study = study_at(path, budgets, kind)
    return study, by_length(study.runs, study.checkpoints, kind=study.kind, amounts=study.amounts, cap=cap)


def by_length(
    runs: pd.DataFrame,
    checkpoints: pd.DataFrame | None,
    *,
    kind: str,
    amounts: Sequence[float] | None,
    cap: str | None,
) -> tuple[LengthSuccess, ...]:
    """The share of runs that succeed within each budget, by configuration and length of task."""
    return success_by_length(observe(runs, checkpoints, kind=kind, amounts=amounts, cap=cap_in(cap, kind)))


def draw(
    study: StudyRead, stem: Path, *, formats: Sequence[PlotFormat] = ("png", "svg"), size: Size = "paper"
) -> list[Path]:
    """Draw the frontier and write it, once a format."""
    return plot_frontier(
        study.frontier,
        stem,
        formats=formats,
        size=size,
        weights=study.weights,
        tested_minutes=study.tested_minutes,
        sweet_spots=tuple(own.sweet_spot for own in study.shapes),
    )


def draw_ratio(
    study: StudyRead, stem: Path, *, formats: Sequence[PlotFormat] = ("png", "svg"), size: Size = "paper"
) -> list[Path]:
    """Draw the frontier over shares of the human cost, and write it.

    Raises:
        UsageError: The budgets are not in dollars.
    """
    return plot_frontier(
        ratio_frontier(study.frontier),
        stem,
        formats=formats,
        size=size,
        weights=study.weights,
        tested_minutes=study.tested_minutes,
        title=_RATIO_TITLE,
    )


@dataclass(frozen=True, slots=True)
class _Read:
    """All that the command shows."""

    frontier: Frontier
    gaps: tuple[Gap, ...]
    shapes: tuple[Shape, ...]
    affordable: tuple[AffordableHorizon, ...]
    costs: tuple[CostAtHorizon, ...]


def _costs(
    runs: pd.DataFrame, result: Frontier, unit: str, *, weights: str, bootstrap: int, resample: str, seed: int
) -> tuple[tuple[AffordableHorizon, ...], tuple[CostAtHorizon, ...]]:
    """What success costs, where budgets are dollars and a human's cost is known; else nothing."""
    if unit != "usd" or result.wage_usd_per_hour is None:
        return (), ()
    options: dict[str, Any] = {
        "wage": result.wage_usd_per_hour,
        "quantile": result.quantile,
        "weights": weights,
        "bootstrap": bootstrap,
        "resample": resample,
        "human_error": "ignore" if result.human_times is None else result.human_times.use,
    }
    return (
        affordable_horizons(runs, rng=np.random.default_rng(seed), **options),
        cost_at_horizon(runs, rng=np.random.default_rng(seed), **options),
    )


def _more(
    runs: pd.DataFrame, checkpoints: pd.DataFrame | None, read: _Read, *, weights: str, bootstrap: int, seed: int
) -> dict[str, object]:
    """What is only for machines: by length what a success costs, and reach and reliability over attempts."""
    result = read.frontier
    options: dict[str, Any] = {"weights": weights, "bootstrap": bootstrap}
    reach = coverage(
        runs,
        checkpoints,
        kind=result.budget_kind,
        budget=result.amounts[-1],
        quantile=result.quantile,
        rng=np.random.default_rng(seed),
        **options,
    )
    paid = (
        cost_per_success(runs, wage=result.wage_usd_per_hour, rng=np.random.default_rng(seed), **options)
        if read.costs
        else ()
    )
    return {"coverage": plain(reach), "cost_per_success": plain(paid)}


def _object(read: _Read) -> dict[str, object]:
    result = read.frontier
    return {
        "budget_kind": result.budget_kind,
        "estimator": result.estimator,
        "confidence": result.confidence,
        "resample": result.resample,
        "wage_usd_per_hour": result.wage_usd_per_hour,
        "curves": curve_rows(result),
        "envelope": plain(result.envelope),
        "human_line": plain(result.human),
        "human_times": plain(result.human_times),
        "logistic_tests": [
            {**plain(curve.configuration), **plain(curve.fit_test)} for curve in result.curves if curve.fit_test
        ],
        "shapes": plain(read.shapes),
        "affordable": plain(read.affordable),
        "cost_at_horizon": plain(read.costs),
        "left_out": dict(result.left_out),
        "truncation_gap": gap_rows(read.gaps),
    }
