"""What a task's own `setup` asks a model is a part of the run: within its budget, its sweep's cap and its books."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inspect_horizon.runs import read_runs, read_table
from support.server import ChatServer, Reply, chat_server
from support.study import KEY, LITELLMS_OWN, command
from support.suites import write_body

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
PREPARED = """
from inspect_ai.model import get_model

@solver
def prepare(word):
    async def solve(state, generate):
        state.messages[0].text += (await get_model().generate(word)).completion
        return state
    return solve

@task
def body():
    return Task(dataset=SAMPLES, setup={setup}, solver=generate(), scorer=includes())
"""


def sweep(chat: ChatServer, budget: str, to: str) -> tuple[object, ...]:
    asked = ("--suite", "./mine", "--model", "openai/gpt-4o-mini", "--budgets", budget, "--max-tokens", 200)
    return ("sweep", "--yes", *asked, "--to", to, "--model-base-url", chat.url)


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.setenv(*next(iter(KEY.items())))
    monkeypatch.chdir(tmp_path)
    with chat_server(lambda _: Reply("Paris")) as running:
        yield running


@pytest.mark.parametrize("setup", ["prepare('One.')", "[prepare('One.'), prepare('Two.')]"])
def test_calls_of_a_setup_are_booked_and_paid_from_the_budget(tmp_path: Path, chat: ChatServer, setup: str) -> None:
    write_body(tmp_path / "mine", PREPARED.format(setup=setup), tasks=2)
    ended = command(*sweep(chat, "usd:0.01", "out"))
    assert ended.code == 0, ended
    runs, calls = read_runs("out"), read_table("out", "calls")
    assert runs["success"].all()
    prepared = setup.count("prepare")
    assert len(calls) == len(chat.served) == 2 * (prepared + 1)
    assert set(calls["phase"]) == {"agent"}
    assert runs["model_calls"].tolist() == [prepared + 1] * 2
    assert runs["cost_usd"].sum() == pytest.approx(calls["cost_usd"].sum())
    last = [str(request["messages"]) for request in chat.requests if "Question" in str(request["messages"])]
    assert all(text.count("Paris") == prepared for text in last), "the agent finds what was prepared"


def test_a_setup_that_does_not_fit_the_budget_ends_the_run_there(tmp_path: Path, chat: ChatServer) -> None:
    write_body(tmp_path / "mine", PREPARED.format(setup="prepare('One. ' * 1000)"), tasks=1)
    ended = command(*sweep(chat, "tokens:100", "out"))
    assert ended.code == 0, ended
    (run,) = read_runs("out").to_dict("records")
    assert (run["stop_reason"], run["success"]) == ("budget", False)
    assert chat.served == []
