"""What a person at a terminal of 80 columns is asked and told."""

from __future__ import annotations

import os
import pty
import subprocess
import termios
from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st

from inspect_horizon.cli.saying import wrapped
from support.study import HORIZON, KEY, LONGEST_SECONDS, environment, horizon

if TYPE_CHECKING:
    from pathlib import Path

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
