"""`horizon laws`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from inspect_horizon.budgets.budget import KINDS, BudgetKind
from inspect_horizon.cli.saying import echo
from inspect_horizon.cli.studying import cap_in, study_at
from inspect_horizon.errors import DataError
from inspect_horizon.frontier.laws import coverage_laws, size_laws, success_laws
from inspect_horizon.report.laws import laws_text
from inspect_horizon.report.plain import plain
from inspect_horizon.report.plot import plot_laws
from inspect_horizon.runs.pooling import read_pool

if TYPE_CHECKING:
    from inspect_horizon.cli.studying import StudyAt
    from inspect_horizon.frontier.laws import CoverageLaws, SuccessLaws

PLOT = "laws"
_MOST_REFITS = 100
"""Replicates of the laws of coverage, each of which is fitted anew."""


@click.command(name="laws")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--budgets", help="Grid to read the runs at.  [default: the study's own budgets]")
@click.option("--kind", type=click.Choice(KINDS), help="Unit of the budgets.  [default: the study's own]")
@click.option(
    "--held-out", type=click.IntRange(min=1), default=2, show_default=True, help="Dearest budgets that are forecast."
)
@click.option("--cap", help="Budget that held imported runs, such as usd:3.")
@click.option(
    "--bootstrap", type=click.IntRange(min=50), default=400, show_default=True, help="Replicates behind the laws."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the bootstrap.")
@click.option("--json", "as_json", is_flag=True, help="Print an object with `success`, `coverage` and `length`.")
@click.option("--plot/--no-plot", default=True, show_default=True, help="Write laws.png and laws.svg.")
def command(*, as_json: bool, plot: bool, **options: Any) -> None:
    """Show which laws success follows in PATH as more is spent, tries are added and tasks grow longer."""
    path, bootstrap, seed = options["path"], options["bootstrap"], options["seed"]
    study, success = read(**options)
    sizes = size_laws(
        study.runs,
        study.checkpoints,
        kind=study.kind,
        amounts=study.amounts,
        held_out=options["held_out"],
        cap=cap_in(options["cap"], study.kind),
        rng=np.random.default_rng(seed),
    )
    coverage = _coverage(path, bootstrap, seed)
    if as_json:
        found = {"budget_kind": study.kind, "success": success, "coverage": coverage, "length": sizes}
        echo(json.dumps(plain(found), allow_nan=False))
    else:
        echo(laws_text(success, coverage, sizes, kind=study.kind))
    if plot:
        folder = path if path.is_dir() else path.parent
        echo(f"plot: {', '.join(map(str, plot_laws(success, folder / PLOT, kind=study.kind)))}", err=as_json)


def read(
    path: Path,
    budgets: str | None,
    kind: BudgetKind | None,
    held_out: int,
    cap: str | None,
    bootstrap: int,
    seed: int,
) -> tuple[StudyAt, tuple[SuccessLaws, ...]]:
    """The study and its laws of success, as the options of the command say."""
    study = study_at(path, budgets, kind)
    return study, success_laws(
        study.runs,
        study.checkpoints,
        kind=study.kind,
        amounts=study.amounts,
        held_out=held_out,
        cap=cap_in(cap, study.kind),
        bootstrap=bootstrap,
        rng=np.random.default_rng(seed),
    )


def _coverage(path: Path, bootstrap: int, seed: int) -> tuple[CoverageLaws, ...]:
    """None where the study holds no tries at all, only runs of other strategies."""
    try:
        pool = read_pool(path)
    except DataError:
        return ()
    return coverage_laws(pool, bootstrap=min(bootstrap, _MOST_REFITS), rng=np.random.default_rng(seed))
