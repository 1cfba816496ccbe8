"""Logs that Inspect cannot read: what a kill left half-written makes way, what is whole is never paid for twice."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inspect_horizon.runs import read_runs
from support.server import chat_server
from support.study import KEY, LITELLMS_OWN, command, crafty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.server import ChatServer

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.setenv(*next(iter(KEY.items())))
    monkeypatch.chdir(tmp_path)
    with chat_server(crafty) as running:
        yield running


def sweep(chat: ChatServer) -> tuple[object, ...]:
    asked = ("--suite", "atoms", "--model", "openai/gpt-5-mini", "--budgets", "tokens:20k", "--limit", 2)
    return ("sweep", "--yes", *asked, "--to", "out", "--model-base-url", chat.url)


def only_log() -> Path:
    """The log of a finished sweep, whose tables are taken away: it alone says what is done."""
    shutil.rmtree("out/runs")
    (log,) = Path("out/logs").rglob("*.eval")
    return log


def rewrite(log: Path, **header: Any) -> None:
    """Change keys of a log's header; the file stays whole."""
    import inspect_ai.log  # noqa: F401 - teaches zipfile the compression of logs

    with zipfile.ZipFile(log) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["header.json"] = json.dumps({**json.loads(parts["header.json"]), **header}).encode()
    with zipfile.ZipFile(log, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)


@pytest.mark.slow
def test_a_log_of_another_version_of_inspect_is_refused_and_not_paid_for_again(chat: ChatServer) -> None:
    """A status that this Inspect does not know; the log is left as it is, and read again once it can be."""
    assert command(*sweep(chat)).code == 0
    calls, log = len(chat.served), only_log()
    rewrite(log, status="hibernating")
    before = log.read_bytes()
    refused = command(*sweep(chat))
    assert refused.code == 1, refused
    assert "Traceback" not in refused.err
    for word in (f"log {log.absolute()} is not damaged", "cannot read it: ", "hibernating", "fix: install the inspect"):
        assert word in refused.err, refused
    assert len(chat.served) == calls, "nothing is spent"
    assert log.read_bytes() == before
    rewrite(log, status="success")
    assert command(*sweep(chat)).code == 0
    assert len(chat.served) == calls, "what the log holds is not done again"


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut short", "no zip", "no header"])
def test_a_log_that_was_left_half_written_makes_way(chat: ChatServer, damage: str) -> None:
    """Its runs are done again, and the file is kept beside."""
    assert command(*sweep(chat)).code == 0
    calls, log = len(chat.served), only_log()
    if damage == "no header":
        with zipfile.ZipFile(log, "w") as new:
            new.writestr("samples/1_epoch_1.json", "{}")
    else:
        log.write_bytes(log.read_bytes()[:-200] if damage == "cut short" else b"no log")
    ended = command(*sweep(chat))
    assert ended.code == 0, ended
    assert len(chat.served) == 2 * calls
    assert log.with_name(f"{log.name}.damaged").exists()
    assert read_runs("out")["success"].sum() == 2
