"""What a person at a terminal of 80 columns is asked and told."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import termios
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inspect_horizon.cli.saying import wrapped
from support.server import Fault, Reply, chat_server
from support.study import HORIZON, KEY, LITELLMS_OWN, LONGEST_SECONDS, command, environment, horizon
from support.suites import write_rows

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
API = ("--suite", "atoms", "--model", "openai/gpt-5-mini", "--limit", 3, "--budgets", "usd:0.01", "--to", "out")
UNKNOWN = ("sweep", *API[2:], "--suite", "a-suite-that-is-not-there-and-has-quite-a-long-name")


def at_a_terminal(*arguments: object, cwd: Path, answer: str = "") -> tuple[int, list[str]]:
    """Run `horizon` at a terminal, answer its question if it asks one, and read all that it shows."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    env = {name: value for name, value in environment(KEY).items() if name not in ("COLUMNS", "LINES")}
    command = [str(HORIZON), *map(str, arguments)]
    with subprocess.Popen(command, cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while chunk := _read(ours):
            shown += chunk
            if answer and shown.endswith(b"[y/N]: "):
                os.write(ours, answer.encode())
        code = process.wait(timeout=LONGEST_SECONDS)
    os.close(ours)
    return code, shown.decode().splitlines()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how Linux says that nobody holds the other end any more
        return b""


def test_who_answers_no_is_told_that_nothing_was_started(tmp_path: Path) -> None:
    code, lines = at_a_terminal("sweep", *API, cwd=tmp_path, answer="n\n")
    assert lines[-1] == "nothing was started", lines
    assert lines[-2] == "Go ahead? [y/N]: n"
    assert code == 130
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_long_messages_are_wrapped_on_a_terminal_and_only_there(tmp_path: Path) -> None:
    code, lines = at_a_terminal(*UNKNOWN, cwd=tmp_path)
    piped = horizon(*UNKNOWN, cwd=tmp_path)
    assert code == piped.code == 2
    assert max(map(len, piped.err.splitlines())) > 80
    assert max(map(len, lines)) <= 80
    assert " ".join(" ".join(lines).split()) == " ".join(piped.err.split())


words = st.text("ab-/=.:", min_size=1, max_size=12)
spoken = st.lists(words | st.lists(words, min_size=1, max_size=4).map(lambda parts: f"`{' '.join(parts)}`"), min_size=1)


@given(said=spoken.map(" ".join), fix=spoken.map(" ".join))
@example(said="no " * 40, fix="rebuild it with `horizon collect results/a-study --to results/another`, " * 3)
def test_wrapping_moves_no_word_and_splits_no_command(said: str, fix: str) -> None:
    message = f"error: {said.strip()}\n  fix: {fix.strip()}"
    lines = wrapped(message).split("\n")
    assert " ".join(" ".join(lines).split()) == " ".join(message.split())
    assert all(line.count("`") % 2 == 0 for line in lines)
    begun = next(number for number, line in enumerate(lines) if line.startswith("  fix: "))
    assert all(line.startswith("       ") for line in lines[begun + 1 :])
    assert all(len(line) <= 80 or "`" in line for line in lines)


HOSTILE = "m\x1b[31m\x1b]0;owned\x07\x9b2J\u202egnp.exe\r[red]$x^2$[/red]\x08"
"""Colours, a window's title, a cleared screen, a turned direction, a line written over, markup of two libraries."""
SHOWN = "[red]$x^2$[/red]"


def unshowable(text: str) -> set[str]:
    """What a terminal would obey in a text."""
    return {mark for mark in text if unicodedata.category(mark) in ("Cc", "Cf", "Cs", "Zl", "Zp")} - {"\n", "\t"}


def hostile_study(folder: Path) -> None:
    """Runs of which all that is text comes from somebody who means harm."""
    rows = [
        {"task_id": f"{HOSTILE}{n}", "model": HOSTILE, "success": n < 4, "human_minutes": 2.0**n, "cost_usd": 0.01}
        for n in range(8)
        for _ in range(2)
    ]
    for row in rows:
        row |= {
            "suite": HOSTILE,
            "scaffold": HOSTILE,
            "error": HOSTILE,
            "price_source": HOSTILE,
            "human_source": HOSTILE,
        }
    frame = pd.DataFrame([{**row, "epoch": n % 2 + 1, "run_id": f"{HOSTILE}{n}"} for n, row in enumerate(rows)])
    frame.to_json(folder / "theirs.jsonl", orient="records", lines=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:human_source:UserWarning")
def test_no_text_of_others_reaches_the_terminal_as_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, errors and sources of a study, in every command that shows them, in results and messages."""
    monkeypatch.chdir(tmp_path)
    hostile_study(tmp_path)
    (tmp_path / "bad.csv").write_text(f"task_id,model,success,human_minutes\na,m,{HOSTILE},5\n", newline="")
    commands: list[tuple[object, ...]] = [
        ("import", "theirs.jsonl", "--to", "out"),
        ("import", "bad.csv", "--to", "other"),
        ("frontier", "out", "--bootstrap", 20),
        ("frontier", "out", "--bootstrap", 20, "--json"),
        ("frontier", HOSTILE),
        ("explain", "out", f"{HOSTILE}1"),
        ("explain", "out", HOSTILE),
        ("overshoot", "out"),
        ("decompose", "out", "--from", HOSTILE, "--to", HOSTILE),
        ("import", "theirs.jsonl", "--to", "out", "--map", f"{HOSTILE}=task_id"),
        ("sweep", "--suite", HOSTILE, "--model", HOSTILE, "--budgets", HOSTILE),
        ("sweep", f"--{HOSTILE}"),
        (HOSTILE,),
    ]
    for words in commands:
        ended = command(*words)
        assert not unshowable(ended.out + ended.err), (words, ended)
    assert SHOWN in command("frontier", "out", "--bootstrap", 20).out


def test_a_suite_and_a_provider_cannot_command_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite's own words, and what a provider says of a call that it refuses."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(*next(iter(KEY.items())))
    write_rows(tmp_path / "mine", tasks=2)
    about = f"title: {json.dumps(HOSTILE)}\ndescription: {json.dumps(HOSTILE)}\ntasks:\n"
    yaml = tmp_path / "mine" / "suite.yaml"
    yaml.write_text(yaml.read_text().replace("tasks:\n", about).replace("Question 1", "Question \U000e0041"))
    asked = ("--suite", "./mine", "--model", "openai/gpt-5-mini", "--budgets", "usd:0.01", "--to", "out")
    fault = Fault(status=400, error={"message": HOSTILE, "type": "x", "code": "x"})
    with chat_server(lambda _: Reply("Paris"), faults=[fault] * 9) as chat:
        swept = command("sweep", "--yes", *asked, "--model-base-url", chat.url)
    assert SHOWN in swept.err, swept
    others = [("suites", "show", "./mine"), ("suites", "list", "--suites", "."), ("watch", "out", "--once")]
    for ended in (swept, *(command(*words) for words in others)):
        assert not unshowable(ended.out + ended.err), ended
