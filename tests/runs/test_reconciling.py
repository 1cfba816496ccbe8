"""A study's calls against exports of usage, in the columns that providers write."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from inspect_horizon.errors import DataError, UsageError
from inspect_horizon.runs import conform, write_tables
from inspect_horizon.runs.reconciling import reconcile
from support.server import chat_server
from support.study import KEY, LITELLMS_OWN, command, crafty, horizon

if TYPE_CHECKING:
    from pathlib import Path

OPENAI = "start_time,start_time_iso,model,num_model_requests,input_tokens,input_cached_tokens,output_tokens"
ANTHROPIC = (
    "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,"
    "usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens"
)


def call(call_id: str, **more: object) -> dict[str, object]:
    """1,000 prompt tokens, 600 of them from the cache, and 100 generated, for a cent."""
    return {
        "call_id": call_id,
        "model": "openai/gpt-5-mini",
        "served_model": "gpt-5-mini-2025-08-07",
        "outcome": "answered",
        "worst_case": False,
        "input_tokens": 400,
        "cache_read_tokens": 600,
        "cache_write_tokens": 0,
        "output_tokens": 100,
        "reasoning_tokens": 0,
        "cost_usd": 0.01,
        "started_at": "2026-08-05T10:00:00Z",
        **more,
    }


def study(folder: Path, *calls: dict[str, object]) -> Path:
    write_tables(folder / "study", {"calls": conform(pd.DataFrame(calls).astype(object), "calls")})
    return folder / "study"


def export(folder: Path, *lines: str) -> Path:
    path = folder / "usage.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_openais_input_tokens_hold_the_cached_ones(tmp_path: Path) -> None:
    """Two calls on two days, one in the last hour of its day (UTC); a bucket in which nothing was used says nothing."""
    path = study(tmp_path, call("1"), call("2", started_at="2026-08-06T23:30:00Z"))
    usage = export(
        tmp_path,
        OPENAI,
        "1785888000,2026-08-05T00:00:00+00:00,gpt-5-mini-2025-08-07,1,1000,600,100",
        "1785974400,2026-08-06T00:00:00+00:00,gpt-5-mini-2025-08-07,1,1000,600,100",
        "1786060800,2026-08-07T00:00:00+00:00,,0,0,0,0",
    )
    told = reconcile(path, usage, {})
    assert told.complete
    assert told.matched == 2
    assert [(each.amount, each.ours, each.theirs) for each in told.compared[:2]] == [
        ("prompt_tokens", 1000, 1000),
        ("output_tokens", 100, 100),
    ]
    seconds = reconcile(path, usage, {"start_time": "day"})
    assert seconds.complete, "seconds since 1970 name the same days"


def test_anthropics_parts_of_the_prompt_are_added_up(tmp_path: Path) -> None:
    claude = {"model": "anthropic/claude-opus-5", "served_model": "claude-opus-5", "cache_write_tokens": 50}
    path = study(tmp_path, call("1", **claude))
    told = reconcile(path, export(tmp_path, ANTHROPIC, "2026-08-05,claude-opus-5,400,30,20,600,100"), {})
    assert told.complete
    assert told.compared[0].theirs == 1050


def test_a_difference_above_one_percent_and_what_is_not_matched_end_with_three(tmp_path: Path) -> None:
    """They charge 2 % more; they know a model that we never called, and not the day of our second call."""
    path = study(tmp_path, call("1"), call("2", started_at="2026-09-01T00:00:00Z"))
    usage = export(tmp_path, "day,name,spent", "2026-08-05,gpt-5-mini,$0.0102", "2026-08-05,gpt-9,5")
    ended = command("reconcile", path, "--usage", usage, "--map", "name=model", "--map", "spent=cost_usd", "--json")
    assert ended.code == 3
    told = json.loads(ended.out)
    (row,) = told["compared"]
    assert row["share"] == pytest.approx(0.0002 / 0.0102)
    assert told["differing"] == 1
    assert [(each["model"], each["day"], each["in_export"]) for each in told["unmatched"]] == [
        ("gpt-9", "2026-08-05", True),
        ("gpt-5-mini", "2026-09-01", False),
    ]
    shown = command("reconcile", path, "--usage", usage, "--map", "name=model", "--map", "spent=cost_usd")
    assert "1 of 3 models and days matched, 1 amounts differ by more than 1 %" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80


def test_a_call_whose_usage_is_not_known_counts_for_anything_up_to_its_bound(tmp_path: Path) -> None:
    """It may have been billed 3 cents or nothing, so any sum from 1 to 4 cents agrees; 5 do not."""
    lost = {"outcome": "lost", "worst_case": True, "cost_usd": 0.03, "reserved_usd": 0.03, "input_tokens": None}
    path = study(tmp_path, call("1"), call("2", **lost), call("3", outcome="rejected", cost_usd=0.0))
    for usd, agrees in ((0.01, True), (0.025, True), (0.04, True), (0.05, False), (0.005, False)):
        told = reconcile(path, export(tmp_path, "date,model,cost_usd", f"2026-08-05,gpt-5-mini,{usd}"), {})
        assert told.complete is agrees, usd


def test_what_cannot_be_read_is_named_with_its_place(tmp_path: Path) -> None:
    path = study(tmp_path, call("1"))
    with pytest.raises(DataError, match=r"has no column for model(.|\n)*--map THEIRS=model"):
        reconcile(path, export(tmp_path, "date,cost", "2026-08-05,1"), {})
    with pytest.raises(DataError, match=r"usage.csv:3: date is 'yesterday', not a day"):
        reconcile(path, export(tmp_path, "date,model,cost", "2026-08-05,m,1", "yesterday,m,1"), {})
    with pytest.raises(UsageError, match="usage has no column costs; did you mean cost_usd"):
        reconcile(path, export(tmp_path, "date,model,x", "2026-08-05,m,1"), {"x": "costs"})


@pytest.mark.slow
@pytest.mark.filterwarnings(LITELLMS_OWN)
def test_a_servers_own_count_agrees_with_the_study(tmp_path: Path) -> None:
    """The export is written from what the server billed, request by request."""
    with chat_server(crafty) as chat:
        small = (
            "--suite",
            "atoms",
            "--limit",
            4,
            "--budgets",
            "usd:0.01",
            "--workers",
            1,
            "--model-base-url",
            chat.url,
        )
        ended = horizon(
            "sweep", "--yes", "--model", "openai/gpt-5-mini", *small, "--to", "study", cwd=tmp_path, env=KEY
        )
    assert ended.code == 0, ended
    today = datetime.now(UTC).date().isoformat()
    with (tmp_path / "usage.csv").open("w", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(OPENAI.split(","))
        for served in chat.billed:
            tokens = (served.prompt_tokens, served.cached_tokens, served.completion_tokens)
            rows.writerow(["", today, served.request["model"], 1, *tokens])
    compared = horizon("reconcile", "study", "--usage", "usage.csv", "--map", "start_time_iso=day", cwd=tmp_path)
    assert compared.code == 0, compared
    assert "1 of 1 models and days matched, 0 amounts differ" in compared.out
