"""Where a study's money went."""

from __future__ import annotations

import pandas as pd
import pytest

from inspect_horizon.report.spending import spending_text
from inspect_horizon.runs import conform
from inspect_horizon.runs.spending import dearest, spending


def table() -> pd.DataFrame:
    """Two models; the first attempt at `b` was replaced, and what `c` cost is not known."""
    rows = [
        ("a", 1, "big", False, 1.0, 0.5, 0.1),
        ("b", 1, "big", True, 2.0, 0.0, 0.0),
        ("b", 2, "big", False, 4.0, 0.0, 0.1),
        ("c", 1, "small", False, None, 0.25, 0.0),
    ]
    names = ["run_id", "attempt", "model", "superseded", "cost_usd", "wasted_usd", "scorer_usd"]
    return conform(pd.DataFrame(rows, columns=names).assign(task_id="t", success=True, human_minutes=1.0), "runs")


def test_every_dollar_has_one_purpose() -> None:
    """0.2 of the half dollar that `a` wasted asked a fork; a replaced attempt was a retry."""
    calls = pd.DataFrame(
        {"call_id": ["1", "2"], "run_id": "a", "attempt": 1, "phase": ["fork", "agent"], "outcome": "answered",
         "cost_usd": [0.2, 1.0], "model": "big"}
    )  # fmt: skip
    big, small = spending(table(), conform(calls, "calls"), by=["model"])
    assert big.name == ("big",)
    assert big.usd == pytest.approx({"answers": 5.0, "forks": 0.2, "retries": 2.3, "scoring": 0.2})
    assert (big.attempts, big.unknown) == (3, 0)
    assert small.usd == pytest.approx({"answers": 0.0, "forks": 0.0, "retries": 0.25, "scoring": 0.0})
    assert (small.attempts, small.unknown) == (1, 1)


def test_without_calls_forks_count_as_retries() -> None:
    big, _ = spending(table(), by=["model"])
    assert big.usd == pytest.approx({"answers": 5.0, "forks": 0.0, "retries": 2.5, "scoring": 0.2})


def test_the_dearest_comes_first_whatever_it_is_grouped_by() -> None:
    assert [each.name for each in spending(table(), by=["model", "run_id"])] == [
        ("big", "b"), ("big", "a"), ("small", "c"),
    ]  # fmt: skip


def test_all_but_the_dearest_are_one_group_and_no_dollar_is_lost() -> None:
    found = spending(table(), by=["run_id"])
    kept, rest = dearest(found, 1, others="other runs")
    assert kept == found[0]
    assert (rest.name, rest.attempts, rest.unknown) == (("2 other runs",), 2, 1)
    assert kept.total_usd + rest.total_usd == pytest.approx(sum(each.total_usd for each in found))
    assert dearest(found, 3, others="other runs") == found


def test_the_table_says_what_is_not_known_in_eighty_columns() -> None:
    text = spending_text(
        spending(table().assign(model="a-model-whose-name-takes/" + table()["model"] * 9), by=["model"]), by="model"
    )
    assert max(map(len, text.splitlines())) <= 80
    assert "at least $7.95 in all" in text
    assert "is in no sum: 1" in " ".join(text.split())
