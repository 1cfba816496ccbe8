"""All that the page shows, gathered from a study's folder as plain values."""

from __future__ import annotations

import json
import shlex
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from inspect_horizon.errors import HorizonError
from inspect_horizon.frontier import FLAGS, GAP_FLAGS, Configuration, gap
from inspect_horizon.frontier.decomposition import DECOMPOSITION_FLAGS
from inspect_horizon.frontier.shape import LAW_FLAGS, SHAPE_FLAGS
from inspect_horizon.frontier.table import CONFIGURATION
from inspect_horizon.report.gap import gap_rows
from inspect_horizon.report.marks import looks
from inspect_horizon.report.money import overshoot_line
from inspect_horizon.report.names import clean, labels
from inspect_horizon.report.page.attempts import attempt_columns
from inspect_horizon.report.page.pairs import MOST_CONFIGURATIONS, decompositions
from inspect_horizon.report.page.readings import kinds_of, read_in_every_unit
from inspect_horizon.report.page.strategies import strategies_of
from inspect_horizon.report.page.suite_cards import suite_cards
from inspect_horizon.report.plain import plain
from inspect_horizon.report.wording import ESTIMATORS, REASONS, budget_name
from inspect_horizon.runs import read_runs, read_table, tables_in
from inspect_horizon.runs.overshooting import overshoots_of
from inspect_horizon.runs.spending import GROUPS, PURPOSES, dearest, spending

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd

    from inspect_horizon.report.page.options import PageOptions

CALIBRATION = "calibration.json"
"""What `horizon calibrate SWEEP --json` printed, where it was kept in the study's folder."""
SWEEP = "sweep.json"
_DEAREST = 40
"""Models, suites or tasks that the figure of spend names; the others are summed."""


def contents_of(
    path: Path,
    page: Path | None,
    options: PageOptions,
    *,
    command: Sequence[str],
    say: Callable[[str], None],
    tables: Path,
) -> dict[str, Any]:
    """Everything but the libraries and the layout.

    Args:
        path: The study: a results folder, or a Parquet file of runs.
        page: Where the page will be written; None for nowhere.
        options: How horizons are estimated.
        command: The words that asked for the page.
        say: Told what is being worked out.
        tables: The folder of its tables, or the file.

    Raises:
        HorizonError: The study cannot be read, or no frontier can be estimated from it.
    """
    runs = read_runs(tables)
    held = tables_in(tables) if tables.is_dir() else ()
    checkpoints = read_table(tables, "checkpoints") if "checkpoints" in held else None
    calls = read_table(tables, "calls") if "calls" in held else None
    read = read_in_every_unit(runs, checkpoints, options, say=say)
    readings = read.horizons
    configurations = _configurations(readings)
    compared = _to_compare(readings, configurations)
    say("gathering runs, money and suites")
    return {
        "title": _title(path, runs),
        "command": shlex.join(command),
        "path": str(path),
        "log_folder": str(path / "logs") if (path / "logs").is_dir() else None,
        "units": {kind: budget_name(kind) for kind in kinds_of(runs)},
        "configurations": _shown(configurations),
        "readings": readings,
        "lengths": read.lengths,
        "compared": compared,
        "most_compared": MOST_CONFIGURATIONS,
        "decompositions": decompositions(runs, checkpoints, configurations, compared, options, say=say),
        "strategies": strategies_of(tables, runs, options),
        "spend": _spend(runs, calls),
        "purposes": dict(PURPOSES),
        "suites": suite_cards(read_table(tables, "suites") if "suites" in held else runs),
        "foot": _foot(path, runs, checkpoints, calls, options),
        "method": _method(path, runs, readings, options),
        "flags": {**GAP_FLAGS, **LAW_FLAGS, **DECOMPOSITION_FLAGS, **SHAPE_FLAGS, **FLAGS},
        "attempts": attempt_columns(runs, checkpoints, folder=path, page=page),
        "n_attempts": len(runs),
    }


def _title(path: Path, runs: pd.DataFrame) -> str:
    sweeps = runs["sweep"].dropna().unique().tolist()
    return clean(str(sweeps[0]) if len(sweeps) == 1 else path.resolve().name)


def _configurations(readings: Sequence[dict[str, Any]]) -> list[Configuration]:
    """Those of every reading, sorted."""
    rows = [row for reading in readings for row in reading.get("curves", ())]
    return sorted({Configuration(*(row[name] for name in CONFIGURATION)) for row in rows})


def _shown(configurations: Sequence[Configuration]) -> list[dict[str, Any]]:
    return [
        {**plain(each), "label": label, "colour": look.colour}
        for each, label, look in zip(configurations, labels(configurations), looks(len(configurations)), strict=True)
    ]


def _to_compare(readings: Sequence[dict[str, Any]], configurations: Sequence[Configuration]) -> list[int]:
    """Places of all if they are few; else of those with the longest horizons in dollars."""
    longest: dict[Configuration, float] = dict.fromkeys(configurations, 0.0)
    for reading in readings:
        for row in reading.get("curves", ()) if reading["kind"] == "usd" else ():
            own = Configuration(*(row[name] for name in CONFIGURATION))
            longest[own] = max(longest[own], row["horizon_minutes"] or 0.0)
    ranked = sorted(range(len(configurations)), key=lambda place: -longest[configurations[place]])
    return sorted(ranked[:MOST_CONFIGURATIONS])


def _spend(runs: pd.DataFrame, calls: pd.DataFrame | None) -> dict[str, list[dict[str, Any]]]:
    return {
        by: plain(dearest(spending(runs, calls, by=columns), _DEAREST, others=f"other {by}s"))
        for by, columns in GROUPS.items()
    }


def _foot(
    path: Path, runs: pd.DataFrame, checkpoints: pd.DataFrame | None, calls: pd.DataFrame | None, options: PageOptions
) -> dict[str, Any]:
    return {
        "overshoot": overshoot_line(overshoots_of(runs, calls)),
        "gaps": _gaps(runs, checkpoints, options),
        "calibration": _kept(path, CALIBRATION),
    }


def _gaps(runs: pd.DataFrame, checkpoints: pd.DataFrame | None, options: PageOptions) -> list[dict[str, Any]]:
    try:
        found = gap(
            runs,
            checkpoints,
            kind=kinds_of(runs)[0],
            weights=options.weights,
            bootstrap=options.bootstrap,
            rng=np.random.default_rng(options.seed),
        )
    except HorizonError:
        return []
    return gap_rows(found)


def _method(path: Path, runs: pd.DataFrame, readings: Sequence[dict[str, Any]], options: PageOptions) -> dict[str, Any]:
    read = next(reading for reading in readings if not reading["complaint"])
    sweep = _kept(path, SWEEP) or {}
    return {
        "estimator": ESTIMATORS[options.estimator],
        "weights": options.weights,
        "bootstrap": options.bootstrap,
        "resample": read["resample"],
        "confidence": read["confidence"],
        "human_error": options.human_error,
        "seed": options.seed,
        "wage_usd_per_hour": read["wage_usd_per_hour"],
        "left_out": {REASONS.get(name, name): count for name, count in read["left_out"].items()},
        "prices": [clean(str(each)) for each in sorted(runs["price_source"].dropna().unique())],
        "versions": _versions(runs),
        "report_version": metadata.version("inspect-horizon"),
        "sweep_command": shlex.join(map(str, sweep.get("command") or [])),
        "cap": None if options.cap is None else str(options.cap),
    }


def _versions(runs: pd.DataFrame) -> list[str]:
    """Every package and version that ran a part of the study."""
    told = [json.loads(each) for each in runs["versions"].dropna().unique()]
    pairs = [pair for each in told if isinstance(each, dict) for pair in each.items()]
    return sorted({clean(f"{name.replace('_', '-')} {version}") for name, version in pairs})


def _kept(path: Path, name: str) -> dict[str, Any] | None:
    """A JSON object that lies in the study's folder; None where there is none that can be read."""
    try:
        found = json.loads((path / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
