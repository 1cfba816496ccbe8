"""A study at other prices: calls by their tokens, bounds by what was held, budgets by what the runs can tell."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from inspect_horizon.budgets.prices import Price, PriceBook, PriceTable, Rates, Tariff
from inspect_horizon.errors import DataError, PriceError
from inspect_horizon.frontier.observations import observe
from inspect_horizon.runs import conform, read_runs, read_table, write_tables
from inspect_horizon.runs.repricing import RECORD, Repriced, folder_beside, reprice

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "acme/one"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
OLD = {"input": 1e-6, "output": 8e-6, "cache_read": 0.25e-6}
BUDGET_USD = 0.004


def book(rates: dict[str, float], *, source: str = "old.yaml", as_of: date | None = None) -> PriceBook:
    """Prices of our only model."""
    prices = {MODEL: [Price(MODEL, source, Rates.of(**rates), as_of=as_of)]}
    return PriceBook([PriceTable(prices)], as_of=as_of)


def scaled(factor: float, **others: float) -> PriceBook:
    """Prices that have all changed by one factor, but for those that are named."""
    return book({kind: usd * others.get(kind, factor) for kind, usd in OLD.items()}, source="new.yaml")


def call(call_id: str, run_id: str, **more: object) -> dict[str, object]:
    """A call of 500 uncached prompt tokens, 1,000 cached ones and 200 that were generated: $0.00235."""
    usage = {
        "input_tokens": 500,
        "cache_read_tokens": 1000,
        "cache_write_tokens": 0,
        "output_tokens": 200,
        "reasoning_tokens": 0,
    }
    row = {
        "call_id": call_id,
        "run_id": run_id,
        "attempt": 1,
        "phase": "agent",
        "model": MODEL,
        "outcome": "answered",
        "worst_case": False,
        "price_source": "old.yaml",
        "reserved_tokens": 2000,
        "reserved_output_tokens": 400,
        "reserved_usd": 1600 * 1e-6 + 400 * 8e-6,
        "started_at": f"2026-01-01T00:00:0{call_id}Z",
        "settled_at": f"2026-01-01T00:00:1{call_id}Z",
        **usage,
        **more,
    }
    if row["outcome"] == "answered" and not row["worst_case"]:
        row["cost_usd"] = sum(float(str(row[f"{kind}_tokens"])) * usd for kind, usd in OLD.items())
    else:
        row |= dict.fromkeys(usage)
        row |= {"cost_usd": None if row["outcome"] is None else row["reserved_usd"]}
    return row


def run(run_id: str, **more: object) -> dict[str, object]:
    return {
        "run_id": run_id,
        "attempt": 1,
        "superseded": False,
        "suite": "s",
        "task_id": run_id.partition("/")[0],
        "model": MODEL,
        "human_minutes": 6.0,
        "human_cost_usd": 5.0,
        "budget_kind": "usd",
        "budget_amount": BUDGET_USD,
        "budget_usd": BUDGET_USD,
        "overshoot_usd": 0.0,
        "price_source": "old.yaml",
        "scorer_usd": 0.0,
        "wasted_usd": 0.0,
        **more,
    }


def study(folder: Path, runs: list[dict[str, object]], calls: list[dict[str, object]]) -> Path:
    """A results folder in which every run's cost is that of its answered calls."""
    for row in runs:
        own = [each for each in calls if each["run_id"] == row["run_id"] and each["outcome"] == "answered"]
        spent = sum(float(str(each["cost_usd"])) for each in own if each["phase"] == "agent")
        row.setdefault("cost_usd", spent)
        row.setdefault("budget_spent", spent)
    steps = [
        {
            "run_id": row["run_id"],
            "attempt": 1,
            "rung_kind": row["budget_kind"],
            "rung_amount": row["budget_amount"],
            "spent_usd": row["cost_usd"],
            "success": row.get("success"),
            "how": "final",
        }
        for row in runs
    ]
    write_tables(
        folder,
        {
            "runs": conform(pd.DataFrame(runs), "runs"),
            "calls": conform(pd.DataFrame(calls).astype(object), "calls"),
            "checkpoints": conform(pd.DataFrame(steps), "checkpoints"),
        },
    )
    return folder


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A run that was stopped by its budget, one that had submitted, and one without a single call."""
    runs = [
        run("a/1", stop_reason="budget", success=False),
        run("b/1", stop_reason="submitted", success=True),
        run("c/1", stop_reason="budget", success=False),
    ]
    return study(tmp_path / "small", runs, [call("1", "a/1"), call("2", "b/1", output_tokens=20)])


def at(path: Path, new: PriceBook, *, allow_unknown: bool = False, old: PriceBook | None = None) -> Repriced:
    """Reprice into a folder beside."""
    to = folder_beside(path, "new")
    return reprice(path, to, new=new, old=old or book(OLD), at=NOW, allow_unknown=allow_unknown)


def test_the_same_prices_change_nothing(small: Path) -> None:
    done = at(small, book(OLD))
    for table in ("runs", "calls", "checkpoints"):
        pd.testing.assert_frame_equal(read_table(small, table), read_table(done.folder, table))
    assert done.models[0].old_usd == done.models[0].new_usd


@pytest.mark.parametrize("factor", [2, 3, 0.7])
def test_one_factor_moves_budgets_by_itself_to_the_last_bit(small: Path, factor: float) -> None:
    """Also a factor that binary fractions of a dollar a token cannot hold."""
    done = at(small, scaled(factor))
    before, after = read_runs(small), read_runs(done.folder)
    assert after["budget_amount"].tolist() == [factor * BUDGET_USD] * 3
    assert after["budget_usd"].tolist() == after["budget_amount"].tolist()
    assert after["cost_usd"].tolist() == pytest.approx((factor * before["cost_usd"]).tolist(), rel=1e-12)
    assert read_table(done.folder, "checkpoints")["spent_usd"].tolist() == after["cost_usd"].tolist()
    assert done.models[0].least_factor == done.models[0].most_factor == pytest.approx(factor)
    assert not done.notes


def test_a_stopped_run_is_known_as_far_as_its_refused_call_would_be_refused_again(small: Path) -> None:
    """Generated tokens cost five times as much, all others the same, so r is 1.

    Run a had $0.00165 of $0.004 left and 200 tokens generated: they now cost $0.0064 more, which with what was left is
    $0.0104. Run c had made no call and is known up to r b = $0.004, so that is the cell's budget.
    """
    done = at(small, scaled(1, output=5))
    after = read_runs(done.folder)
    assert after["cost_usd"].tolist()[0] == pytest.approx(0.00235 + 200 * 32e-6)
    assert after["budget_amount"].tolist() == pytest.approx([BUDGET_USD] * 3)
    assert (done.models[0].least_factor, done.models[0].most_factor) == pytest.approx((1.0, 5.0))
    assert "did not all change by one factor" in done.notes[0]


def test_one_budget_stays_one_budget_of_the_frontier(tmp_path: Path) -> None:
    """Caps differ run by run; the cell gets the smallest, up to which all stopped runs are known."""
    runs = [
        run("a/1", stop_reason="budget", success=False),
        run("b/1", stop_reason="budget", success=False),
        run("c/1", stop_reason="submitted", success=True, suite="other"),
    ]
    calls = [call("1", "a/1"), call("2", "b/1", output_tokens=300), call("3", "c/1", output_tokens=10)]
    done = at(study(tmp_path / "s", runs, calls), scaled(1, output=5))
    after = read_runs(done.folder)
    known = 0.00235 + 200 * 32e-6 + (BUDGET_USD - 0.00235)
    assert after["budget_amount"].tolist() == pytest.approx([known] * 3)
    seen = observe(after, read_table(done.folder, "checkpoints"), kind="usd")
    assert seen.amounts.tolist() == pytest.approx([known])
    assert sorted(outcome[0] for outcome in seen.observations[0].evidence()) == [0, 0, 1]


def test_a_cost_ratio_moves_like_the_dollars_that_it_comes_to(tmp_path: Path) -> None:
    ratio = {"budget_kind": "cost_ratio", "budget_amount": 0.001, "budget_usd": 0.005}
    path = study(tmp_path / "s", [run("a/1", stop_reason="budget", **ratio)], [call("1", "a/1")])
    done = at(path, scaled(4))
    (after,) = read_runs(done.folder).to_dict("records")
    assert (after["budget_amount"], after["budget_usd"]) == (0.004, 0.02)
    assert after["budget_spent"] == pytest.approx(4 * 0.00235 / 5.0)


def test_a_token_budget_stays_as_it_is(tmp_path: Path) -> None:
    tokens = {"budget_kind": "tokens", "budget_amount": 2000.0, "budget_usd": None, "budget_spent": 1700.0}
    path = study(tmp_path / "s", [run("a/1", stop_reason="budget", **tokens)], [call("1", "a/1")])
    (after,) = read_runs(at(path, scaled(2)).folder).to_dict("records")
    assert (after["budget_amount"], after["budget_spent"]) == (2000.0, 1700.0)
    assert after["cost_usd"] == pytest.approx(0.0047)


def test_calls_charged_at_their_bound_are_repriced_at_their_bound(tmp_path: Path) -> None:
    """Lost, cut off, or answered without a usage: 1,600 prompt tokens at the dearest, 400 generated. Rejected is free.

    The last one was held at the price of an hour in the cache, twice that of the prompt, and is so again.
    """
    calls = [
        call("1", "a/1", outcome="lost", worst_case=True, price_source=None),
        call("2", "a/1", outcome=None, worst_case=None, settled_at=None, price_source=None),
        call("3", "a/1", worst_case=True),
        call("4", "a/1", outcome="rejected", worst_case=False, reserved_usd=0.0048) | {"cost_usd": 0.0},
        call("5", "a/1", outcome="lost", worst_case=True, reserved_usd=1600 * 2e-6 + 400 * 8e-6),
    ]
    path = study(tmp_path / "s", [run("a/1", stop_reason="submitted", budget_kind=None)], calls)
    old, new = ({**OLD, "cache_write_1h": 2e-6}, {**OLD, "output": 80e-6, "cache_write_1h": 4e-6})
    done = at(path, book(new, source="new.yaml"), old=book(old))
    after = read_table(done.folder, "calls")
    plain = 1600 * 1e-6 + 400 * 80e-6
    assert after["cost_usd"].fillna(-1).tolist() == pytest.approx([plain, -1, plain, 0.0, 1600 * 4e-6 + 400 * 80e-6])
    assert after["reserved_usd"].tolist()[:4] == pytest.approx([plain] * 4)
    (told,) = read_runs(done.folder).to_dict("records")
    assert told["cost_usd"] == pytest.approx(plain)
    assert told["wasted_usd"] == pytest.approx(2 * plain + 1600 * 4e-6 + 400 * 80e-6)


def test_a_call_keeps_its_tier(tmp_path: Path) -> None:
    """At half the price, old and new."""

    def with_batch(factor: float, source: str) -> PriceBook:
        standard = Rates.of(**{kind: factor * usd for kind, usd in OLD.items()})
        half = Rates.of(**{kind: factor * usd / 2 for kind, usd in OLD.items()})
        price = Price(MODEL, source, standard, tiers={"batch": Tariff(half)})
        return PriceBook([PriceTable({MODEL: [price]})])

    batch = call("1", "a/1", tier="batch") | {"cost_usd": 0.00235 / 2, "reserved_usd": 0.0024}
    path = study(tmp_path / "s", [run("a/1", stop_reason="budget")], [batch])
    done = at(path, with_batch(2, "new.yaml"), old=with_batch(1, "old.yaml"))
    (after,) = read_table(done.folder, "calls").to_dict("records")
    assert (after["cost_usd"], after["reserved_usd"]) == pytest.approx((0.00235, 0.0048))
    assert read_runs(done.folder)["budget_amount"].tolist() == [2 * BUDGET_USD]


def test_a_model_without_a_price_is_refused_by_name(small: Path) -> None:
    nothing = PriceBook([PriceTable({})], as_of=date(2020, 1, 1))
    with pytest.raises(PriceError, match=r"price of acme/one on 2020-01-01 is not known(.|\n)*--allow-unknown"):
        at(small, nothing)
    assert not folder_beside(small, "new").exists()
    done = at(small, nothing, allow_unknown=True)
    after = read_runs(done.folder)
    assert after[["cost_usd", "budget_amount", "budget_usd"]].iloc[:2].isna().all(axis=None)
    assert "dollars of acme/one are not known" in " ".join(done.notes)


def test_prices_that_do_not_give_the_booked_dollars_are_not_taken_for_the_old_ones(small: Path) -> None:
    """A book that has moved on would move the budgets by wrong factors."""
    with pytest.raises(PriceError, match=r"acme/one was charged at \(old.yaml\) is not(.|\n)*--old-prices FILE"):
        at(small, scaled(2), old=scaled(1.5))
    done = at(small, scaled(2), old=scaled(1.5), allow_unknown=True)
    after = read_runs(done.folder)
    assert after["budget_amount"].isna().all()
    assert after["cost_usd"].tolist()[0] == pytest.approx(0.0047)


def test_the_study_and_foreign_folders_are_never_written_over(small: Path, tmp_path: Path) -> None:
    """An earlier repricing of the same study may be."""
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("mine")
    for to in (foreign, small):
        with pytest.raises(DataError, match="holds something else"):
            reprice(small, to, new=scaled(2), old=book(OLD), at=NOW)
    assert at(small, scaled(2)).folder == at(small, scaled(3)).folder
    record = json.loads((folder_beside(small, "new") / RECORD).read_text())
    assert record["study"] == str(small)
    assert record["repriced_at"] == NOW.isoformat()
    assert record["models"][0]["new_source"] == "new.yaml"


def test_a_bound_that_an_older_table_does_not_split_needs_the_ledger(tmp_path: Path) -> None:
    lost = call("1", "a/1", outcome="lost", worst_case=True, reserved_output_tokens=None)
    path = study(tmp_path / "s", [run("a/1", stop_reason="error", cost_usd=None)], [lost])
    with pytest.raises(DataError, match=r"1 calls in .* horizon collect|1 calls in (.|\n)*horizon collect"):
        at(path, scaled(2))
