"""A machine that fails in the middle of a sweep: no room, no rights, a clock that jumps. The rest is done later."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from inspect_horizon.runs import read_runs, read_table
from support.books import MODEL, check_money, check_rows
from support.rights import mere_user, unwritable
from support.server import ChatServer, Reply, Request, chat_server
from support.study import KEY, LITELLMS_OWN, LONGEST_SECONDS, Counting, Ended, command, environment, start
from support.suites import write_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
TASKS = 8
DAY_SECONDS = 86_400.0
WORDS = " Or so." * 400
"""Makes the log of a run some kilobytes long."""


def sweep(chat: ChatServer) -> tuple[object, ...]:
    asked = ("--suite", "./mine", "--model", MODEL, "--budgets", "usd:0.02", "--max-tokens", 4000)
    at = ("--max-connections", 1, "--to", "out", "--model-base-url", chat.url, "--spend-cap", 1)
    return ("sweep", "--yes", *asked, *at)


def check(chat: ChatServer) -> None:
    """The study is complete, its books are right, and no run was finished twice."""
    check_rows(Path("out"), TASKS)
    check_money(Path("out"), chat)
    runs = read_runs("out")
    assert runs[runs["stop_reason"] != "error"]["run_id"].is_unique, "what was finished is not done again"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(*next(iter(KEY.items())))
    write_rows(tmp_path / "mine", tasks=TASKS)
    return tmp_path


SMALL_FILES = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000))
from inspect_horizon.cli import main
main()
"""
PLAIN = "from inspect_horizon.cli import main; main()"


def run(code: str, *words: object, before: Callable[[], None] | None = None) -> Ended:
    """A command in a Python of its own; what Inspect traces goes to a folder of its own too, which is then removed."""
    with TemporaryDirectory() as elsewhere:
        Path(elsewhere).chmod(0o777)
        env = environment({**KEY, "INSPECT_TRACE_FILE": f"{elsewhere}/trace.log"})
        line = [sys.executable, "-c", code, *map(str, words)]
        done = subprocess.run(
            line, capture_output=True, text=True, timeout=LONGEST_SECONDS, env=env, check=False, preexec_fn=before
        )
    return Ended(done.returncode, done.stdout, done.stderr)


def mount(*words: str) -> bool:
    """Whether the system lets us mount something."""
    try:
        return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@contextmanager
def small_files(folder: Path) -> Iterator[str]:
    """No file may grow beyond 90 kB, which the ledger does; the folder itself is not touched."""
    folder.mkdir()
    yield SMALL_FILES


@contextmanager
def small_disk(folder: Path) -> Iterator[str]:
    """A disk of 200 kB, which is made larger when the block ends."""
    folder.mkdir()
    if not mount("-t", "tmpfs", "-o", "size=200k", "none", str(folder)):
        pytest.skip("nothing can be mounted here")
    yield PLAIN
    mount("-o", "remount,size=64m", str(folder))


@pytest.fixture
def _unmounted(place: Path) -> Iterator[None]:
    yield
    if os.path.ismount(place / "out"):
        subprocess.run(["umount", "--lazy", str(place / "out")], check=True)


@pytest.mark.slow
@pytest.mark.usefixtures("_unmounted")
@pytest.mark.parametrize("full", [small_files, small_disk])
def test_a_disk_that_fills_up_half_way(place: Path, full: Callable[[Path], AbstractContextManager[str]]) -> None:
    """No call is made that cannot be booked first; with room again the same command does what is missing."""
    with chat_server(lambda _: Reply("It is Paris." + WORDS)) as chat:
        with full(place / "out") as code:
            ended = run(code, *sweep(chat))
            assert ended.code in (1, 3), ended
            assert "fix: " in ended.err, ended
            assert any(word in ended.err for word in ("full", "too large", "disk")), ended
            assert 0 < len(chat.served) < TASKS, "it was full half-way"
        again = command(*sweep(chat))
        assert again.code == 0, again
        check(chat)


@pytest.mark.slow
def test_a_folder_that_may_not_be_written_any_more(place: Path) -> None:
    """Before the sweep goes on nothing is spent; and where rights are lost under way the rest is done later."""
    folder, locked = place / "out", threading.Event()
    rights = ExitStack()

    def think(_: Request) -> Reply:
        if len(chat.served) == 3 and not locked.is_set():
            locked.set()
            rights.enter_context(unwritable(folder / "logs"))
        return Reply("It is Paris.")

    with chat_server(think) as chat:
        first = run(PLAIN, *sweep(chat), before=mere_user)
        assert first.code in (1, 3), first
        assert "Traceback" not in first.err, first
        assert "ermission denied" in first.err, first
        rights.close()
        calls = len(chat.served)
        with unwritable(folder):
            second = run(PLAIN, *sweep(chat), before=mere_user)
        assert second.code == 1, second
        assert "cannot be written: Permission denied" in second.err, second
        assert "fix: " in second.err
        assert len(chat.served) == calls
        third = command(*sweep(chat))
        assert third.code == 0, third
        check_rows(folder, TASKS)
        check_money(folder, chat)


CLOCK = """
import os, time

real, real_ns = time.time, time.time_ns
ahead = lambda: float(os.environ["SECONDS_AHEAD"]) if os.path.exists(os.environ["JUMPED"]) else 0.0
time.time = lambda: real() + ahead()
time.time_ns = lambda: real_ns() + int(ahead() * 1e9)
"""


def with_clock(folder: Path, seconds_ahead: float) -> Mapping[str, str]:
    """The environment of a Python whose clock jumps as soon as the file `jumped` is there."""
    (folder / "clock").mkdir(exist_ok=True)
    (folder / "clock" / "sitecustomize.py").write_text(CLOCK)
    paths = [str(folder / "clock"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "PYTHONPATH": os.pathsep.join(paths),
        "SECONDS_AHEAD": str(seconds_ahead),
        "JUMPED": str(folder / "jumped"),
    }


@pytest.mark.slow
def test_a_clock_that_jumps_a_day_ahead_and_back(place: Path) -> None:
    """It jumps while the sweep is at work and is set right before it goes on; both times it is killed under way.

    Ends are counted by the books and not by the clock; Inspect goes on from the latest log, which is not the fullest.
    """
    thinking, folder = Counting(), place / "out"
    with chat_server(thinking) as chat:
        for ahead in (DAY_SECONDS, 0.0):
            with thinking.stuck_after(3):
                process = start(*sweep(chat), cwd=place, env={**KEY, **with_clock(place, ahead)})
                assert thinking.wait_for(thinking.calls + 2, process)
                (place / "jumped").touch()
                assert thinking.wait_for(thinking.calls + 2, process)
                process.kill()
                process.communicate(timeout=LONGEST_SECONDS)
            for log in folder.rglob("*.eval"):
                os.utime(log, ns=(log.stat().st_mtime_ns + int(ahead * 1e9),) * 2)  # as that clock would have had it
        ended = command(*sweep(chat))
        assert ended.code == 0, ended
        check(chat)
    assert len(chat.served) == TASKS + 2, "two calls were under way when it was killed"
    calls = read_table(folder, "calls")
    assert (calls["started_at"].max() - calls["started_at"].min()).total_seconds() > DAY_SECONDS / 2
    again = read_runs(folder).query("attempt == 2")
    assert len(again) == 2
    assert not again["superseded"].any(), "the second try is the later one, though by its clock it came first"
