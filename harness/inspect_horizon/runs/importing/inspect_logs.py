"""Logs of Inspect, whoever launched the evaluations: `.eval` or `.json`, one or a folder of them."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

from inspect_horizon.errors import DataError
from inspect_horizon.runs.booked import Booked
from inspect_horizon.runs.casting import listed
from inspect_horizon.runs.collect import Origin, logs_in, read_logs, sample_row
from inspect_horizon.runs.importing.foreign import Foreign, Given
from inspect_horizon.runs.numbering import number_attempts
from inspect_horizon.runs.sources import Source

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "header.json"
LOST = ("inputs, targets and messages", "answers and explanations of scores", "scores of all scorers but the first")
UNSCORED = "the log holds no score that is a number"
KNOWN = frozenset({"human_minutes", "human_source", "human_cost_usd", "task_family", "weight", "success_threshold"})
"""Keys of a sample's metadata that are read as they are; any other can be mapped as `metadata_KEY`."""


def is_archive(path: Path) -> bool:
    """Whether a file is a log in Inspect's binary format."""
    if path.suffix == ".eval":
        return True
    try:
        if not zipfile.is_zipfile(path):
            return False
        with zipfile.ZipFile(path) as archive:
            return HEADER in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def is_log(value: object) -> bool:
    """Whether a document is a log in Inspect's text format."""
    return isinstance(value, dict) and isinstance(value.get("eval"), dict) and "status" in value


def read_inspect(given: Given) -> Foreign:
    """One run a finished sample, at the price that Inspect or the price book has for its tokens.

    Raises:
        DataError: No log can be read, or none has a finished sample.
    """
    logs = logs_in(given.path)
    if not logs:
        raise DataError(f"{given.path} holds no Inspect log", fix="name a folder with .eval or .json logs in it")
    rows, unreadable = _samples(logs, given.threshold)
    if not rows:
        why = f":\n{listed(unreadable)}" if unreadable else ""
        raise DataError(f"{given.path} holds no finished sample{why}", fix="name logs of evaluations that have run")
    cells = number_attempts(list(rows.values()), Booked())
    places = cells.pop("_place").tolist()
    cells = cells.drop(columns="answer")
    if not cells["superseded"].any():
        cells = cells.drop(columns=["superseded", "attempt"])
    cells["sweep"] = None
    cells = cells.dropna(axis="columns", how="all")
    notes = [f"log {reason}" for reason in unreadable]
    unscored = int(cells["error"].eq(UNSCORED).sum()) if "error" in cells else 0
    if unscored:
        notes.append(f"{unscored} samples have no score that is a number, and count as errors")
    return Foreign(Source(given.path, cells, lambda: places), lost=LOST, notes=tuple(notes), files=tuple(logs))


def _samples(logs: list[Path], threshold: float | None) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """A row a sample by its uuid, which a log that was resumed repeats."""
    rows: dict[str, dict[str, Any]] = {}
    unreadable = list[str]()
    for path, read in read_logs(logs):
        if isinstance(read, Exception):
            unreadable.append(f"{path.name}: {type(read).__name__}: {read}".splitlines()[0])
            continue
        header, summaries = read
        for summary in summaries:
            if not (summary.completed or summary.error):
                continue
            row = sample_row(header, summary, path, Origin(""))
            if row["stop_reason"] != "error" and row["score"] is None:
                row |= {"stop_reason": "error", "error": UNSCORED}
            elif threshold is not None and row["stop_reason"] != "error":
                row["success"] = row["score"]
            metadata = {f"metadata_{key}": value for key, value in (summary.metadata or {}).items() if key not in KNOWN}
            rows[row["uuid"]] = row | metadata | {"_place": f"{path}: sample {summary.id}, epoch {summary.epoch}"}
    return rows, unreadable
