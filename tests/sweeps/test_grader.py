"""A model that grades: its money is apart from the run's budget, and within the sweep's cap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inspect_horizon.runs import read_runs, read_table
from support.server import Reply, Request, chat_server
from support.study import KEY, LITELLMS_OWN, command, standing
from support.suites import write_body

if TYPE_CHECKING:
    from pathlib import Path

    from support.server import ChatServer

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
GRADED = """
@task
def body():
    return Task(dataset=SAMPLES, solver=generate(), scorer=model_graded_qa())
"""


def grades(request: Request) -> bool:
    """Whether a request asks for a grade."""
    return "GRADE" in str(request["messages"][-1]["content"])


def grade_or_answer(request: Request) -> Reply:
    """A grader who is content with Paris, and a pupil who always says so."""
    return Reply("Paris is what was meant.\nGRADE: C" if grades(request) else "Paris")


def sweep(chat: ChatServer, to: str, *more: object) -> tuple[object, ...]:
    asked = ("--suite", "./mine", "--model", "openai/gpt-4o-mini", "--budgets", "usd:0.01", "--max-tokens", 200)
    return ("sweep", "--yes", *asked, "--max-connections", 1, "--to", to, "--model-base-url", chat.url, *more)


@pytest.mark.slow
def test_a_cap_binds_the_grader_and_a_higher_one_finishes_without_redoing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cap has room for a whole run and the next run's answer, and none for grading that answer."""
    monkeypatch.setenv(*next(iter(KEY.items())))
    monkeypatch.chdir(tmp_path)
    write_body(tmp_path / "mine", GRADED, tasks=3)
    with chat_server(grade_or_answer) as chat:
        assert command(*sweep(chat, "free")).code == 0
        runs, calls = read_runs("free"), read_table("free", "calls").sort_values("started_at")
        assert runs["success"].all()
        assert list(calls["phase"]) == ["agent", "scorer"] * 3
        assert runs["scorer_usd"].sum() == pytest.approx(calls.query("phase == 'scorer'")["cost_usd"].sum())
        assert runs["cost_usd"].sum() == pytest.approx(calls.query("phase == 'agent'")["cost_usd"].sum())

        cap = calls["cost_usd"].iloc[:3].sum() + 0.9 * calls["reserved_usd"].iloc[3]
        chat.served.clear()
        capped = command(*sweep(chat, "out", "--spend-cap", f"{cap:.9f}"))
        assert capped.code == 3, capped
        assert "does not fit the spend cap" in capped.err
        assert "Traceback" not in capped.err
        partly = standing(read_runs("out"))
        finished = partly[partly["stop_reason"] != "error"]
        assert len(finished) == 1
        assert sum(grades(request) for request in chat.requests) == 1
        assert read_table("out", "calls")["cost_usd"].sum() <= cap

        full = command(*sweep(chat, "out", "--spend-cap", 1))
        assert full.code == 0, full
    runs, calls = standing(read_runs("out")), read_table("out", "calls")
    assert runs["success"].all()
    assert (runs["scorer_usd"] > 0).all()
    assert len(calls[calls["run_id"] == finished["run_id"].iloc[0]]) == 2, "what was finished is left alone"
    every = read_runs("out")
    assert every[["cost_usd", "scorer_usd", "wasted_usd"]].sum().sum() == pytest.approx(calls["cost_usd"].sum())
