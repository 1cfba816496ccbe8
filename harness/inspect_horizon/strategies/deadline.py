"""A budget of seconds: whatever the agent is doing when its working time is over is cut off there."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import anyio
from inspect_ai.util import LimitExceededError, working_limit

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from inspect_horizon.budgets.account import Account

Result = TypeVar("Result")
SECONDS_BETWEEN_LOOKS = 0.1
"""Working time stands still while Inspect waits for a provider, so the clock has to be looked at."""


async def within_seconds(account: Account, work: Callable[[], Awaitable[Result]]) -> Result:
    """Let work go on for the seconds of an account: Inspect's working time, without waits for rate limits.

    Raises:
        LimitExceededError: The time was over before the work was done.
    """
    seconds = account.budget.amount
    results: list[Result] = []
    failures: list[Exception] = []
    with working_limit(None) as time:
        account.clock = lambda: time.usage
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(_watch, account.clock, seconds, group.cancel_scope)
                try:
                    results.append(await work())
                except Exception as error:  # raised below: a task group would wrap it
                    failures.append(error)
                group.cancel_scope.cancel()
        finally:
            account.spent = time.usage
        if failures:
            raise failures[0]
        if not results:
            account.refused = True
            raise LimitExceededError(
                "working", value=account.spent, limit=seconds, message=f"the budget of {seconds:.6g} seconds is spent"
            )
    return results[0]


async def _watch(usage: Callable[[], float], seconds: float, scope: anyio.CancelScope) -> None:
    while (left := seconds - usage()) > 0:
        await anyio.sleep(min(left, SECONDS_BETWEEN_LOOKS))
    scope.cancel()
