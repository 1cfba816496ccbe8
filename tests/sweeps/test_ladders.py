"""Ladders in sweeps: killed between a question and its record, short of money, and checked by runs of their own."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from inspect_horizon.budgets.ledger import Ledger
from inspect_horizon.runs import read_runs, read_table
from inspect_horizon.strategies.final_answer import QUESTION
from support.server import Reply, Request, chat_server
from support.study import KEY, LITELLMS_OWN, LONGEST_SECONDS, command, crafty, horizon, standing, start

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
MODEL = "openai/gpt-5-mini"
RATES = {"prompt": 0.25, "cached": 0.025, "output": 2.0}
"""Its list price, in dollars per million tokens."""
STUDY = ("sweep", "--yes", "--suite", "ledger", "--model", MODEL, "--limit", 4, "--workers", 1, "--to", "out")
LADDER = (*STUDY, "--budgets", "usd:0.002,0.004,0.05", "--final-answer", "ask")


def is_question(request: Request) -> bool:
    return QUESTION in str(request["messages"][-1]["content"])


def assert_complete(runs: pd.DataFrame, checkpoints: pd.DataFrame, *, rungs: int) -> None:
    """Each standing run is at every rung once."""
    assert len(runs) == 4
    found = checkpoints[checkpoints["run_id"].isin(runs["run_id"])].merge(runs[["run_id", "attempt"]])
    assert (found.groupby("run_id")["rung_amount"].nunique() == rungs).all()
    assert len(found) == 4 * rungs


@pytest.mark.slow
def test_a_kill_between_a_question_and_its_record_costs_only_what_was_under_way(tmp_path: Path) -> None:
    """The trajectory is over and its rungs are being asked when the process dies; the next one asks them all."""
    asked, killed = threading.Event(), threading.Event()

    def patient(request: Request) -> Reply:
        if is_question(request) and not killed.is_set():
            asked.set()
            killed.wait(LONGEST_SECONDS)
        return crafty(request)

    with chat_server(patient) as chat:
        flags = (*LADDER, "--model-base-url", chat.url, "--spend-cap", 5)
        process = start(*flags, cwd=tmp_path, env=KEY)
        assert asked.wait(LONGEST_SECONDS)
        process.kill()
        process.communicate(timeout=LONGEST_SECONDS)
        killed.set()
        ended = horizon(*flags, cwd=tmp_path, env=KEY)
        assert ended.code == 0, ended
        bill = chat.bill_usd(**RATES)
    out = tmp_path / "out"
    runs, calls = read_runs(out), read_table(out, "calls")
    assert_complete(standing(runs), read_table(out, "checkpoints"), rungs=3)
    cut_off = calls[calls["outcome"] == "lost"]
    assert set(cut_off["phase"]) >= {"fork"}
    with closing(Ledger(out / "ledger.sqlite", read_only=True)) as ledger:
        assert bill <= ledger.totals().spent_usd <= 5
    told = runs.groupby("run_id")["attempt"].max()
    assert (told == 2).any(), "what was cut off was done again"


@pytest.mark.slow
def test_questions_that_the_cap_has_no_room_for_leave_their_rungs_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some $0.0024 for the agent, and up to $0.0022 for each question: the run stays, and nothing is beyond the cap."""
    monkeypatch.setenv(*next(iter(KEY.items())))
    monkeypatch.chdir(tmp_path)
    one = ("sweep", "--yes", "--suite", "ledger", "--model", MODEL, "--limit", 1, "--seed", 3, "--workers", 1)
    ladder = (*one, "--budgets", "usd:0.0026,0.003,0.0042", "--final-answer", "ask")
    with chat_server(crafty) as chat:
        assert command(*ladder, "--to", "free", "--model-base-url", chat.url).code == 0
        capped = command(*ladder, "--to", "capped", "--model-base-url", chat.url, "--spend-cap", 0.0043)
    assert capped.code == 0, capped
    assert "2 rungs are not known: a call of up to" in capped.err
    asked, spent = (read_table(folder, "calls") for folder in ("free", "capped"))
    assert (asked["phase"] == "fork").sum() == 2
    assert spent["cost_usd"].sum() <= 0.0043 < asked["reserved_usd"].iloc[-1] + spent["cost_usd"].sum()
    rungs = read_table("capped", "checkpoints").sort_values("rung_amount")
    assert rungs["success"].isna().tolist() == [True, True, False]
    assert rungs["error"].str.contains("does not fit the spend cap").fillna(False).tolist() == [True, True, False]


@pytest.mark.slow
def test_a_clerk_that_rushes_when_told_shows_a_gap_and_one_that_does_not_shows_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    models = ("--model", "embedded/clerk-rushing", "--model", "embedded/clerk-small")
    ended = command(
        *("sweep", "--suite", "ledger", *models, "--limit", 60, "--to", "out"),
        *("--budgets", "usd:0.64,5.12", "--check-ladder", "0.6"),
    )
    assert ended.code == 0, ended
    told = command("gap", "out", "--json", "--bootstrap", 400)
    assert told.code == 0, told
    found = {(row["model"], row["notice"]): row for row in json.loads(told.out)}
    rushing = found["embedded/clerk-rushing", "start"]
    assert rushing["doublings_ci_high"] < 0
    assert rushing["success_ci_high"] < 0
    for oblivious in (
        *(found["embedded/clerk-small", notice] for notice in ("off", "start")),
        found["embedded/clerk-rushing", "off"],
    ):
        assert oblivious["doublings_ci_low"] <= 0 <= oblivious["doublings_ci_high"]
