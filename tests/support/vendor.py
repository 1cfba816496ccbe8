"""A vendor in a process of its own, who writes down what it will bill before it answers, and workers who call it."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import random
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from inspect_horizon.budgets import Budget, Usage
from inspect_horizon.budgets.account import Account
from inspect_horizon.budgets.ledger import Ledger
from inspect_horizon.budgets.metering import Answer, Asked, Ticket, admit
from inspect_horizon.budgets.prices import Price, Rates
from inspect_horizon.budgets.run import Run
from inspect_horizon.errors import BudgetExceeded, SpendCapExceeded

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

MICRO = 1e-6
DOLLAR_A_MILLION = Price(
    "acme/dear", "test", Rates.of(input=MICRO, output=MICRO, cache_read=MICRO, cache_write=MICRO, reasoning=MICRO)
)
"""A token is a millionth of a dollar, so that tokens are money."""
PROMPT_TOKENS = 50
MOST_OUTPUT = 400
RUN_BUDGET = "usd:0.002"


def billed_usd(bill: Path) -> float:
    """What the vendor will bill, by its own book; a line that a kill cut short was never billed."""
    text = bill.read_text() if bill.exists() else ""
    return sum(int(line) for line in text.splitlines(keepends=True) if line.endswith("\n")) * MICRO


def be_the_vendor(bill: Path, seed: int) -> None:
    """Serve on the Unix socket beside the bill until killed; some answers are late, some lost, some refused."""
    chance = random.Random(seed)
    book = os.open(bill, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        line = await reader.readline()
        if not line:
            return  # who asked has been killed
        asked = json.loads(line)
        fate = chance.random()
        if fate < 0.05:
            writer.write(b'{"refused": true}\n')
        else:
            output = chance.randint(1, asked["max_tokens"])
            await asyncio.sleep(chance.random() * 0.02)
            os.write(book, f"{asked['prompt_tokens'] + output}\n".encode())
            if chance.random() < 0.3:
                await asyncio.sleep(chance.random() * 0.02)
            if fate > 0.1:
                writer.write(json.dumps({"output_tokens": output}).encode() + b"\n")
        writer.close()

    async def serve_for_ever() -> None:
        path = socket_of(bill)
        path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(serve, path, backlog=256)
        await server.serve_forever()

    asyncio.run(serve_for_ever())


def socket_of(bill: Path) -> Path:
    """Where the vendor of a bill is reached."""
    return bill.with_suffix(".socket")


async def call(ticket: Ticket, bill: Path, prompt_tokens: int) -> None:
    """Make an admitted call and book it: nothing if it was provably not billed, the worst case if that is open."""
    try:
        reader, writer = await asyncio.open_unix_connection(socket_of(bill))
    except OSError as error:
        ticket.failed(f"never sent: {error}", billed=False)
        await anyio.sleep(0.05)
        return
    try:
        writer.write(json.dumps({"prompt_tokens": prompt_tokens, "max_tokens": ticket.output_tokens}).encode() + b"\n")
        reply = json.loads(await reader.readline() or "{}")
    except OSError:
        reply = {}
    finally:
        writer.close()
    if reply.get("refused"):
        ticket.failed("refused", billed=False)
    elif "output_tokens" in reply:
        usage = Usage(input_tokens=prompt_tokens, output_tokens=reply["output_tokens"])
        ticket.answered(Answer(usage, DOLLAR_A_MILLION, "acme/dear"))
    else:
        ticket.failed("lost", billed=True)


async def work(ledger: Ledger, bill: Path, name: str, chance: random.Random, *, graded: bool) -> None:
    """Do one run after another, each under its own budget, until the sweep's cap is reached."""
    for number in range(sys.maxsize):
        run = Run(f"cell/{name}.{number}/1", f"{name}.{number}", Account(Budget.parse(RUN_BUDGET)), ledger)
        ledger.begin(run.run_id, run.attempt_id)
        prompt_tokens = chance.randint(1, PROMPT_TOKENS)
        asked = Asked("acme/dear", DOLLAR_A_MILLION, PROMPT_TOKENS, MOST_OUTPUT, 1)
        try:
            for _ in range(chance.randint(1, 6)):
                await call(await admit(run, asked), bill, prompt_tokens)
        except BudgetExceeded:
            pass
        if graded:
            run.phase = "scorer"
            await call(await admit(run, asked), bill, prompt_tokens)
        ledger.scored(run.attempt_id)


def be_a_worker(path: Path, cap_usd: float, bill: Path, seed: int) -> None:
    """Work until the cap is reached; the runs of an even seed are graded by a model."""
    ledger = Ledger(path, cap_usd=cap_usd)
    name = str(os.getpid())
    try:
        asyncio.run(work(ledger, bill, name, random.Random(f"{seed}/{name}"), graded=seed % 2 == 0))
    except SpendCapExceeded:
        ledger.close()


def nurse() -> None:
    """Fork a vendor or workers for every line that comes in, and say their process ids.

    Python and what it imports are loaded once for all of them. What goes wrong in one is left in its sweep's folder.
    """
    anyio.run(anyio.sleep, 0)  # anyio imports its backend when it is first used
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries them
    for line in sys.stdin:
        role, path, cap_usd, seed, count = line.split()
        ledger, bill = Path(path) / "ledger.sqlite", Path(path) / "bill"
        children = []
        for _ in range(int(count)):
            child = os.fork()
            if child:
                children.append(child)
                continue
            try:
                if role == "vendor":
                    be_the_vendor(bill, int(seed))
                else:
                    be_a_worker(ledger, float(cap_usd), bill, int(seed))
            except BaseException:
                (Path(path) / f"failure-{os.getpid()}").write_text(traceback.format_exc())
            finally:
                os._exit(0)
        print(*children, flush=True)


if __name__ == "__main__":
    nurse()
