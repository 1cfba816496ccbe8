"""What a sweep will spend is said beforehand, with an interval that holds as often as it says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from inspect_horizon.budgets import Grid
from inspect_horizon.budgets.prices import Price, PriceBook, PriceTable, Rates
from inspect_horizon.errors import DataError
from inspect_horizon.runs import conform
from inspect_horizon.suites import Suite, SuiteTask
from inspect_horizon.sweeps.forecast.quantiles import Amounts, Forecast, Quantiles, Spent, make_forecast
from inspect_horizon.sweeps.forecast.study import NAME, forecast, score_forecast
from inspect_horizon.sweeps.plan import Plan, make_plan
from inspect_horizon.sweeps.spec import Sweep
from inspect_horizon.sweeps.sweep import plan, sweep
from support.study import LITELLMS_OWN, command

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
CLERKS = ("embedded/clerk-small", "embedded/clerk-medium", "embedded/clerk-large")
DEMO = (*("--suite", "ledger", "--suite", "atoms"), *(word for clerk in CLERKS for word in ("--model", clerk)))
NO_PILOT = "no earlier runs: from budgets and prices alone"

PRICES = PriceBook(
    [
        PriceTable(
            {
                name: [Price(name, "made up", Rates.of(2e-6 * dear, 8e-6 * dear))]
                for name, dear in (("a/plain", 1), ("a/dear", 10))
            }
        )
    ]
)
MINUTES = np.geomspace(0.5, 240, 30)


def planned(tmp_path: Path, *models: str, budgets: str = "usd:0.2,2", **more: float) -> Plan:
    """A plan on a suite of thirty tasks, whose models need not exist."""
    tasks = tuple(SuiteTask(f"t{number}", "all", float(m), "estimate") for number, m in enumerate(MINUTES))
    suite = Suite("made-up", "1", tmp_path, "generate", tasks, body="never_made")
    asked = Sweep("x", ("made-up",), models, Grid.parse(budgets), mode="grid", **more)  # type: ignore[arg-type]  # floats or ints
    return make_plan(asked, lambda _: suite, PRICES)


def runs_of(plan_of: Plan, rng: np.random.Generator, *, level: float = 0.02, **columns: object) -> pd.DataFrame:
    """The runs of a plan in a world where a run spends about `level` dollars for a human minute, cut by its budget."""
    rows = []
    for cell in plan_of.cells:
        price = PRICES.find(cell.model)
        for run_id, task, epoch in cell.run_ids():
            whole = level * task.human_minutes**0.9 * float(np.exp(rng.normal(0, 0.7)))
            usd = min(whole, cell.budget.amount * float(rng.uniform(0.95, 1)))
            rows.append(
                {
                    "run_id": run_id,
                    "task_id": task.id,
                    "epoch": epoch,
                    "human_minutes": task.human_minutes,
                    "suite": cell.suite.name,
                    "model": cell.model,
                    "strategy": "single",
                    "condition": cell.condition,
                    "budget_kind": "usd",
                    "budget_amount": cell.budget.amount,
                    "budget_usd": cell.budget.amount,
                    "stop_reason": "submitted" if usd == whole else "budget",
                    "cost_usd": usd,
                    "input_tokens": int(usd / 3e-6 / (price.base.input / 2e-6 if price else 1)),
                    "output_tokens": 1 + int(usd / 1e-4),
                    **columns,
                }
            )
    return conform(pd.DataFrame(rows), "runs", source="made up")


def told(of: Plan, *earlier: pd.DataFrame) -> Forecast:
    return make_forecast(of, earlier, PRICES, np.random.default_rng(0))


def usd(amounts: Amounts) -> Quantiles:
    assert amounts.usd is not None
    return amounts.usd


@pytest.mark.slow
def test_an_interval_of_four_in_five_holds_about_four_in_five_times(tmp_path: Path) -> None:
    """Forty worlds, each with a rate of its own; a cheap pilot of ten tasks tells of dearer rungs on all thirty.

    Of 40 independent worlds 80 % are 32, and fewer than 24 or all 40 are each less likely than 1 in 500.
    """
    rng = np.random.default_rng(7)
    pilot, study = planned(tmp_path, "a/plain", budgets="usd:0.05", limit=10), planned(tmp_path, "a/plain")
    held = 0
    for _ in range(40):
        level = 0.02 * float(np.exp(rng.normal(0, 1)))
        made = told(study, runs_of(pilot, rng, level=level))
        held += usd(made.to_spend).hold(float(runs_of(study, rng, level=level)["cost_usd"].sum()))
    assert 24 <= held < 40


def test_more_pilot_runs_make_it_surer_and_none_make_it_wide(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    study = planned(tmp_path, "a/plain")
    widths = []
    for limit in (None, 5, 30):
        pilot = planned(tmp_path, "a/plain", budgets="usd:0.1", limit=limit or 1)
        made = told(study, *([runs_of(pilot, rng)] if limit else []))
        widths.append(usd(made.to_spend).p90 / usd(made.to_spend).p10)
        assert {cell.learned_from for cell in made.cells} == ({"same"} if limit else {"none"})
    assert widths[0] > 2 * widths[1]
    assert widths[1] > widths[2]


def test_cells_of_one_model_rise_and_fall_together(tmp_path: Path) -> None:
    """The sum is nearly as unsure as its parts; were they independent, its interval would be half as wide."""
    pilot = runs_of(planned(tmp_path, "a/plain", budgets="usd:0.02", limit=5), np.random.default_rng(1))
    made = told(planned(tmp_path, "a/plain", budgets="usd:1,1.1,1.2,1.3"), pilot)
    spread = [usd(cell.to_spend).p90 - usd(cell.to_spend).p10 for cell in made.cells]
    assert usd(made.to_spend).p90 - usd(made.to_spend).p10 > 0.8 * sum(spread)


def test_another_model_is_scaled_by_its_price(tmp_path: Path) -> None:
    """Ten times the price: ten times the dollars where no budget binds, and a wider interval than its own runs give."""
    rng = np.random.default_rng(2)
    pilot = runs_of(planned(tmp_path, "a/plain", budgets="usd:1000"), rng)
    own, other = (told(planned(tmp_path, model, budgets="usd:10000"), pilot) for model in ("a/plain", "a/dear"))
    assert {cell.learned_from for cell in other.cells} == {"others"}
    ratio = usd(other.to_spend).p50 / usd(own.to_spend).p50
    assert 5 < ratio < 20
    assert usd(other.to_spend).p90 / usd(other.to_spend).p10 > usd(own.to_spend).p90 / usd(own.to_spend).p10


def test_scoring_and_failed_attempts_are_paid_for_too(tmp_path: Path) -> None:
    """One attempt in three fails after all its spend, and scoring costs a cent a run."""
    rng = np.random.default_rng(3)
    study = planned(tmp_path, "a/plain")
    good = runs_of(study, rng, scorer_usd=0.01)
    failed = runs_of(study, rng, scorer_usd=0.0).assign(stop_reason="error", superseded=True).head(30)
    plain, full = told(study, runs_of(study, np.random.default_rng(3))), told(study, good, failed.assign(attempt=2))
    assert full.to_spend.attempts.p50 == pytest.approx(90, rel=0.1)
    assert full.scoring_usd == pytest.approx(0.6, rel=0.01)
    assert full.failed_usd is not None
    assert plain.to_spend.attempts.p90 == 60
    assert plain.scoring_usd is None
    assert usd(full.to_spend).p50 > usd(plain.to_spend).p50 + 0.6


@pytest.mark.parametrize("budgets", ["tokens:20k,200k", "output_tokens:2k", "cost_ratio:1/64,1/4"])
def test_every_kind_of_budget_is_forecast_and_never_above_it(budgets: str, tmp_path: Path) -> None:
    """With and without earlier runs; a model of unknown price is told in tokens alone."""
    pilot = runs_of(planned(tmp_path, "a/plain"), np.random.default_rng(4))
    study = planned(tmp_path, "a/plain", budgets=budgets)
    for earlier in ([], [pilot]):
        made = told(study, *earlier)
        assert made.to_spend.tokens is not None
        assert 0 < usd(made.to_spend).p10 < usd(made.to_spend).p90
        if study.most_usd is not None:
            assert usd(made.to_spend).p90 <= study.most_usd
    if not budgets.startswith("cost_ratio"):
        unpriced = told(planned(tmp_path, "a/unpriced", budgets=budgets), pilot)
        assert unpriced.to_spend.usd is None
        assert unpriced.to_spend.tokens is not None


def test_what_is_done_is_not_spent_again(tmp_path: Path) -> None:
    study = planned(tmp_path, "a/plain", spend_cap_usd=5.0)
    done = runs_of(study, np.random.default_rng(5)).head(30)
    first, second = study.cells
    spent = {first.cell_id: Spent(30, 1000.0, float(done["cost_usd"].sum()))}
    made = make_forecast(study, [done], PRICES, np.random.default_rng(0), done=set(done["run_id"]), spent=spent)
    assert made.missing_runs == 30
    assert usd(made.cells[0].to_spend) == Quantiles(0, 0, 0)
    assert usd(made.cells[0].whole).p10 == pytest.approx(spent[first.cell_id].usd)
    assert usd(made.whole).p50 == pytest.approx(usd(made.to_spend).p50 + usd(made.cells[0].whole).p50)
    assert made.beyond_cap is not None
    assert made.cells[1].cell_id == second.cell_id


def test_the_plan_says_so_in_eighty_columns_and_in_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    flags = (*DEMO, "--mode", "grid", "--budgets", "usd:0.02,0.32", "--limit", 3, "--spend-cap", 1, "--to", "out")
    shown = command("plan", *flags)
    assert shown.code == 0, shown
    assert NO_PILOT in shown.out
    assert max(map(len, shown.out.partition("\none cell")[0].splitlines())) <= 80
    made = json.loads(command("plan", *flags, "--json").out)
    assert {cell["forecast"]["learned_from"] for cell in made["cells"]} == {"none"}
    assert made["forecast"]["missing_runs"] == sum(cell["runs"] for cell in made["cells"]) == 36
    assert made["forecast"]["to_spend"]["usd"]["p10"] < made["forecast"]["to_spend"]["usd"]["p90"]


def test_a_pilot_that_holds_no_runs_is_refused(tmp_path: Path) -> None:
    refused = command("plan", *DEMO, "--budgets", "usd:0.02", "--pilot", tmp_path / "nothing")
    assert refused.code == 1
    assert "nothing does not exist" in refused.err


def test_a_forecast_is_kept_and_scored_when_the_sweep_is_through(tmp_path: Path) -> None:
    """The first one stays: a rerun knows what was spent, and would be right without having foretold anything."""
    asked = Sweep("x", ("atoms",), CLERKS[:1], Grid("usd", (0.02,)), limit=3, workers=1)
    outcome = sweep(asked, to=tmp_path / "out")
    kept = (tmp_path / "out" / NAME).read_bytes()
    assert outcome.forecast is not None
    assert outcome.forecast.actual_usd == pytest.approx(outcome.totals.spent_usd)
    assert outcome.forecast.cells == 1
    again = sweep(asked, to=tmp_path / "out")
    assert again.forecast == outcome.forecast
    assert (tmp_path / "out" / NAME).read_bytes() == kept
    now = forecast(plan(asked), tmp_path / "out")
    assert now is not None
    assert now.missing_runs == 0
    assert now.whole.usd == pytest.approx(Quantiles(*[outcome.totals.spent_usd] * 3))
    (tmp_path / "out" / NAME).write_text("{")
    with pytest.raises(DataError, match=r"forecast\.json cannot be read"):
        score_forecast(tmp_path / "out")


@pytest.mark.slow
def test_a_cheap_pilot_tells_what_the_dear_rungs_of_the_demo_cost(tmp_path: Path) -> None:
    """Their true spend is known to the clerks alone: 8 in 10 cells lie within p10 to p90, of 12 seldom less than 8."""
    sweeping = ("sweep", *DEMO, "--limit", 12, "--workers", 1, "--yes")
    piloted = command(*sweeping, "--budgets", "usd:0.01,0.04", "--mode", "grid", "--to", tmp_path / "pilot")
    assert piloted.code == 0, piloted
    ended = command(
        *(*sweeping, "--budgets", "usd:0.16,0.64", "--mode", "grid", "--seed", 2),
        *("--to", tmp_path / "out", "--pilot", tmp_path / "pilot"),
    )
    assert ended.code == 0, ended
    assert "from 144 earlier runs" in ended.err
    line = next(line for line in ended.out.splitlines() if line.startswith("forecast"))
    score = score_forecast(tmp_path / "out")
    assert score is not None
    assert score.cells == 12
    assert score.cells_within >= 8, line
    assert f"{score.cells_within} of 12 cells" in line
    assert score.usd is not None
    assert score.usd.p90 < 4 * score.usd.p10, "and not by saying nothing"
