"""One run's money: reserved before a call, settled after it, shared by its branches."""

from __future__ import annotations

import random

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_horizon.budgets import Budget
from inspect_horizon.budgets.account import Account
from inspect_horizon.budgets.measure import Worst
from inspect_horizon.errors import BudgetExceeded

TEN_TOKENS_A_CALL = Worst(base=10.0, per_token=1.0)


def account(amount: float = 100.0) -> Account:
    return Account(Budget(amount, "tokens"))


def test_a_call_that_fits_may_generate_all_it_wants() -> None:
    async def scenario() -> None:
        run = account()
        hold = await run.reserve(TEN_TOKENS_A_CALL, want=50, least=16)
        assert (hold.output_tokens, hold.amount, hold.clamped) == (50, 60.0, False)
        assert run.left == 40.0
        run.settle(hold, 25.0)
        assert (run.spent, run.left, run.clamped) == (25.0, 75.0, False)

    anyio.run(scenario)


def test_a_call_is_clamped_to_what_is_left() -> None:
    async def scenario() -> None:
        run = account()
        run.settle(await run.reserve(TEN_TOKENS_A_CALL, 40, 16), 50.0)
        hold = await run.reserve(TEN_TOKENS_A_CALL, want=1000, least=16)
        assert hold.output_tokens == 40
        assert hold.clamped
        assert run.clamped
        assert run.left == 0.0

    anyio.run(scenario)


def test_a_call_that_cannot_be_valid_is_refused_and_holds_nothing() -> None:
    """15 tokens are left to generate, 16 are the fewest."""

    async def scenario() -> None:
        run = account(25.0)
        with pytest.raises(BudgetExceeded, match="needs up to 26 and 25 of the budget tokens:25 is left"):
            await run.reserve(TEN_TOKENS_A_CALL, want=1000, least=16)
        assert run.left == 25.0
        assert (await run.reserve(TEN_TOKENS_A_CALL, want=15, least=16)).output_tokens == 15

    anyio.run(scenario)


def test_a_call_waits_for_what_its_siblings_do_not_use() -> None:
    async def scenario() -> None:
        run = account()
        first = await run.reserve(TEN_TOKENS_A_CALL, want=80, least=16)
        done: list[str] = []

        async def second() -> None:
            hold = await run.reserve(TEN_TOKENS_A_CALL, want=60, least=16)
            done.append(f"second may generate {hold.output_tokens}")

        async with anyio.create_task_group() as group:
            group.start_soon(second)
            await anyio.wait_all_tasks_blocked()
            assert done == []
            run.settle(first, 20.0)
        assert done == ["second may generate 60"]

    anyio.run(scenario)


def test_a_call_is_clamped_once_no_sibling_can_give_anything_back() -> None:
    async def scenario() -> None:
        run = account()
        first = await run.reserve(TEN_TOKENS_A_CALL, want=80, least=16)
        given: list[int] = []

        async def second() -> None:
            given.append((await run.reserve(TEN_TOKENS_A_CALL, want=60, least=16)).output_tokens)

        async with anyio.create_task_group() as group:
            group.start_soon(second)
            await anyio.wait_all_tasks_blocked()
            run.settle(first, 70.0)
        assert given == [20]

    anyio.run(scenario)


def test_a_waiting_call_can_be_cancelled() -> None:
    async def scenario() -> None:
        run = account()
        first = await run.reserve(TEN_TOKENS_A_CALL, want=80, least=16)
        with anyio.move_on_after(0) as scope:
            await run.reserve(TEN_TOKENS_A_CALL, want=60, least=16)
        assert scope.cancelled_caught
        run.settle(first, 0.0)
        assert run.left == 100.0

    anyio.run(scenario)


@pytest.mark.parametrize("seed", range(5))
def test_sixty_four_branches_together_never_spend_more_than_the_budget(seed: int) -> None:
    """Each makes calls of random size, some of them lost, until it is refused; at every moment the sum holds."""
    chance = random.Random(seed)
    run = account(50_000.0)
    made = 0

    async def branch() -> None:
        nonlocal made
        while True:
            worst = Worst(chance.uniform(0, 50), chance.choice([0.5, 1.0, 4.0]))
            try:
                hold = await run.reserve(worst, want=chance.randint(1, 400), least=16)
            except BudgetExceeded:
                return
            made += 1
            assert run.left >= -1e-3
            await anyio.lowlevel.checkpoint()
            used = hold.amount * chance.random()
            run.settle(hold, hold.amount if chance.random() < 0.1 else used)

    async def scenario() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(64):
                group.start_soon(branch)

    anyio.run(scenario)
    assert run.spent <= 50_000.0 * (1 + 1e-9)
    assert run.spent > 49_000.0
    assert run.overshoot == 0.0
    assert made > 3 * 64


def test_a_lost_call_keeps_its_hold_and_is_counted_apart() -> None:
    async def scenario() -> None:
        run = account()
        hold = await run.reserve(TEN_TOKENS_A_CALL, want=30, least=16)
        run.settle(hold, hold.amount, lost=True)
        assert (run.spent, run.lost, run.left) == (40.0, 40.0, 60.0)

    anyio.run(scenario)


def test_a_provider_that_bills_more_than_was_asked_overshoots() -> None:
    async def scenario() -> None:
        run = account()
        run.settle(await run.reserve(TEN_TOKENS_A_CALL, want=90, least=16), 130.0)
        assert run.overshoot == 30.0
        with pytest.raises(BudgetExceeded, match="0 of the budget tokens:100 is left"):
            await run.reserve(TEN_TOKENS_A_CALL, want=20, least=16)

    anyio.run(scenario)


@given(st.lists(st.floats(0.001, 0.2), min_size=1, max_size=200))
def test_rounding_is_no_overshoot(shares: list[float]) -> None:
    """Dollars that add up to the budget exactly may add up to a hair more in binary."""
    total = sum(shares)

    async def scenario() -> None:
        run = Account(Budget(total, "usd"))
        for share in reversed(shares):
            hold = await run.reserve(Worst(share, 0.0), want=1, least=1)
            run.settle(hold, share)
        assert run.overshoot == 0.0

    anyio.run(scenario)


def test_a_cost_ratio_cannot_be_spent_before_it_is_dollars() -> None:
    with pytest.raises(ValueError, match="must be resolved to dollars"):
        Account(Budget(0.5, "cost_ratio"))
