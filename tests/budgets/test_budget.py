"""Budgets as people write them, and what they come to for one task."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_horizon.budgets import Budget
from inspect_horizon.errors import UsageError
from support.values import AMOUNTS, BUDGETS


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("usd:0.50", Budget(0.5, "usd")),
        ("usd:$2", Budget(2.0, "usd")),
        ("usd:1e-3", Budget(0.001, "usd")),
        ("tokens:200k", Budget(200_000, "tokens")),
        ("tokens:1.5M", Budget(1_500_000, "tokens")),
        ("output_tokens: 8k", Budget(8_000, "output_tokens")),
        ("cost_ratio:1/32", Budget(1 / 32, "cost_ratio")),
        ("  tokens:7 ", Budget(7, "tokens")),
    ],
)
def test_a_budget_is_read_as_it_is_meant(text: str, budget: Budget) -> None:
    assert Budget.parse(text) == budget


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "usd",
        "usd:",
        "dollars:5",
        "USD:5",
        "usd:-1",
        "usd:0",
        "usd:nan",
        "usd:inf",
        "usd:1e999",
        "usd:abc",
        "tokens:1kk",
        "cost_ratio:1/0",
        "usd:1,2",
        "usd:--2",
        "usd:1e",
        "tokens:k",
    ],
)
def test_nonsense_is_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(UsageError, match=r"fix: write .*usd:0\.50"):
        Budget.parse(text)


@given(BUDGETS)
def test_a_budget_reads_what_it_writes(budget: Budget) -> None:
    """To the twelve digits that it writes."""
    again = Budget.parse(str(budget))
    assert again.kind == budget.kind
    assert again.amount == pytest.approx(budget.amount, rel=1e-11)
    assert str(again) == str(budget)


@pytest.mark.parametrize("amount", [0.0, -1.0, float("nan"), float("inf")])
def test_an_amount_is_finite_and_above_zero(amount: float) -> None:
    with pytest.raises(ValueError, match="must be a finite amount above 0"):
        Budget(amount, "usd")


@given(ratio=AMOUNTS, human_cost_usd=st.floats(0.01, 1e4))
def test_a_cost_ratio_is_dollars_once_the_human_cost_is_known(ratio: float, human_cost_usd: float) -> None:
    resolved = Budget(ratio, "cost_ratio").resolve(human_cost_usd)
    assert resolved.kind == "usd"
    assert resolved.amount == pytest.approx(ratio * human_cost_usd)


def test_a_thirty_second_of_an_hour_at_fifty_dollars_is_156_cents() -> None:
    """60 min / 60 × $50 / 32 = $1.5625."""
    assert Budget.parse("cost_ratio:1/32").resolve(50.0) == Budget(1.5625, "usd")


@pytest.mark.parametrize("text", ["usd:0.5", "tokens:8k", "output_tokens:8k"])
def test_the_other_kinds_are_the_same_for_every_task(text: str) -> None:
    budget = Budget.parse(text)
    assert budget.resolve(None) == budget.resolve(12.0) == budget


def test_a_cost_ratio_without_a_human_cost_is_an_error() -> None:
    with pytest.raises(ValueError, match="needs the task's human cost"):
        Budget(0.5, "cost_ratio").resolve(None)
