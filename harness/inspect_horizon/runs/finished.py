"""Which planned runs of a study have their outcome, so that they are never paid for again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspect_horizon.errors import DataError
from inspect_horizon.runs.store import read_runs, tables_in

if TYPE_CHECKING:
    from pathlib import Path


def finished_runs(folder: Path) -> frozenset[str]:
    """The run ids whose standing attempt did not end in an error; none where there are no tables to read."""
    if "runs" not in tables_in(folder):
        return frozenset()
    try:
        runs = read_runs(folder)
    except DataError:
        return frozenset()  # the tables can be rebuilt, and collecting says what is wrong with them
    standing = runs[~runs["superseded"].astype(bool) & runs["stop_reason"].ne("error").fillna(value=True)]
    return frozenset(standing["run_id"])
