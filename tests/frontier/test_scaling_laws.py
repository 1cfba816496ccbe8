"""Laws of success, of coverage and of length are told apart and recovered where the truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from frontier.degenerate import TABLES, all_finite
from frontier.pooled import pool_table
from frontier.simulated import Agent
from inspect_horizon.errors import UsageError
from inspect_horizon.frontier.laws import (
    COVERAGE_LAW_FLAGS,
    SUCCESS_LAW_FLAGS,
    coverage_laws,
    size_laws,
    success_laws,
)
from inspect_horizon.frontier.laws.coverage import chance_of_any
from inspect_horizon.frontier.laws.success import predicted

AMOUNTS = [0.25 * 2.0**rung for rung in range(9)]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def runs_that_need(need: np.ndarray) -> pd.DataFrame:
    """One run a task that succeeds once it may spend what it needs, infinite for never, in 40 families."""
    number = np.arange(len(need))
    return pd.DataFrame(
        {
            "task_id": [f"t{each}" for each in number],
            "task_family": [f"f{each % 40}" for each in number],
            "model": "agent",
            "success": np.isfinite(need),
            "cost_usd": np.where(np.isfinite(need), need, 100.0),
            "human_minutes": 1.0 + number % 7,
            "stop_reason": "submitted",
        }
    )


def needs(law: str, size: int = 2000) -> np.ndarray:
    """Spends whose distribution is the law: 0.7 (1 - exp(-b / 4)), or exp(-(b / 2) ** -0.6)."""
    draw = rng(1)
    if law == "saturating":
        return np.where(draw.random(size) < 0.7, draw.exponential(4.0, size), np.inf)
    return 2.0 * (-np.log(draw.random(size))) ** (-1 / 0.6)


def test_the_interval_of_a_rate_is_as_wide_as_its_runs_are_few() -> None:
    """200 tasks that share nothing: 2 * 1.96 * sqrt(p (1 - p) / 200), and a twentieth more for 40 families, not 200."""
    runs = runs_that_need(needs("saturating", 200))
    (found,) = success_laws(runs, kind="usd", rng=rng(), amounts=AMOUNTS, bootstrap=2000)
    for rate, interval in zip(found.rates, found.rate_intervals, strict=True):
        assert interval is not None
        assert interval.low is not None
        assert interval.high is not None
        assert interval.low < rate < interval.high
        assert interval.high - interval.low == pytest.approx(3.92 * np.sqrt(rate * (1 - rate) / 200), rel=0.3)


def test_the_law_that_made_the_runs_is_named_with_its_constants() -> None:
    (steady,) = success_laws(runs_that_need(needs("saturating")), kind="usd", rng=rng(), amounts=AMOUNTS)
    assert steady.best == "saturating"
    found = dict(steady.laws[0].parameters)
    assert found["a"] == pytest.approx(0.7, abs=0.03)
    assert found["c"] == pytest.approx(4.0, rel=0.12)
    interval = steady.laws[0].limit_interval
    assert interval is not None
    assert (interval.low or 0) < 0.7 < (interval.high or 0)
    (slow,) = success_laws(runs_that_need(needs("power")), kind="usd", rng=rng(), amounts=AMOUNTS)
    assert slow.best == "power"
    assert dict(slow.laws[0].parameters)["k"] == pytest.approx(0.6, abs=0.06)
    assert sum(law.weight for law in slow.laws) == pytest.approx(1.0)


def test_the_mixture_holds_both_laws() -> None:
    """With all its weight on one part it is that law."""
    amounts = np.array(AMOUNTS)
    steady = predicted("mixture", np.array([30.0, 1.0, 0.0, 0.0]), amounts)
    assert steady == pytest.approx(predicted("saturating", np.array([30.0, 1.0]), amounts))
    slow = predicted("mixture", np.array([-30.0, 0.0, 1.0, -0.5]), amounts)
    assert slow == pytest.approx(predicted("power", np.array([1.0, -0.5]), amounts))


def test_the_forecast_of_the_dearest_budgets_sees_only_the_cheaper_ones_and_is_scored() -> None:
    whole = runs_that_need(needs("power"))
    (found,) = success_laws(whole, kind="usd", rng=rng(), amounts=AMOUNTS, held_out=3)
    own = found.forecast
    assert own is not None
    assert own.amounts == tuple(AMOUNTS[-3:])
    assert own.error == pytest.approx(np.abs(np.subtract(own.foretold, own.seen)).mean())
    assert own.error < 0.03 < own.error_of_last
    assert own.less_than_last is not None
    assert (own.less_than_last.high or 0) < 0
    altered = whole.assign(success=whole["success"] & (whole["cost_usd"] <= AMOUNTS[-4]))
    (blind,) = success_laws(altered, kind="usd", rng=rng(), amounts=AMOUNTS, held_out=3)
    assert blind.forecast is not None
    assert blind.forecast.foretold == pytest.approx(own.foretold), "what happens later does not change it"
    assert "no_better" in blind.flags


def test_success_without_a_law_says_so() -> None:
    few = success_laws(runs_that_need(needs("power", 60)), kind="usd", rng=rng(), amounts=AMOUNTS[:3])
    assert few[0].flags == ("too_few_budgets",)
    level = success_laws(runs_that_need(np.full(60, 0.1)), kind="usd", rng=rng(), amounts=AMOUNTS)
    assert level[0].flags == ("level",)
    short = success_laws(runs_that_need(needs("power", 60)), kind="usd", rng=rng(), amounts=AMOUNTS[:5])
    assert {"no_forecast", "not_compared"} <= set(short[0].flags) <= set(SUCCESS_LAW_FLAGS)
    with pytest.raises(UsageError, match="too few"):
        success_laws(runs_that_need(needs("power", 60)), kind="usd", rng=rng(), bootstrap=3)


def tries_with(chance: np.ndarray, n: int = 16) -> pd.DataFrame:
    """A pool of n tries a task, each task with its own chance."""
    pool = pool_table(rng(), n=n, tasks=len(chance), families=len(chance) // 4)
    return pool.assign(success=rng(2).random(len(pool)) < np.repeat(chance, n))


def test_a_beta_distribution_of_chances_foretells_coverage_far_beyond_the_tries() -> None:
    """Chances from Beta(0.4, 2): coverage at k is 1 - B(0.4, 2 + k) / B(0.4, 2)."""
    chance = rng(7).beta(0.4, 2.0, 240)
    (found,) = coverage_laws(tries_with(chance), rng=rng(), ks=(16, 64, 256), bootstrap=40)
    law = next(each for each in found.laws if each.name == "beta")
    assert law.alpha == pytest.approx(0.4, rel=0.35)
    assert law.mean == pytest.approx(0.4 / 2.4, abs=0.03)
    for each in found.forecast:
        truth = float((1 - (1 - chance) ** each.k).mean())
        assert each.rate == pytest.approx(truth, abs=0.04)
        assert each.interval is not None
    assert found.score is not None
    assert found.score.error < 0.6 * found.score.error_of_shares
    assert "no_better" not in found.flags


def test_one_chance_for_all_and_tasks_that_are_never_solved_are_told() -> None:
    (same,) = coverage_laws(tries_with(np.full(120, 0.3)), rng=rng(), bootstrap=0)
    assert next(each for each in same.laws if each.name == "binomial").weight > 0.3
    never = np.where(rng(3).random(240) < 0.4, 0.0, rng(4).beta(4, 4, 240))
    (found,) = coverage_laws(tries_with(never), rng=rng(), ks=(1000,), bootstrap=0)
    assert found.best == "beta_with_never"
    assert found.laws[0].never == pytest.approx(0.4, abs=0.06)
    assert found.forecast[0].rate == pytest.approx(0.6, abs=0.06)


def test_coverage_by_a_law_is_its_mean_at_one_try_and_rises() -> None:
    theta = np.array([-1.0, 0.5, -1.0])
    for name, size in (("binomial", 1), ("beta", 2), ("beta_with_never", 3)):
        chances = [chance_of_any(name, theta[:size], k) for k in (1, 2, 8, 1000)]  # type: ignore[arg-type]
        assert chances == sorted(chances)
        never = 1 / (1 + np.e) if size == 3 else 0.0
        assert chances[0] == pytest.approx((1 - never) / (1 + np.e))


def test_pools_without_a_law_of_coverage_say_so() -> None:
    flags = [
        coverage_laws(tries_with(chance, n), rng=rng(), bootstrap=0)[0].flags
        for chance, n in ((np.zeros(40), 4), (np.ones(40), 4), (np.full(40, 0.5), 1), (np.full(40, 0.5), 2))
    ]
    assert flags[:3] == [("no_success",), ("no_failure",), ("too_few_tries",)]
    assert "no_forecast" in flags[3]
    assert {name for each in flags for name in each} <= set(COVERAGE_LAW_FLAGS)


def test_twice_the_length_needs_twice_the_budget_where_cost_is_linear() -> None:
    """The agent's horizon is proportional to the budget, so the incline loses per doubling what a doubling gains."""
    runs = Agent(plateau_minutes=1e6, slope=1.5).runs(rng(), tasks=864, ladder=True)
    amounts = [0.05 * 2.0**rung for rung in range(9)]
    (found,) = size_laws(runs, kind="usd", rng=rng(), amounts=amounts, bootstrap=60)
    assert found.frontier.compute_per_size == pytest.approx(2.0, rel=0.2)
    assert found.score is not None
    assert found.score.error < found.score.error_of_last


@pytest.mark.parametrize("name", TABLES)
def test_degenerate_runs_give_flags_and_no_errors(name: str) -> None:
    found = success_laws(TABLES[name], kind="usd", rng=rng(), amounts=[0.5, 1, 2, 4, 8, 16], bootstrap=50)
    assert all(own.best is not None or own.flags for own in found)
    assert all_finite(found)
    sizes = size_laws(TABLES[name], kind="usd", rng=rng(), amounts=[0.5, 1, 2, 4, 8, 16], bootstrap=5)
    assert all_finite(sizes)
