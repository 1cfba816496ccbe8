"""Budgets in weighted tokens, in operations and in seconds hold as hard as those in tokens and dollars."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.agent import react
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import ModelOutput, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import Tool, tool

from inspect_horizon.budgets.prices import priced_by
from inspect_horizon.strategies.budgeted import booked_in, budgeted
from models.asking import MINI, model
from models.test_hard_budget import evaluate, look, restless, task_of
from support.server import ChatServer, Fault, Reply, chat_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inspect_horizon.budgets.ledger import Ledger

PARAMETERS = 7e9
TIME = 1.5
"""Seconds."""


@pytest.fixture
def restless_server() -> Iterator[ChatServer]:
    with chat_server(restless) as running:
        yield running


def sums(ledger: Ledger, weights: dict[str, float]) -> list[float]:
    """What each run's calls come to, by a formula."""
    found: dict[str, float] = {}
    for call in ledger.calls():
        if call["outcome"] == "answered":
            amount = sum(weight * call[count] for count, weight in weights.items())
            found[call["attempt_id"]] = found.get(call["attempt_id"], 0.0) + amount
    return list(found.values())


def test_a_budget_of_weighted_tokens_holds(restless_server: ChatServer, ledger: Ledger, tmp_path: Path) -> None:
    """What a cache gives back at a tenth and what is generated at five times weigh what the formula says."""
    formula = "input+0.1*cache_read+5*output"
    with booked_in(ledger):
        task = Task(
            dataset=[Sample(id="1", input="Find the lamp.", target="lamp")],
            solver=budgeted(react(tools=[look()]), "weighted_tokens:4k", "cell", token_weights=formula),
        )
    evaluate(restless_server, ledger, tmp_path, task, max_tokens=None)
    (spent,) = sums(ledger, {"input_tokens": 1.0, "cache_read_tokens": 0.1, "generated_tokens": 5.0})
    assert 2000 < spent <= 4000
    (attempt,) = ledger.attempts()
    assert attempt["spent"] == pytest.approx(spent)
    assert (attempt["stop_reason"], attempt["overshoot"]) == ("budget", 0.0)


@pytest.mark.parametrize(
    ("kind", "counted"),
    [
        ("flops", {"input_tokens": 2 * PARAMETERS, "generated_tokens": 2 * PARAMETERS}),
        ("flops_generated", {"generated_tokens": 2 * PARAMETERS}),
    ],
)
def test_a_budget_of_operations_holds(
    restless_server: ChatServer, ledger: Ledger, tmp_path: Path, kind: str, counted: dict[str, float]
) -> None:
    """Two operations for each parameter and token that goes through the model; what a cache holds does not."""
    sizes = tmp_path / "sizes.yaml"
    sizes.write_text(f"active_parameters:\n  {MINI}: 7e9\n")
    budget = 80e12 if kind == "flops" else 5e12
    with priced_by(str(sizes)):
        evaluate(
            restless_server,
            ledger,
            tmp_path / "logs",
            task_of(react(tools=[look()]), f"{kind}:{budget:.0f}", ledger),
            max_tokens=None,
        )
    spent = sums(ledger, counted)
    assert len(spent) == 3
    assert all(0.4 * budget < each <= budget * (1 + 1e-9) for each in spent)
    assert {attempt["stop_reason"] for attempt in ledger.attempts()} == {"budget"}


def test_operations_of_a_model_of_unknown_size_are_refused(
    restless_server: ChatServer, ledger: Ledger, tmp_path: Path
) -> None:
    task = task_of(react(tools=[look()]), "flops:1e12", ledger)
    (log,) = inspect_eval(task, model=model(restless_server), display="none", log_dir=str(tmp_path))
    assert isinstance(log, EvalLog)
    assert log.status == "error"
    assert log.error is not None
    assert "active_parameters" in log.error.message
    assert not restless_server.served


def test_a_budget_of_seconds_cuts_off_the_call_under_way(ledger: Ledger, tmp_path: Path) -> None:
    """The call that the end of the time interrupts is charged its worst case, since the provider may bill it."""
    slow = [Fault(), *[Fault(delay_seconds=60.0, billed=True) for _ in range(9)]]
    with chat_server(restless, faults=slow) as server:
        with booked_in(ledger):
            task = Task(
                dataset=[Sample(id="1", input="Find the lamp.", target="lamp")],
                solver=budgeted(react(tools=[look()]), f"seconds:{TIME}", "cell"),
            )
        started = time.monotonic()
        (sample,) = evaluate(server, ledger, tmp_path, task)
        assert time.monotonic() - started < 30
    (attempt,) = ledger.attempts()
    assert (attempt["stop_reason"], attempt["overshoot"]) == ("budget", 0.0)
    assert TIME <= attempt["spent"] <= TIME + 0.5
    assert [call["outcome"] for call in ledger.calls()] == ["answered", "lost"]
    assert ledger.calls()[-1]["cost_usd"] == ledger.calls()[-1]["usd"]
    assert sample.limit is not None
    assert sample.limit.type == "working"
    assert len(sample.messages) > 2, "the state at the end of the time is scored"


@tool
def doze() -> Tool:
    """A tool that takes its time."""

    async def execute() -> str:
        """Wait."""
        import anyio

        await anyio.sleep(30)
        return "awake"

    return execute


def test_a_budget_of_seconds_cuts_off_a_tool(ledger: Ledger, tmp_path: Path) -> None:
    with chat_server(lambda _: Reply("", (("doze", {}),))) as server:
        evaluate(server, ledger, tmp_path, task_of(react(tools=[doze()]), "seconds:1", ledger))
    assert [attempt["stop_reason"] for attempt in ledger.attempts()] == ["budget"] * 3
    assert all(1.0 <= attempt["spent"] <= 1.5 for attempt in ledger.attempts())


def test_an_agent_that_is_done_in_time_is_not_cut_off(ledger: Ledger, tmp_path: Path) -> None:
    with chat_server(lambda _: Reply("", (("submit", {"answer": "lamp"}),))) as server:
        evaluate(server, ledger, tmp_path, task_of(react(tools=[look()]), "seconds:20", ledger))
    assert [attempt["stop_reason"] for attempt in ledger.attempts()] == ["submitted"] * 3
    assert all(0 < attempt["spent"] < 20 for attempt in ledger.attempts())


@solver
def chatty() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        for _ in range(40):
            state.output = await get_model().generate(state.messages)
        return state

    return solve


@pytest.mark.parametrize(("budget", "kind"), [("tokens:1000", "token"), ("cost_ratio:1/1000", "cost")])
def test_another_providers_model_has_inspects_own_limits(
    ledger: Ledger, tmp_path: Path, budget: str, kind: str
) -> None:
    """They stop a run after the call that crosses them, so it is marked soft."""
    from inspect_ai.model import ModelCost, ModelInfo, ModelUsage, set_model_info

    set_model_info(
        "mockllm/priced", ModelInfo(cost=ModelCost(input=1, output=1, input_cache_write=1, input_cache_read=1))
    )

    def reply(*_: object) -> ModelOutput:
        output = ModelOutput.from_content("mockllm/priced", "hm")
        output.usage = ModelUsage(input_tokens=90, output_tokens=60, total_tokens=150)
        return output

    with booked_in(ledger):
        task = Task(
            dataset=[Sample(id="1", input="Find the lamp.", target="lamp", metadata={"human_cost_usd": 1.0})],
            solver=budgeted(chatty(), budget, "cell"),
            token_limit=1000 if kind == "token" else None,
        )
    (log,) = inspect_eval(
        task, model=get_model("mockllm/priced", custom_outputs=reply), display="none", log_dir=str(tmp_path)
    )
    assert isinstance(log, EvalLog)
    assert log.samples
    (sample,) = log.samples
    assert sample.limit is not None
    assert sample.limit.type == kind
    assert sample.metadata["horizon"]["enforcement"] == "soft"
    assert sample.metadata["horizon"]["stop_reason"] == "budget"
    assert sample.total_time is not None
