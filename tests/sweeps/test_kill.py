"""A sweep that is cut off, by whatever and whenever: the same command finishes it, and nothing is counted wrong."""

from __future__ import annotations

import os
import random
import signal
import threading
from typing import TYPE_CHECKING, Self

import psutil
import pytest

from inspect_horizon.runs import read_runs, read_table, tables_in
from support.books import MODEL, booked_and_served, booked_within, check_money, check_rows
from support.kills import group_of, wait_until_gone
from support.server import ChatServer, chat_server
from support.study import KEY, LITELLMS_OWN, LONGEST_SECONDS, Counting, command, horizon, standing, start

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from inspect_horizon.runs.schema import Table

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
CAP_USD = 1.0
PLANNED = 2 * (8 + 8)
SOAK_SWEEPS = int(os.environ.get("SWEEPS", "10"))


def sweep(chat: ChatServer, *, workers: int, cap_usd: float = 10.0) -> tuple[object, ...]:
    """A sweep of 32 runs, four at a time, and some 90 calls."""
    return (
        *("sweep", "--yes", "--suite", "ledger", "--suite", "atoms", "--model", MODEL, "--limit", 8),
        *("--budgets", "usd:0.004,0.05", "--mode", "grid", "--to", "out", "--model-base-url", chat.url),
        *("--workers", workers, "--max-connections", 4, "--spend-cap", cap_usd),
    )


def wait_for_workers(process: subprocess.Popen[str]) -> None:
    """Wait until a command has begun its two workers (a third process of multiprocessing counts what they share)."""
    tick = threading.Event()
    while len(group_of(process)) < 4:
        assert process.poll() is None, process.communicate()
        tick.wait(0.02)


@pytest.fixture
def thinking() -> Counting:
    return Counting()


class Reader:
    """Reads every table of a sweep over and over while it is killed; a table that was there once stays readable."""

    def __init__(self, folder: Path) -> None:
        self.looks = 0
        self._folder, self._done = folder, threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.trouble: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        if self.trouble is not None:
            raise self.trouble

    def _read(self) -> None:
        seen: set[Table] = set()
        while not self._done.wait(0.1):
            try:
                seen |= set(tables_in(self._folder))
                for table in seen:
                    read_table(self._folder, table)
                self.looks += bool(seen)
            except Exception as error:  # whatever it is, the test must hear of it
                self.trouble = error
                return


@pytest.mark.parametrize(
    "seed",
    [pytest.param(20261124, marks=pytest.mark.slow)]
    + [pytest.param(seed, marks=pytest.mark.soak) for seed in range(SOAK_SWEEPS)],
)
def test_five_kills_at_random_lose_nothing(tmp_path: Path, thinking: Counting, seed: int) -> None:
    """SIGKILL five times under a cap, and a cap that binds after that: the books cover the server's bill all along.

    What was under way is written off at its bound, some cents a call. A higher cap completes the study. An odd seed has
    two workers, who have to notice that they are alone. Between the kills the tables are rebuilt, and always readable.
    """
    rng = random.Random(seed)
    tick = threading.Event()
    with chat_server(thinking) as chat, Reader(tmp_path / "out") as reader:
        for _ in range(5):
            process = start(*sweep(chat, workers=1 + seed % 2, cap_usd=CAP_USD), cwd=tmp_path, env=KEY)
            assert thinking.wait_for(thinking.calls + rng.randrange(1, 14), process)
            tick.wait(rng.random() * 0.2)
            process.kill()
            process.communicate(timeout=LONGEST_SECONDS)
            booked = booked_within(CAP_USD, tmp_path / "out", chat)
            command("collect", tmp_path / "out")
        capped = horizon(*sweep(chat, workers=1, cap_usd=booked + 0.01), cwd=tmp_path, env=KEY)
        assert capped.code == 3, capped
        booked_within(booked + 0.01, tmp_path / "out", chat)
        seen_before_the_last = thinking.calls
        ended = horizon(*sweep(chat, workers=1), cwd=tmp_path, env=KEY)
        assert ended.code == 0, ended
        calls_when_done = thinking.calls
        again = horizon(*sweep(chat, workers=1), cwd=tmp_path, env=KEY)
    assert again.code == 0, again
    assert thinking.calls == calls_when_done, "a finished sweep makes no call"
    assert calls_when_done > seen_before_the_last > 0, "the kills came in between"
    assert reader.looks > 0

    folder = tmp_path / "out"
    check_rows(folder, PLANNED)
    check_money(folder, chat)
    runs, calls = read_runs(folder), read_table(folder, "calls")
    assert standing(runs)["stop_reason"].isin(["submitted", "budget"]).all()
    cut_off = runs[runs["stop_reason"] == "error"]
    assert len(cut_off) > 0
    refused = cut_off["error"].str.contains("does not fit the spend cap")
    interrupted = cut_off["error"].str.startswith("interrupted")
    assert refused.any()
    assert interrupted.any()
    assert (interrupted | refused).all()
    assert cut_off["superseded"].all()

    answered, served = booked_and_served(folder, chat)
    lost = calls[calls["outcome"] != "answered"]
    assert set(lost["outcome"]) <= {"lost"}, "a call that was cut off is written off"
    assert sum((served - answered).values()) <= len(lost)


@pytest.mark.slow
@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_tables_and_a_way_on(
    tmp_path: Path, thinking: Counting, monkeypatch: pytest.MonkeyPatch, told: signal.Signals
) -> None:
    """Ctrl-C, `kill`: one sentence, exit code 130, what is done can be read, and the same command does the rest."""
    with chat_server(thinking) as chat:
        interrupt(lambda: start(*sweep(chat, workers=1), cwd=tmp_path, env=KEY), thinking, told)
        begun = read_runs(tmp_path / "out")
        assert (begun["stop_reason"] != "error").any()
        assert begun["error"].dropna().str.startswith("interrupted: ").all()
        finish(tmp_path, chat, monkeypatch, workers=1)


@pytest.mark.slow
def test_workers_end_with_their_sweep_however_it_ends(
    tmp_path: Path, thinking: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After SIGKILL to the command alone they notice by themselves; SIGTERM is passed on, Ctrl-C goes to all.

    Where one worker is killed the other comes to its end. As many go on as began, whatever is asked, since each finds
    its logs where it left them.
    """
    with chat_server(thinking) as chat:
        killed = start(*sweep(chat, workers=2), cwd=tmp_path, env=KEY)
        wait_for_workers(killed)
        killed.kill()
        killed.communicate(timeout=LONGEST_SECONDS)
        wait_until_gone(killed)
        for told in (signal.SIGTERM, signal.SIGINT):
            interrupt(lambda: start(*sweep(chat, workers=2), cwd=tmp_path, env=KEY), thinking, told)
        kill_one_worker(start(*sweep(chat, workers=2), cwd=tmp_path, env=KEY), thinking)
        assert (read_runs(tmp_path / "out")["stop_reason"] != "error").any()
        finish(tmp_path, chat, monkeypatch, workers=1)
    assert len(list((tmp_path / "out" / "logs").glob("share-*"))) == 2


def interrupt(begin: Callable[[], subprocess.Popen[str]], thinking: Counting, told: signal.Signals) -> None:
    """Press Ctrl-C, or tell the command alone to stop, after some calls, while others are under way."""
    with thinking.stuck_after(12):
        process = begin()
        assert thinking.wait_for(thinking.calls + 13, process)
        if told == signal.SIGINT:
            os.killpg(process.pid, told)
        else:
            process.send_signal(told)
        _, err = process.communicate(timeout=LONGEST_SECONDS)
        wait_until_gone(process)
    assert process.returncode == 130, err
    assert err.endswith("stopped; nothing that was paid for is lost. Run the same command again to go on\n")
    assert "Traceback" not in err, err
    assert "Warning" not in err, err


def kill_one_worker(process: subprocess.Popen[str], thinking: Counting) -> None:
    """SIGKILL to one of two workers while it waits for an answer."""
    with thinking.stuck_after(0):
        assert thinking.wait_for(thinking.calls + 2, process)
        workers = [each for each in psutil.Process(process.pid).children() if "spawn_main" in " ".join(each.cmdline())]
        assert len(workers) == 2
        workers[0].kill()
    _, err = process.communicate(timeout=LONGEST_SECONDS)
    assert process.returncode == 3, err
    assert "a worker of the sweep was killed by signal 9\n  fix: run the same command again" in err
    assert "Traceback" not in err, err


def finish(folder: Path, chat: ChatServer, monkeypatch: pytest.MonkeyPatch, *, workers: int) -> None:
    """Run the same command to its end, in this process, and look at the books."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv(*next(iter(KEY.items())))
    ended = command(*sweep(chat, workers=workers))
    assert ended.code == 0, ended
    check_rows(folder / "out", PLANNED)
    check_money(folder / "out", chat)
