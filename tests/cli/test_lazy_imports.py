"""What reads results, and what only helps, loads neither Inspect nor LiteLLM, which take seconds each."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from inspect_horizon.cli import COMMANDS
from support.study import environment

if TYPE_CHECKING:
    from pathlib import Path

RUN = """
import json, sys
from inspect_horizon.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["horizon", *words]
    code = 0
    try:
        main()
    except SystemExit as stop:
        code = stop.code or 0
    heavy = [name for name in ("inspect_ai", "litellm", "matplotlib", "pandas") if name in sys.modules]
    print(json.dumps({"ran": words, "code": code, "heavy": heavy}), file=sys.stderr)
"""
MODELS = {"inspect_ai", "litellm"}


def loaded(*commands: tuple[str, ...], cwd: Path) -> dict[str, set[str]]:
    """Which heavy packages are loaded after each of some commands, one after the other in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(commands)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith('{"ran"')]
    assert [(tuple(each["ran"]), each["code"]) for each in told] == [(words, 0) for words in commands], done.stderr
    return {" ".join(each["ran"]): set(each["heavy"]) for each in told}


def needing_models(*commands: tuple[str, ...], cwd: Path) -> list[str]:
    """The commands that load Inspect or LiteLLM, the first of which is to blame."""
    return [words for words, heavy in loaded(*commands, cwd=cwd).items() if heavy & MODELS]


def runs_csv(folder: Path) -> Path:
    """Sixty runs at six lengths, by two models."""
    lines = ["task_id,model,success,human_minutes,cost_usd,task_family"]
    for model in ("a", "b"):
        for length in (1, 2, 4, 8, 16, 32):
            for again in range(5):
                solved = int(again * 8 < 40 - length)
                lines.append(f"t{length}-{again},{model},{solved},{length},{0.01 * length},f{again}")
    path = folder / "runs.csv"
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_help_loads_nothing_heavy_and_is_quick(word: str, tmp_path: Path) -> None:
    """Measured 0.15 s on a quiet core; the bound leaves room for a busy one."""
    began = time.perf_counter()
    assert loaded((word,), cwd=tmp_path) == {word: set()}
    assert time.perf_counter() - began < 5


def test_help_of_a_command_needs_no_model(tmp_path: Path) -> None:
    assert needing_models(*((name, "--help") for name in COMMANDS), cwd=tmp_path) == []


@pytest.mark.slow
def test_reading_results_needs_no_model(tmp_path: Path) -> None:
    """Import, frontier with its plot, and export."""
    runs_csv(tmp_path)
    bring = ("import", "runs.csv", "--to", "mine")
    draw = ("frontier", "mine", "--bootstrap", "20")
    assert needing_models(bring, draw, ("export", "mine", "--format", "jsonl"), cwd=tmp_path) == []
    assert (tmp_path / "mine" / "frontier.svg").exists()


def test_planning_and_looking_at_suites_need_no_model(tmp_path: Path) -> None:
    looks = [("list",), ("show", "ledger"), ("card", "ledger"), ("new", "mine", "--body")]
    assert needing_models(("plan",), *(("suites", *words) for words in looks), cwd=tmp_path) == []


def test_the_public_names_are_there_and_lazy() -> None:
    """`import inspect_horizon` is cheap, and every promised name can be had."""
    code = (
        "import sys, inspect_horizon as h\n"
        "assert not {'inspect_ai', 'litellm', 'numpy', 'pandas'} & set(sys.modules)\n"
        "for name in h.__all__: getattr(h, name)\n"
        "assert 'litellm' not in sys.modules and 'inspect_ai' not in sys.modules\n"
        "assert set(h.__all__) <= set(dir(h))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
