"""From Inspect's logs and the sweep's ledger, the ground truth, to the tables, which can always be rebuilt."""

from __future__ import annotations

import asyncio
import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_fixed

from inspect_horizon._config import file_state, refuse_newer
from inspect_horizon.budgets.prices import price_book
from inspect_horizon.errors import DataError
from inspect_horizon.runs.booked import Booked, booked
from inspect_horizon.runs.casting import conform
from inspect_horizon.runs.identity import CELL, LOG_FORMAT, LOG_VERSION, SUMMARY, run_id
from inspect_horizon.runs.logged import logged_spend
from inspect_horizon.runs.numbering import number_attempts
from inspect_horizon.runs.rungs import checkpoints
from inspect_horizon.runs.schema import HUMAN, SOURCE_ALIASES, column_names
from inspect_horizon.runs.store import write_tables
from inspect_horizon.runs.tries import tries
from inspect_horizon.runs.unpacking import refuse_bomb

if TYPE_CHECKING:
    from pathlib import Path

    from inspect_ai.log import EvalLog, EvalSampleSummary

    from inspect_horizon.runs.schema import Table
    from inspect_horizon.runs.store import Frames

    Read = tuple[EvalLog, list[EvalSampleSummary]]

MINUTES = "human_minutes"
JUST_NOW_SECONDS = 0.5
"""A log written as lately as this may be half-way through."""
LOGS_AT_A_TIME = 32
LONGEST_WAIT_SECONDS = 10.0
"""For a log that is being written all the time."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What collecting found."""

    runs: int
    """Planned runs, or samples of foreign logs."""
    attempts: int
    errors: Mapping[str, int]
    """Runs that have no outcome, by the error that their last attempt ended with."""
    unreadable: tuple[str, ...]
    """Logs that could not be read, with the reason; what they held is in the ledger alone."""
    unknown_rungs: Mapping[str, int] = field(default_factory=dict)
    """Rungs of ladders that stand for nothing, by the reason."""

    @property
    def missing(self) -> int:
        return sum(self.errors.values())


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the runs of a folder come from: a sweep's own note, or nothing but logs."""

    name: str
    cells: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    tasks: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def threshold(self, run: Mapping[str, Any]) -> float:
        """The least score of a run that is a success."""
        stated = self.tasks.get((str(run["suite"]), str(run["task_id"])), {}).get("success_threshold")
        return 1.0 if stated is None else float(stated)


def collect(folder: Path, logs: Path, ledger: Path | None, origin: Origin) -> Collected:
    """Rebuild the tables of a results folder.

    Args:
        folder: Where the tables are written.
        logs: A folder of Inspect logs, or one log.
        ledger: The sweep's ledger; None for logs that no sweep launched.
        origin: What the sweep's folder says of its cells and tasks.

    Raises:
        DataError: There is no log, or a sample's human minutes are not known.
    """
    samples, unreadable = _read_logs(logs, origin)
    with booked(ledger) as book:
        rows = [*samples.values(), *_killed(samples, book, origin)]
        if not rows:
            raise DataError(f"{logs} holds no finished sample", fix="name a folder of Inspect logs (.eval)")
        _refuse_untimed(rows, logs)
        numbered = number_attempts(rows, book)
        answers = numbered.pop("answer") if "answer" in numbered else None
        runs = conform(numbered, "runs")
        steps = checkpoints(runs, book, origin.threshold, answers)
        tables: dict[Table, Frames] = {"runs": runs, "checkpoints": steps, "suites": _suites(runs, origin)}
        write_tables(folder, {**tables, "tries": tries(runs, book, origin.threshold), "calls": book.calls})
    final = runs[~runs["superseded"].astype(bool)]
    failed = final[final["stop_reason"] == "error"]["error"].fillna("unknown").value_counts()
    unknown = steps.loc[steps["success"].isna(), "error"].dropna().value_counts()
    return Collected(len(final), len(runs), _counted(failed), unreadable, _counted(unknown))


def _counted(values: pd.Series[int]) -> dict[str, int]:
    return {str(text): int(count) for text, count in values.items()}


def _read_logs(logs: Path, origin: Origin) -> tuple[dict[str, dict[str, Any]], tuple[str, ...]]:
    """One row a sample by its uuid; a resumed log copies the samples that it reuses, under the same uuid."""
    samples: dict[str, dict[str, Any]] = {}
    unreadable = []
    for path, read in read_logs(logs_in(logs)):
        if isinstance(read, Exception):
            unreadable.append(f"{path.name}: {type(read).__name__}: {read}".splitlines()[0])
            continue
        header, summaries = read
        for summary in summaries:
            if summary.completed or summary.error:
                name = summary.uuid or _foreign_name(header, summary)  # logs of old Inspect versions know no uuid
                samples[name] = sample_row(header, summary, path, origin)
    return samples, tuple(unreadable)


def logs_in(path: Path) -> list[Path]:
    """The Inspect logs of a folder, or the one that is named."""
    from inspect_ai.log import list_eval_logs

    if path.is_file():
        return [path]
    return sorted(type(path)(info.name.removeprefix("file://")) for info in list_eval_logs(str(path)))


def read_logs(paths: Sequence[Path]) -> Iterator[tuple[Path, Read | Exception]]:
    """The header of each log and a summary of its samples, or why it cannot be read.

    An event loop costs more than reading a small log, so several are read in one; no more are in memory at a time.
    """
    for start in range(0, len(paths), LOGS_AT_A_TIME):
        chunk = paths[start : start + LOGS_AT_A_TIME]
        yield from zip(chunk, _in_a_loop(chunk), strict=True)


def _in_a_loop(paths: Sequence[Path]) -> list[Read | Exception]:
    async def read_all() -> list[Read | Exception]:
        return [await _read_log(path) for path in paths]

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(read_all())
    with ThreadPoolExecutor(1) as elsewhere:  # a notebook has a loop of its own, in which no other can run
        return elsewhere.submit(asyncio.run, read_all()).result()


async def _read_log(path: Path) -> Read | Exception:
    """Read a log; once more where a sweep has replaced it meanwhile."""
    from inspect_ai.log import read_eval_log_async, read_eval_log_sample_summaries_async

    try:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_changed_since_last_look(path)),
            wait=wait_fixed(0.1),
            stop=stop_after_delay(LONGEST_WAIT_SECONDS),
            reraise=True,
        ):
            with attempt:
                refuse_bomb(path)
                header = await read_eval_log_async(str(path), header_only=True)
                summaries = await read_eval_log_sample_summaries_async(str(path))
    except Exception as error:
        return error
    return header, summaries


def _changed_since_last_look(path: Path) -> Callable[[BaseException], bool]:
    looks = [file_state(path)]

    def changed(_: BaseException) -> bool:
        looks.append(file_state(path))
        last = looks[-1]
        return last != looks[-2] or (last is not None and time.time() - last[2] / 1e9 < JUST_NOW_SECONDS)

    return changed


def sample_row(header: EvalLog, summary: EvalSampleSummary, path: Path, origin: Origin) -> dict[str, Any]:
    """A sample as a row of the runs table, with its `uuid` and `answer` besides.

    Raises:
        DataError: A newer version of this project wrote the log.
    """
    noted_in_header = header.eval.metadata or {}
    if isinstance(version := noted_in_header.get(LOG_FORMAT), int):
        refuse_newer(path, version, LOG_VERSION)
    cell = noted_in_header.get(CELL)
    known = summary.metadata or {}
    row: dict[str, Any] = {
        "uuid": summary.uuid or _foreign_name(header, summary),
        "sweep": origin.name,
        "task_id": str(summary.id),
        "task_family": known.get("task_family"),
        "epoch": summary.epoch,
        "human_minutes": known.get(MINUTES),
        "human_source": SOURCE_ALIASES.get(str(known.get("human_source")), known.get("human_source")),
        "human_error_factor": known.get("human_error_factor"),
        "human_cost_usd": known.get("human_cost_usd"),
        "weight": known.get("weight", 1.0),
        "error": _plain(summary.error),
        "wall_seconds": summary.total_time,
        "working_seconds": summary.working_time,
        "started_at": summary.started_at,
        "log": path.name,
        "versions": sys.intern(json.dumps({**origin.versions, **header.eval.packages})),
        "score": first_score(summary),
    }
    row |= _of_cell(cell) if cell else _of_foreign(header)
    noted = known.get(SUMMARY) or {}
    row["stop_reason"] = _stop_reason(summary, noted.get("stop_reason"))
    if cell:
        row["enforcement"] = noted.get("enforcement", "hard")
    counts = bool(noted.get("asked")) or (cell or {}).get("scores", "state") == "state"
    row["success"] = _success(row, known.get("success_threshold"), counts=counts)
    ended = counts or row["stop_reason"] == "submitted"  # a reply that a budget cut off is no answer
    row["answer"] = _first_answer(summary) if ended else None
    planned = run_id(cell["cell_id"], str(summary.id), summary.epoch) if cell else None
    row["run_id"] = planned or _foreign_name(header, summary)
    return {**row, **logged_spend(summary.model_usage or {}, price_book())}


def _foreign_name(header: EvalLog, summary: EvalSampleSummary) -> str:
    return f"{header.eval.eval_id}/{summary.id}/{summary.epoch}"


def _stop_reason(summary: EvalSampleSummary, noted: str | None) -> str | None:
    """What the run's own note says, corrected by what Inspect did after it was written.

    Inspect's limits on time cancel an agent, which looks like a failure from within and is none.
    """
    if summary.error:
        return "error"
    stopped = "other_limit" if summary.limit else None
    return stopped if noted in (None, "error") else noted


def _plain(error: str | None) -> str | None:
    """An error in words; that of a task cancelled by Ctrl-C tells of nothing but addresses in memory."""
    cancelled = error is not None and error.startswith("CancelledError(")
    return "interrupted: the sweep was stopped while the run was under way" if cancelled else error


def _of_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    kind, _, amount = str(cell["budget"]).partition(":")
    same = ("suite", "suite_version", "model", "scaffold", "strategy", "condition")
    return {
        **{name: cell[name] for name in same},
        "protocol": sys.intern(json.dumps(cell["protocol"], sort_keys=True)),
        "budget_kind": kind,
        "budget_amount": float(amount),
        "check": bool(cell.get("check", False)),
        "enforcement": "hard",
    }


def _of_foreign(header: EvalLog) -> dict[str, Any]:
    """A log that `horizon` did not launch: its limits are Inspect's, checked after the call that crosses them."""
    config = header.eval.config
    tokens = config.token_limit if isinstance(config.token_limit, int) else None
    counted = getattr(config, "token_limit_type", None) or "all"
    limits = [
        ("usd", config.cost_limit),
        ("tokens", tokens if counted == "all" else None),
        ("output_tokens", tokens if counted == "output" else None),
    ]
    kind, amount = next(((kind, limit) for kind, limit in limits if limit), (None, None))
    return {
        "suite": header.eval.task,
        "suite_version": str(header.eval.task_version),
        "model": header.eval.model,
        "scaffold": header.eval.solver or "task",
        "strategy": "single",
        "condition": "plain",
        "protocol": "{}",
        "budget_kind": kind,
        "budget_amount": amount,
        "enforcement": "soft" if kind else None,
    }


def first_score(summary: EvalSampleSummary) -> float | None:
    """The number of the first scorer, as Inspect turns letters into numbers."""
    from inspect_ai.scorer import value_to_float

    first = next(iter((summary.scores or {}).values()), None)
    if first is None:
        return None
    value = first.value
    if isinstance(value, Mapping | Sequence) and not isinstance(value, str):
        return None
    score = value_to_float()(value)
    return score if math.isfinite(score) else None  # a grader that could not grade says NaN


def _first_answer(summary: EvalSampleSummary) -> str | None:
    """What the first scorer took for the answer; unknown where Inspect's summary has cut it short."""
    first = next(iter((summary.scores or {}).values()), None)
    answer = None if first is None else first.answer
    return None if answer is None or answer.endswith("...") else answer


def _success(row: Mapping[str, Any], threshold: float | None, *, counts: bool) -> bool | None:
    """Right, and submitted.

    Args:
        row: The run.
        threshold: The least score that is right.
        counts: Whether right is enough, since the score reads the sandbox or store, or the agent was asked in the end.
    """
    if row["stop_reason"] == "error" or row["score"] is None:
        return None
    right = row["score"] >= (1.0 if threshold is None else threshold)
    return right and (counts or row["stop_reason"] == "submitted")


def _killed(samples: Mapping[str, Any], book: Booked, origin: Origin) -> Iterable[dict[str, Any]]:
    """Attempts that the ledger knows and no log: a kill cut them off before their sample was written."""
    for attempt in book.attempts.values():
        cell_id, task_id, epoch = attempt.run_id.split("/", 1)[0], *attempt.run_id.split("/", 1)[1].rsplit("/", 1)
        cell = origin.cells.get(cell_id)
        if attempt.attempt_id in samples or cell is None:
            continue
        task = origin.tasks[str(cell["suite"]), task_id]
        minutes, wage = float(task[MINUTES]), float(task["wage_usd_per_hour"])
        yield {
            **_of_cell(cell),
            "uuid": attempt.attempt_id,
            "run_id": attempt.run_id,
            "sweep": origin.name,
            "task_id": task_id,
            "task_family": task["task_family"],
            "epoch": int(epoch),
            "human_minutes": minutes,
            "human_source": task["human_source"],
            "human_error_factor": task.get("human_error_factor"),
            "human_cost_usd": minutes / 60 * wage,
            "weight": task["weight"],
            "stop_reason": "error",
            "error": "interrupted: no log holds how the run ended",
            "success": None,
            "score": None,
            "started_at": attempt.started_at,
            "versions": json.dumps(dict(origin.versions)),
        }


def _refuse_untimed(rows: Sequence[Mapping[str, Any]], logs: Path) -> None:
    untimed = sorted({str(row["task_id"]) for row in rows if not _is_time(row[MINUTES])})
    if untimed:
        some = ", ".join(untimed[:3]) + (" …" if len(untimed) > 3 else "")
        raise DataError(
            f"the human time of {len(untimed)} tasks in {logs} is not known ({some})",
            fix=f"put {MINUTES}, a number above 0, into each sample's metadata",
        )


def _is_time(minutes: object) -> bool:
    return isinstance(minutes, int | float) and math.isfinite(minutes) and minutes > 0


def _suites(runs: pd.DataFrame, origin: Origin) -> pd.DataFrame:
    if origin.tasks:
        known = pd.DataFrame([dict(task) for task in origin.tasks.values()]).drop(columns="success_threshold")
        return conform(known, "suites")
    columns = ["suite", "suite_version", "task_id", "task_family", *column_names(HUMAN), "weight"]
    return conform(runs[columns].drop_duplicates(["suite", "task_id"]).reset_index(drop=True), "suites")
