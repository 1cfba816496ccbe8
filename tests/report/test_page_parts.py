"""Parts of the report that only some studies have: several strategies, budgets in FLOPs, a kept calibration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from frontier.pooled import pool_table, write_study
from frontier.simulated import BUDGETS_USD, Agent
from inspect_horizon.runs import conform, write_tables
from report.test_page import REPLICATES, numbers, plotted, same, told
from support.browser import browser, opened
from support.study import command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("plotly", reason="the extra `report` is not installed")
pytest.importorskip("itables", reason="the extra `report` is not installed")

FLOPS_PER_USD = 1e15
CALIBRATION = {
    "studies": 40,
    "budget_kind": "flops",
    "numbers": [
        {
            "truth": "logistic", "number": "horizon", "budget_amount": 1e15, "bias": -0.03, "coverage": 0.94,
            "warnings": ["biased"],
        }
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.mark.slow
def test_strategies_are_those_of_the_command(tmp_path: Path, chromium: Any) -> None:
    """Two pools of tries that are read out in every way, beside a strategy that was run: every cell, and the points."""
    folder = tmp_path / "mine"
    pools = [
        pool_table(np.random.default_rng(1), n=4, tasks=20, model=f"acme/{name}", horizon=minutes, usd=usd)
        for name, minutes, usd in (("small", 4, 0.01), ("large", 25, 0.1))
    ]
    write_study(folder, pd.concat(pools, ignore_index=True))
    runs = pd.read_parquet(folder / "runs")
    searched = runs[runs["epoch"] == 1]
    searched = searched.assign(
        strategy="mcts:8", run_id=searched["run_id"] + "-mcts", cost_usd=3 * searched["cost_usd"], success=True
    )
    write_tables(folder, {"runs": conform(pd.concat([runs, searched], ignore_index=True), "runs")})
    made = command("report", folder, "--bootstrap", REPLICATES)
    assert made.code == 0, made
    expected = told("strategies", folder)
    points, read_outs = expected["frontier"]["points"], expected["read_outs"]
    with opened(chromium, folder / "report.html") as shown:
        rows = numbers(shown.page, "strategies")
        best, read = rows[: len(points)], rows[len(points) :]
        for row, own in zip(best, points, strict=True):
            assert same(row[1], own["success_rate"])
            assert same(row[2], own["interval"] and own["interval"]["low"])
            assert same(row[4], own["over_single"])
            assert same(row[5], own["spend"])
            assert (own["strategy"] or "–") in row[6]
        for row, own in zip(read, read_outs, strict=True):
            assert [float(row[1]), own["strategy"] in row[0]] == [own["k"], True]
            assert all(
                same(cell, own[name])
                for cell, name in ((row[2], "success_rate"), (row[6], "spend"), (row[8], "judge_spend"))
            )
        assert any(point["strategy"] == "mcts:8" for point in points)
        rates = [own["success_rate"] for own in (*points, *read_outs) if own["spend"] is not None]
        assert {100 * rate for rate in rates if rate is not None} <= plotted(shown.page, "strategies")
        assert shown.complaints == []


@pytest.mark.slow
def test_flops_calibration_and_a_single_strategy_are_shown(tmp_path: Path, chromium: Any) -> None:
    """Budgets in FLOPs are read in FLOPs, in the numbers of `horizon frontier`."""
    folder = tmp_path / "mine"
    runs = Agent().runs(np.random.default_rng(0), tasks=48, model="acme/model")
    runs = runs.assign(
        budget_kind="flops", budget_amount=FLOPS_PER_USD * runs["budget_amount"],
        budget_spent=FLOPS_PER_USD * runs["cost_usd"], budget_usd=np.nan,
    )  # fmt: skip
    write_tables(folder, {"runs": conform(runs, "runs")})
    (folder / "calibration.json").write_text(json.dumps(CALIBRATION))
    made = command("report", folder, "--bootstrap", REPLICATES)
    assert made.code == 0, made
    expected = told("frontier", folder)
    assert expected["budget_kind"] == "flops"
    with opened(chromium, folder / "report.html") as shown:
        page = shown.page
        assert page.is_checked("input[name=unit][value=flops]")
        rows = numbers(page, "frontier")
        assert [float(row[1]) for row in rows] == pytest.approx(list(FLOPS_PER_USD * BUDGETS_USD))
        assert all(same(row[2], own["horizon_minutes"]) for row, own in zip(rows, expected["curves"], strict=True))
        axis = page.evaluate("document.querySelector('#figure-frontier .plot').layout.xaxis.title.text")
        assert "floating point operations" in axis
        foot = page.inner_text("#trust")
        assert "40 studies simulated" in foot
        assert [cell.strip() for cell in page.locator("#trust tbody tr").first.locator("th, td").all_inner_texts()] == [
            "logistic", "1P", "horizon", "−3.00 %", "94 %", "biased",
        ]  # fmt: skip
        assert "one strategy only" in page.inner_text("#strategies")
        assert shown.complaints == []
