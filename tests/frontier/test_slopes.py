"""The test of the common slope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from frontier.simulated import BUDGETS_USD, Agent
from inspect_horizon.frontier import horizon_curve

if TYPE_CHECKING:
    from inspect_horizon.frontier import SlopeTest


def slope_test(runs: pd.DataFrame) -> SlopeTest:
    curve = horizon_curve(runs, kind="usd", amounts=BUDGETS_USD, rng=np.random.default_rng(0), bootstrap=0)
    assert curve.slope_test is not None
    return curve.slope_test


def uneven_runs(seed: int) -> pd.DataFrame:
    """Within $0.2 success falls by 4 a doubling from 2 minutes; what more money adds falls by 0.6 from 30."""
    rng = np.random.default_rng(seed)
    minutes = rng.permutation(np.geomspace(5 / 60, 480, 144))
    chance = rng.random(144)
    small = chance < 1 / (1 + (minutes / 2) ** (4 / np.log(2)))
    large = chance < 1 / (1 + (minutes / 30) ** (0.6 / np.log(2)))
    return pd.DataFrame(
        {
            "task_id": [f"task-{number}" for number in range(144)],
            "task_family": [f"family-{number % 16}" for number in range(144)],
            "model": "uneven",
            "success": small | large,
            "cost_usd": np.where(small, 0.1, 10.0),
            "human_minutes": minutes,
        }
    )


def test_slopes_that_differ_are_found_and_flagged() -> None:
    rejected = [slope_test(uneven_runs(seed)).p_value < 0.01 for seed in range(10)]
    assert sum(rejected) >= 9
    curve = horizon_curve(uneven_runs(0), kind="usd", amounts=BUDGETS_USD, rng=np.random.default_rng(0), bootstrap=0)
    assert all("slope_differs" in point.flags for point in curve.points)


@pytest.mark.parametrize("ladder", [False, True])
def test_a_common_slope_is_seldom_rejected(ladder: bool) -> None:
    p_values = [slope_test(Agent().runs(np.random.default_rng(seed), ladder=ladder)).p_value for seed in range(40)]
    assert np.mean(np.array(p_values) < 0.05) <= 0.125
    assert np.mean(np.array(p_values) < 0.5) > 0.15


def test_trajectories_written_twice_are_no_new_evidence() -> None:
    """Two copies of every run have twice the scores but come from the same tasks: the test must not be surer."""
    runs = uneven_runs(1)
    once, twice = slope_test(runs), slope_test(pd.concat([runs, runs]))
    assert twice.df == once.df
    assert twice.statistic <= 1.2 * once.statistic


def test_too_little_to_compare_gives_no_test() -> None:
    runs = uneven_runs(0).head(8)
    curve = horizon_curve(runs, kind="usd", amounts=BUDGETS_USD, rng=np.random.default_rng(0), bootstrap=0)
    assert curve.slope_test is None
