"""`horizon reprice` on a study that embedded models have made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from inspect_horizon.runs import read_runs, read_table
from support.study import LITELLMS_OWN, command

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
DOUBLED = """
schema_version: 1
models:
  embedded/clerk-small: &doubled {input: 0.5, output: 50.0}
  embedded/clerk-large: *doubled
"""
DOLLARS = {
    "runs": ("cost_usd", "budget_usd", "budget_amount", "budget_spent", "scorer_usd", "wasted_usd", "overshoot_usd"),
    "calls": ("cost_usd", "reserved_usd"),
    "checkpoints": ("spent_usd", "rung_amount"),
}
IN_DOLLARS = ("budget_amount", "cost_ratio")
"""What of a row of the frontier's is twice as much."""


def frontier_rows(folder: Path) -> list[dict[str, Any]]:
    ended = command("frontier", folder, "--json", "--no-plot", "--bootstrap", 200, "--seed", 5)
    assert ended.code == 0, ended
    rows: list[dict[str, Any]] = json.loads(ended.out)["curves"]
    return rows


def doubled(row: dict[str, Any]) -> dict[str, Any]:
    return {name: 2 * value if name in IN_DOLLARS and value is not None else value for name, value in row.items()}


@pytest.mark.slow
@pytest.mark.parametrize("how", [("--mode", "grid"), ("--final-answer", "ask")], ids=["grid", "ladder"])
def test_doubled_prices_move_every_curve_by_one_doubling(
    how: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every dollar doubles to the last bit, so what $1 bought is now bought by $2: horizons and intervals stay."""
    monkeypatch.chdir(tmp_path)
    models = ("--model", "embedded/clerk-small", "--model", "embedded/clerk-large")
    budgets = ("--budgets", "usd:0.005,0.02,0.08", "--limit", 16, "--workers", 1, "--to", "study")
    assert command("sweep", "--yes", "--suite", "ledger", *models, *budgets, *how).code == 0
    (tmp_path / "doubled.yaml").write_text(DOUBLED)

    ended = command("reprice", "study", "--prices", "doubled.yaml", "--json")
    assert ended.code == 0, ended
    told = json.loads(ended.out)
    assert told["folder"] == "study-at-doubled"
    assert {model["least_factor"] for model in told["models"]} == {2.0}
    for table, columns in DOLLARS.items():
        before, after = read_table("study", table), read_table(told["folder"], table)  # type: ignore[arg-type]
        for column in columns:
            assert (2 * before[column]).equals(after[column]), f"{table}.{column}"
    assert (read_runs("study")["stop_reason"] == "budget").any()
    assert [doubled(row) for row in frontier_rows(tmp_path / "study")] == frontier_rows(tmp_path / told["folder"])

    assert command("reprice", "study", "--as-of", "2026-11-20", "--to", "same").code == 0
    for table in DOLLARS:
        pd.testing.assert_frame_equal(read_table("study", table), read_table("same", table))  # type: ignore[arg-type]


def test_reprice_asks_for_prices_and_for_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Imported runs have no calls."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs.csv").write_text("task_id,model,success,human_minutes,cost_usd\nt,m,1,5,0.1\n")
    assert command("import", "runs.csv", "--to", "theirs").code == 0
    asked = command("reprice", "theirs")
    assert (asked.code, "--as-of DATE" in asked.err) == (2, True)
    refused = command("reprice", "theirs", "--as-of", "2026-01-01")
    assert (refused.code, "an import has no calls" in refused.err) == (1, True)
