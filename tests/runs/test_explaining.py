"""One run's arithmetic on tables small enough to add up by hand."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from inspect_horizon.budgets.prices import Price, PriceBook, PriceTable, Rates
from inspect_horizon.errors import UsageError
from inspect_horizon.report.explained import explanation_text
from inspect_horizon.runs import conform, read_table, write_tables
from inspect_horizon.runs.explaining import explain
from support.study import command

if TYPE_CHECKING:
    from pathlib import Path

RATES = Rates.of(input=1e-6, output=5e-6, cache_read=0.1e-6, cache_write=1.25e-6, reasoning=5e-6)
PRICE = Price("acme/one", "acme.yaml 2026-01-01", RATES)
BOOK = PriceBook([PriceTable({"acme/one": [PRICE]})])

FIRST_USD = 1000 * 1e-6 + 100 * 5e-6
"""1,000 prompt tokens and 100 generated ones: $0.0015."""
SECOND_USD = 200 * 1e-6 + 1000 * 0.1e-6 + 40 * 5e-6
"""Of 1,200 prompt tokens 1,000 come from the cache, 40 are generated: $0.0005."""


def call(call_id: str, run_id: str = "c/t/1", **more: object) -> dict[str, object]:
    """A call of the run, answered, with no tokens."""
    counts = dict.fromkeys(
        ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens"), 0
    )
    return {
        "call_id": call_id,
        "run_id": run_id,
        "attempt": 2,
        "phase": "agent",
        "model": "acme/one",
        "outcome": "answered",
        "worst_case": False,
        "price_source": PRICE.source,
        "reserved_usd": 0.01,
        "started_at": f"2026-01-01T00:00:0{call_id}Z",
        **counts,
        **more,
    }


def run(run_id: str, attempt: int, **more: object) -> dict[str, object]:
    """An attempt under a budget of two tenths of a cent."""
    return {
        "run_id": run_id,
        "attempt": attempt,
        "superseded": False,
        "suite": "s",
        "task_id": "t",
        "model": "acme/one",
        "human_minutes": 1.0,
        "budget_kind": "usd",
        "budget_amount": 0.002,
        "budget_usd": 0.002,
        "enforcement": "hard",
        "price_source": PRICE.source,
        **more,
    }


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A run with an attempt that was cut off and one that stands, and a run that overspent by half."""
    runs = [
        run("c/t/1", 1, superseded=True, stop_reason="error", error="killed"),
        run("c/t/1", 2, stop_reason="submitted", success=True, cost_usd=FIRST_USD + SECOND_USD, scorer_usd=0.0007),
        run("c/u/1", 1, stop_reason="budget", success=False, cost_usd=0.003, overshoot_usd=0.001),
    ]
    calls = [
        call("1", attempt=1, outcome=None, worst_case=None),
        call("2", input_tokens=1000, output_tokens=100, cost_usd=FIRST_USD),
        call("3", input_tokens=200, cache_read_tokens=1000, output_tokens=40, cost_usd=SECOND_USD),
        call("4", phase="scorer", input_tokens=700, cost_usd=0.0007),
        call("5", "c/u/1", attempt=1, cost_usd=0.003, worst_case=True),
    ]
    write_tables(
        tmp_path,
        {"runs": conform(pd.DataFrame(runs), "runs"), "calls": conform(pd.DataFrame(calls), "calls")},
    )
    return tmp_path


def test_a_question_to_a_lower_rung_is_no_part_of_what_the_answer_needed(study: Path) -> None:
    asked = conform(pd.DataFrame([call("6", "c/u/1", attempt=1, phase="fork", cost_usd=0.0004)]), "calls")
    calls = pd.concat([read_table(study, "calls"), asked])
    write_tables(study, {"runs": read_table(study, "runs"), "calls": calls})
    told = explain(study, "c/u/1", BOOK)
    assert told.list_usd == pytest.approx(0.003)
    assert told.wasted_usd == pytest.approx(0.0004)
    assert told.billed_usd == pytest.approx(0.0034)


def test_a_run_is_the_sum_of_its_calls(study: Path) -> None:
    """Answer, scoring and waste are kept apart: the cut-off call counts at what it had reserved."""
    told = explain(study, "c/t/1", BOOK)
    assert told.list_usd == pytest.approx(0.002)
    assert told.scorer_usd == pytest.approx(0.0007)
    assert told.wasted_usd == pytest.approx(0.01)
    assert told.adds_up
    assert [each.repriced_usd for each in told.calls[1:3]] == pytest.approx([FIRST_USD, SECOND_USD])


def test_a_table_that_does_not_add_up_is_called_so(study: Path) -> None:
    runs = pd.read_parquet(study / "runs")
    runs.loc[runs["attempt"] == 2, "cost_usd"] = 0.0021
    write_tables(study, {"runs": conform(runs, "runs")})
    told = explain(study, "c/t/1", BOOK)
    assert not told.adds_up
    assert "DOES NOT ADD UP" in explanation_text(told)


def test_the_beginning_of_a_name_is_enough_where_it_is_the_only_one(study: Path) -> None:
    assert explain(study, "c/t", BOOK).run["task_id"] == "t"
    with pytest.raises(UsageError, match=r"2 runs begin with 'c/'.*\n.*c/t/1, c/u/1"):
        explain(study, "c/", BOOK)
    with pytest.raises(UsageError, match="there is no run 'x'"):
        explain(study, "x", BOOK)


def test_the_text_shows_every_call_within_eighty_columns(study: Path) -> None:
    lines = explanation_text(explain(study, "c/t/1", BOOK)).splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.split() == ["3", "agent", "200", "1,000", "40", "0.000500", "not", "reported"] for line in lines)
    assert any("attempt 1; cut off; at its bound" in line for line in lines)


def test_three_readings_are_kept_apart(study: Path) -> None:
    """Billed is list price, scoring and waste together where the provider reports nothing."""
    told = explain(study, "c/t/1", BOOK)
    assert told.billed_usd == pytest.approx(0.002 + 0.0007 + 0.01)
    assert not told.reported
    assert told.difference_usd is None
    assert "the provider reported no dollars" in explanation_text(told)


def test_what_the_provider_reports_is_set_against_what_is_booked(study: Path) -> None:
    """It charged a tenth less than the list for one call, and said nothing of the others."""
    calls = pd.read_parquet(study / "calls")
    calls.loc[calls["call_id"] == "2", "reported_usd"] = 0.00135
    write_tables(study, {"calls": conform(calls, "calls")})
    told = explain(study, "c/t/1", BOOK)
    assert told.difference_usd == pytest.approx(-0.00015)
    assert told.billed_usd == pytest.approx(0.0127 - 0.00015)
    assert told.list_usd == pytest.approx(0.002), "the list price is the list's"
    text = explanation_text(told)
    assert "for 1 of 4 calls: -0.000150 (-10.00%)" in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_call_is_its_tokens_times_their_prices_in_exact_decimals(study: Path) -> None:
    """200 tokens at $1, 1,000 at $0.10 and 40 at $5 a million: the lines add up as they are printed."""
    told = explain(study, "c/t/1", BOOK)
    lines = explanation_text(told, calls=told.calls).splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("call 3 "))
    amounts = [Decimal(line.rpartition("$")[2]) for line in lines[start + 2 : start + 6]]
    assert amounts == [Decimal("0.0002"), Decimal("0.0001"), Decimal("0.0002"), Decimal("0.0005")]
    assert [charge.kind for charge in told.calls[2].charges] == ["input", "cache_read", "output"]
    assert any("at its bound" in line for line in lines)
    elsewhere = explain(study, "c/t/1", PriceBook([]))
    assert "pass the sweep's own price file, --prices FILE" in explanation_text(elsewhere, calls=elsewhere.calls)


def test_what_was_explained_can_be_had_as_json(study: Path) -> None:
    ended = command("explain", study, "c/t", "--json")
    assert ended.code == 0, ended
    told = json.loads(ended.out)
    assert (told["list_usd"], told["wasted_usd"], told["attempts"]) == (pytest.approx(0.002), 0.01, 2)
    assert [each["number"] for each in told["calls"]] == [1, 2, 3, 4]
    assert command("explain", study, "c/t", "--call", 9).code == 2
