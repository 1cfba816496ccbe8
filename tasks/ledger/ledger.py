"""The ledger suite as an Inspect task: a tool that shows pages, and a scorer that compares totals."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from inspect_ai import Task, task
from inspect_ai.agent import react
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import CORRECT, INCORRECT, Score, Scorer, Target, accuracy, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import Tool, ToolError, tool
from inspect_ai.util import store

if TYPE_CHECKING:
    from .ledgers import ledger as write_ledger
    from .ledgers import plans
else:  # by its full name, so that `inspect eval` can load this as a file of its own
    from inspect_horizon._builtin.tasks.ledger.ledgers import ledger as write_ledger
    from inspect_horizon._builtin.tasks.ledger.ledgers import plans

NUMBER = re.compile(r"[-−]?\d{1,3}(?:[,_\u00a0\u202f]\d{3})+(?:\.\d+)?(?!\d)|[-−]?\d+(?:\.\d+)?")
"""A number, perhaps with thousands in groups."""


@task
def ledger(seed: int = 0) -> Task:
    """Add up the entries of a ledger, read page by page.

    Args:
        seed: Another seed writes other ledgers of the same lengths.
    """
    samples = [_sample(plan.family.name, plan.entries, seed) for plan in plans()]
    return Task(
        dataset=MemoryDataset(samples, name="ledger"),
        setup=open_ledger(),
        solver=react(tools=[read_page()]),
        scorer=total(),
    )


def _sample(family: str, entries: int, seed: int) -> Sample:
    written = write_ledger(family, entries, seed)
    metadata = {"ledger": {"family": family, "entries": entries, "seed": seed}}
    return Sample(id=written.plan.id, input=written.prompt, target=written.target, metadata=metadata)


@solver
def open_ledger() -> Solver:
    """Puts the sample's ledger where `read_page` finds it, and the tool where any agent does."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001  # a solver's signature
        state.store.set("ledger", state.metadata["ledger"])
        state.tools = [*state.tools, read_page()]
        return state

    return solve


@tool
def read_page() -> Tool:
    """Shows one page of the ledger."""

    async def execute(page: int) -> str:
        """Read one page of the ledger.

        Args:
            page: The number of the page, from 1.
        """
        try:
            return write_ledger(**store().get("ledger")).page(page)
        except ValueError as error:
            raise ToolError(str(error)) from error

    return execute


@scorer(metrics=[accuracy(), stderr()])
def total() -> Scorer:
    """Compares the last number of the answer with the total, exactly; 1,234.50 and 1234.5 are the same."""

    async def score(state: TaskState, target: Target) -> Score:
        answer = last_number(state.output.completion)
        right = answer is not None and answer == Decimal(target.text)
        return Score(
            value=CORRECT if right else INCORRECT,
            answer=None if answer is None else str(answer),
            explanation=state.output.completion,
        )

    return score


def last_number(text: str) -> Decimal | None:
    """The last number of a text, without the marks that group its digits."""
    numbers = NUMBER.findall(text)
    return Decimal(re.sub(r"[^\d.-]", "", numbers[-1].replace("−", "-"))) if numbers else None
