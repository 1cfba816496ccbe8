"""The same sweep again, spelled differently or mended: what is done is never done again, what failed is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from inspect_horizon.runs import read_runs, read_table
from support.server import Fault, Reply, chat_server
from support.study import KEY, LITELLMS_OWN, command, standing
from support.suites import write_body, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.server import ChatServer

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.setenv(*next(iter(KEY.items())))
    monkeypatch.chdir(tmp_path)
    with chat_server(lambda _: Reply("Paris")) as running:
        yield running


def sweep(chat: ChatServer, suite: object, *more: object) -> tuple[object, ...]:
    asked = ("--suite", suite, "--model", "openai/gpt-4o-mini", "--budgets", "tokens:5k", "--max-connections", 1)
    return ("sweep", "--yes", *asked, "--to", "out", "--model-base-url", chat.url, *more)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("./mine",), ("{here}/mine",)),
        (("{here}/mine/", "--limit", 3), ("./mine",)),
        (("mine/suite.yaml",), ("../{name}/mine/", "--limit", 40)),
        (("linked/mine", "--limit", 5), ("./mine/", "--limit", 3)),
    ],
)
def test_another_spelling_of_the_suite_or_its_limit_is_the_same_sweep(
    chat: ChatServer, tmp_path: Path, first: tuple[object, ...], second: tuple[object, ...]
) -> None:
    """Of three runs one fails; the other spelling does that one alone, and then nothing is left to do."""
    write_rows(tmp_path / "mine", tasks=3)
    (tmp_path / "linked").symlink_to(tmp_path, target_is_directory=True)

    def spelled(asked: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(str(word).format(here=tmp_path, name=tmp_path.name) for word in asked)

    chat.faults = [Fault(status=400)]
    assert command(*sweep(chat, *spelled(first))).code == 3
    assert len(chat.served) == 3
    ended = command(*sweep(chat, *spelled(second)))
    assert ended.code == 0, ended
    assert len(chat.served) == 4
    assert command(*sweep(chat, *spelled(first))).code == 0
    assert len(chat.served) == 4
    assert sorted(standing(read_runs("out"))["attempt"]) == [1, 1, 2]


BROKEN = """
import os

@solver
def fragile():
    async def solve(state, generate):
        if "MOON" in os.environ and state.sample_id == "t2":
            raise KeyError("moon")
        return state
    return solve

@task
def body():
    return Task(dataset=SAMPLES, {place}, scorer=includes())
"""


@pytest.mark.parametrize("place", ["setup=fragile(), solver=generate()", "solver=[fragile(), generate()]"])
def test_task_code_that_fails_before_the_first_call_leaves_a_row_and_is_tried_again(
    chat: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Its run has its name, its error and no cost; the others are not disturbed, and a rerun does it alone."""
    write_body(tmp_path / "mine", BROKEN.format(place=place), tasks=3)
    monkeypatch.setenv("MOON", "full")
    ended = command(*sweep(chat, "./mine"))
    assert ended.code == 3, ended
    assert re.search("^1 runs: KeyError.*moon", ended.err, re.MULTILINE), ended
    runs = read_runs("out").sort_values("task_id")
    names = list(runs["run_id"])
    cell = names[0].partition("/")[0]
    assert names == [f"{cell}/t1/1", f"{cell}/t2/1", f"{cell}/t3/1"]
    assert list(runs["stop_reason"].eq("error")) == [False, True, False]
    assert "moon" in runs["error"].iloc[1]
    assert runs["success"].sum() == 2
    assert set(read_table("out", "calls")["run_id"]) == {names[0], names[2]}, "a run without a call costs nothing"

    monkeypatch.delenv("MOON")
    again = command(*sweep(chat, "./mine"))
    assert again.code == 0, again
    assert len(chat.served) == 3
    rows = read_runs("out").query("task_id == 't2'").sort_values("attempt")
    assert list(rows["attempt"]) == [1, 2]
    assert list(rows["superseded"]) == [True, False]
    assert list(rows["run_id"]) == [names[1]] * 2
    assert rows["success"].iloc[1]


COOL = """
from inspect_ai.model import GenerateConfig

@task
def body():
    config = GenerateConfig(temperature=0.25, max_tokens=77, top_p=0.5)
    return Task(dataset=SAMPLES, solver=generate(), scorer=includes(), config=config)
"""


def test_settings_of_the_suites_own_task_are_kept_beside_the_sweeps(chat: ChatServer, tmp_path: Path) -> None:
    """The sweep overrules what it names, and leaves the rest as the task's author wrote it."""
    write_body(tmp_path / "mine", COOL, tasks=1)
    assert command(*sweep(chat, "./mine")).code == 0
    assert command(*sweep(chat, "./mine", "--temperature", 1, "--seed", 3, "--to", "warm")).code == 0
    own, warm = chat.requests
    assert (own["temperature"], own["max_tokens"], own["top_p"]) == (0.25, 77, 0.5)
    assert (warm["temperature"], warm["max_tokens"], warm["top_p"]) == (1, 77, 0.5)
    assert set(read_runs("out")["condition"]) == {"plain"}
    assert set(read_runs("warm")["condition"]) == {"temperature=1.0"}
