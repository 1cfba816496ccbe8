"""Claude's prompt cache: what is marked, for how long, and what it saves by the server's own count."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageSystem, ChatMessageTool, ChatMessageUser

from inspect_horizon.errors import ModelError
from models.asking import LOOK, ask, new_run
from models.vendors import at, price_file, set_keys
from support.vendors.anthropic import anthropic, blocks
from support.vendors.chat import chat
from support.vendors.loopback import Said, Vendor, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inspect_ai.tool import ToolInfo

    from inspect_horizon.budgets.ledger import Ledger

SONNET = "anthropic/claude-sonnet-4-5"
RATES = {"input": 3.0, "cache_write": 3.75, "cache_write_1h": 6.0, "cache_read": 0.3, "output": 15.0}
"""Anthropic, "Pricing", Claude Sonnet 4.5, per million tokens."""
PAGE = "All that is known of the house. " * 60


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(monkeypatch)


@pytest.fixture
def claude() -> Iterator[Vendor]:
    with serving(anthropic(lambda _: Said("I look.", (("look", {"place": "here"}),)))) as server:
        yield server


def marks(server: Vendor) -> list[list[str]]:
    """How long each marked block of each request asks to be kept."""
    return [[ttl for _, ttl in blocks(body) if ttl] for body in server.bodies]


def converse(server: Vendor, turns: int, prices: Path, ledger: Ledger, **how: Any) -> None:
    """A conversation in which each turn calls a tool and reads a page."""
    asked, run = at(server, SONNET, prices, **how), new_run(ledger)
    messages: list[ChatMessage] = [ChatMessageSystem(content=PAGE), ChatMessageUser(content="Go.")]
    for turn in range(turns):
        message = ask(asked, messages, run=run, tools=[LOOK]).message
        calls = message.tool_calls or []
        messages += [message, ChatMessageTool(content=f"{turn} {PAGE}", tool_call_id=calls[0].id, function="look")]


def test_each_turn_reads_what_the_turn_before_has_written(claude: Vendor, tmp_path: Path, ledger: Ledger) -> None:
    converse(claude, 4, price_file(tmp_path), ledger)
    assert marks(claude) == [["5m"] * 3, ["5m"] * 4, ["5m"] * 4, ["5m"] * 4]
    counts = [asked.counts for asked in claude.served]
    assert counts[0]["cache_read"] == 0
    assert counts[0]["cache_write"] > 400
    for before, after in itertools.pairwise(counts):
        assert after["cache_read"] == before["cache_read"] + before["cache_write"]
        assert after["input"] == 0
    usd = claude.bill_usd(RATES)
    assert ledger.totals().spent_usd == pytest.approx(usd, rel=1e-9)
    unmarked = {**RATES, "cache_read": 3.0, "cache_write": 3.0}
    assert usd < claude.bill_usd(unmarked) * 0.75
    assert all(call["cost_usd"] <= call["usd"] and call["note"] is None for call in ledger.calls())


def test_an_hour_is_asked_for_and_paid_for(claude: Vendor, tmp_path: Path, ledger: Ledger) -> None:
    """The bound knows that an hour costs twice the prompt's price."""
    converse(claude, 2, price_file(tmp_path), ledger, args={"cache_ttl": "1h"})
    assert marks(claude) == [["1h"] * 3, ["1h"] * 4]
    first, second = ledger.calls()
    assert first["cache_write_1h_tokens"] == first["cache_write_tokens"] == claude.served[0].counts["cache_write_1h"]
    assert ledger.totals().spent_usd == pytest.approx(claude.bill_usd(RATES), rel=1e-9)
    assert first["usd"] >= first["prompt_tokens"] * 6e-6
    assert second["cost_usd"] <= second["usd"]


@pytest.mark.parametrize(
    ("cache_prompt", "tools", "marked"),
    [
        *((None, [LOOK], True), ("auto", [LOOK], True), (None, [], False), ("auto", [], False)),
        *((True, [], True), (True, [LOOK], True), (False, [LOOK], False)),
    ],
)
def test_requests_with_tools_are_marked_unless_told_otherwise(
    claude: Vendor, tmp_path: Path, cache_prompt: Any, tools: list[ToolInfo], marked: bool
) -> None:
    ask(at(claude, SONNET, price_file(tmp_path), cache_prompt=cache_prompt), tools=tools)
    assert bool(marks(claude)[0]) is marked


def test_marks_of_the_users_own_are_left_alone(claude: Vendor, tmp_path: Path) -> None:
    own = {"cache_control_injection_points": [{"location": "message", "role": "system"}]}
    messages: list[ChatMessage] = [ChatMessageSystem(content=PAGE), ChatMessageUser(content="Go.")]
    ask(at(claude, SONNET, price_file(tmp_path), args=own), messages, tools=[LOOK])
    assert marks(claude) == [["5m"]]


def test_empty_messages_and_parallel_results_are_taken(claude: Vendor, tmp_path: Path) -> None:
    """Anthropic refuses a mark on an empty text."""
    output = ask(at(claude, SONNET, price_file(tmp_path)), "Go.", tools=[LOOK])
    (call,) = output.message.tool_calls or []
    messages: list[ChatMessage] = [
        ChatMessageUser(content="Go."),
        ChatMessageAssistant(content="", tool_calls=[call]),
        ChatMessageTool(content="", tool_call_id=call.id, function="look"),
    ]
    ask(at(claude, SONNET, price_file(tmp_path)), messages, tools=[LOOK])
    assert marks(claude)[1] == ["5m", "5m"]


def test_other_vendors_models_are_not_marked(tmp_path: Path) -> None:
    with serving(chat()) as server:
        ask(at(server, "openai/gpt-5-mini", price_file(tmp_path), cache_prompt=True), tools=[LOOK])
    assert "cache_control" not in str(server.bodies)


def test_a_time_that_claude_does_not_keep_is_refused(claude: Vendor, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"(?s)cannot be cached for cache_ttl=2h.*fix: write one of 5m, 1h"):
        at(claude, SONNET, price_file(tmp_path), args={"cache_ttl": "2h"})
