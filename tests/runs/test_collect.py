"""Logs and ledger are the ground truth: the tables come from them, whoever launched the runs."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import match
from inspect_ai.solver import Generate, Solver, TaskState, generate, solver

from inspect_horizon.budgets import Grid
from inspect_horizon.errors import DataError, UsageError
from inspect_horizon.runs import TABLES, read_runs, read_table
from inspect_horizon.runs.booked import CALLS_AT_A_TIME
from inspect_horizon.sweeps.collecting import collect
from inspect_horizon.sweeps.spec import Sweep
from inspect_horizon.sweeps.sweep import Outcome, sweep
from support.study import LITELLMS_OWN, command, standing

if TYPE_CHECKING:
    from inspect_ai.model import Model

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
QUIET: dict[str, Any] = {"display": "none", "score_display": False, "log_level": "error", "log_realtime": False}


def says(text: str) -> Model:
    """A model that always says the same, at 30 tokens a call."""
    output = ModelOutput.from_content("mockllm", text)
    output.usage = ModelUsage(input_tokens=20, output_tokens=10, total_tokens=30)
    return get_model("mockllm/model", custom_outputs=lambda *_: output.model_copy(deep=True))


def samples(**metadata: object) -> MemoryDataset:
    """Two questions with the answer 4, the first of which is asked for 6."""
    return MemoryDataset(
        [
            Sample(id="right", input="2 + 2?", target="4", metadata={"human_minutes": 0.1, **metadata}),
            Sample(id="wrong", input="2 + 4?", target="6", metadata={"human_minutes": 0.3, **metadata}),
        ],
        name="sums",
    )


def log_of(folder: Path, task: Task, **options: Any) -> None:
    """A log that no sweep launched."""
    inspect_eval(task, model=says("The answer is 4"), log_dir=str(folder), **QUIET, **options)


def small_sweep(folder: Path, **changes: Any) -> Outcome:
    fields: dict[str, Any] = {"limit": 4, "workers": 1, **changes}
    asked = Sweep("small", ("ledger",), ("embedded/clerk-small",), Grid("usd", (0.01, 0.16)), mode="grid", **fields)
    return sweep(asked, to=folder)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("small") / "out"
    small_sweep(folder)
    return folder


@pytest.fixture
def swept(once: Path, tmp_path: Path) -> Path:
    """The folder of a small sweep, for one test to do with as it likes."""
    return Path(shutil.copytree(once, tmp_path / "out"))


def test_the_tables_are_the_same_when_rebuilt(swept: Path) -> None:
    """From the logs and the ledger alone, to the last value, as often as one likes."""
    before = {table: read_table(swept, table) for table in TABLES}
    for table in TABLES:
        shutil.rmtree(swept / table)
    found = collect(swept)
    assert (found.runs, found.attempts, found.missing, found.unreadable) == (8, 8, 0, ())
    for table in TABLES:
        pd.testing.assert_frame_equal(read_table(swept, table), before[table])


def test_a_book_that_is_read_a_part_at_a_time_is_read_whole_and_in_order(swept: Path) -> None:
    """Every call once, those of an attempt together and as they were made, and each run with all that it paid."""
    known = read_table(swept, "calls")
    answered = known[known["outcome"] == "answered"].iloc[0]
    more = 2 * CALLS_AT_A_TIME
    with sqlite3.connect(swept / "ledger.sqlite") as book:
        for table in ("reservations", "settlements"):
            (row,) = book.execute(f"SELECT * FROM {table} WHERE call_id = ?", (answered["call_id"],))
            marks = ", ".join("?" * len(row))
            book.executemany(f"INSERT INTO {table} VALUES ({marks})", ((f"c{n:06}", *row[1:]) for n in range(more)))
    collect(swept)
    calls = read_table(swept, "calls")
    assert len(calls) == len(known) + more
    assert calls["call_id"].is_unique
    own = calls[calls["run_id"] == answered["run_id"]]
    assert own["call_id"].str.startswith("c").sum() >= more
    assert list(own["call_id"][-more:]) == [f"c{n:06}" for n in range(more)]
    assert own.index.max() - own.index.min() == len(own) - 1
    runs = read_runs(swept).set_index("run_id")
    paid = calls[calls["phase"] == "agent"].groupby("run_id")["cost_usd"].sum()
    assert runs["cost_usd"].to_dict() == pytest.approx(paid.reindex(runs.index).to_dict())


def test_a_run_knows_all_that_the_plan_knows(swept: Path) -> None:
    """No column that a sweep can fill stays empty."""
    runs = read_runs(swept)
    empty = {name for name in runs.columns if runs[name].isna().any()}
    assert empty == {"error", "human_error_factor"}, "nobody says how far the ledger's estimates may be off"
    assert set(runs["sweep"]) == {"small"}
    assert set(runs["enforcement"]) == {"hard"}
    assert (runs["human_cost_usd"] == runs["human_minutes"] / 60 * 50).all()
    assert runs["budget_amount"].isin([0.01, 0.16]).all()
    final = read_table(swept, "checkpoints")
    assert len(final) == len(runs)
    assert set(final["how"]) == {"final"}


def test_logs_of_plain_inspect_are_collected(tmp_path: Path) -> None:
    """Human minutes in the metadata are all that is needed; Inspect's limits are budgets that were not hard."""
    log_of(tmp_path / "logs", Task(dataset=samples(), solver=generate(), scorer=match()), token_limit=500)
    found = collect(tmp_path / "logs", to=tmp_path / "out")
    assert (found.runs, found.missing) == (2, 0)
    runs = read_runs(tmp_path / "out").set_index("task_id")
    assert runs["success"].to_dict() == {"right": True, "wrong": False}
    assert set(runs["enforcement"]) == {"soft"}
    assert set(zip(runs["budget_kind"], runs["budget_amount"], strict=True)) == {("tokens", 500.0)}
    assert set(runs["input_tokens"]) == {20}
    assert set(runs["output_tokens"]) == {10}
    assert runs["cost_usd"].isna().all(), "unknown is not zero"
    assert set(runs["model"]) == {"mockllm/model"}
    assert len(read_table(tmp_path / "out", "suites")) == 2


def test_one_log_is_enough(tmp_path: Path) -> None:
    log_of(tmp_path / "logs", Task(dataset=samples(), solver=generate(), scorer=match()))
    (log,) = (tmp_path / "logs").glob("*.eval")
    assert collect(log, to=tmp_path / "out").runs == 2


def test_what_the_metadata_says_of_a_task_is_kept(tmp_path: Path) -> None:
    """Source, family, weight and threshold; other people's words for a source are ours."""
    said = {"human_source": "estimated bucket", "task_family": "sums", "weight": 2.5, "success_threshold": 0.0}
    log_of(tmp_path / "logs", Task(dataset=samples(**said), solver=generate(), scorer=match()))
    collect(tmp_path / "logs", to=tmp_path / "out")
    runs = read_runs(tmp_path / "out")
    assert set(runs["human_source"]) == {"bucket"}
    assert set(runs["task_family"]) == {"sums"}
    assert set(runs["weight"]) == {2.5}
    assert runs["success"].all(), "a score of 0 reaches a threshold of 0"


def test_logs_without_human_minutes_are_refused(tmp_path: Path) -> None:
    """One sentence that names the tasks and the way out, and no table."""
    log_of(tmp_path / "logs", Task(dataset=samples(human_minutes=None), solver=generate(), scorer=match()))
    with pytest.raises(DataError, match=r"human time of 2 tasks .* is not known \(right, wrong\)"):
        collect(tmp_path / "logs", to=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    ended = command("collect", tmp_path / "logs", "--to", tmp_path / "out")
    assert ended.code == 1
    assert "put human_minutes, a number above 0, into each sample's metadata" in ended.err


@pytest.mark.parametrize("minutes", [-1, 0, "soon", float("nan")])
def test_human_minutes_that_are_none_are_refused(minutes: object, tmp_path: Path) -> None:
    log_of(tmp_path / "logs", Task(dataset=samples(human_minutes=minutes), solver=generate(), scorer=match()))
    with pytest.raises(DataError, match="human"):
        collect(tmp_path / "logs", to=tmp_path / "out")


def test_foreign_logs_need_a_place_for_their_tables(tmp_path: Path) -> None:
    log_of(tmp_path / "logs", Task(dataset=samples(), solver=generate(), scorer=match()))
    with pytest.raises(UsageError, match="--to"):
        collect(tmp_path / "logs")


def test_a_folder_without_logs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with pytest.raises(DataError, match="no finished sample"):
        collect(tmp_path / "logs", to=tmp_path / "out")


@solver
def stumbling() -> Solver:
    """Breaks at the sample that is called wrong."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if state.sample_id == "wrong":
            raise RuntimeError("the sandbox is gone")
        return await generate(state)

    return solve


def test_an_error_is_kept_and_counted_and_is_no_failure(tmp_path: Path) -> None:
    """The infrastructure's fault: no success and no failure, and the exit code says that something is missing."""
    log_of(tmp_path / "logs", Task(dataset=samples(), solver=stumbling(), scorer=match()), fail_on_error=False)
    ended = command("collect", tmp_path / "logs", "--to", tmp_path / "out")
    assert ended.code == 3, ended
    assert "2 runs, 2 attempts, 1 without an outcome" in ended.out
    broken = read_runs(tmp_path / "out").set_index("task_id").loc["wrong"]
    assert broken["stop_reason"] == "error"
    assert "the sandbox is gone" in broken["error"]
    assert pd.isna(broken["success"])


STATEFUL = """
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import CORRECT, INCORRECT, Score, accuracy, scorer
from inspect_ai.solver import solver
from inspect_ai.util import store


@scorer(metrics=[accuracy()])
def done():
    async def score(state, target):
        return Score(value=CORRECT if state.store.get("done") else INCORRECT)

    return score


@solver
def work_first():
    async def solve(state, generate):
        state.store.set("done", state.sample_id == "works")
        return await generate(state)

    return solve


@task
def stateful():
    samples = [Sample(id=name, input="x" * 4000, target="y") for name in ("works", "idles")]
    return Task(dataset=MemoryDataset(samples), solver=work_first(), scorer=done())
"""


@pytest.mark.parametrize(("scores", "works"), [("state", True), ("answer", False)])
def test_a_state_can_be_right_without_an_answer(scores: str, works: bool, tmp_path: Path) -> None:
    """A run that its budget stops has submitted nothing; where the state is scored, what it did counts."""
    suite = tmp_path / "mine"
    suite.mkdir()
    (suite / "code.py").write_text(STATEFUL)
    (suite / "suite.yaml").write_text(
        "schema_version: 1\nname: mine\nversion: '1'\nscaffold: generate\nbody: code.py@stateful\n"
        f"scores: {scores}\ntasks:\n"
        "- {id: works, human_minutes: 1, human_source: baseline, weight: 3}\n"
        "- {id: idles, human_minutes: 2, human_source: bucket}\n"
    )
    asked = Sweep("state", (str(suite),), ("embedded/clerk-small",), Grid("tokens", (50.0,)), workers=1)
    sweep(asked, to=tmp_path / "out")
    runs = read_runs(tmp_path / "out").set_index("task_id")
    assert set(runs["stop_reason"]) == {"budget"}
    assert runs["success"].to_dict() == {"works": works, "idles": False}
    assert runs["weight"].to_dict() == {"works": 3.0, "idles": 1.0}
    assert runs["human_source"].to_dict() == {"works": "baseline", "idles": "bucket"}
    assert runs["model_calls"].eq(0).all()
    assert runs["cost_usd"].eq(0).all()


def test_a_later_attempt_replaces_an_earlier_one(swept: Path) -> None:
    """An attempt whose log is lost stays in the table with its spend, and one row for each planned run stands."""
    spent = float(read_runs(swept)["cost_usd"].sum())
    shutil.rmtree(swept / "logs")
    lost = collect(swept)
    assert (lost.runs, lost.missing) == (8, 8)
    again = small_sweep(swept)
    assert again.complete
    runs = read_runs(swept)
    assert len(runs) == 16
    assert len(standing(runs)) == again.planned == 8
    assert standing(runs)["attempt"].eq(2).all()
    replaced = runs[runs["superseded"].astype(bool)]
    assert replaced["stop_reason"].eq("error").all()
    assert replaced["cost_usd"].sum() == pytest.approx(spent)
    assert standing(runs)["cost_usd"].sum() == pytest.approx(spent), "the same seed, the same runs"


def test_a_log_that_is_being_replaced_is_read_again(tmp_path: Path) -> None:
    """Half of it stands there for most of half a second, written anew all the time, and then the whole of it."""
    log_of(tmp_path / "logs", Task(dataset=samples(), solver=generate(), scorer=match(location="any")))
    (log,) = (tmp_path / "logs").glob("*.eval")
    whole, finish = log.read_bytes(), time.monotonic() + 0.5
    log.write_bytes(whole[: len(whole) // 2])

    def replace_all_the_time() -> None:
        while time.monotonic() < finish:
            log.write_bytes(whole[: len(whole) // 2])
        log.write_bytes(whole)

    writer = threading.Thread(target=replace_all_the_time)
    writer.start()
    found = collect(tmp_path / "logs", to=tmp_path / "out")
    writer.join()
    assert found.unreadable == ()
    assert found.runs == 2
