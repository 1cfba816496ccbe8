"""The spend cap of a sweep: never crossed, an orderly stop, and a rerun that completes what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspect_horizon.budgets.ledger import Ledger
from inspect_horizon.runs import read_runs, read_table
from support.server import chat_server
from support.study import LITELLMS_OWN, command, crafty, standing

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)


def test_a_cap_stops_the_sweep_and_a_higher_one_completes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3 with a reason, spent and held within the cap; what was finished is not done again."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.chdir(tmp_path)
    with chat_server(crafty) as chat:
        asked = (
            *("sweep", "--yes", "--suite", "ledger", "--suite", "atoms", "--model", "openai/gpt-5-mini", "--limit", 6),
            *("--budgets", "usd:0.004,0.016", "--max-connections", 1, "--to", "out", "--model-base-url", chat.url),
        )
        capped = command(*asked, "--spend-cap", "0.02usd")
        assert capped.code == 3, capped
        assert "does not fit the spend cap" in capped.err
        assert "higher --spend-cap" in capped.err
        totals = Ledger(Path("out/ledger.sqlite")).totals()
        assert 0 < totals.spent_usd + totals.held_usd <= 0.02
        partly = standing(read_runs("out"))
        finished = set(partly[partly["stop_reason"] != "error"]["run_id"])
        assert 0 < len(finished) < 24
        calls = len(chat.served)

        full = command(*asked, "--spend-cap", "1usd")
        assert full.code == 0, full
    runs = read_runs("out")
    assert len(standing(runs)) == 24
    assert standing(runs)["stop_reason"].isin(["submitted", "budget"]).all()
    later = read_table("out", "calls").sort_values("started_at").iloc[calls:]
    assert not finished & set(later["run_id"].dropna()), "a finished run was called again"
    assert runs["cost_usd"].sum() + runs["wasted_usd"].sum() == pytest.approx(
        read_table("out", "calls")["cost_usd"].sum()
    )


def test_a_cap_binds_workers_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes share one ledger, so their spends together stay below the cap."""
    monkeypatch.chdir(tmp_path)
    asked = ("sweep", "--yes", "--suite", "ledger", "--model", "embedded/clerk-small", "--workers", 2, "--limit", 12)
    ended = command(*asked, "--budgets", "usd:0.02,0.08", "--spend-cap", 0.3, "--to", "out")
    assert ended.code == 3, ended
    spent = read_table("out", "calls")["cost_usd"].sum()
    assert 0.1 < spent <= 0.3
