"""Other processes that write to a ledger, for tests that kill them or let them race."""

from __future__ import annotations

import sys
from pathlib import Path

from inspect_horizon.budgets import Usage
from inspect_horizon.budgets.ledger import Ledger, Reservation, Settlement
from inspect_horizon.errors import SpendCapExceeded


def reservation(usd: float | None = 0.01, model: str = "openai/gpt-5-mini") -> Reservation:
    """A call of an agent, as it is booked beforehand."""
    return Reservation("run", "attempt", "agent", model, usd, prompt_tokens=100, output_tokens=50)


def answer(usd: float) -> Settlement:
    """What became of it."""
    return Settlement("answered", usd, Usage(input_tokens=90, output_tokens=40), price_source="a table")


def write_for_ever(path: Path) -> None:
    """Reserve and settle until killed, and say so after each."""
    ledger = Ledger(path)
    while True:
        call_id = ledger.reserve(reservation())
        print("reserved", call_id, flush=True)
        ledger.settle(call_id, answer(0.005))
        print("settled", call_id, flush=True)


def write_to_the_cap(path: Path, cap_usd: float) -> None:
    """Reserve, and settle every second call, until the cap is reached."""
    ledger = Ledger(path, cap_usd=cap_usd)
    print("ready", flush=True)
    sys.stdin.readline()
    admitted = 0
    while True:
        try:
            call_id = ledger.reserve(reservation(0.01))
        except SpendCapExceeded:
            print("admitted", admitted, flush=True)
            return
        admitted += 1
        if admitted % 2:
            ledger.settle(call_id, answer(0.01))


if __name__ == "__main__":
    if sys.argv[1] == "for-ever":
        write_for_ever(Path(sys.argv[2]))
    else:
        write_to_the_cap(Path(sys.argv[2]), float(sys.argv[3]))
