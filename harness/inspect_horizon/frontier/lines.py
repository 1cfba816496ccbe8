"""What a budget buys beside an agent: the human line, the cost ratio, and the best of several curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_horizon.frontier.arrays import FloatArray


def human_line(budgets_usd: Sequence[float] | FloatArray, wage_usd_per_hour: float) -> FloatArray:
    """Minutes of human work that each budget buys, `60 * budget / wage`: straight, slope 1 in log-log.

    Args:
        budgets_usd: Dollars, any shape, none negative.
        wage_usd_per_hour: Above 0.

    Raises:
        ValueError: The wage is not above 0, or a budget is negative.

    References:
        Greenblatt (2026), "Distinguish between inference scaling and 'larger tasks use more compute'".
    """
    budgets = np.asarray(budgets_usd, dtype=np.float64)
    if not (np.isfinite(wage_usd_per_hour) and wage_usd_per_hour > 0):
        raise ValueError(f"wage {wage_usd_per_hour} must be a finite amount of dollars per hour above 0")
    if (budgets < 0).any():
        raise ValueError(f"budgets must not be negative; the smallest is {budgets.min()}")
    return np.asarray(60.0 * budgets / wage_usd_per_hour)


def cost_ratio(budget_usd: float, horizon_minutes: float, wage_usd_per_hour: float) -> float:
    """The budget as a fraction of what a human costs for a task as long as the horizon it buys (> 0)."""
    return budget_usd / (wage_usd_per_hour * horizon_minutes / 60.0)
