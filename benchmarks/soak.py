"""A long sweep over a server that fails now and then: is memory flat, is every run there once, is the bill covered?

make soak, or for a look: PYTHONPATH=tests python benchmarks/soak.py --runs 500 --concurrency 50

The same work then goes through Inspect's own OpenAI-compatible provider, without budgets or ledger, where the
installed OpenAI client is new enough for it.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import inspect_horizon.models  # noqa: F401 - sets LiteLLM's environment before anything imports it
from inspect_horizon.sweeps.engines.cells import flushed_every
from support.elsewhere import Counted, own_provider_runs, server_elsewhere
from support.suites import write_rows

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MODEL = "openai/gpt-5-mini"
BUDGETS = (0.01, 0.02, 0.04, 0.08)
"""Dollars a run: a cell each."""
TASKS = 25
MAX_TOKENS = 200
LATENCY_SECONDS = 0.5
RETRIES = 6
SETTLED_IN = 0.05
"""The share of the work after which memory is looked at: imports and pools are filled by then."""
SECONDS_BETWEEN_LOOKS = 0.5

Work = Callable[["Job"], None]


@dataclass(frozen=True, slots=True)
class Job:
    """The work, as a process of its own is told of it."""

    url: str
    folder: Path
    epochs: int
    concurrency: int

    @property
    def runs(self) -> int:
        return self.epochs * TASKS * len(BUDGETS)


@dataclass(frozen=True, slots=True)
class Done:
    """What a process needed for its work."""

    wall_seconds: float
    cpu_seconds: float
    resident_mb: tuple[float, ...]
    """While it called the model."""

    def line(self, name: str, runs: int) -> str:
        return f"{name:<16}{runs / self.wall_seconds:>8.1f} runs/s{1000 * self.cpu_seconds / runs:>8.1f} CPU ms/run"


def sweep_all(job: Job) -> None:
    """The product's own way: a sweep with budgets, a cap and a ledger, and its tables at the end."""
    from inspect_horizon.budgets.grid import Grid
    from inspect_horizon.sweeps.spec import Generation, Sweep
    from inspect_horizon.sweeps.sweep import sweep

    asked = Sweep(
        "soak",
        (str(job.folder / "questions"),),
        (MODEL,),
        Grid("usd", BUDGETS),
        mode="grid",
        epochs=job.epochs,
        generation=Generation(max_tokens=MAX_TOKENS),
        spend_cap_usd=job.runs * max(BUDGETS),
        model_base_url=job.url,
        max_connections=job.concurrency,
        max_retries=RETRIES,
    )
    sweep(asked, to=job.folder / "swept")


def inspects_own(job: Job) -> None:
    """The same questions through Inspect's provider, as many tasks at a time and logged alike."""
    from inspect_ai import Task, eval_set
    from inspect_ai.dataset import Sample
    from inspect_ai.model import GenerateConfig, get_model
    from inspect_ai.scorer import includes
    from inspect_ai.solver import generate

    samples = [Sample(id=f"t{n}", input=f"Question {n}", target="Paris") for n in range(1, TASKS + 1)]
    config = GenerateConfig(max_tokens=MAX_TOKENS, max_retries=RETRIES)
    model = get_model("openai-api/local/gpt-5-mini", base_url=job.url, api_key="sk-none", config=config)
    eval_set(
        [
            Task(samples, name=f"cell{n}", solver=generate(), scorer=includes(), epochs=job.epochs)
            for n in range(len(BUDGETS))
        ],
        model=model,
        log_dir=str(job.folder / "logs"),
        retry_attempts=0,
        fail_on_error=False,
        max_tasks=4,
        max_connections=job.concurrency,
        display="none",
        log_level="error",
        log_realtime=False,
        log_buffer=flushed_every(job.runs // len(BUDGETS)),
    )


def carry_out(work: Work, job: Job, pipe: Connection) -> None:
    """In a process of its own: do the work, then say what it took."""
    started = time.perf_counter()
    work(job)
    used = resource.getrusage(resource.RUSAGE_SELF)
    pipe.send((time.perf_counter() - started, used.ru_utime + used.ru_stime))


def watched(work: Work, job: Job, counted: Callable[[], Counted]) -> Done | None:
    """Have the work done in a process of its own and look at its memory meanwhile; None where it failed."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=carry_out, args=(work, job, theirs))
    before, sizes = counted().requests, []
    process.start()
    theirs.close()
    while process.is_alive() and not ours.poll(SECONDS_BETWEEN_LOOKS):
        share = (counted().requests - before) / job.runs
        if SETTLED_IN < share < 1:
            sizes.append(resident_mb(process.pid))
    try:
        wall_seconds, cpu_seconds = ours.recv()
    except EOFError:
        return None
    finally:
        process.join()
    return Done(wall_seconds, cpu_seconds, tuple(sizes))


def resident_mb(pid: int | None) -> float:
    """Memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def growth(sizes: tuple[float, ...]) -> float:
    """By what share the last quarter of the looks lies above the first."""
    quarter = max(len(sizes) // 4, 1)
    return statistics.fmean(sizes[-quarter:]) / statistics.fmean(sizes[:quarter]) - 1


def complaints(job: Job, counted: Counted) -> list[str]:
    """What is wrong with the tables and the ledger of the sweep."""
    from inspect_horizon.budgets import Usage
    from inspect_horizon.budgets.prices import price_book
    from inspect_horizon.runs import read_runs, read_table

    runs, calls = read_runs(job.folder / "swept"), read_table(job.folder / "swept", "calls")
    standing = runs[~runs["superseded"].astype(bool)]
    bill = (
        price_book()
        .price(MODEL)
        .cost_usd(Usage(input_tokens=counted.prompt_tokens, output_tokens=counted.completion_tokens))
    )
    booked = float(calls["cost_usd"].sum())
    print(f"{len(standing)} runs, {len(calls)} calls, {counted.faults} faults; bill ${bill:.4f}, booked ${booked:.4f}")
    checks = {
        f"{standing['run_id'].nunique()} of {job.runs} runs are in the table": standing["run_id"].nunique() == job.runs,
        "a run stands twice": standing["run_id"].is_unique,
        f"{standing['stop_reason'].eq('error').sum()} runs have no outcome": standing["stop_reason"].ne("error").all(),
        f"{len(calls)} calls are booked, {counted.requests} were served": len(calls) == counted.requests,
        "the ledger does not cover the bill": booked >= bill * (1 - 1e-9),
    }
    return [text for text, holds in checks.items() if not holds]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--every", type=int, default=50, help="calls between two faults")
    parser.add_argument("--memory-within", type=float, default=0.10, help="growth that is still called flat")
    parser.add_argument("--alone", action="store_true", help="leave out Inspect's own provider")
    asked = parser.parse_args()
    os.environ["OPENAI_API_KEY"] = "sk-not-needed-here"
    epochs = -(-asked.runs // (TASKS * len(BUDGETS)))
    with (
        tempfile.TemporaryDirectory() as folder,
        server_elsewhere("Paris", every=asked.every, latency_seconds=LATENCY_SECONDS) as server,
    ):
        job = Job(server.url, Path(folder), epochs, asked.concurrency)
        write_rows(job.folder / "questions", tasks=TASKS)
        done = watched(sweep_all, job, server.counted)
        if done is None:
            sys.exit("the sweep failed")
        wrong = complaints(job, server.counted())
        print(done.line("horizon sweep", job.runs))
        if done.resident_mb:
            grown = growth(done.resident_mb)
            print(f"memory {done.resident_mb[0]:.0f} to {done.resident_mb[-1]:.0f} MB, {grown:+.1%} by quarters")
            if grown > asked.memory_within:
                wrong.append("memory is not flat")
        if not asked.alone:
            compare(job, server.counted)
    if wrong:
        sys.exit("\n".join(wrong))


def compare(job: Job, counted: Callable[[], Counted]) -> None:
    """Print what the same work takes through Inspect's own provider."""
    if not own_provider_runs():
        print("inspect's own: not with this OpenAI client; `make stack-b` makes an environment where it runs")
        return
    own = watched(inspects_own, job, counted)
    print(own.line("inspect's own", job.runs) if own is not None else "inspect's own failed")


if __name__ == "__main__":
    main()
