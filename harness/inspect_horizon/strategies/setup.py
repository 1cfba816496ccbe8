"""What a task does before its agent begins, as part of the run: its calls are paid from the budget and booked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from inspect_ai.solver import chain

if TYPE_CHECKING:
    from inspect_ai import Task
    from inspect_ai.agent import Agent
    from inspect_ai.solver import Solver


def set_up(task: Task, agent: Agent | Solver) -> Agent | Solver:
    """The agent after the task's own `setup`, which Inspect would run by itself, outside of any budget of ours.

    Inspect's own limits count it too, so a run does not get more by having a solver there.
    """
    setup = task.setup
    if setup is None:
        return agent
    return chain(*setup, agent) if isinstance(setup, Sequence) else chain(setup, agent)
