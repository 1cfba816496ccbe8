"""Runs by the hundred against a server that does all that servers do: what the ledger then claims, and what it cannot.

It books what it is told, and its bound where it is told nothing or what cannot be: no tokens for a prompt, or none for
a text. A server that reports fewer tokens than it bills, but some, is believed: one reply does not show it, since no
rule says how many bytes a tokenizer may put in a token. Only the bill does.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import anyio
import pytest
from inspect_ai.util import LimitExceededError

from inspect_horizon.budgets import Budget
from inspect_horizon.budgets.account import Account
from inspect_horizon.budgets.ledger import Ledger
from inspect_horizon.budgets.run import CURRENT, Run
from inspect_horizon.errors import ModelError
from models.asking import RATES, model
from support.server import ChatServer, Fault, Reply, Request, Served, chat_server

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from inspect_ai.model import Model

Temper = Literal[
    "honest",
    "over-delivers",
    "under-reports",
    "says nothing was used",
    "omits usage",
    "resets",
    "dies in the stream",
    "429",
    "500",
    "504",
]
LOSES: tuple[Temper, ...] = ("resets", "dies in the stream", "504")
"""After these nobody can say what a call has cost."""
RUNS = 300
SOAK_RUNS = int(os.environ.get("RUNS", "5000"))
AT_ONCE = 32
CALLS = 3
BUDGET_USD = 0.0006
"""Two calls and a bit: the third is clamped or refused."""
BUDGET = f"usd:{BUDGET_USD}"
NOW = {"retry-after-ms": "1"}


def temper_of(number: int) -> Temper:
    """What the server does to a run."""
    return random.Random(f"temper {number}").choice(get_args(Temper))


def streams(number: int) -> bool:
    """Whether a run's replies are streamed."""
    chance = random.Random(f"stream {number}")
    return temper_of(number) == "dies in the stream" or chance.random() < 0.5


def run_of(request: Request) -> tuple[int, int]:
    """Which run and which of its calls a request belongs to: it says so itself."""
    number, turn = str(request["messages"][-1]["content"]).split()[1:3]
    return int(number), int(turn)


class Moody:
    """Misbehaves towards each run in its own way; a call that it fails at the first try is answered at the second."""

    def __init__(self) -> None:
        self._tries: Counter[tuple[int, int]] = Counter()

    def __call__(self, request: Request) -> Fault:
        number, turn = run_of(request)
        self._tries[number, turn] += 1
        match temper_of(number), self._tries[number, turn]:
            case "over-delivers", _:
                return Fault(ignore_max_tokens=True)
            case "under-reports", _:
                return Fault(usage="half")
            case "says nothing was used", _:
                return Fault(usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0})
            case "omits usage", _:
                return Fault(usage=None)
            case "resets", 1:
                return Fault(reset=True, billed=number % 2 == 0)
            case "dies in the stream", 1:
                return Fault(events=1 + number % 4, reset=number % 3 == 0, billed=number % 2 == 0)
            case "429" | "500" as status, 1:
                return Fault(status=int(status), headers=NOW)
            case "504", 1:
                return Fault(status=504, headers=NOW, billed=number % 2 == 0)
        return Fault()


def wordy(request: Request) -> Reply:
    """Some 10 to 200 tokens, of which a hundred are allowed."""
    return Reply("word " * random.Random(str(run_of(request))).randint(8, 160))


async def spend(asked: Model, run: Run, number: int) -> None:
    """One run: calls until it has made all or is stopped."""
    CURRENT.set(run)
    try:
        for turn in range(CALLS):
            await asked.generate(f"run {number} {turn} " + "and so on " * 40)
    except (LimitExceededError, ModelError):  # the latter where lost calls are what left too little
        pass


@dataclass(frozen=True, slots=True)
class Books:
    """What both sides have written down, by run."""

    runs: Mapping[int, Run]
    served: Mapping[int, list[Served]]
    calls: Mapping[int, list[dict[str, object]]]

    def billed_usd(self, number: int, *, delivered: bool = False) -> float:
        """By the server's own count: of everything that it bills, or of what it has answered."""
        served = [each for each in self.served[number] if each.delivered or not delivered]
        return ChatServer(wordy, served=served).bill_usd(**RATES)


def usd_of(calls: Sequence[Mapping[str, object]]) -> float:
    """What these calls come to in the ledger."""
    return sum(float(str(call["cost_usd"])) for call in calls)


def drive(path: Path, runs: int) -> Books:
    """So many runs, some of them at once, in one ledger and against one server."""
    with closing(Ledger(path)) as ledger, chat_server(wordy, misbehave=Moody()) as server:
        asked = {stream: model(server, retries=3, stream=stream) for stream in (False, True)}
        made = {n: Run(f"c/{n}/1", str(n), Account(Budget.parse(BUDGET)), ledger) for n in range(runs)}

        async def all_of_them() -> None:
            limiter = anyio.CapacityLimiter(AT_ONCE)

            async def one(number: int) -> None:
                async with limiter:
                    await spend(asked[streams(number)], made[number], number)

            async with anyio.create_task_group() as tasks:
                for number in made:
                    tasks.start_soon(one, number)

        asyncio.run(all_of_them())
        served, calls = defaultdict(list), defaultdict(list)
        for each in server.served:
            served[run_of(each.request)[0]].append(each)
        for call in ledger.calls():
            calls[int(call["attempt_id"])].append(call)
        assert ledger.totals().held_usd == pytest.approx(0.0, abs=1e-9)
        assert ledger.totals().spent_usd == pytest.approx(
            sum(call["cost_usd"] for each in calls.values() for call in each)
        )
    return Books(made, served, calls)


def check(books: Books) -> Counter[str]:
    """All that the ledger claims, run by run; returns how much of it has been seen."""
    seen: Counter[str] = Counter()
    for number, run in books.runs.items():
        assert run.account is not None
        temper, over = temper_of(number), run.account.overshoot
        billed, booked = books.billed_usd(number), usd_of(books.calls[number])
        seen[temper] += 1
        seen["streamed"] += streams(number)
        if temper == "under-reports":
            assert booked < billed, "it is believed, and what it hides is in no ledger"
            assert over == 0.0, "by what it says"
            continue
        assert booked >= billed - 1e-12, "never below the server's own count"
        check_overshoot(books, number, temper, over, seen)
        check_excess(books, number, temper, seen)
    return seen


def check_overshoot(books: Books, number: int, temper: Temper, over: float, seen: Counter[str]) -> None:
    """None where the server keeps to `max_tokens`; at most one call's excess where it does not, and that is noted."""
    if temper != "over-delivers":
        assert over == 0.0
        assert books.billed_usd(number) <= BUDGET_USD * (1 + 1e-9)
        return
    calls = books.calls[number]
    assert over <= max(0.0, *(usd_of([call]) - float(str(call["usd"])) for call in calls)) + 1e-12
    for call in calls:
        generated, allowed = int(str(call["generated_tokens"])), int(str(call["output_tokens"]))
        noted = f"generated {generated} tokens, {allowed} were allowed" in str(call["note"])
        assert noted == (generated > allowed)
    seen["overshoot"] += over > 0


def check_excess(books: Books, number: int, temper: Temper, seen: Counter[str]) -> None:
    """What was answered with its usage is booked as the server counts it; the rest is marked, and is at its bound."""
    known = [call for call in books.calls[number] if not call["worst_case"]]
    unknown = [call for call in books.calls[number] if call["worst_case"]]
    seen["worst case"] += len(unknown)
    assert all(call["cost_usd"] == call["usd"] for call in unknown)
    if temper in ("omits usage", "says nothing was used"):
        assert not known
        return
    unread = {"answered"} if temper == "dies in the stream" else set()  # cut between its last word and its usage
    assert {call["outcome"] for call in unknown} <= {"lost"} | unread
    assert usd_of(known) == pytest.approx(books.billed_usd(number, delivered=True), abs=1e-12)
    assert bool(unknown) == (temper in LOSES)


@pytest.mark.slow
def test_the_books_of_many_runs_against_a_server_of_many_moods(tmp_path: Path) -> None:
    seen = check(drive(tmp_path / "ledger.sqlite", RUNS))
    assert all(seen[temper] > RUNS / 30 for temper in get_args(Temper))
    assert seen["overshoot"] > 0
    assert seen["worst case"] > RUNS / 3
    assert RUNS / 3 < seen["streamed"] < RUNS * 2 / 3


@pytest.mark.soak
def test_the_books_of_a_soak(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make soak RUNS=5000`: it says what it has seen."""
    seen = check(drive(tmp_path / "ledger.sqlite", SOAK_RUNS))
    with capsys.disabled():
        print(f"\n{SOAK_RUNS} runs: " + ", ".join(f"{what} {count}" for what, count in seen.most_common()))
