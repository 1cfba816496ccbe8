"""Agents that know nothing of budgets, Inspect's own and a foreign program's, are held to theirs unchanged."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import pytest
from inspect_ai.agent import Agent, AgentState, agent, agent_bridge, deepagent, react
from inspect_ai.model import CompactionSummary, get_model
from inspect_ai.solver import Generate, Solver, TaskState, solver

from inspect_horizon.budgets import Budget
from models.asking import RATES
from models.test_hard_budget import (
    SAMPLES,
    assert_books_agree,
    counted,
    evaluate,
    look,
    restless,
    spent,
    task_of,
)
from support.server import ChatServer, Reply, Request, chat_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inspect_horizon.budgets.ledger import Ledger

NEW_ENOUGH = int(importlib.metadata.version("openai").partition(".")[0]) >= 3


def delegating(request: Request) -> Reply:
    """A model that hands every part of its work to sub-agents, two at a time, and looks around when it is one."""
    tools = {tool["function"]["name"] for tool in request.get("tools") or ()}
    seen = len(request["messages"])
    if "agent" not in tools:
        return restless(request)
    orders = tuple(
        ("agent", {"subagent_type": kind, "prompt": f"Search corner {seen}.{kind}.", "description": "search"})
        for kind in ("general", "research")
    )
    return Reply("Let us share this. " * 3, orders)


@pytest.fixture
def delegating_server() -> Iterator[ChatServer]:
    with chat_server(delegating) as running:
        yield running


@pytest.mark.parametrize("budget", ["usd:0.01", "tokens:60k"])
def test_a_deep_agent_and_its_sub_agents_share_one_budget(
    delegating_server: ChatServer, ledger: Ledger, tmp_path: Path, budget: str
) -> None:
    limit = Budget.parse(budget)
    task = task_of(deepagent(tools=[look()]), budget, ledger)
    samples = evaluate(delegating_server, ledger, tmp_path, task, max_tokens=None)
    sums = spent(ledger, limit)
    assert len(sums) == SAMPLES
    assert max(sums.values()) <= limit.amount * (1 + 1e-9)
    assert min(sums.values()) > limit.amount * 0.4
    assert [attempt["overshoot"] for attempt in ledger.attempts()] == [0.0] * SAMPLES
    assert {attempt["stop_reason"] for attempt in ledger.attempts()} == {"budget"}
    assert any("Search corner" in str(request["messages"]) for request in delegating_server.requests)
    assert all(sample.error is None for sample in samples)
    assert ledger.totals().spent_usd >= delegating_server.bill_usd(**RATES) * (1 - 1e-9)


def test_summaries_of_a_long_conversation_are_paid_from_the_budget(ledger: Ledger, tmp_path: Path) -> None:
    """Compaction asks the model for a summary, which is a call as any other."""
    budget = "usd:0.02"

    def talkative(request: Request) -> Reply:
        return restless(request) if request.get("tools") else Reply("In short: it is dark. " * 8)

    with chat_server(talkative) as server:
        worker = react(tools=[look()], compaction=CompactionSummary(threshold=2500))
        evaluate(server, ledger, tmp_path, task_of(worker, budget, ledger), max_tokens=300)
        assert_books_agree(server, ledger)
        summaries = [request for request in server.requests if "summar" in str(request["messages"][-1]).lower()]
    assert summaries
    sums = spent(ledger, Budget.parse(budget))
    assert max(sums.values()) <= 0.02 * (1 + 1e-9)


@agent
def foreign() -> Agent:
    """A program of somebody else's, which talks to OpenAI's client."""

    async def execute(state: AgentState) -> AgentState:
        """Ask again and again."""
        from openai import AsyncOpenAI

        async with agent_bridge(state) as bridge:
            client = AsyncOpenAI(api_key="none")
            messages = [{"role": "user", "content": "Where is the lamp?"}]
            while True:
                reply = await client.chat.completions.create(model="inspect", messages=messages)  # type: ignore[arg-type] # plain dicts
                messages += [
                    {"role": "assistant", "content": str(reply.choices[0].message.content)},
                    {"role": "user", "content": "Are you sure? " * 10},
                ]
        return bridge.state

    return execute


@pytest.mark.skipif(
    not NEW_ENOUGH, reason="Inspect's bridge for OpenAI's client needs openai 3, which not every LiteLLM allows"
)
def test_a_foreign_program_behind_a_bridge_is_held_to_its_budget(ledger: Ledger, tmp_path: Path) -> None:
    with chat_server(restless) as server:
        evaluate(server, ledger, tmp_path, task_of(foreign(), "usd:0.002", ledger), max_tokens=None)
        assert_books_agree(server, ledger)
    assert max(spent(ledger, Budget.parse("usd:0.002")).values()) <= 0.002 * (1 + 1e-9)
    assert {attempt["stop_reason"] for attempt in ledger.attempts()} == {"budget"}


@solver
def own_solver() -> Solver:
    """A user's own, which calls the model by itself and swallows what it does not expect."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        while True:
            state.output = await get_model().generate(state.messages)
            state.messages.append(state.output.message)

    return solve


def test_a_users_own_solver_is_scored_where_it_stands(ledger: Ledger, tmp_path: Path) -> None:
    with chat_server(restless) as server:
        samples = evaluate(server, ledger, tmp_path, task_of(own_solver(), "tokens:2500", ledger), max_tokens=None)  # type: ignore[arg-type] # or a solver
        assert counted(server)
    assert max(spent(ledger, Budget.parse("tokens:2500")).values()) <= 2500
    assert all(sample.limit is not None and len(sample.messages) > 2 for sample in samples)
