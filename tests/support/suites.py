"""Suites that tests write for themselves: small, and with task code of their own where it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "schema_version: 1\nname: {name}\nversion: '1'\nscaffold: generate\n{how}\ntasks:\n"
ROW = "- {{id: t{number}, human_minutes: {number}, human_source: estimate{more}}}\n"


def write_rows(folder: Path, *, tasks: int) -> None:
    """A suite of questions that "Paris" answers, one to so many minutes long."""
    folder.mkdir(parents=True)
    rows = [ROW.format(number=n, more=f", input: Question {n}, target: Paris") for n in range(1, tasks + 1)]
    head = HEAD.format(name=folder.name, how="scorer: includes")
    (folder / "suite.yaml").write_text(head + "".join(rows))


def write_body(folder: Path, code: str, *, tasks: int) -> None:
    """A suite whose function `body` makes the Inspect task; `SAMPLES` holds its samples, which "Paris" answers."""
    folder.mkdir(parents=True)
    rows = [ROW.format(number=n, more="") for n in range(1, tasks + 1)]
    head = HEAD.format(name=folder.name, how="body: code.py@body")
    (folder / "suite.yaml").write_text(head + "".join(rows))
    (folder / "code.py").write_text(BEFORE.format(tasks=tasks) + code)


BEFORE = """\
from inspect_ai import Task, task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import includes, model_graded_qa
from inspect_ai.solver import generate, solver

SAMPLES = [Sample(id=f"t{{n}}", input=f"Question {{n}}?", target="Paris") for n in range(1, {tasks} + 1)]

"""
