"""Calling the provider as Inspect does: through a model, with its retries, within a run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from inspect_ai.model import ChatMessage, GenerateConfig, Model, ModelOutput, get_model
from inspect_ai.tool import ToolChoice, ToolInfo, ToolParams
from inspect_ai.util import LimitExceededError

from inspect_horizon.budgets import Budget
from inspect_horizon.budgets.account import Account
from inspect_horizon.budgets.run import CURRENT, Run
from inspect_horizon.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_horizon.budgets.ledger import Ledger
    from support.server import ChatServer

KEY = "sk-loopback-0123456789abcdef"
MINI = "openai/gpt-5-mini"
RATES = {"prompt": 0.25, "cached": 0.025, "output": 2.0}
"""OpenAI's list price of gpt-5-mini, in dollars per million tokens."""
LOOK = ToolInfo(
    name="look",
    description="Look at a place.",
    parameters=ToolParams.model_validate(
        {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
    ),
)


def model(server: ChatServer, name: str = MINI, *, retries: int = 2, stream: bool = False, **options: Any) -> Model:
    """A model at the server; options are Inspect's."""
    config = GenerateConfig(**{"max_retries": retries, "max_tokens": 100, **options})
    return get_model(f"litellm/{name}", base_url=server.url, config=config, memoize=False, stream=stream)


def new_run(ledger: Ledger, budget: str | None = "usd:1", *, seed: int | None = None) -> Run:
    """A run under a budget, or under none."""
    return Run("run", "attempt", Account(Budget.parse(budget)) if budget else None, ledger, seed=seed)


def ask(
    asked: Model,
    prompt: str | list[ChatMessage] = "hi",
    *,
    run: Run | None = None,
    tools: Sequence[ToolInfo] = (),
    tool_choice: ToolChoice | None = None,
) -> ModelOutput:
    """One call, with Inspect's retries around it; within a run where one is given."""
    return ask_often(asked, [prompt], run=run, tools=tools, tool_choice=tool_choice)[0]


def ask_often(
    asked: Model,
    prompts: Sequence[str | list[ChatMessage]],
    *,
    run: Run | None = None,
    tools: Sequence[ToolInfo] = (),
    tool_choice: ToolChoice | None = None,
) -> list[ModelOutput]:
    """Several calls, one after another, in one event loop."""

    async def calls() -> list[ModelOutput]:
        CURRENT.set(run)
        return [await asked.generate(prompt, list(tools), tool_choice) for prompt in prompts]

    return asyncio.run(calls())


def ask_at_once(asked: Model, prompts: Sequence[str], *, run: Run) -> list[ModelOutput | None]:
    """Several calls of one run at the same time; None where the budget refused one."""

    async def one(prompt: str) -> ModelOutput | None:
        try:
            return await asked.generate(prompt)
        except (LimitExceededError, ModelError):  # the latter where lost calls are what left too little
            return None

    async def calls() -> list[ModelOutput | None]:
        CURRENT.set(run)
        return list(await asyncio.gather(*(one(prompt) for prompt in prompts)))

    return asyncio.run(calls())
