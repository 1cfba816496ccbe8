"""What an agent is told of its budget: nothing, once at the start, or before every call what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from inspect_horizon.budgets.budget import Budget
from inspect_horizon.budgets.dollars import usd_text

if TYPE_CHECKING:
    from inspect_horizon.budgets.account import Account

Notice = Literal["off", "start", "running"]
NOTICES: tuple[Notice, ...] = get_args(Notice)
VERSION = 2
"""Of the words below; part of the protocol of every run that is told. It grows when they change.

1: the first. 2: dollars to three digits where four decimals say less.
"""
UNITS: dict[str, str] = {
    "usd": "US dollars at list price, counting all you read and all you write",
    "tokens": "tokens, counting all you read and all you write",
    "output_tokens": "tokens of what you write, reasoning included",
    "weighted_tokens": "weighted tokens, where {weights}",
    "flops": "floating point operations",
    "flops_generated": "floating point operations for what you write",
    "seconds": "seconds of working time",
}
START = (
    "You have a budget for this task: {amount} {unit}. When it is spent you are stopped where you stand, "
    "and only an answer that you have submitted by then counts."
)
RUNNING = "Of your budget of {amount} {unit}, {left} is left."
"""Sent at the end of each request and in no other; it is not part of the conversation."""


def start_text(account: Account) -> str:
    """What an agent is told once, before it begins."""
    return START.format(amount=_amount(account.budget), unit=_unit(account))


def running_text(account: Account) -> str:
    """What an agent is told before a call; money that calls under way hold counts as spent."""
    left = Budget(max(account.left, account.budget.amount * 1e-12), account.budget.kind)
    return RUNNING.format(
        amount=_amount(account.budget), unit=_unit(account), left=_amount(left) if account.left > 0 else "nothing"
    )


def notice_protocol(notice: str) -> dict[str, Any]:
    """What the protocol records of a notice."""
    return {"notice": notice} if notice == "off" else {"notice": notice, "notice_version": VERSION}


def _amount(budget: Budget) -> str:
    if budget.kind == "usd":
        return usd_text(budget.amount, 4 if budget.amount < 1 else 2)
    return f"{budget.amount:.4g}" if budget.kind in ("flops", "flops_generated") else f"{budget.amount:,.0f}"


def _unit(account: Account) -> str:
    weights = ", ".join(f"a token of {name.replace('_', ' ')} counts {w:g}" for name, w in account.weights.items())
    return UNITS[account.budget.kind].format(weights=weights)
