"""The compute-optimal frontier over models, strategies, numbers of tries and caps, and read-outs as runs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from frontier.pooled import pool_table
from inspect_horizon.errors import DataError, UsageError
from inspect_horizon.frontier import frontier
from inspect_horizon.frontier.readouts import (
    OPTIMAL_FLAGS,
    bought_live,
    live_runs,
    optimal,
    read_out_runs,
    read_outs,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def two_models(tasks: int = 48) -> pd.DataFrame:
    """A cheap model, and one ten times as dear with five times the horizon."""
    small = pool_table(rng(1), n=8, tasks=tasks, families=12, model="small", horizon=4, usd=0.01)
    large = pool_table(rng(1), n=8, tasks=tasks, families=12, model="large", horizon=20, usd=0.1)
    return pd.concat([small, large], ignore_index=True)


def test_the_best_of_each_spend_fits_it_and_more_money_never_buys_less() -> None:
    read = read_outs(two_models(), rng=rng(), bootstrap=60, caps=(0.5,))
    best = optimal(read, rng=rng())
    rates = [point.success_rate or 0.0 for point in best.points]
    assert rates == sorted(rates)
    assert best.n_tasks == 48
    models = [point.configuration.model for point in best.points if point.configuration]
    assert models[0] == "small"
    assert models[-1] == "large"
    assert best.points[-1].k is not None
    assert best.points[-1].k > 1
    assert (best.points[-1].over_single or 0) > 0.05
    for point in best.points:
        assert set(point.flags) <= set(OPTIMAL_FLAGS)
        assert "over" in point.flags or (point.spend or 0) <= point.amount * (1 + 1e-6)
        if point.interval is not None:
            assert (point.interval.low or 0) <= (point.interval.high or 0)


@pytest.mark.slow
def test_what_only_luck_made_best_is_not_reported_as_better() -> None:
    """Eight equal models: the luckiest of them is judged on tasks that had no part in choosing it."""
    gains = []
    for seed in range(8):
        pools = [
            pool_table(rng(100 * seed + model), n=1, tasks=40, model=f"m{model}", horizon=10).assign(
                human_minutes=10.0, cost_usd=1.0, success=rng(1000 * seed + model).random(40) < 0.5
            )
            for model in range(8)
        ]
        read = read_outs(pd.concat(pools, ignore_index=True), rng=rng(), bootstrap=0)
        (point,) = optimal(read, rng=rng(seed), amounts=[2.0]).points
        plain = max(own.success_rate or 0 for own in read.read_outs)
        assert point.success_rate is not None
        gains.append([point.success_rate - 0.5, plain - 0.5])
    honest, flattered = np.mean(gains, axis=0)
    assert abs(honest) < 0.045
    assert flattered > 0.07


def test_a_spend_that_buys_nothing_says_so_and_unknown_spends_do_not_compete() -> None:
    pool = two_models().assign(verifier_usd=np.nan)
    best = optimal(read_outs(pool, rng=rng(), ks=(2, 4), bootstrap=0), rng=rng(), amounts=[1e-9, 100.0])
    assert best.points[0].flags == ("nothing_so_cheap",)
    assert best.points[1].configuration is not None
    assert "majority" in best.points[1].configuration.strategy or best.points[1].k == 1
    assert best.n_left_out == 8, "two votes by weight and two best of n, for each model"


def test_coverage_competes_only_when_asked() -> None:
    read = read_outs(two_models(), rng=rng(), ks=(8,), bootstrap=0)
    (plain,) = optimal(read, rng=rng(), amounts=[1e6]).points
    (told,) = optimal(read, rng=rng(), amounts=[1e6], names=("coverage",)).points
    assert plain.configuration is not None
    assert told.configuration is not None
    assert "coverage" not in plain.configuration.strategy
    assert told.configuration.strategy == "coverage@8"


def test_models_without_a_task_in_common_cannot_be_ranked() -> None:
    pool = two_models()
    apart = pool[(pool["model"] == "small") == (pool["task_id"] < "t024")]
    with pytest.raises(DataError, match="no task in common"):
        optimal(read_outs(apart, rng=rng(), ks=(2,), bootstrap=0), rng=rng())


def live(success: float, usd: float, budget: float | None = 1.0) -> pd.DataFrame:
    """Runs of a strategy at the tasks of the pools, four a task."""
    first = two_models().drop_duplicates("task_id")[["suite", "task_id", "task_family", "human_minutes"]]
    runs = pd.concat([first] * 4, ignore_index=True)
    return runs.assign(
        run_id=[f"l{number}" for number in range(len(runs))], model="small", scaffold="generate", condition="",
        strategy="rebase", success=rng(5).random(len(runs)) < success, cost_usd=usd, stop_reason="submitted",
        budget_kind="usd", budget_amount=budget,
    )  # fmt: skip


def test_a_strategy_that_was_run_competes_at_what_it_really_spent() -> None:
    read = read_outs(two_models(), rng=rng(), ks=(4,), bootstrap=0)
    cheap = bought_live(live(0.97, 0.05), read.tasks.names, kind="usd")
    (point,) = optimal(read, rng=rng(), amounts=[0.1], live=cheap).points
    assert point.configuration is not None
    assert point.configuration.strategy == "rebase"
    assert point.spend == pytest.approx(0.05)
    assert point.cap == 1.0
    dear = bought_live(live(0.97, 5.0), read.tasks.names, kind="usd")
    (without,) = optimal(read, rng=rng(), amounts=[1.0], live=dear).points
    assert without.configuration is not None
    assert without.configuration.strategy != "rebase"


def test_plain_runs_are_no_live_strategy() -> None:
    runs = pd.concat([live(0.5, 1.0), live(0.5, 1.0).assign(strategy="samples")], ignore_index=True)
    assert set(live_runs(runs)["strategy"]) == {"rebase"}
    assert bought_live(runs.iloc[:0], ["t"], kind="usd") == []


def test_read_outs_as_runs_have_the_rates_and_spends_of_the_exact_ones() -> None:
    """Dealt k times over, success differs from the exact chance by the luck of the dealing alone."""
    pool = pool_table(rng(), n=16, tasks=60, wrong=2)
    rows = read_out_runs(pool, rng=rng(), ks=(2, 4))
    exact = {own.configuration.strategy: own for own in read_outs(pool, rng=rng(), ks=(2, 4), bootstrap=0).read_outs}
    assert set(rows["strategy"]) == set(exact)
    for label, own in rows.groupby("strategy"):
        by_task = own.groupby("task_id")[["success", "cost_usd"]].mean().mean()
        assert by_task["success"] == pytest.approx(exact[str(label)].success_rate, abs=0.03), label
        assert by_task["cost_usd"] == pytest.approx(exact[str(label)].spend, rel=0.03), label
        assert len(own) == 16 * 60


def test_read_outs_stand_on_a_frontier_of_horizons() -> None:
    rows = read_out_runs(two_models(), rng=rng(), names=("best_of_n",), ks=(4,))
    found = frontier(rows, kind="usd", amounts=[0.1, 1.0, 10.0, 100.0], rng=rng(), bootstrap=0, wage=50.0)
    assert {curve.configuration.strategy for curve in found.curves} == {"single", "best_of_n@4"}
    last = found.envelope[-1].winner
    assert last is not None
    assert (last.model, last.strategy) == ("large", "best_of_n@4")
    first = found.envelope[0].winner
    assert first is not None
    assert first.model == "small"


@pytest.mark.parametrize("kind", ["tokens", "output_tokens", "seconds", "cost_ratio", "flops_generated"])
def test_read_outs_stand_on_a_frontier_in_any_unit(kind: str) -> None:
    sizes = {"small": 7e9, "large": 34e9, "judge": 1e9}
    rows = read_out_runs(two_models(), rng=rng(), kind=kind, names=("majority",), ks=(2,), parameters=sizes)
    exact = read_outs(two_models(), rng=rng(), kind=kind, names=("majority",), ks=(2,), parameters=sizes, bootstrap=0)
    top = 100 * max(own.spend or 0 for own in exact.read_outs)
    found = frontier(rows, kind=kind, amounts=[top / 1e4, top], rng=rng(), bootstrap=0)
    assert all(curve.points[-1].horizon_minutes for curve in found.curves)


def test_unknown_read_outs_are_refused() -> None:
    with pytest.raises(UsageError, match="'vote' is not known"):
        read_out_runs(two_models(), rng=rng(), names=("vote",))


def test_a_judge_five_times_as_dear_as_the_tries_changes_what_is_best() -> None:
    """Wu et al. do not charge their 34B reward model, which beside a 7B policy costs about five times the tries."""
    pool = two_models()
    charged = pool.assign(verifier_usd=5 * pool["cost_usd"])
    small = float(pool.loc[pool["model"] == "small", "cost_usd"].mean())
    chosen = [
        optimal(read_outs(own, rng=rng(), ks=(4,), bootstrap=0), rng=rng(), amounts=[6 * small]).points[0].configuration
        for own in (charged, pool.assign(verifier_usd=0.0))
    ]
    honest, ignored = (own.strategy if own else None for own in chosen)
    assert ignored == "best_of_n@4"
    assert honest in ("single", "majority@4", "first_submitted@4")
