"""Runs drawn from known horizon curves, for the tests of the frontier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

    from inspect_horizon.frontier.arrays import FloatArray

BUDGETS_USD: FloatArray = np.array([0.05, 0.2, 0.8, 3.2, 12.8, 51.2])


@dataclass(frozen=True, slots=True)
class Agent:
    """Succeeds at a task of h minutes iff `h <= min(plateau, budget / price) * 2 ** form`.

    The form of a run is logistic with scale 1 / slope in doublings, so success is logistic in log2 h with that slope
    at every budget, and the horizon is `min(plateau, budget / price)`: proportional odds by construction.
    """

    slope: float = 2.0
    plateau_minutes: float = 60.0
    usd_per_minute: float = 0.01

    def horizon(self, budgets_usd: FloatArray) -> FloatArray:
        """The truth, in minutes."""
        return np.minimum(self.plateau_minutes, budgets_usd / self.usd_per_minute)

    def runs(
        self,
        rng: np.random.Generator,
        *,
        tasks: int = 144,
        families: int = 16,
        ladder: bool = False,
        model: str = "agent",
    ) -> pd.DataFrame:
        """One run a task under each of `BUDGETS_USD`, or one under the largest alone."""
        minutes = rng.permutation(np.geomspace(5 / 60, 480, tasks))
        caps = BUDGETS_USD[-1:] if ladder else BUDGETS_USD
        return pd.concat([self._under(rng, minutes, families, cap, model) for cap in caps], ignore_index=True)

    def _under(
        self, rng: np.random.Generator, minutes: FloatArray, families: int, cap: float, model: str
    ) -> pd.DataFrame:
        form = rng.logistic(0.0, 1 / self.slope, len(minutes))
        need = self.usd_per_minute * minutes * 2**-form
        ended = need <= cap
        number = np.arange(len(minutes))
        return pd.DataFrame(
            {
                "run_id": [f"{model}-{cap:g}-{task}" for task in number],
                "task_id": [f"task-{task}" for task in number],
                "task_family": [f"family-{task % families}" for task in number],
                "model": model,
                "success": ended & (minutes <= self.plateau_minutes * 2**form),
                "stop_reason": np.where(ended, "submitted", "budget"),
                "budget_kind": "usd",
                "budget_amount": cap,
                "cost_usd": np.minimum(need, cap),
                "human_minutes": minutes,
            }
        )


def table(success: npt.ArrayLike, minutes: FloatArray, cost_usd: FloatArray | float = 0.5) -> pd.DataFrame:
    """Runs of one model, one a task, in eight families."""
    number = np.arange(len(minutes))
    return pd.DataFrame(
        {
            "task_id": [f"task-{task}" for task in number],
            "task_family": [f"family-{task % 8}" for task in number],
            "model": "agent",
            "success": np.asarray(success) > 0,
            "cost_usd": cost_usd,
            "human_minutes": minutes,
        }
    )
