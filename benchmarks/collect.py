"""What collecting logs takes beside Inspect's own `samples_df` on the same logs: CPU, and memory as studies grow.

make bench, or: python benchmarks/collect.py --logs 20 60 --samples 200

`horizon collect` reads the same columns of each sample, and also writes its tables.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inspect_ai.log import write_eval_log

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from inspect_ai.log import EvalLog

Reader = Callable[[Path, Path], object]
WORDS = "The next page of the ledger says that 12 crates of nails were sold for 3 dollars each. " * 3


@dataclass(frozen=True, slots=True)
class Cost:
    """What reading took, without the time to import what reads."""

    wall_seconds: float
    cpu_seconds: float
    grown_mb: float
    """By how much the process has grown at its peak."""


def answered(samples: int, folder: Path) -> EvalLog:
    """A log of questions that a mock model has answered."""
    from inspect_ai import Task
    from inspect_ai import eval as run_eval
    from inspect_ai.dataset import Sample
    from inspect_ai.model import ModelOutput, ModelUsage, get_model
    from inspect_ai.scorer import includes

    def say(*_: object) -> ModelOutput:
        output = ModelOutput.from_content("mockllm/model", "output")
        output.usage = ModelUsage(input_tokens=50, output_tokens=1, total_tokens=51)  # else it is counted online
        return output

    timed = {"human_minutes": 3.0, "human_source": "estimate"}
    dataset = [Sample(id=f"t{n}", input=WORDS, target="output", metadata=timed) for n in range(samples)]
    (log,) = run_eval(
        Task(dataset, name="questions", scorer=includes()),
        model=get_model("mockllm/model", custom_outputs=say),
        log_dir=str(folder),
        display="none",
        log_realtime=False,
    )
    return log


def write_logs(folder: Path, log: EvalLog, copies: int) -> None:
    """The log again and again, each time as another eval with samples of its own."""
    for number in range(copies):
        log.eval.eval_id = f"eval{number}"
        for sample in log.samples or []:
            sample.uuid = f"{number}-{sample.id}"
        write_eval_log(log, str(folder / f"2026-01-01T00-00-00+00-00_questions_{number:022}.eval"))


def collected(logs: Path, to: Path) -> object:
    from inspect_horizon.sweeps.collecting import collect

    return collect(logs, to=to)


def framed(logs: Path, _: Path) -> object:
    from inspect_ai.analysis import samples_df

    return samples_df(str(logs), quiet=True)


def carry_out(read: Reader, warm: Path, logs: Path, to: Path, pipe: Connection) -> None:
    """In a process of its own: read a small folder first, so that imports are done, then the one that counts."""
    read(warm, to / "warm")
    before, started, cpu = peak_mb(), time.perf_counter(), time.process_time()
    read(logs, to / "read")
    pipe.send(Cost(time.perf_counter() - started, time.process_time() - cpu, peak_mb() - before))


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def cost_of(read: Reader, warm: Path, logs: Path) -> Cost:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    with tempfile.TemporaryDirectory() as to:
        process = spawn.Process(target=carry_out, args=(read, warm, logs, Path(to), theirs))
        process.start()
        theirs.close()
        cost: Cost = ours.recv()
        process.join()
    return cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--logs", type=int, nargs="+", default=(20, 60), help="how many logs, study by study")
    parser.add_argument("--samples", type=int, default=200, help="in each log")
    asked = parser.parse_args()
    print(f"{'logs':>6}{'samples':>9}  {'way':<16}{'wall s':>8}{'CPU s':>8}{'peak +MB':>10}{'CPU ratio':>11}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = answered(asked.samples, folder / "mock")
        write_logs(folder / "warm", log, 1)
        for copies in asked.logs:
            write_logs(folder / str(copies), log, copies)
            own = cost_of(framed, folder / "warm", folder / str(copies))
            ours = cost_of(collected, folder / "warm", folder / str(copies))
            for way, cost in (("samples_df", own), ("horizon collect", ours)):
                print(
                    f"{copies:>6}{copies * len(log.samples or []):>9}  {way:<16}{cost.wall_seconds:>8.1f}"
                    f"{cost.cpu_seconds:>8.1f}{cost.grown_mb:>10.0f}{cost.cpu_seconds / own.cpu_seconds:>11.2f}"
                )


if __name__ == "__main__":
    main()
