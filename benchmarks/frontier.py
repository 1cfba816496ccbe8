"""How long the frontier takes beside fits done one by one with scipy, in the same run.

make bench
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from inspect_horizon.frontier import frontier

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODELS, TASKS, REPLICATES = 16, 500, 200
BUDGETS = [0.05, 0.1, 0.2, 0.4, 0.8, 1.6]


def simulated(rng: np.random.Generator) -> pd.DataFrame:
    """One run per model and task: success and cost depend on the task's length."""
    minutes = 2 ** rng.uniform(-2, 9, TASKS)
    parts = []
    for model in range(MODELS):
        form = rng.logistic(0, 1, TASKS)
        cost = 0.01 * minutes * 2**-form
        solved = np.log2(minutes) < model / 2 + form
        parts.append(
            pd.DataFrame(
                {
                    "run_id": [f"{model}/{task}" for task in range(TASKS)],
                    "superseded": False,
                    "task_id": [f"t{task}" for task in range(TASKS)],
                    "task_family": [f"f{task % 12}" for task in range(TASKS)],
                    "epoch": 1,
                    "model": f"model-{model:02}",
                    "scaffold": "default",
                    "strategy": "single",
                    "condition": "plain",
                    "success": solved,
                    "stop_reason": None,
                    "cost_usd": cost,
                    "human_minutes": minutes,
                    "suite": "simulated",
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def one_by_one(runs: pd.DataFrame, draws: NDArray[np.intp]) -> None:
    """The plain way: for every model and replicate, one call of an optimiser on the success rate at the top budget."""
    for _, own in runs.groupby("model"):
        doublings = np.log2(own["human_minutes"].to_numpy())
        wins = (own["success"] & (own["cost_usd"] <= BUDGETS[-1])).to_numpy(dtype=float)
        for draw in draws:
            x, y = doublings[draw], wins[draw]

            def loss(theta: NDArray[np.float64], x: NDArray[np.float64] = x, y: NDArray[np.float64] = y) -> float:
                log_odds = theta[0] - theta[1] * x
                return float((np.logaddexp(0, log_odds) - y * log_odds).sum() + 1e-3 * theta[1] ** 2)

            minimize(loss, np.zeros(2))


def main() -> None:
    """Print both times and their ratio, per fit."""
    rng = np.random.default_rng(0)
    runs = simulated(rng)
    started = time.perf_counter()
    frontier(runs, kind="usd", amounts=BUDGETS, rng=rng, bootstrap=REPLICATES)
    ours = time.perf_counter() - started
    few = REPLICATES // 20
    started = time.perf_counter()
    one_by_one(runs, rng.integers(0, TASKS, (few, TASKS)))
    theirs = time.perf_counter() - started
    ours_each = ours / (MODELS * REPLICATES * len(BUDGETS))
    theirs_each = theirs / (MODELS * few)
    print(f"frontier: {MODELS} models x {REPLICATES} replicates x {len(BUDGETS)} budgets in {ours:.2f} s")
    print(f"per fitted horizon: ours {ours_each * 1e6:.0f} us, scipy one by one {theirs_each * 1e6:.0f} us")
    print(f"ratio: {theirs_each / ours_each:.0f} times")


if __name__ == "__main__":
    main()
