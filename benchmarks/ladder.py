"""Dollars of ladders and of grids, as multiples of what the dearest budget alone costs: same clerks, same seeds.

The budgets are eight doublings. The last columns look at the tasks whose runs exhaust all of them, and at those whose
runs none of them stops.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from strategies.reading import Read, clerks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspect_horizon.budgets.ladder import FinalAnswer

RUNGS = tuple(0.01 * 2**doubling for doubling in range(8))
MODELS = ("clerk-small", "clerk-medium", "clerk-large")


def dollars(read: Read) -> float:
    """Of every call, questions aside included."""
    return float(sum(call["cost_usd"] for call in read.calls))


def spent(grid: dict[float, Read], runs: Iterable[str]) -> float:
    """By some runs under all budgets, over what they spent under the dearest."""
    chosen = list(runs)
    by_budget = {
        budget: sum(read.samples[run].metadata["horizon"]["spent"] for run in chosen) for budget, read in grid.items()
    }
    return float(sum(by_budget.values()) / by_budget[max(grid)])


def compare(model: str, final_answer: FinalAnswer, folder: Path) -> None:
    """Print one line of the table for each way to run the same study."""
    with_all: dict[str, object] = {
        "seed": 1,
        "final_answer": final_answer,
        "model": f"litellm/embedded/{model}",
        "every": 2,
    }
    grid = {rung: clerks(folder / f"{rung}", rung, **with_all) for rung in RUNGS}  # type: ignore[arg-type]
    ladder = clerks(folder / "ladder", RUNGS[-1], rungs=RUNGS[:-1], **with_all)  # type: ignore[arg-type]
    dearest = dollars(grid[RUNGS[-1]])
    reasons = {
        run: {read.samples[run].metadata["horizon"]["stop_reason"] for read in grid.values()} for run in ladder.samples
    }
    exhausting = [run for run, found in reasons.items() if found == {"budget"}]
    ending = [run for run, found in reasons.items() if "budget" not in found]
    shares = [f"{spent(grid, some):.2f} ({len(some)})" if some else "-" for some in (exhausting, ending)]
    whole = sum(map(dollars, grid.values())) / dearest
    print(f"{model:<14}{final_answer:<8}{dollars(ladder) / dearest:>8.3f}{whole:>8.2f}", *(f"{x:>16}" for x in shares))


def main() -> None:
    print(f"{'model':<14}{'answer':<8}{'ladder':>8}{'grid':>8}{'all exhausted':>17}{'none stopped':>17}")
    with tempfile.TemporaryDirectory() as folder:
        for model in MODELS:
            for final_answer in ("none", "ask"):
                compare(model, final_answer, Path(folder) / model / final_answer)


if __name__ == "__main__":
    main()
