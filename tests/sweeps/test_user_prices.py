"""A user's own price file through a whole sweep: tables, ledger, the server's bill and `horizon explain` agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspect_horizon.budgets.ledger import Ledger
from inspect_horizon.runs import read_runs, read_table
from support.server import chat_server
from support.study import KEY, LITELLMS_OWN, command, crafty

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
PRICES = "models:\n  openai/my-own: {input: 3, output: 11, cache_read: 0.5, as_of: '2026-11-01'}\n"


def test_a_price_file_is_the_price_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteLLM knows no price of this model; the file alone says what it is charged at."""
    monkeypatch.setenv(*next(iter(KEY.items())))
    monkeypatch.chdir(tmp_path)
    Path("ours.yaml").write_text(PRICES)
    asked = (
        "--suite",
        "ledger",
        "--model",
        "openai/my-own",
        "--budgets",
        "usd:0.002,0.2",
        "--mode",
        "grid",
        "--limit",
        3,
    )
    with chat_server(crafty) as chat:
        ended = command(
            *("sweep", "--yes", *asked, "--spend-cap", 5, "--prices", "ours.yaml"),
            *("--to", "out", "--model-base-url", chat.url),
        )
    assert ended.code == 0, ended
    bill = chat.bill_usd(prompt=3, cached=0.5, output=11)
    runs, calls = read_runs("out"), read_table("out", "calls")
    assert bill > 0
    assert runs["cost_usd"].sum() == pytest.approx(bill, rel=1e-9)
    assert calls["cost_usd"].sum() == pytest.approx(bill, rel=1e-9)
    ledger = Ledger(Path("out/ledger.sqlite"))
    assert ledger.totals().spent_usd == pytest.approx(bill, rel=1e-9)
    ledger.close()
    assert set(runs["price_source"].dropna()) == set(calls["price_source"]) == {"ours.yaml 2026-11-01"}
    assert (runs["cost_usd"] <= runs["budget_usd"]).all()
    assert set(runs["stop_reason"]) == {"submitted", "budget"}

    for run in runs.itertuples():
        told = command("explain", "out", run.run_id, "--prices", "ours.yaml")
        assert told.code == 0, told
        assert f"{run.cost_usd:.6f}  cost_usd of the run: adds up" in told.out
        assert "tokens x price give" not in told.out, "each call is its tokens times the file's price"
