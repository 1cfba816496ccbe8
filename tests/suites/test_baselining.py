"""`horizon baseline`: a person at a terminal, timed, scored and put on record."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from inspect_ai.util import Store

from inspect_horizon.errors import UsageError
from inspect_horizon.suites import Baseline, load_suite
from inspect_horizon.suites.baselining import Session, attempt
from inspect_horizon.suites.baselining.container import SECONDS
from inspect_horizon.suites.baselining.records import add_record
from inspect_horizon.suites.baselining.session import Stopwatch, load_session, session_file
from support.study import HORIZON, LONGEST_SECONDS, environment, horizon
from support.suites import write_body, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOLVER = """\
from inspect_ai.tool import tool

@tool
def look():
    async def execute(page: int) -> str:
        '''Read a page.

        Args:
            page: Its number.
        '''
        return f"page {page} says Paris"
    return execute

@solver
def with_tool():
    async def solve(state, generate):
        state.tools = [look()]
        return state
    return solve

@task
def body():
    return Task(dataset=SAMPLES, setup=with_tool(), scorer=includes()MORE)
"""


@dataclass(slots=True)
class Typist:
    """Somebody at a pseudo-terminal."""

    process: subprocess.Popen[bytes]
    terminal: int
    shown: str = ""

    def sees(self, text: str) -> float:
        """Read on until a text is there; the time at which it is."""
        deadline = time.monotonic() + LONGEST_SECONDS
        while text not in self.shown:
            assert time.monotonic() < deadline, f"no {text!r} in {self.shown!r}"
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.terminal, 4096).decode()
                except OSError as error:  # how Linux says that the other end is gone
                    raise AssertionError(f"no {text!r} in {self.shown!r}") from error
        self.shown = self.shown.partition(text)[2]
        return time.monotonic()

    def types(self, line: str) -> float:
        """Type a line; the time at which it was."""
        now = time.monotonic()
        os.write(self.terminal, f"{line}\n".encode())
        return now


@contextmanager
def typist(cwd: Path) -> Iterator[Typist]:
    """At `horizon baseline suite`, as p1, with the task t2."""
    ours, theirs = pty.openpty()
    command = [str(HORIZON), "baseline", "suite/", "--task", "t2", "--who", "p1"]
    with subprocess.Popen(
        command, cwd=cwd, env=environment(), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        try:
            yield Typist(process, ours)
        finally:
            process.kill()
            os.close(ours)


def records(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "baselines.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_a_session_is_timed_without_its_pauses_and_counts_as_a_baseline(tmp_path: Path) -> None:
    """Start, a tool, pause, a wrong answer, the right one. The test's own clock bounds the minutes from both sides."""
    write_body(tmp_path / "suite", SOLVER.replace("MORE", ""), tasks=3)
    with typist(tmp_path) as person:
        person.sees("Press Enter to start: ")
        begun = person.types("")
        seen = person.sees("Question 2?")
        person.sees("> ")
        person.types("use look 7")
        person.sees("page 7 says Paris")
        time.sleep(1.5)  # that there is something to measure
        stopping = person.types("pause")
        stopped = person.sees("paused at 0.0 minutes")
        time.sleep(3)  # more than the two bounds leave open, or counting it would not show
        resuming = person.types("resume")
        resumed = person.sees("the clock runs")
        wrong = person.types("submit Rome")
        person.sees("That is not right. Try again, or give up.")
        again = time.monotonic()
        last = person.types("submit It is Paris.")
        told = person.sees("That is right.")
        person.sees("solved in ")
        assert person.process.wait(timeout=LONGEST_SECONDS) == 0
    (record,) = records(tmp_path / "suite")
    least = (stopping - seen) + (wrong - resumed) + (last - again)
    most = (stopped - begun) + (told - resuming)
    seconds = float(str(record["minutes"])) * 60
    assert least - 0.05 <= seconds <= most + 0.05
    assert most < told - begun - 2.9, "the pause is no work"
    known = ("task", "who", "success", "answers", "answer", "score", "suite", "suite_version", "suite_digest")
    digest = record["suite_digest"]
    assert [record[name] for name in known] == ["t2", "p1", True, 2, "It is Paris.", 1.0, "suite", "1", digest]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", str(record["date"]))
    assert list((tmp_path / "suite").glob(".*")) == [], "the session is over"
    with pytest.warns(UserWarning, match="no task has two successful baselines"):
        task = load_suite(tmp_path / "suite").tasks[1]
    assert task.human_source == "baseline"
    assert task.human_minutes == pytest.approx(record["minutes"])
    assert [(each.who, each.success) for each in task.baselines] == [("p1", True)]


@pytest.mark.slow
def test_a_kill_loses_no_record_and_the_session_goes_on(tmp_path: Path) -> None:
    """And who gives up has failed, after the time of both sittings."""
    write_rows(tmp_path / "suite", tasks=3)
    session = Session("a", "suite", "1", "d", "t1", "p1", "2026-01-02", active_seconds=90.0)
    add_record(tmp_path / "suite" / "baselines.jsonl", session, success=True)
    path = session_file(tmp_path / "suite" / "baselines.jsonl", "p1")
    with typist(tmp_path) as person:
        person.sees("start: ")
        person.types("")
        person.sees("> ")
        while (kept := load_session(path)) is None or kept.active_seconds == 0:
            time.sleep(0.05)
        person.process.send_signal(signal.SIGKILL)
        person.process.wait(timeout=LONGEST_SECONDS)
    with typist(tmp_path) as person:
        person.sees("You have worked on it for 0.0 minutes.")
        person.sees("start: ")
        person.types("")
        person.sees("> ")
        person.types("give up")
        person.sees("not solved in ")
        assert person.process.wait(timeout=LONGEST_SECONDS) == 0
    first, second = records(tmp_path / "suite")
    assert (first["session"], first["minutes"]) == ("a", 1.5)
    assert (second["session"], second["success"]) == (kept.session, False)
    assert float(str(second["minutes"])) * 60 >= kept.active_seconds - 0.01
    assert not path.exists()


@pytest.mark.slow
def test_ctrl_c_leaves_the_session_for_later(tmp_path: Path) -> None:
    write_rows(tmp_path / "suite", tasks=2)
    with typist(tmp_path) as person:
        person.sees("start: ")
        person.types("")
        person.sees("> ")
        person.process.send_signal(signal.SIGINT)
        person.sees("the same command goes on")
        assert person.process.wait(timeout=LONGEST_SECONDS) == 3
    kept = load_session(session_file(tmp_path / "suite" / "baselines.jsonl", "p1"))
    assert kept is not None
    assert kept.active_seconds > 0
    assert not (tmp_path / "suite" / "baselines.jsonl").exists()


def test_the_clock_counts_what_is_between_start_and_pause(tmp_path: Path) -> None:
    now = [100.0]
    session = Session("a", "suite", "1", "d", "t1", "p1", "2026-01-02")
    watch = Stopwatch(session, tmp_path / "s", lambda: now[0])
    for step, call in ((7, watch.start), (5, watch.pause), (3, watch.start), (2, watch.pause), (1, watch.pause)):
        now[0] += step
        call()
    assert session.active_seconds == 5 + 2
    assert load_session(tmp_path / "s") == session


def test_a_record_after_a_torn_line_stands_on_its_own(tmp_path: Path) -> None:
    file = tmp_path / "baselines.jsonl"
    file.write_text('{"task": "t1", "minu')
    add_record(file, Session("a", "suite", "1", "d", "t2", "p1", "2026-01-02", active_seconds=60), success=True)
    assert json.loads(file.read_text().splitlines()[1])["task"] == "t2"


def test_a_session_that_is_on_record_is_not_recorded_again(tmp_path: Path) -> None:
    """A kill between the two leaves its file behind."""
    write_rows(tmp_path / "suite", tasks=1)
    file = tmp_path / "suite" / "baselines.jsonl"
    session = Session("a", "suite", "1", "d", "t1", "p1", "2026-01-02", active_seconds=60)
    add_record(file, session, success=False)
    Stopwatch(session, session_file(file, "p1")).save()
    with pytest.raises(UsageError, match="p1 has tried every task of suite"):
        attempt(load_suite(tmp_path / "suite"), who="p1")
    assert not session_file(file, "p1").exists()
    assert load_suite(tmp_path / "suite").tasks[0].baselines == (
        Baseline(1.0, success=False, who="p1", date="2026-01-02"),
    )


def test_another_task_waits_for_the_session_under_way(tmp_path: Path) -> None:
    write_rows(tmp_path / "suite", tasks=2)
    file = tmp_path / "suite" / "baselines.jsonl"
    Stopwatch(Session("a", "suite", "1", "d", "t1", "p1", "2026-01-02"), session_file(file, "p1")).save()
    with pytest.raises(UsageError, match="a session with task t1 is under way"):
        attempt(load_suite(tmp_path / "suite"), who="p1", task_id="t2")


def test_a_task_in_a_container_needs_docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path without `docker` is a machine without Docker."""
    write_body(tmp_path / "suite", SOLVER.replace("MORE", ', sandbox="docker"'), tasks=1)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="task t1 is done in a Docker container, and no Docker is running here"):
        attempt(load_suite(tmp_path / "suite"), who="p1")
    assert list((tmp_path / "suite").glob(".*")) == [], "nothing was begun"


def test_inspects_agent_for_people_keeps_its_time_where_it_is_read() -> None:
    """A name within Inspect: this fails when it moves."""
    from inspect_ai.agent._human.state import HumanAgentState

    store = Store()
    HumanAgentState(store=store, instructions="").accumulated_time = 90.0
    assert store.get(SECONDS) == 90.0


def test_without_a_terminal_nobody_is_timed(tmp_path: Path) -> None:
    write_rows(tmp_path / "suite", tasks=1)
    ended = horizon("baseline", "suite/", cwd=tmp_path)
    assert ended.code == 2
    assert "nobody is at a terminal" in ended.err


@pytest.mark.parametrize("task", ["t9", "T1"])
def test_an_unknown_task_is_refused(tmp_path: Path, task: str) -> None:
    write_rows(tmp_path / "suite", tasks=1)
    with pytest.raises(UsageError, match=f"suite suite has no task '{task}'"):
        attempt(load_suite(tmp_path / "suite"), who="p1", task_id=task)
