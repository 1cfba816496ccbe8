"""What goes out comes back, and does no harm on the way."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
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
from inspect_horizon.runs import COLUMNS, Column, Target, conform, export_runs, import_runs, read_runs, write_table
from support.study import LITELLMS_OWN, command

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
LOSSLESS: dict[Target, str] = {"csv": "csv", "jsonl": "jsonl", "parquet": "parquet", "samples_df": "parquet"}
"""Targets that hold every run and column, and the ending of their files."""
BACK_AS_IT_WAS = (
    *("run_id", "suite", "suite_version", "task_id", "scaffold", "success", "score", "human_minutes", "human_source"),
    *("human_cost_usd", "started_at"),
)
"""Columns that METR's shape holds to the last bit."""
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
            "time": st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)),
        }[column.kind]
    return known if column.key or column.default is not None else st.none() | known


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """A runs table: each row an attempt at a task of its own, with a verdict unless it failed or was replaced.

    Rather many rows than many tables: a table costs what its columns cost, whatever their length.
    """
    rows = [{column.name: draw(cells(column)) for column in COLUMNS["runs"]} for _ in range(draw(st.integers(1, 8)))]
    for number, row in enumerate(rows):
        row |= {"run_id": f"{row['run_id']}{number}", "task_id": f"{row['task_id']}{number}"}
        if row["success"] is None and not row["superseded"]:
            row["stop_reason"] = "error"
    names = [column.name for column in COLUMNS["runs"]]
    return conform(pd.DataFrame(rows, columns=names, dtype=object), "runs")


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(runs=tables(), target=st.sampled_from(sorted(LOSSLESS)))
def test_what_is_exported_imports_as_it_was(runs: pd.DataFrame, target: Target) -> None:
    """Every bit of every number, every character of every text, and every null."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_table(folder / "first", "runs", runs)
        file = folder / f"out.{LOSSLESS[target]}"
        report = export_runs(folder / "first", format=target, to=file)
        assert (report.rows, report.lost) == (len(runs), ())
        import_runs(file, folder / "second")
        pd.testing.assert_frame_equal(read_runs(folder / "second"), runs)


def counted(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs that are results: neither replaced nor checks of a ladder, and with a verdict."""
    known = runs["success"].notna() & runs["stop_reason"].ne("error").fillna(True)
    return runs[known & ~runs["superseded"] & ~runs["check"]].reset_index(drop=True)


@settings(max_examples=10, deadline=None)
@given(runs=tables())
def test_records_of_every_eval_ever_import_as_they_were(runs: pd.DataFrame) -> None:
    """Of results, every column; they are in another order, since each cell has a file of its own."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_table(folder / "first", "runs", runs)
        results = counted(runs)
        report = export_runs(folder / "first", format="every_eval_ever", to=folder / "out")
        assert report.rows == len(results)
        assert any("no verdict" in lost or "later attempt" in lost or "ladder" in lost for lost in report.lost) == (
            len(results) < len(runs)
        )
        if len(results):
            import_runs(folder / "out", folder / "second")
            again = read_runs(folder / "second")
            by_id = {"by": ["run_id", "attempt"], "ignore_index": True}
            pd.testing.assert_frame_equal(again.sort_values(**by_id), results.sort_values(**by_id))  # type: ignore[call-overload]  # its own arguments


@settings(max_examples=10, deadline=None)
@given(runs=tables())
def test_what_metrs_shape_can_hold_imports_as_it_was(runs: pd.DataFrame) -> None:
    """A cost of 0 reads as not recorded, an unknown family is the task itself, and the rest is named as lost."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_table(folder / "first", "runs", runs)
        results = counted(runs)
        results = results[results["human_minutes"].notna()].reset_index(drop=True)
        report = export_runs(folder / "first", format="metr", to=folder / "runs.jsonl")
        assert report.rows == len(results)
        if not len(results):
            return
        import_runs(folder / "runs.jsonl", folder / "second")
        again = read_runs(folder / "second")
        for column in BACK_AS_IT_WAS:
            pd.testing.assert_series_equal(again[column], results[column])
        pd.testing.assert_series_equal(again["cost_usd"], results["cost_usd"].mask(results["cost_usd"] == 0))
        assert again["task_family"].tolist() == results["task_family"].fillna(results["task_id"]).tolist()
        one_cell = results["model"].nunique() == len(results)
        assert one_cell <= (again["model"].tolist() == results["model"].tolist())
        both = again["wall_seconds"].notna()
        assert (again["wall_seconds"][both] - results["wall_seconds"][both]).abs().le(1e-3).all()
        held = {*BACK_AS_IT_WAS, "cost_usd", "task_family", "model", "wall_seconds"}
        for other in COLUMNS["runs"]:
            stated = results[other.name].notna() & (results[other.name] != other.default).fillna(False)
            if other.name not in held and stated.any():
                assert any(lost.startswith(f"{other.name} of ") for lost in report.lost)


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
    assert export_runs(study(tmp_path), format="jsonl").rows == 1
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


def several_cells(folder: Path) -> Path:
    """One model under two budgets at two tasks each, another under one."""
    return study(
        folder,
        run_id=list("abcde"),
        task_id=["s", "t", "s", "t", "t"],
        model=["m", "m", "m", "m", "n"],
        success=[True, False, True, True, False],
        human_minutes=[1, 30, 1, 30, 30],
        task_family="f",
        budget_kind="usd",
        budget_amount=[1, 1, 2, 2, 2],
    )


def test_metrs_shape_never_pools_the_cells_of_a_model(tmp_path: Path) -> None:
    """Their analysis groups by alias; both weights sum to 1 in each."""
    report = export_runs(several_cells(tmp_path / "in"), format="metr", to=tmp_path / "runs.jsonl")
    rows = pd.read_json(tmp_path / "runs.jsonl", lines=True)
    assert set(rows["alias"]) == {"m (1.0)", "m (2.0)", "n"}
    assert set(rows["model"]) == {"m", "n"}
    sums = rows.groupby("alias")[["equal_task_weight", "invsqrt_task_weight"]].sum()
    assert sums.to_numpy() == pytest.approx(1)
    assert "model of 4 runs: models with several cells are told apart by alias" in report.lost


def test_records_of_every_eval_ever_are_what_its_schema_asks_for(tmp_path: Path) -> None:
    """The required fields of schema 0.3.0 (`eval.schema.json`, `instance_level_eval.schema.json`)."""
    export_runs(several_cells(tmp_path / "in"), format="every_eval_ever", to=tmp_path / "out")
    totals = sorted((tmp_path / "out").rglob("*.json"))
    assert len(totals) == 3
    for path in totals:
        total = json.loads(path.read_text())
        assert total.keys() >= {"schema_version", "evaluation_id", "retrieved_timestamp", "source_metadata"}
        assert total.keys() >= {"model_info", "eval_library", "evaluation_results"}
        assert total["source_metadata"].keys() >= {"source_type", "source_organization_name", "evaluator_relationship"}
        assert total["model_info"].keys() >= {"name", "id", "additional_details"}
        (result,) = total["evaluation_results"]
        assert result.keys() >= {"evaluation_name", "source_data", "metric_config", "score_details"}
        details = total["detailed_evaluation_results"]
        samples = tmp_path / "out" / details["file_path"]
        assert re.fullmatch(
            r"data/[^/]+/[^/]+/[^/]+/[0-9a-f-]{14}4[0-9a-f]{3}-[89ab][0-9a-f-]{16}_samples\.jsonl", details["file_path"]
        )
        assert path.name.removesuffix(".json") == samples.name.removesuffix("_samples.jsonl")
        assert details["checksum"] == hashlib.sha256(samples.read_bytes()).hexdigest()
        rows = [json.loads(line) for line in samples.read_text().splitlines()]
        assert details["total_rows"] == len(rows)
        assert result["score_details"]["score"] == sum(row["evaluation"]["is_correct"] for row in rows) / len(rows)
        for row in rows:
            assert row["evaluation_id"] == total["evaluation_id"]
            assert row.keys() >= {"schema_version", "model_id", "evaluation_name", "sample_id", "interaction_type"}
            assert row.keys() >= {"input", "answer_attribution", "evaluation", "messages"}
            assert row["input"].keys() >= {"raw", "reference"}
            assert all(isinstance(value, str) for value in row["metadata"].values())


def test_its_own_schema_agrees(tmp_path: Path) -> None:
    """With the package every-eval-ever installed, which needs a newer Python than we do."""
    schemas = pytest.importorskip("every_eval_ever").__path__[0]
    jsonschema = pytest.importorskip("jsonschema")
    aggregate, instance = (
        json.loads((Path(schemas) / "schemas" / name).read_text())
        for name in ("eval.schema.json", "instance_level_eval.schema.json")
    )
    export_runs(several_cells(tmp_path / "in"), format="every_eval_ever", to=tmp_path / "out")
    for path in (tmp_path / "out").rglob("*.json"):
        jsonschema.validate(json.loads(path.read_text()), aggregate)
    for path in (tmp_path / "out").rglob("*.jsonl"):
        for line in path.read_text().splitlines():
            jsonschema.validate(json.loads(line), instance)


def test_records_need_a_folder_of_their_own(tmp_path: Path) -> None:
    folder = study(tmp_path / "in")
    with pytest.raises(UsageError, match="several files"):
        export_runs(folder, format="every_eval_ever")
    with pytest.raises(DataError, match="not an empty folder"):
        export_runs(folder, format="every_eval_ever", to=folder)


def test_the_command_says_what_does_not_fit(tmp_path: Path) -> None:
    folder, file = study(tmp_path / "in", stop_reason=["budget"], overshoot_usd=[0.1]), tmp_path / "runs.jsonl"
    ended = command("export", folder, "--format", "metr", "--to", file)
    assert "not kept: overshoot_usd of 1 runs" in ended.err
    told = json.loads(command("export", folder, "--format", "metr", "--to", file, "--json").out)
    assert told["rows"] == 1
    assert "stop_reason of 1 runs: METR says only that a limit ended a run" in told["lost"]
    refused = command("export", folder, "--json")
    assert (refused.code, "--to" in refused.err) == (2, True)
