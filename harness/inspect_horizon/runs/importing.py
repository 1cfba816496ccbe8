"""Runs that someone else made, brought in as a results folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from inspect_horizon.errors import DataError, UsageError
from inspect_horizon.runs.columns import match_columns, read_cells
from inspect_horizon.runs.completing import TOTAL_TOKENS, complete, final_checkpoints, tasks_of, with_cap, with_wage
from inspect_horizon.runs.schema import SCHEMA_VERSION
from inspect_horizon.runs.sources import Format, fingerprint, read_source
from inspect_horizon.runs.store import write_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from inspect_horizon.budgets import Budget

RECORD = "import.json"
NO_MAPPING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import brought in, and what it left or concluded."""

    folder: Path
    runs: int
    tasks: int
    models: int
    columns: Mapping[str, str]
    """Our column's name by theirs."""
    ignored: tuple[str, ...]
    """Their columns that are kept nowhere."""
    notes: tuple[str, ...]
    """What the reader of the numbers should know, one sentence each."""


def import_runs(
    file: Path | str,
    to: Path | str,
    *,
    mapping: Mapping[str, str] = NO_MAPPING,
    format: Format | None = None,  # noqa: A002 - the word users type
    cap: Budget | None = None,
    threshold: float | None = None,
    wage_usd_per_hour: float | None = None,
    replace: bool = False,
) -> ImportReport:
    """Bring a table of runs in as a results folder; a run's total cost is its only checkpoint.

    Importing the same file again changes nothing. Columns named as in the runs table match by themselves; needed are
    `task_id`, `model`, `success` and `human_minutes`, and what is not stated is null.

    Args:
        file: A CSV, JSON Lines or Parquet table, one row a run.
        to: The results folder to write.
        mapping: Our column's name by theirs.
        format: How the file is written; told by its name if not given.
        cap: The budget that held the runs for which the file states none.
        threshold: The score from which a run is a success, where `success` holds scores.
        wage_usd_per_hour: What the humans cost, for the human cost of runs for which the file states none.
        replace: Whether `to` may hold another import, which is lost.

    Raises:
        DataError: The file, a cell of it or the folder cannot be used; nothing was written.
        UsageError: The mapping, format or wage makes no sense.
    """
    file, to = Path(file), Path(to)
    if wage_usd_per_hour is not None and not wage_usd_per_hour > 0:
        raise UsageError(f"a wage of {wage_usd_per_hour} US dollars an hour makes no sense", fix="state one above 0")
    source = read_source(file, format)
    sha256 = fingerprint(file)
    _claim(to, file, sha256, replace=replace)
    columns = match_columns(source, mapping)
    runs = complete(read_cells(source, columns, threshold=threshold), source)
    runs = runs if wage_usd_per_hour is None else with_wage(runs, wage_usd_per_hour)
    runs = runs if cap is None else with_cap(runs, cap)
    tasks = tasks_of(runs, source, wage_usd_per_hour)
    used = {theirs: ours for ours, theirs in columns.items()}
    ignored = tuple(name for name in map(str, source.cells.columns) if name not in used)
    record = {
        "schema_version": SCHEMA_VERSION,
        "source": file.name,
        "sha256": sha256,
        "rows": len(runs),
        "columns": used,
        "ignored": ignored,
        "cap": None if cap is None else str(cap),
        "threshold": threshold,
        "wage_usd_per_hour": wage_usd_per_hour,
    }
    write_tables(
        to,
        {"runs": runs, "checkpoints": final_checkpoints(runs), "suites": tasks},
        notes={RECORD: json.dumps(record, indent=2, ensure_ascii=False).encode() + b"\n"},
    )
    return ImportReport(
        folder=to,
        runs=len(runs),
        tasks=len(tasks),
        models=runs["model"].nunique(),
        columns=MappingProxyType(used),
        ignored=ignored,
        notes=_notes(runs, ignored, columns),
    )


def _claim(to: Path, file: Path, sha256: str, *, replace: bool) -> None:
    """See that the folder is free, holds this very import, or may be replaced."""
    if to.exists() and not to.is_dir():
        raise DataError(f"{to} is a file", fix="name a folder with --to")
    if not any(path.is_file() and not path.name.startswith(".") for path in to.rglob("*")):
        return
    held = _recorded(to)
    if held is None:
        raise DataError(f"{to} holds something that is no import", fix="choose another place with --to")
    if held.get("sha256") != sha256 and not replace:
        raise DataError(
            f"{to} was imported from {held.get('source')}, which was not {file.name} as it is now",
            fix="choose another place with --to, or let it be replaced with --replace",
        )


def _recorded(to: Path) -> Mapping[str, object] | None:
    try:
        held = json.loads((to / RECORD).read_bytes())
    except (OSError, ValueError):
        return None
    return held if isinstance(held, dict) else None


def _notes(runs: pd.DataFrame, ignored: tuple[str, ...], columns: Mapping[str, str]) -> tuple[str, ...]:
    notes = []
    if ignored:
        notes.append(f"columns kept nowhere: {', '.join(ignored)}")
    unpriced, retried = int(runs["cost_usd"].isna().sum()), int(runs["superseded"].sum())
    if unpriced:
        notes.append(f"{unpriced} of {len(runs)} runs have no cost: they count under no dollar budget")
    if retried and "superseded" not in columns:
        notes.append(
            f"{retried} runs are earlier attempts and superseded by the last one; if they are independent repetitions, "
            f"import with --map {columns['attempt']}=epoch"
        )
    if {"input_tokens", "output_tokens"} <= columns.keys() and not set(TOTAL_TOKENS) <= columns.keys():
        lacking = [name for name in TOTAL_TOKENS if name not in columns]
        notes.append(f"total tokens are unknown without {' and '.join(lacking)}: state 0 where no cache was used")
    return tuple(notes)
