"""By how much runs exceeded their budgets, on tables whose excess can be told at sight."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from inspect_horizon.report.money import overshoot_line, overshoot_text
from inspect_horizon.runs import conform, write_tables
from inspect_horizon.runs.overshooting import overshoots, overshoots_of
from support.study import command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def runs(*rows: Mapping[str, object]) -> pd.DataFrame:
    """Runs under a budget of 1,000 tokens, held hard, unless a row says otherwise."""
    usual = {
        "task_id": "t",
        "model": "acme/one",
        "human_minutes": 1.0,
        "budget_kind": "tokens",
        "budget_amount": 1000.0,
        "enforcement": "hard",
        "stop_reason": "submitted",
    }
    return conform(pd.DataFrame([{**usual, "run_id": f"r{n}", **row} for n, row in enumerate(rows)]), "runs")


def test_the_excess_is_told_by_median_ninth_decile_and_most() -> None:
    """Ten runs over by 1 to 10 % and ten within: numpy's median is 5.5 % and its 0.9 quantile 9.1 %."""
    over = [{"budget_spent": 1000.0 + 10 * n} for n in range(1, 11)]
    (row,) = overshoots_of(runs(*over, *[{"budget_spent": 900.0}] * 10))
    assert (row.runs, row.over, row.over_share) == (20, 10, 0.5)
    told = [(each.share, each.amount) for each in (row.median, row.p90, row.largest) if each is not None]
    assert told == [pytest.approx((share, 1000 * share)) for share in (0.055, 0.091, 0.1)]
    text = overshoot_text([row])
    assert text.splitlines()[2].split()[3:] == ["20", "10", "+5.5%", "+9.1%", "+10.0%", "-"]
    assert "the most is 100 tokens" in text
    assert overshoot_line([row]) == "overshoot: 10 of 20 attempts, at most +10.0% of the budget"


@pytest.mark.parametrize(
    ("kind", "amount", "columns", "excess"),
    [
        ("usd", 0.5, {"cost_usd": 0.6, "budget_usd": 0.5}, 0.1),
        ("usd", 0.5, {"cost_usd": 0.4, "budget_spent": 0.6}, 0.1),
        ("cost_ratio", 0.1, {"cost_usd": 2.0, "human_cost_usd": 10.0, "budget_usd": 1.0}, 0.1),
        ("output_tokens", 100.0, {"output_tokens": 150}, 50.0),
        ("seconds", 10.0, {"budget_spent": 11.0}, 1.0),
        ("seconds", 10.0, {"budget_spent": 10.4}, None),
        ("flops", 1e12, {"budget_spent": 2e12}, 1e12),
        ("weighted_tokens", 100.0, {"budget_spent": 100.0 * (1 + 1e-12)}, None),
        ("usd", 0.5, {"cost_usd": 0.6, "overshoot_usd": 0.0}, None),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else None,
)
def test_every_kind_of_budget_is_told_in_its_own_unit(
    kind: str, amount: float, columns: dict[str, object], excess: float | None
) -> None:
    """The account's word goes first; a clock may be half a second late; booked dollars outlive repriced budgets."""
    (row,) = overshoots_of(runs({"budget_kind": kind, "budget_amount": amount, **columns}))
    assert row.runs == 1
    assert (row.largest.amount if row.largest else None) == (excess and pytest.approx(excess))


def test_what_cannot_be_vouched_for_is_counted(tmp_path: Path) -> None:
    """Two stopped runs left a tenth and three tenths; one attempt's spend is not known; two calls are guesses."""
    table = runs(
        {"budget_spent": 900.0, "stop_reason": "budget"},
        {"budget_spent": 700.0, "stop_reason": "budget", "enforcement": "soft"},
        {"stop_reason": "error"},
    )
    calls = [
        {"call_id": "1", "run_id": "r0", "outcome": "answered", "worst_case": False},
        {"call_id": "2", "run_id": "r0", "outcome": "lost", "worst_case": True},
        {"call_id": "3", "run_id": "r2"},
    ]
    write_tables(tmp_path, {"runs": table, "calls": conform(pd.DataFrame(calls), "calls")})
    (row,) = overshoots(tmp_path)
    assert row.unused_share == pytest.approx(0.2)
    assert (row.runs, row.unknown, row.worst_case_calls, row.soft) == (2, 1, 2, 1)
    ended = command("overshoot", tmp_path)
    assert "overshoot: 0 of 2 attempts, 1 under Inspect's own limits only" in ended.out
    assert "2 calls are booked at their bound" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80
    (told,) = json.loads(command("overshoot", tmp_path, "--json").out)
    assert (told["over_share"], told["unused_share"]) == (0.0, pytest.approx(0.2))


def test_budgets_that_nobody_here_held_are_called_so() -> None:
    """An import may state caps; whether anything enforced them is not known. Without budgets nothing is said."""
    assert overshoot_line(overshoots_of(runs({"budget_kind": None, "budget_amount": None}))) is None
    stated = overshoots_of(runs({"budget_spent": 2000.0, "enforcement": None}))
    assert overshoot_line(stated) == "overshoot: budgets not enforced here"


def test_the_foot_of_the_frontier_tells_the_overshoot(tmp_path: Path) -> None:
    lengths = [1.0, 4.0, 16.0, 64.0]
    rows = [
        {"task_id": f"t{n}", "human_minutes": minutes, "success": minutes < 8, "budget_spent": 1000.0, "epoch": again}
        for n, minutes in enumerate(lengths)
        for again in range(3)
    ]
    tokens = {"input_tokens": 500, "cache_read_tokens": 0, "cache_write_tokens": 0, "output_tokens": 500}
    table = runs(*[{**row, **tokens} for row in rows])
    write_tables(tmp_path, {"runs": table})
    part = tmp_path / "runs" / "part-00000.parquet"
    ended = command("frontier", part, "--no-plot", "--bootstrap", 0)
    assert ended.code == 0, ended
    assert ended.out.rstrip().endswith("overshoot: 0 of 12 attempts")
