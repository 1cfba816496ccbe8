"""The cap of a sweep: a call that only the calls under way keep out waits for them; a call that cannot fit ends it."""

from __future__ import annotations

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

DOLLAR_A_TOKEN = Price(
    "acme/dear", "test", Rates.of(input=0.001, output=0.001, cache_read=0.001, cache_write=0.001, reasoning=0.001)
)


@pytest.fixture
def anyio_backend() -> str:
    """Inspect's own default."""
    return "asyncio"


def run_on(ledger: Ledger) -> Run:
    """A run without a budget of its own."""
    return Run("c/t/1", "attempt", None, ledger)


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
