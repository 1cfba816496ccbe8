"""The spend cap of a sweep: never crossed, an orderly stop, and a rerun that completes what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspect_horizon.budgets.ledger import Ledger
from inspect_horizon.runs import read_runs, read_table
from support.server import Reply, Request, chat_server
from support.study import LITELLMS_OWN, command, crafty, standing

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)


@pytest.mark.slow
def test_a_cap_stops_the_sweep_and_a_higher_one_completes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 3 with a reason, spent and held within the cap; what was finished is not done again."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.chdir(tmp_path)
    with chat_server(crafty) as chat:
        asked = (
            *("sweep", "--yes", "--suite", "ledger", "--suite", "atoms", "--model", "openai/gpt-5-mini", "--limit", 6),
            *(
                "--budgets",
                "usd:0.004,0.016",
                "--mode",
                "grid",
                "--max-connections",
                1,
                "--to",
                "out",
                "--model-base-url",
                chat.url,
            ),
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


@pytest.mark.slow
def test_a_cap_binds_workers_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes share one ledger, so their spends together stay below the cap."""
    monkeypatch.chdir(tmp_path)
    asked = ("sweep", "--yes", "--suite", "ledger", "--model", "embedded/clerk-small", "--workers", 2, "--limit", 12)
    ended = command(*asked, "--budgets", "usd:0.02,0.08", "--mode", "grid", "--spend-cap", 0.3, "--to", "out")
    assert ended.code == 3, ended
    spent = read_table("out", "calls")["cost_usd"].sum()
    assert 0.1 < spent <= 0.3


SUITE = """
schema_version: 1
name: essays
version: "1"
scaffold: generate
scorer: model_graded_qa
tasks:
"""


def writer_and_grader(request: Request) -> Reply:
    """Writes a thousand tokens for whoever asks, and grades in a word."""
    asked = str(request["messages"][-1]["content"])
    return Reply("GRADE: C") if "GRADE" in asked else Reply("It depends. " * 330)


@pytest.mark.slow
def test_the_cap_leaves_what_scoring_the_finished_runs_costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer of two tenths of a cent is paid for and then graded, by a call that may cost two cents at most.

    If agents could spend all of the cap, the last of some twenty runs would have an answer and no grade.
    """
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.chdir(tmp_path)
    Path("essays").mkdir()
    rows = [f'- {{id: "{n}", human_minutes: {n}, human_source: estimate, input: Why, target: x}}' for n in range(1, 31)]
    Path("essays/suite.yaml").write_text(SUITE + "\n".join(rows))
    with chat_server(writer_and_grader) as chat:
        asked = (
            *("sweep", "--yes", "--suite", "./essays", "--model", "openai/gpt-5-mini", "--budgets", "usd:0.004"),
            *("--max-connections", 4, "--to", "out", "--model-base-url", chat.url),
        )
        capped = command(*asked, "--spend-cap", "0.06usd")
        assert capped.code == 3, capped
        assert "kept back to score the runs under way" in capped.err
        ledger = Ledger(Path("out/ledger.sqlite"), read_only=True)
        answered = {each["attempt_id"] for each in ledger.attempts() if each["stop_reason"] == "submitted"}
        graded = {call["attempt_id"] for call in ledger.calls() if call["phase"] == "scorer"}
        assert len(answered) > 8
        assert graded == answered, "no answer that was paid for is without its grade"
        partly = standing(read_runs("out"))
        assert partly["success"].sum() == len(answered)
        assert ledger.totals().spent_usd <= 0.06
        full = command(*asked, "--spend-cap", "1usd")
    assert full.code == 0, full
    assert standing(read_runs("out"))["success"].sum() == 30
