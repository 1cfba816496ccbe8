"""Judges and tree search: what is asked of whom, who pays, and what is recorded."""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING

import pytest

from inspect_horizon.errors import UsageError
from inspect_horizon.runs import read_runs, read_table
from inspect_horizon.strategies.judges import read_grade, read_reward
from inspect_horizon.strategies.steps import NEXT, REST
from inspect_horizon.strategies.strategy import Strategy
from inspect_horizon.sweeps.spec import make_sweep
from inspect_horizon.sweeps.sweep import plan
from strategies.spending_runs import Spent, spend
from support.server import Reply, Request, chat_server
from support.study import KEY, LITELLMS_OWN, command, standing
from support.suites import write_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = [
    pytest.mark.filterwarnings(LITELLMS_OWN),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]
JUDGE = "openai/gpt-4o"
POLICY = "openai/gpt-4o-mini"
VALUE = """
def value(messages):
    said = [message["content"] for message in messages if message["role"] == "assistant"]
    digits = "".join(text for text in said if len(text) == 1)
    return len(digits) / 4 if set(digits) <= {"1"} else 0.05
"""


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*next(iter(KEY.items())))


def digits_of(request: Request) -> str:
    said = [str(message["content"]) for message in request["messages"] if message["role"] == "assistant"]
    return "".join(text for text in "\n".join(said).split() if text in "01")


def worth(digits: str) -> float:
    """Of the code 111: how far it is right."""
    return len(digits) / 4 if set(digits) <= {"1"} else 0.05


class Coder:
    """Guesses a code of three ones digit by digit, right every second time; and a judge who knows it, for its price."""

    def __init__(self) -> None:
        self._digit = itertools.cycle("01")

    def __call__(self, request: Request) -> Reply:
        if request["model"] == "gpt-4o":
            text = str(request["messages"][-1]["content"])
            if "GRADE" in text:
                work = text.partition("[Work]")[2].partition("How likely")[0]
                return Reply(f"Well.\nGRADE: {worth(''.join(re.findall('[01]', work))):.2f}")
            return Reply(f"reward:{worth(digits_of(request)):.2f}")
        digits = digits_of(request)
        asked = request["messages"][-1]["content"]
        if asked == NEXT and len(digits) < 3:
            return Reply(next(self._digit))
        while len(digits) < 3:
            digits += next(self._digit)
        return Reply(f"ANSWER: {digits}")


def coded(folder: Path, strategy: str, budget: str = "usd:0.05", **more: object) -> tuple[Spent, list[Request]]:
    with chat_server(Coder()) as chat:
        run = spend(chat, folder, strategy, budget, name=POLICY, question="The code?", target="111", **more)  # type: ignore[arg-type] # options of several types
        return run, chat.requests


@pytest.mark.slow
@pytest.mark.parametrize("judge", [f"model:{JUDGE}", f"grader:{JUDGE}"])
@pytest.mark.parametrize("search", ["rebase:n=4", "rebase:n=4,variant=code", "mcts:n=3"])
def test_a_search_finds_what_guessing_seldom_does(tmp_path: Path, search: str, judge: str) -> None:
    """One guess in eight is right; and the judge is paid from the run's budget like the model it judges."""
    run, _ = coded(tmp_path, f"{search},judge={judge},answer=best_of_n")
    assert run.right
    assert set(run.column("verifier")) == {judge}
    phases = {call["phase"] for call in run.calls}
    assert phases == {"agent", "verifier"}
    assert run.attempt["spent"] == pytest.approx(sum(call["cost_usd"] for call in run.calls))
    assert float(run.attempt["spent"]) <= 0.05
    assert {call["model"] for call in run.calls if call["phase"] == "verifier"} == {JUDGE}
    assert {call["number"] for call in run.calls} == set(run.column("number"))
    assert any(parent is not None for parent in run.column("parent"))


def test_the_tree_of_rebase_is_the_published_one(tmp_path: Path) -> None:
    """Four at the root: 0 1 0 1. The two ones, at 0.25, share what is left of the width evenly, 2 and 2, and so on."""
    _, requests = coded(tmp_path, "rebase:n=4,variant=code,answer=best_of_n,judge=model:" + JUDGE)
    steps = [request for request in requests if request["model"] != "gpt-4o"]
    assert [len(digits_of(request)) for request in steps[:12]] == [0] * 4 + [1] * 4 + [2] * 4
    assert [digits_of(request) for request in steps[4:8]].count("1") >= 3
    assert {request["max_tokens"] for request in steps} == {256}
    assert {digits_of(request) for request in steps[8:12]} <= {"11", "10"}


def test_a_reward_model_is_shown_the_task_and_the_work_and_answers_with_a_number(tmp_path: Path) -> None:
    """The documented request: the task as a user's message, all steps so far as one of the assistant's."""
    _, requests = coded(tmp_path, f"rebase:n=2,judge=model:{JUDGE}")
    asked = [request for request in requests if request["model"] == "gpt-4o"]
    assert [message["role"] for message in asked[-1]["messages"]] == ["user", "assistant"]
    assert asked[-1]["messages"][0]["content"] == "The code?"
    assert asked[-1]["max_tokens"] == 16
    assert NEXT not in str(asked[-1]["messages"])


def test_at_the_greatest_depth_the_rest_is_asked_for(tmp_path: Path) -> None:
    _, requests = coded(tmp_path, f"rebase:n=2,depth=1,step=64,judge=model:{JUDGE}")
    steps = [(request["messages"][-1]["content"], request["max_tokens"]) for request in requests
             if request["model"] != "gpt-4o"]  # fmt: skip
    assert steps == [(NEXT, 64)] * 2 + [(REST, 1024)] * 2


def test_the_tasks_own_value_guides_a_search_for_nothing(tmp_path: Path) -> None:
    def value(messages: Sequence[dict[str, str]]) -> float:
        said = "".join(message["content"] for message in messages if message["role"] == "assistant")
        return worth(said.partition("ANSWER: ")[2] or said)

    run, requests = coded(tmp_path, "rebase:n=4,answer=best_of_n", value=value)
    assert run.right
    assert set(run.column("verifier")) == {"task"}
    assert {request["model"] for request in requests} == {"gpt-4o-mini"}
    with pytest.raises(UsageError, match=r"needs to know what unfinished work is worth.*\n  fix: name a function"):
        coded(tmp_path, "rebase:n=4")


@pytest.mark.slow
def test_what_a_search_found_counts_when_its_budget_is_spent(tmp_path: Path) -> None:
    for budget in ("usd:0.0004", "usd:0.0008", "usd:0.0012", "usd:0.002"):
        run, _ = coded(tmp_path, f"mcts:n=8,root=8,answer=best_of_n,judge=model:{JUDGE}", budget)
        assert run.attempt["spent"] <= float(budget[4:]) * (1 + 1e-9)
        assert run.reason == ("submitted" if any(run.column("submitted")) else "budget")


def test_ignoring_the_judge_would_have_made_the_dearer_strategy_look_the_cheaper(tmp_path: Path) -> None:
    """Best of 3 by a judge at 17 times the price: by its own calls cheaper than a vote of 6, in truth far dearer."""
    best, _ = coded(tmp_path, f"samples:n=3,answer=best_of_n,judge=model:{JUDGE}")
    vote, _ = coded(tmp_path, "samples:n=6,answer=majority")

    def usd(run: Spent, *phases: str) -> float:
        return math.fsum(call["cost_usd"] for call in run.calls if call["phase"] in phases)

    assert usd(best, "agent") < usd(vote, "agent") < usd(best, "agent", "verifier")
    assert best.attempt["spent"] == pytest.approx(usd(best, "agent", "verifier"))


def test_best_of_n_by_the_task_itself_is_coverage(tmp_path: Path) -> None:
    """Right if any try is: the perfect scorer, for nothing."""
    answers = itertools.cycle(["ANSWER: 000", "ANSWER: 110", "ANSWER: 111"])
    with chat_server(lambda _: Reply(next(answers))) as chat:
        run = spend(chat, tmp_path, "samples:n=3,answer=best_of_n,judge=task", name=POLICY, target="111")
    assert run.right
    assert run.column("verifier_score") == run.column("score") == [0.0, 0.0, 1.0]
    assert {call["phase"] for call in run.calls} == {"agent"}


@pytest.mark.parametrize(("answer", "right"), [("majority", False), ("weighted_majority", True)])
def test_a_weighted_vote_weighs_what_the_judge_says(tmp_path: Path, answer: str, right: bool) -> None:
    """Two at 0.2 against one at 0.9."""
    answers = itertools.cycle(["ANSWER: 000", "ANSWER: 000", "ANSWER: 111"])

    def think(request: Request) -> Reply:
        if request["model"] != "gpt-4o":
            return Reply(next(answers))
        return Reply("0.9" if "111" in str(request["messages"][-1]["content"]) else "0.2")

    with chat_server(think) as chat:
        run = spend(chat, tmp_path, f"samples:n=3,answer={answer},judge=model:{JUDGE}", name=POLICY, target="111")
    assert run.column("verifier_score") == [0.2, 0.2, 0.9]
    assert run.right is right


def test_an_unreadable_grade_is_unknown_and_ranks_last(tmp_path: Path) -> None:
    answers = itertools.cycle(["000", "111"])

    def think(request: Request) -> Reply:
        if request["model"] != "gpt-4o":
            return Reply(f"ANSWER: {next(answers)}")
        return Reply("GRADE: 0.1" if "111" in str(request["messages"]) else "I would rather not say.")

    with chat_server(think) as chat:
        run = spend(chat, tmp_path, f"samples:n=2,answer=best_of_n,judge=grader:{JUDGE}", name=POLICY, target="111")
    assert run.column("verifier_score") == [None, 0.1]
    assert run.right


@pytest.mark.parametrize(
    ("reply", "number"),
    [("0.83", 0.83), ("reward:-1.25", -1.25), ("score = 1e-3", 0.001), ("none", None), ("", None)],
)
def test_a_reward_is_the_first_number(reply: str, number: float | None) -> None:
    assert read_reward(reply) == number


@pytest.mark.parametrize(
    ("reply", "grade"),
    [("Good.\nGRADE: 0.7", 0.7), ("GRADE: 0.2 no, **GRADE: 1**", 1.0), ("GRADE: 7", None), ("0.5", None)],
)
def test_a_grade_is_the_last_from_0_to_1(reply: str, grade: float | None) -> None:
    assert read_grade(reply) == grade


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("samples:answer=best_of_n", r"chooses by a judge, and has none\n  fix: add judge=task"),
        ("rebase:judge=oracle", "judge of strategy rebase is 'oracle'"),
        ("rebase:judge=model:gpt-4o", "write task, or a model as model:PROVIDER/NAME"),
        ("rebase:answer=first_submitted", "write one of majority, weighted_majority, best_of_n"),
        ("rebase:variant=third", "write one of paper, code"),
    ],
)
def test_a_search_that_makes_no_sense_is_refused(written: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Strategy.parse(written)


def planned(suite: str, strategy: str) -> None:
    plan(make_sweep(suites=(suite,), models=("embedded/clerk-small",), strategies=(strategy,), budgets="usd:0.1"))


def test_searches_are_planned_for_suites_that_they_can_work_on(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="suite ledger needs an agent with tools"):
        planned("ledger", f"mcts:judge=grader:{JUDGE}")
    with pytest.raises(UsageError, match="suite atoms does not say"):
        planned("atoms", "rebase")
    with pytest.raises(Exception, match="openai/no-such-model"):
        planned("atoms", "rebase:judge=model:openai/no-such-model")
    planned("atoms", f"rebase:judge=grader:{JUDGE}")


def test_a_judges_money_is_in_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the command, with a suite that says itself what unfinished work is worth."""
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path / "mine", tasks=1)
    yaml = tmp_path / "mine" / "suite.yaml"
    text = yaml.read_text().replace("Question 1", "What is the code").replace("Paris", "'111'")
    yaml.write_text(text.replace("tasks:", "partial: worth.py@value\ntasks:"))
    (tmp_path / "mine" / "worth.py").write_text(VALUE)
    strategies = (f"samples:n=2,answer=best_of_n,judge=model:{JUDGE}", "rebase:n=4")
    with chat_server(Coder()) as chat:
        ended = command(
            *("sweep", "--yes", "--suite", "./mine", "--model", POLICY, "--budgets", "usd:0.05", "--workers", 1),
            *(word for strategy in strategies for word in ("--strategy", strategy)),
            *("--to", "out", "--model-base-url", chat.url, "--max-connections", 1),
        )
    assert ended.code == 0, ended
    runs, found = standing(read_runs("out")), read_table("out", "tries")
    sums = found.groupby("run_id")[["spent_usd", "verifier_usd", "spent_tokens", "verifier_tokens"]].sum()
    for _, run in runs.iterrows():
        own = sums.loc[run["run_id"]]
        assert run["cost_usd"] == pytest.approx(own["spent_usd"] + own["verifier_usd"])
        assert run["input_tokens"] + run["output_tokens"] == own["spent_tokens"] + own["verifier_tokens"]
    judged = runs[runs["strategy"].str.startswith("samples")]["run_id"].iloc[0]
    assert sums.loc[judged, "verifier_usd"] > sums.loc[judged, "spent_usd"], "ignored, it would be less than half"
    assert set(found["verifier"]) == {f"model:{JUDGE}", "task"}
    calls = read_table("out", "calls")
    assert set(calls["phase"]) == {"agent", "verifier"}
    assert command("explain", "out", judged).code == 0
