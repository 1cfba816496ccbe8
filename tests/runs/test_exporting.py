"""What goes out comes back, and does no harm on the way."""

from __future__ import annotations

import csv
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspect_horizon.errors import DataError, UsageError
from inspect_horizon.runs import COLUMNS, Column, Format, conform, export_runs, import_runs, read_runs, write_table

FORMATS: tuple[Format, ...] = ("csv", "jsonl", "parquet")
COUNTS = st.integers(0, 2**62)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12) | st.sampled_from(
    ["=1+1", "'=1", "''@x", "+1", "-", "@a", "\tx", "\rx", "\nx", '"', ",", "NA", "null", "a\r\nb", " ", "1e5", "007"]
)


def cells(column: Column) -> st.SearchStrategy[Any]:
    """Any value that the column may hold in an exported table, null included."""
    if column.choices:
        known: st.SearchStrategy[Any] = st.sampled_from(column.choices)
    elif column.name == "human_source":
        known = st.sampled_from(["baseline", "estimate", "bucket", "model"])
    else:
        known = {
            "text": NAMES,
            "json": st.dictionaries(NAMES, st.integers(), max_size=2).map(json.dumps),
            "integer": COUNTS,
            "real": st.floats(column.least, allow_nan=False, allow_infinity=False, exclude_min=column.above == 0)
            if column.above is None
            else st.floats(0, exclude_min=True, allow_infinity=False),
            "boolean": st.booleans(),
            "time": st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)),
        }[column.kind]
    return known if column.key or column.default is not None else st.none() | known


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """A runs table: each row an attempt at a task of its own, with a verdict unless it failed or was replaced."""
    rows = [{column.name: draw(cells(column)) for column in COLUMNS["runs"]} for _ in range(draw(st.integers(1, 3)))]
    for number, row in enumerate(rows):
        row |= {"run_id": f"{row['run_id']}{number}", "task_id": f"{row['task_id']}{number}"}
        row["human_minutes"] = row["human_minutes"] or 30.0
        if row["success"] is None and not row["superseded"]:
            row["stop_reason"] = "error"
    names = [column.name for column in COLUMNS["runs"]]
    return conform(pd.DataFrame(rows, columns=names, dtype=object), "runs")


@settings(max_examples=40, deadline=None)
@given(runs=tables(), format=st.sampled_from(FORMATS))
def test_what_is_exported_imports_as_it_was(runs: pd.DataFrame, format: Format) -> None:  # noqa: A002
    """Every bit of every number, every character of every text, and every null."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_table(folder / "first", "runs", runs)
        file = folder / f"out.{format}"
        assert export_runs(folder / "first", format=format, to=file) == len(runs)
        import_runs(file, folder / "second")
        pd.testing.assert_frame_equal(read_runs(folder / "second"), runs)


def study(folder: Path, **columns: object) -> Path:
    base = {"run_id": ["r"], "task_id": ["t"], "model": ["m"], "success": [True], "human_minutes": [30]}
    write_table(folder, "runs", pd.DataFrame(base | columns))
    return folder


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_text_cell_of_a_csv_starts_like_a_formula(tmp_path: Path, text: str) -> None:
    """The characters that OWASP lists under CSV injection."""
    export_runs(study(tmp_path, model=[text], error=[text]), format="csv", to=tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(newline="") as handle:
        row = next(csv.DictReader(handle))
    assert row["model"] == row["error"] == f"'{text}"


def test_numbers_in_a_csv_are_numbers_and_null_is_an_empty_cell(tmp_path: Path) -> None:
    export_runs(study(tmp_path, score=[-0.1], cost_usd=[1e-7]), format="csv", to=tmp_path / "x.csv")
    frame = pd.read_csv(tmp_path / "x.csv")
    assert list(frame.loc[0, ["score", "cost_usd"]]) == [-0.1, 1e-7]
    assert frame["scorer_usd"].isna().all()


def test_json_lines_state_every_column(tmp_path: Path) -> None:
    export_runs(study(tmp_path, started_at=["2026-01-31T12:00:00Z"]), format="jsonl", to=tmp_path / "x.jsonl")
    row = json.loads((tmp_path / "x.jsonl").read_text())
    assert list(row) == [column.name for column in COLUMNS["runs"]]
    assert row["cost_usd"] is None
    assert row["started_at"] == "2026-01-31T12:00:00.000000Z"


def test_without_a_file_the_table_goes_to_standard_output(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert export_runs(study(tmp_path), format="jsonl") == 1
    assert json.loads(capfdbinary.readouterr().out)["run_id"] == "r"


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'xlsx' is no format to export to"):
        export_runs(study(tmp_path), format="xlsx", to=tmp_path / "x")  # type: ignore[arg-type]  # the test's point


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="could not be written: is a directory"):
        export_runs(study(tmp_path / "in"), format="csv", to=tmp_path / "in")
    assert len(read_runs(tmp_path / "in")) == 1


def test_a_link_is_followed_and_a_pipe_is_written_to(tmp_path: Path) -> None:
    """Replacing a name would turn a link into a copy, and a device or pipe into a file."""
    study = tmp_path / "study"
    write_table(study, "runs", pd.DataFrame({"run_id": ["a"], "task_id": ["t"], "model": ["m"]}))
    (tmp_path / "real.csv").write_text("old")
    link = tmp_path / "link.csv"
    link.symlink_to("real.csv")
    export_runs(study, format="csv", to=link)
    assert link.is_symlink()
    assert '"a"' in (tmp_path / "real.csv").read_text()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_text)
        export_runs(study, format="csv", to=pipe)
        assert '"a"' in read.result(timeout=10)
    assert pipe.is_fifo()
