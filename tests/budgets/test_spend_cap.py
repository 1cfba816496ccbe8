"""The cap of a sweep: a call that only the calls under way keep out waits for them; a call that cannot fit ends it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import anyio
import pytest

from inspect_horizon.budgets.ledger import Ledger, Reservation, Settlement
from inspect_horizon.budgets.metering import Answer, Asked, admit
from inspect_horizon.budgets.prices import Price, Rates
from inspect_horizon.budgets.run import Run
from inspect_horizon.budgets.usage import Usage
from inspect_horizon.errors import SpendCapExceeded

if TYPE_CHECKING:
    from pathlib import Path

    from inspect_horizon.budgets.ledger import Phase

DOLLAR_A_TOKEN = Price(
    "acme/dear", "test", Rates.of(input=0.001, output=0.001, cache_read=0.001, cache_write=0.001, reasoning=0.001)
)


@pytest.fixture
def anyio_backend() -> str:
    """Inspect's own default."""
    return "asyncio"


def run_on(ledger: Ledger, attempt: str = "attempt", phase: Phase = "agent") -> Run:
    """A run without a budget of its own."""
    return Run("c/t/1", attempt, None, ledger, phase=phase)


def asked(output_tokens: int) -> Asked:
    """A call without a prompt that may cost a tenth of a cent a token."""
    return Asked("acme/dear", DOLLAR_A_TOKEN, 0, output_tokens, 1)


@pytest.mark.anyio
async def test_a_call_waits_for_those_under_way() -> None:
    """$0.06 is held under a cap of $0.10: a call of $0.06 fits only once the first is settled at the $0.01 it took."""
    ledger = Ledger(cap_usd=0.10)
    first = await admit(run_on(ledger), asked(60))
    admitted = anyio.Event()

    async def second() -> None:
        ticket = await admit(run_on(ledger), asked(60))
        admitted.set()
        ticket.answered(Answer(Usage(output_tokens=60), DOLLAR_A_TOKEN, None))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(second)
        with anyio.move_on_after(0.3):
            await admitted.wait()
        assert not admitted.is_set()
        first.answered(Answer(Usage(output_tokens=10), DOLLAR_A_TOKEN, None))
    assert ledger.totals().spent_usd == pytest.approx(0.07)
    assert ledger.totals().held_usd == pytest.approx(0.0)


@pytest.mark.anyio
async def test_a_call_that_the_spent_money_keeps_out_is_refused_at_once() -> None:
    ledger = Ledger(cap_usd=0.10)
    first = await admit(run_on(ledger), asked(60))
    first.answered(Answer(Usage(output_tokens=60), DOLLAR_A_TOKEN, None))
    with anyio.fail_after(5), pytest.raises(SpendCapExceeded, match=r"does not fit the spend cap of \$0.10"):
        await admit(run_on(ledger), asked(60))


def test_a_tiny_cap_is_refused_in_amounts_that_are_not_zero() -> None:
    with pytest.raises(SpendCapExceeded, match=r"up to \$0\.0000420 does .* cap of \$0\.0000100: \$0\.0000 is spent"):
        Ledger(cap_usd=0.00001).reserve(Reservation("c/t/1", "a", "agent", "acme/dear", 0.000042, 0, 60))


def test_calls_that_a_kill_cut_off_are_written_off_at_their_bound(tmp_path: Path) -> None:
    """Nobody can say what they cost, so they count as if they had cost all they could, once and for all."""
    path = tmp_path / "ledger.sqlite"
    killed = Ledger(path)
    killed.reserve(Reservation("c/t/1", "a", "agent", "acme/dear", 0.06, 0, 60))
    settled = killed.reserve(Reservation("c/t/1", "a", "agent", "acme/dear", 0.02, 0, 20))
    killed.settle(settled, Settlement("answered", 0.01))
    killed.close()
    ledger = Ledger(path, cap_usd=0.10)
    assert ledger.write_off() == 1
    assert ledger.write_off() == 0
    assert (ledger.totals().spent_usd, ledger.totals().held_usd) == pytest.approx((0.07, 0.0))
    assert [(call["outcome"], call["cost_usd"], call["worst_case"]) for call in ledger.calls()] == [
        ("lost", 0.06, 1),
        ("answered", 0.01, 0),
    ]


async def spend(ledger: Ledger, attempt: str, tokens: int, *, of: int | None = None, phase: Phase = "agent") -> None:
    """A call of so many tokens, of at most so many."""
    with anyio.fail_after(5):
        ticket = await admit(run_on(ledger, attempt, phase), asked(of or tokens))
    ticket.answered(Answer(Usage(output_tokens=tokens), DOLLAR_A_TOKEN, None))


@pytest.mark.anyio
async def test_an_agent_leaves_what_scoring_will_cost() -> None:
    """Scoring a run took $0.01, in a call of at most $0.03: with two runs under way an agent leaves $0.05."""
    ledger = Ledger(cap_usd=0.2)
    await spend(ledger, "first", 40)
    await spend(ledger, "first", 10, of=30, phase="scorer")
    ledger.scored("first")
    await spend(ledger, "second", 40)
    with pytest.raises(SpendCapExceeded, match=r"\$0\.0900 is spent .*, \$0\.0500 kept back to score"):
        await spend(ledger, "third", 61)
    await spend(ledger, "third", 60)
    for attempt in ("second", "third"):
        await spend(ledger, attempt, 10, of=30, phase="scorer")
        ledger.scored(attempt)
    await spend(ledger, "fourth", 30, phase="scorer")
    assert ledger.totals().spent_usd == pytest.approx(0.2)


@pytest.mark.anyio
async def test_nothing_is_kept_back_while_no_scorer_has_called_a_model() -> None:
    ledger = Ledger(cap_usd=0.1)
    await spend(ledger, "first", 50)
    await spend(ledger, "second", 50)
    assert ledger.totals().spent_usd == pytest.approx(0.1)


@pytest.mark.anyio
async def test_every_process_keeps_back_for_the_runs_of_all(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    here, there = (Ledger(path, cap_usd=0.1) for _ in range(2))
    await spend(there, "theirs", 20)
    await spend(there, "theirs", 5, phase="scorer")
    with pytest.raises(SpendCapExceeded):
        await spend(here, "ours", 66)
    await spend(here, "ours", 65)


@pytest.mark.anyio
@pytest.mark.parametrize("forget", ["UPDATE unscored SET at = at - 3700", None])
async def test_attempts_that_a_kill_left_open_do_not_count_for_ever(tmp_path: Path, forget: str | None) -> None:
    """Of ten runs that were killed under way none is scored any more: an hour later, or once they are written off."""
    path = tmp_path / "ledger.sqlite"
    killed = Ledger(path)
    for attempt in range(10):
        await spend(killed, str(attempt), 1)
        await spend(killed, str(attempt), 4, phase="scorer")
    killed.close()
    ledger = Ledger(path, cap_usd=0.1)
    if forget is None:
        ledger.write_off()
    else:
        with sqlite3.connect(path) as connection:
            connection.execute(forget)
        connection.close()
    await spend(ledger, "new", 42)
    assert ledger.totals().spent_usd == pytest.approx(0.092)
