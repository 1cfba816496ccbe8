"""A sweep of an API model: the command, LiteLLM's `openai/` route, HTTP, the ledger and the tables agree."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from inspect_horizon.budgets import Usage
from inspect_horizon.budgets.prices import price_book
from inspect_horizon.runs import read_runs, read_table
from support.server import ChatServer, Fault, Served, chat_server
from support.study import KEY, LITELLMS_OWN, command, crafty, standing

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
MODEL = "openai/gpt-5-mini"
SPENT = ("input_tokens", "cache_read_tokens", "output_tokens", "cost_usd")


def price(served: Served) -> float:
    """Dollars of a call, by the price book and the server's own count."""
    known = price_book().price(MODEL)
    usage = Usage(
        input_tokens=served.prompt_tokens - served.cached_tokens,
        cache_read_tokens=served.cached_tokens,
        output_tokens=served.completion_tokens,
    )
    return known.cost_usd(usage)


def counted(chat: ChatServer) -> Counter[tuple[int, int]]:
    """Prompt and completion tokens of every call that the server would bill."""
    return Counter((served.prompt_tokens, served.completion_tokens) for served in chat.billed)


def booked(calls: pd.DataFrame) -> Counter[tuple[int, int]]:
    """The same from the calls table."""
    prompts = calls["input_tokens"] + calls["cache_read_tokens"] + calls["cache_write_tokens"]
    return Counter(zip(prompts.astype(int), calls["output_tokens"].astype(int), strict=True))


def test_what_the_server_counts_is_what_the_tables_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every token and dollar, call by call and in sum, with overshoot 0."""
    monkeypatch.setenv(*next(iter(KEY.items())))
    monkeypatch.chdir(tmp_path)
    flags = (
        "--suite",
        "ledger",
        "--suite",
        "atoms",
        "--model",
        MODEL,
        "--budgets",
        "usd:0.001..0.016:x4",
        "--mode",
        "grid",
    )
    with chat_server(crafty) as chat:
        ended = command("sweep", "--yes", *flags, "--limit", 4, "--to", "api", "--model-base-url", chat.url)
    assert ended.code == 0, ended
    assert "overshoot 0 runs" in ended.out
    runs, calls = read_runs(tmp_path / "api"), read_table(tmp_path / "api", "calls")
    assert len(standing(runs)) == len(runs) == 3 * (4 + 4)
    assert booked(calls) == counted(chat)
    assert calls["outcome"].eq("answered").all()
    dollars = sum(price(served) for served in chat.billed)
    assert runs["cost_usd"].sum() == pytest.approx(dollars, rel=1e-9)
    assert runs["output_tokens"].sum() == sum(served.completion_tokens for served in chat.billed)
    assert runs["model_calls"].sum() == len(chat.served)
    assert (runs["cost_usd"] <= runs["budget_usd"] * (1 + 1e-9)).all()
    assert runs["overshoot_usd"].eq(0).all()
    finished = runs["stop_reason"] == "submitted"
    assert runs.loc[finished, "success"].all(), "a worker without mistakes is right whenever it comes to an answer"
    assert not runs.loc[runs["stop_reason"] == "budget", "success"].any()
    assert finished.any(), "some runs finish"
    assert (~finished).any(), "and the smallest budget stops some"


@pytest.mark.parametrize("grid", ["tokens:600,20k", "output_tokens:40,4k", "cost_ratio:1/256,1/4"])
def test_every_kind_of_budget_holds(grid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No run spends more than its budget in the budget's own unit, by the server's count."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.chdir(tmp_path)
    with chat_server(crafty) as chat:
        ended = command(
            *(
                "sweep",
                "--yes",
                "--suite",
                "ledger",
                "--model",
                MODEL,
                "--budgets",
                grid,
                "--mode",
                "grid",
                "--limit",
                5,
            ),
            *("--to", "out", "--model-base-url", chat.url),
        )
    assert ended.code == 0, ended
    runs, calls = read_runs("out"), read_table("out", "calls")
    assert booked(calls) == counted(chat)
    kind = grid.partition(":")[0]
    spent = {
        "tokens": runs[["input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens"]].sum(axis=1),
        "output_tokens": runs["output_tokens"],
        "cost_ratio": runs["cost_usd"] / runs["human_cost_usd"],
    }[kind]
    assert (spent <= runs["budget_amount"] * (1 + 1e-9)).all()
    assert runs["budget_spent"].tolist() == pytest.approx(spent.tolist())
    assert runs["stop_reason"].isin(["submitted", "budget"]).all()
    assert runs.loc[runs["stop_reason"] == "submitted", "success"].all()
    assert {"submitted", "budget"} == set(runs["stop_reason"])


def test_settings_of_the_file_reach_the_server_and_the_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What changes the request is a condition of its own; a flag overrules the file."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.yaml").write_text(
        "suites: [atoms]\n"
        "models: [openai/gpt-4o-mini]\n"
        "budgets: tokens:20k\n"
        "limit: 2\n"
        "generation:\n"
        "  temperature: 0.25\n"
        "  top_p: 0.5\n"
        "  max_tokens: 700\n"
        "  seed: 7\n"
    )
    with chat_server(crafty) as chat:
        ended = command(
            "sweep", "study.yaml", "--yes", "--temperature", 0.75, "--to", "out", "--model-base-url", chat.url
        )
    assert ended.code == 0, ended
    assert len(chat.served) == 2
    for served in chat.served:
        request = served.request
        assert (request["temperature"], request["top_p"], request["max_tokens"], request["seed"]) == (0.75, 0.5, 700, 7)
    runs = read_runs("out")
    assert set(runs["condition"]) == {"max_tokens=700,seed=7,temperature=0.75,top_p=0.5"}
    assert set(runs["sweep"]) == {"study"}


def test_faults_that_pass_are_survived_and_their_money_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals cost nothing, a connection that breaks after the request was read may: it is wasted, not lost."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.chdir(tmp_path)
    faults = [Fault(status=429, headers={"retry-after-ms": "10"}), Fault(reset=True, billed=True)]
    with chat_server(crafty, faults=faults) as chat:
        ended = command(
            *("sweep", "--yes", "--suite", "atoms", "--model", MODEL, "--budgets", "usd:0.02", "--limit", 2),
            *("--max-tokens", 1000, "--to", "out", "--model-base-url", chat.url),
        )
    assert ended.code == 0, ended
    calls, runs = read_table("out", "calls"), read_runs("out")
    assert len(calls) == len(chat.served) == 4
    assert sorted(calls["outcome"]) == ["answered", "answered", "lost", "rejected"]
    assert runs["success"].all()
    broken = chat.served[1]
    assert runs["wasted_usd"].sum() >= price(broken) > 0
    assert runs["cost_usd"].sum() + runs["wasted_usd"].sum() == pytest.approx(calls["cost_usd"].sum())
