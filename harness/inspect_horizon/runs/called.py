"""What the calls of a run come to, and those of one try within it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from inspect_horizon.budgets.usage import COUNTS, MAIN_COUNTS

if TYPE_CHECKING:
    from inspect_horizon.budgets.ledger import Phase

Call = Mapping[str, Any]
PAID: tuple[Phase, ...] = ("agent", "verifier")
"""What is paid from the run's budget, and is its cost."""
SPENT = tuple(name for name in MAIN_COUNTS if name != "reasoning_tokens")
"""Together they hold every token once."""
USD_OF_TRY: Mapping[str, Phase] = {"spent_usd": "agent", "verifier_usd": "verifier", "scorer_usd": "scorer"}
"""Whose dollars each column of a try holds."""


def of_run(calls: Sequence[Call]) -> dict[str, Any]:
    """The columns of a run that its calls fill, from these in the order of reservation."""
    answered = [call for call in calls if call["outcome"] == "answered"]
    agent = in_phase(answered, "agent")
    paid = [call for call in answered if call["phase"] in PAID]
    return {
        **{name: total(tokens_of(call)[name] for call in paid) for name in MAIN_COUNTS},
        "model_calls": len(agent),
        **dollars(calls),
        "served_model": next((call["served_model"] for call in agent if call["served_model"]), None),
    }


def dollars(calls: Sequence[Call]) -> dict[str, Any]:
    """Those of the columns that are in dollars."""
    answered = [call for call in calls if call["outcome"] == "answered"]
    paid = [call for call in answered if call["phase"] in PAID]
    wasted = [call["reserved_usd"] for call in calls if call["outcome"] in ("lost", None)]
    forks = [call["cost_usd"] for call in answered if call["phase"] == "fork"]
    return {
        "cost_usd": total(call["cost_usd"] for call in paid),
        "scorer_usd": total(call["cost_usd"] for call in answered if call["phase"] == "scorer"),
        "wasted_usd": total([*wasted, *forks]),
        "price_source": next((call["price_source"] for call in paid if call["price_source"]), None),
    }


def of_try(calls: Iterable[Call]) -> dict[str, Any]:
    """The columns of a try that its calls fill."""
    answered = [call for call in calls if call["outcome"] == "answered"]
    agent, judge = in_phase(answered, "agent"), in_phase(answered, "verifier")
    return {
        "spent_tokens": _tokens(agent),
        "output_tokens": total(tokens_of(call)["output_tokens"] for call in agent),
        "verifier_tokens": _tokens(judge),
        **dollars_of_try(answered),
    }


def dollars_of_try(answered: Sequence[Call]) -> dict[str, float | None]:
    """Those of the columns that are in dollars, from its answered calls."""
    return {name: total(call["cost_usd"] for call in in_phase(answered, phase)) for name, phase in USD_OF_TRY.items()}


def in_phase(calls: Iterable[Call], phase: Phase) -> list[Call]:
    """Those made in one phase of a run."""
    return [call for call in calls if call["phase"] == phase]


def tokens_of(call: Call) -> dict[str, Any]:
    """Its counts by the names of the tables, each None where it is not known."""
    return {name: call["generated_tokens" if name == "output_tokens" else name] for name in COUNTS}


def total(values: Iterable[float | None]) -> float | None:
    """The sum, or None where a part of it is not known."""
    parts = list(values)
    return None if None in parts else sum(part for part in parts if part is not None)


def _tokens(calls: Iterable[Call]) -> float | None:
    return total(tokens_of(call)[name] for call in calls for name in SPENT)
