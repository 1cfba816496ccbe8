"""A call's way through the books: its run's budget, its sweep's cap, and the phase it is made in."""

from __future__ import annotations

from contextlib import closing

import anyio
import pytest

from inspect_horizon.budgets import Budget, Usage
from inspect_horizon.budgets.account import Account
from inspect_horizon.budgets.ledger import Ledger
from inspect_horizon.budgets.metering import Answer, Asked, Ticket, admit
from inspect_horizon.budgets.prices import MILLION, Price, Rates
from inspect_horizon.budgets.run import Run
from inspect_horizon.errors import BudgetExceeded, PriceError, SpendCapExceeded

DOLLAR = 1.0 / MILLION
PRICE = Price("acme/big", "a table", Rates.of(1 * DOLLAR, 10 * DOLLAR, cache_read=0.1 * DOLLAR, cache_write=2 * DOLLAR))
"""$1 a million prompt tokens at most $2 if written to a cache, $10 a million generated."""


def asked(prompt_tokens: int = 1000, output_tokens: int = 1000, *, price: Price | None = PRICE) -> Asked:
    return Asked("acme/big", price, prompt_tokens, output_tokens, 16)


def run_with(ledger: Ledger, budget: str | None = "usd:1") -> Run:
    return Run("run", "attempt", Account(Budget.parse(budget)) if budget else None, ledger)


def answered(ticket: Ticket, usage: Usage | None, price: Price | None = PRICE) -> float | None:
    return ticket.answered(Answer(usage, price, "acme/big-1"))


@pytest.mark.parametrize(
    ("budget", "spent"), [("usd:1", 0.0022), ("tokens:100k", 1300.0), ("output_tokens:10k", 200.0)]
)
def test_a_budget_of_each_kind_is_charged_in_its_unit(budget: str, spent: float) -> None:
    """100 new, 1,000 read from a cache, 200 generated: 100 + 100 + 2,000 millionths of a dollar."""

    async def scenario() -> None:
        with closing(Ledger()) as ledger:
            run = run_with(ledger, budget)
            usage = Usage(input_tokens=100, cache_read_tokens=1000, output_tokens=200)
            assert answered(await admit(run, asked(2000)), usage) == pytest.approx(0.0022)
            assert run.account is not None
            assert run.account.spent == pytest.approx(spent)
            assert ledger.totals().spent_usd == pytest.approx(0.0022)

    anyio.run(scenario)


def test_the_scorer_is_held_to_the_cap_and_not_to_the_budget() -> None:
    async def scenario() -> None:
        with closing(Ledger(cap_usd=0.05)) as ledger:
            run = run_with(ledger, "output_tokens:20")
            answered(await admit(run, asked()), Usage(10, output_tokens=20))
            with pytest.raises(BudgetExceeded):
                await admit(run, asked())
            run.phase = "scorer"
            assert (await admit(run, asked())).output_tokens == 1000
            with pytest.raises(SpendCapExceeded):
                await admit(run, asked(output_tokens=10_000))
            assert [call["phase"] for call in ledger.calls()] == ["agent", "scorer"]

    anyio.run(scenario)


def test_a_call_that_the_cap_refuses_leaves_the_budget_as_it_was() -> None:
    async def scenario() -> None:
        with closing(Ledger(cap_usd=0.001)) as ledger:
            run = run_with(ledger)
            with pytest.raises(SpendCapExceeded):
                await admit(run, asked())
            assert run.account is not None
            assert run.account.left == 1.0
            assert ledger.calls() == []

    anyio.run(scenario)


def test_at_the_cap_a_call_waits_for_those_under_way() -> None:
    """Each holds $0.012 of $0.02 and uses a tenth of it, so the second fits once the first is done."""

    async def scenario() -> None:
        with closing(Ledger(cap_usd=0.02)) as ledger:
            first = await admit(run_with(ledger), asked())
            done: list[str] = []

            async def second() -> None:
                await admit(run_with(ledger), asked())
                done.append("admitted")

            async with anyio.create_task_group() as group:
                group.start_soon(second)
                await anyio.lowlevel.checkpoint()
                await anyio.lowlevel.checkpoint()
                assert done == []
                answered(first, Usage(200, output_tokens=100))
            assert done == ["admitted"]

    anyio.run(scenario)


def test_dollars_of_a_model_without_a_price_cannot_be_held() -> None:
    async def scenario() -> None:
        with closing(Ledger()) as ledger:
            with pytest.raises(PriceError, match=r"price of acme/big is not known, so it cannot be held to usd:1"):
                await admit(run_with(ledger), asked(price=None))
            ticket = await admit(run_with(ledger, "tokens:5k"), asked(price=None))
            assert answered(ticket, Usage(10, output_tokens=10), None) is None
            assert ledger.calls()[0]["cost_usd"] is None

    anyio.run(scenario)


@pytest.mark.parametrize("budget", ["usd:1", "tokens:100k", "output_tokens:10k"])
def test_without_a_usage_the_whole_hold_is_charged(budget: str) -> None:
    async def scenario() -> None:
        with closing(Ledger()) as ledger:
            run = run_with(ledger, budget)
            assert answered(await admit(run, asked()), None) == pytest.approx(0.012)
            assert run.account is not None
            assert run.account.spent == pytest.approx(
                {"usd": 0.012, "tokens": 2000, "output_tokens": 1000}[run.account.budget.kind]
            )

    anyio.run(scenario)


def test_a_provider_that_bills_more_than_was_asked_is_noted() -> None:
    async def scenario() -> None:
        with closing(Ledger()) as ledger:
            run = run_with(ledger, "usd:0.012")
            answered(await admit(run, asked()), Usage(3000, output_tokens=2000))
            assert ledger.calls()[0]["note"] == (
                "generated 2000 tokens, 1000 were allowed; prompt of 3000 tokens, 1000 were the bound"
            )
            assert run.account is not None
            assert run.account.overshoot == pytest.approx(0.023 - 0.012)

    anyio.run(scenario)
