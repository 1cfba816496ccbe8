"""A sweep on a Ray cluster, whose machines, workers, ledger, driver and head die: complete, exact, as the local one."""

from __future__ import annotations

import json
import os
import random
import signal
from typing import TYPE_CHECKING, Any

import pytest

from inspect_horizon.runs import read_runs
from support.books import MODEL, booked_within, check_money, check_rows
from support.buckets import bucket_named
from support.cluster import SETTINGS, kill, ray_cluster
from support.kills import wait_until_gone
from support.server import chat_server
from support.study import KEY, LITELLMS_OWN, Counting, command, start

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from support.cluster import Machines
    from support.server import ChatServer

pytest.importorskip("ray")
pytestmark = [pytest.mark.filterwarnings(LITELLMS_OWN), pytest.mark.slow]
CLERK = "embedded/clerk-small"
CAP_USD_A_TASK = 0.75
LONGEST_SECONDS = 600.0
SOAK_KILLS = int(os.environ.get("KILLS", "50"))
TASKS = 4
CELLS = 2 * 2 * 2


@pytest.fixture
def thinking() -> Counting:
    return Counting()


@pytest.fixture
def chat(thinking: Counting) -> Iterator[ChatServer]:
    with chat_server(thinking) as running:
        yield running


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    with ray_cluster() as cluster:
        yield cluster


def sweep(chat: ChatServer, to: str, *more: object, tasks: int = TASKS) -> tuple[object, ...]:
    """Two suites, models and budgets; half of its 8 cells are of an embedded model, whose luck hangs on its seeds."""
    return (
        *("sweep", "--yes", "--suite", "ledger", "--suite", "atoms", "--model", MODEL, "--model", CLERK),
        *("--limit", tasks, "--budgets", "usd:0.004,0.05", "--mode", "grid", "--to", to, "--model-base-url", chat.url),
        *("--max-connections", 4, "--spend-cap", CAP_USD_A_TASK * tasks, *more),
    )


def begin(
    chat: ChatServer, machines: Machines, folder: Path, *more: object, tasks: int = TASKS
) -> subprocess.Popen[str]:
    on_ray = ("--engine", "ray", "--address", machines.address, *more)
    return start(*sweep(chat, "out", *on_ray, tasks=tasks), cwd=folder, env={**SETTINGS, **KEY})


def ended_well(process: subprocess.Popen[str], tasks: int = TASKS) -> None:
    out, err = process.communicate(timeout=LONGEST_SECONDS)
    assert process.returncode == 0, err
    assert f"runs      {CELLS * tasks} of {CELLS * tasks}" in out
    assert "overshoot 0 runs" in out
    assert not any(word in err for word in ("ray::", "raylet", "WARNING", "Traceback", KEY["OPENAI_API_KEY"])), err


def horizon_of(folder: str) -> Any:
    """The frontier, as data; attempts that were cut off are counted there, and are another's business."""
    told = command("frontier", folder, "--json", "--bootstrap", 50)
    assert told.code == 0, told
    return {name: value for name, value in json.loads(told.out).items() if name != "left_out"}


def outcomes(folder: Path) -> dict[str, tuple[Any, ...]]:
    """What the standing attempt at each run came to."""
    runs = read_runs(folder)
    stands = runs[~runs["superseded"].astype(bool)]
    columns = ["stop_reason", "success", "score", "cost_usd", "input_tokens", "output_tokens", "model_calls"]
    return {row["run_id"]: tuple(row[name] for name in columns) for _, row in stands.iterrows()}


def test_a_machine_dies_half_way_and_the_frontier_is_the_local_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machines: Machines, chat: ChatServer, thinking: Counting
) -> None:
    """Its cells go on elsewhere, the cap holds throughout, and run by run it is as on one machine without Ray."""
    second = machines.add()
    with thinking.stuck_after(20):
        process = begin(chat, machines, tmp_path)
        assert thinking.wait_for(21, process), process.communicate()
        booked_within(CAP_USD_A_TASK * TASKS, tmp_path / "out", chat)
        machines.kill(second)
    ended_well(process)
    booked_within(CAP_USD_A_TASK * TASKS, tmp_path / "out", chat)
    check_rows(tmp_path / "out", CELLS * TASKS)
    check_money(tmp_path / "out", chat)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(*next(iter(KEY.items())))
    with chat_server(Counting()) as other:
        alone = command(*sweep(other, "alone", "--workers", 1))
    assert alone.code == 0, alone
    assert outcomes(tmp_path / "out") == outcomes(tmp_path / "alone")
    assert horizon_of("out") == horizon_of("alone")


def killed_now_and_then(
    folder: Path, machines: Machines, chat: ChatServer, thinking: Counting, *, kills: int, tasks: int
) -> None:
    """SIGKILL to the ledger's keeper, a worker or the command, each after some more calls; then the sweep's end."""
    rng = random.Random(kills)
    process = begin(chat, machines, folder, tasks=tasks)
    for number in range(kills):
        assert thinking.wait_for(thinking.calls + rng.randrange(1, 6), process), process.communicate()
        what = ("keeper", "cell", "command")[number % 3]
        if what == "command":
            process.kill()
            process.communicate(timeout=LONGEST_SECONDS)
            wait_until_gone(process)
            process = begin(chat, machines, folder, tasks=tasks)
        else:
            found = machines.keepers() if what == "keeper" else machines.cells()
            for pid in found and [rng.choice(found)]:
                kill(pid)
        booked_within(CAP_USD_A_TASK * tasks, folder / "out", chat)
    ended_well(process, tasks)


@pytest.mark.parametrize(
    ("kills", "tasks"), [(3, TASKS), pytest.param(SOAK_KILLS, SOAK_KILLS // 2, marks=pytest.mark.soak)]
)
def test_kills_at_random_lose_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    machines: Machines,
    chat: ChatServer,
    thinking: Counting,
    kills: int,
    tasks: int,
) -> None:
    """Whatever dies, every dollar that the server counted is in the ledger; the local engine finds nothing to do."""
    killed_now_and_then(tmp_path, machines, chat, thinking, kills=kills, tasks=tasks)
    check_rows(tmp_path / "out", CELLS * tasks)
    check_money(tmp_path / "out", chat)
    calls = thinking.calls
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(*next(iter(KEY.items())))
    again = command(*sweep(chat, "out", tasks=tasks))
    assert again.code == 0, again
    assert thinking.calls == calls, "a finished sweep makes no call, whichever engine is asked"


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_ctrl_c_leaves_a_way_on_where_the_logs_are_on_s3(tmp_path: Path, chat: ChatServer, thinking: Counting) -> None:
    """As without a cluster: one sentence, nothing that was paid for is lost, and the same command does the rest."""
    with bucket_named(tmp_path.name) as bucket, ray_cluster() as machines:
        with thinking.stuck_after(20):
            process = begin(chat, machines, tmp_path, "--store", bucket)
            assert thinking.wait_for(21, process), process.communicate()
            os.killpg(process.pid, signal.SIGINT)
            _, err = process.communicate(timeout=LONGEST_SECONDS)
            wait_until_gone(process)
        assert process.returncode == 130, err
        assert err.endswith("stopped; nothing that was paid for is lost. Run the same command again to go on\n")
        assert "Traceback" not in err, err
        booked_within(CAP_USD_A_TASK * TASKS, tmp_path / "out", chat)
        begun = read_runs(tmp_path / "out")
        done = set(begun[begun["stop_reason"] != "error"]["run_id"])
        ended_well(begin(chat, machines, tmp_path, "--store", bucket))
    check_rows(tmp_path / "out", CELLS * TASKS)
    check_money(tmp_path / "out", chat)
    assert not list(tmp_path.rglob("*.eval"))
    attempts = read_runs(tmp_path / "out").groupby("run_id").size()
    assert (attempts[list(done)] == 1).all()


def test_what_a_lost_head_leaves_undone_the_local_engine_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chat: ChatServer, thinking: Counting
) -> None:
    """The command collects what there is and says what has happened; no run that was done is done again."""
    with ray_cluster() as machines, thinking.stuck_after(25):
        process = begin(chat, machines, tmp_path)
        assert thinking.wait_for(26, process), process.communicate()
        machines.kill_head()
        _, err = process.communicate(timeout=LONGEST_SECONDS)
    assert process.returncode == 3, err
    assert "Ray's driver of the sweep ended" in err
    assert "then run the same command again" in err
    assert "Traceback" not in err
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(*next(iter(KEY.items())))
    runs = read_runs(tmp_path / "out")
    done = set(runs[runs["stop_reason"].isin(["submitted", "budget"])]["run_id"])
    again = command(*sweep(chat, "out"))
    assert again.code == 0, again
    check_rows(tmp_path / "out", CELLS * TASKS)
    check_money(tmp_path / "out", chat)
    attempts = read_runs(tmp_path / "out").groupby("run_id").size()
    assert (attempts[list(done)] == 1).all()
