"""Every dollar is right: usages as the vendors report them, against sums worked out by hand.

Each case names where its usage comes from; the prices are those of `vendors.PRICES`, which names theirs. What the
server bills by the vendor's own rules, what the ledger holds and what Inspect shows must all be the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from inspect_horizon.budgets.price_file import load_prices
from inspect_horizon.budgets.usage import COUNTS, Usage
from models.asking import ask, new_run
from models.vendors import at, price_file, set_keys
from support.vendors.anthropic import anthropic
from support.vendors.chat import chat
from support.vendors.gemini import gemini
from support.vendors.loopback import Said, Vendor, serving
from support.vendors.responses import responses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from inspect_horizon.budgets.ledger import Ledger

MICRO = 1e-6


@dataclass(frozen=True)
class Case:
    """A vendor's usage, and the dollars that it comes to."""

    model: str
    vendor: Callable[..., Vendor]
    usage: Mapping[str, Any]
    micro_usd: float
    """Worked out by hand, in millionths of a dollar."""
    tier: str | None = None
    """What the vendor says it served in."""
    args: Mapping[str, Any] = field(default_factory=dict)


CASES = {
    "OpenAI, cached and reasoning: 86 x 0.25 + 1920 x 0.025 + 300 x 2": Case(
        "openai/gpt-5-mini",
        chat,
        {  # OpenAI, "Prompt caching", the usage shown; 256 of the 300 reasoned
            "prompt_tokens": 2006,
            "completion_tokens": 300,
            "total_tokens": 2306,
            "prompt_tokens_details": {"cached_tokens": 1920},
            "completion_tokens_details": {"reasoning_tokens": 256},
        },
        669.5,
    ),
    "OpenAI Responses: 75 x 1.25 + 1186 x 10": Case(
        "openai/responses/gpt-5",
        responses,
        {  # OpenAI, "Reasoning models", the usage shown
            "input_tokens": 75,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 1186,
            "output_tokens_details": {"reasoning_tokens": 1024},
            "total_tokens": 1261,
        },
        11953.75,
    ),
    "OpenAI Responses, cached and flex: 1000 x 0.125 + 7000 x 0.0125 + 500 x 1": Case(
        "openai/responses/gpt-5-mini",
        responses,
        {
            "input_tokens": 8000,
            "input_tokens_details": {"cached_tokens": 7000},
            "output_tokens": 500,
            "output_tokens_details": {"reasoning_tokens": 320},
            "total_tokens": 8500,
        },
        712.5,
        tier="flex",
        args={"service_tier": "flex"},
    ),
    "Claude, read and written for 5 minutes and an hour: 2048 x 3 + 1800 x 0.3 + 148 x 3.75 + 100 x 6 + 503 x 15": Case(
        "anthropic/claude-sonnet-4-5",
        anthropic,
        {  # Anthropic, "Prompt caching", 1-hour cache duration, the usage shown
            "input_tokens": 2048,
            "cache_read_input_tokens": 1800,
            "cache_creation_input_tokens": 248,
            "cache_creation": {"ephemeral_5m_input_tokens": 148, "ephemeral_1h_input_tokens": 100},
            "output_tokens": 503,
            "service_tier": "standard",
        },
        15384.0,
    ),
    "Claude above 200,000 tokens: 50,000 x 6 + 150,000 x 0.6 + 10,000 x 7.5 + 20,000 x 12 + 1000 x 22.5": Case(
        "anthropic/claude-sonnet-4-5",
        anthropic,
        {  # the cached count towards the 200,000
            "input_tokens": 50_000,
            "cache_read_input_tokens": 150_000,
            "cache_creation_input_tokens": 30_000,
            "cache_creation": {"ephemeral_5m_input_tokens": 10_000, "ephemeral_1h_input_tokens": 20_000},
            "output_tokens": 1000,
            "service_tier": "standard",
        },
        727_500.0,
    ),
    "Gemini at 200,000 tokens: 50,000 x 1.25 + 150,000 x 0.125 + (1000 + 3000) x 10": Case(
        "gemini/gemini-2.5-pro",
        gemini,
        {
            "promptTokenCount": 200_000,
            "cachedContentTokenCount": 150_000,
            "candidatesTokenCount": 1000,
            "thoughtsTokenCount": 3000,
            "totalTokenCount": 204_000,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 200_000}],
            "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 150_000}],
        },
        121_250.0,
    ),
    "Gemini above 200,000 tokens: 50,000 x 2.5 + 200,000 x 0.25 + (1000 + 3000) x 15": Case(
        "gemini/gemini-2.5-pro",
        gemini,
        {
            "promptTokenCount": 250_000,
            "cachedContentTokenCount": 200_000,
            "candidatesTokenCount": 1000,
            "thoughtsTokenCount": 3000,
            "totalTokenCount": 254_000,
        },
        235_000.0,
    ),
    "Gemini, a minute of sound: 20 x 0.3 + 1920 x 1 + 50 x 2.5": Case(
        "gemini/gemini-2.5-flash",
        gemini,
        {  # Google, "Audio understanding": 32 tokens a second
            "promptTokenCount": 1940,
            "candidatesTokenCount": 50,
            "totalTokenCount": 1990,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 20}, {"modality": "AUDIO", "tokenCount": 1920}],
        },
        2051.0,
    ),
    "Gemini, pictures at the price of text: (258 + 42) x 0.3 + 10 x 2.5": Case(
        "gemini/gemini-2.5-flash",
        gemini,
        {  # Google, "Image understanding": 258 tokens a tile
            "promptTokenCount": 300,
            "candidatesTokenCount": 10,
            "totalTokenCount": 310,
            "promptTokensDetails": [{"modality": "IMAGE", "tokenCount": 258}, {"modality": "TEXT", "tokenCount": 42}],
        },
        115.0,
    ),
    "Grok, whose completion leaves its reasoning out: 132 x 3 + 68 x 0.75 + (50 + 1157) x 15": Case(
        "xai/grok-4",
        lambda think: chat(think, reasoning_outside=True),
        {  # in the shape of Google, "Reasoning for Grok models"
            "prompt_tokens": 200,
            "completion_tokens": 50,
            "total_tokens": 1407,
            "prompt_tokens_details": {"cached_tokens": 68},
            "completion_tokens_details": {"reasoning_tokens": 1157},
        },
        18552.0,
    ),
    "a server that leaves its reasoning out and says so in no total: 100 x 0.25 + (20 + 80) x 2": Case(
        "openai/gpt-5-mini",
        lambda think: chat(think, reasoning_outside=True),
        {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 120,
            "completion_tokens_details": {"reasoning_tokens": 80},
        },
        225.0,
    ),
    "OpenAI, flex asked and served: 1000 x 0.125 + 100 x 1": Case(
        "openai/gpt-5-mini",
        chat,
        {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
        225.0,
        tier="flex",
        args={"service_tier": "flex"},
    ),
    "OpenAI, priority asked and not served: 1000 x 0.25 + 100 x 2": Case(
        "openai/gpt-5-mini",
        chat,
        {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
        450.0,
        tier="default",
        args={"service_tier": "priority"},
    ),
    "OpenAI, priority: 1000 x 0.45 + 100 x 3.6": Case(
        "openai/gpt-5-mini",
        chat,
        {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100},
        810.0,
        tier="priority",
        args={"service_tier": "priority"},
    ),
    "OpenAI, sound in and out: 200 x 2.5 + 1000 x 32 + 50 x 10 + 250 x 64": Case(
        "openai/gpt-audio",
        chat,
        {  # OpenAI, "The chat completion object": audio_tokens on both sides
            "prompt_tokens": 1200,
            "completion_tokens": 300,
            "total_tokens": 1500,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 1000},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 250},
        },
        49_000.0,
    ),
    "DeepSeek, cache hits and misses: 36 x 0.28 + 64 x 0.028 + 100 x 0.42": Case(
        "deepseek/deepseek-chat",
        chat,
        {  # DeepSeek, "Create chat completion": prompt_tokens = hits + misses
            "prompt_tokens": 100,
            "completion_tokens": 100,
            "total_tokens": 200,
            "prompt_cache_hit_tokens": 64,
            "prompt_cache_miss_tokens": 36,
        },
        53.872,
    ),
    "OpenRouter, which tells its own sum: 1000 x 0.25 + 100 x 2": Case(
        "openrouter/openai/gpt-5-mini",
        chat,
        {  # OpenRouter, "Usage accounting"
            "prompt_tokens": 1000,
            "completion_tokens": 100,
            "total_tokens": 1100,
            "cost": 0.00045,
        },
        450.0,
    ),
}


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(monkeypatch)


def rates(path: Path, model: str, tier: str | None) -> dict[str, float]:
    """The file's prices of a model per million tokens."""
    price = load_prices(path).table.find(model.replace("/responses/", "/"), None)
    assert price is not None
    tariff = price.tariff(tier)
    assert tariff is not None
    return {kind: getattr(tariff.base, kind) * 1e6 for kind in tariff.base.__dataclass_fields__}


def booked(call: Mapping[str, Any]) -> dict[str, int]:
    """A call's tokens by the kind that they are billed as, as the ledger has them."""
    named = {"output_tokens": "generated_tokens"}
    usage = Usage(**{count: call[named.get(count, count)] for count in COUNTS})
    kinds = {kind: count for kind, count in usage.by_kind.items() if count}
    kinds["input"] = kinds.get("input", 0) + kinds.pop("image_input", 0)  # the servers bill pictures as text
    return kinds


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", CASES)
def test_a_usage_costs_what_the_vendors_price_list_says(
    name: str, stream: bool, tmp_path: Path, ledger: Ledger
) -> None:
    case = CASES[name]
    with serving(case.vendor(lambda _: Said(usage=case.usage, tier=case.tier))) as server:
        asked = at(server, case.model, price_file(tmp_path), args={**case.args, "stream": stream})
        output = ask(asked, "x" * (600_000 if "200,000" in name else 2), run=new_run(ledger, "usd:9"))
    (call,) = ledger.calls()
    usd = case.micro_usd * MICRO
    assert (call["outcome"], call["worst_case"]) == ("answered", 0)
    assert call["cost_usd"] == pytest.approx(usd, rel=1e-9)
    assert output.usage is not None
    assert output.usage.total_cost == pytest.approx(usd, rel=1e-9)
    (served,) = server.served
    assert booked(call) == {kind: count for kind, count in served.counts.items() if count}
    assert output.usage.total_tokens == sum(served.counts.values())
    if "above" not in name:
        assert server.bill_usd(rates(tmp_path / "vendors.yaml", case.model, case.tier)) == pytest.approx(usd, rel=1e-9)


def test_sound_in_a_cache_never_costs_too_little(tmp_path: Path, ledger: Ledger) -> None:
    """20 x 0.3 + 1920 x 1 + 80 x 0.03 + 3840 x 0.1 + 50 x 2.5; LiteLLM before 1.109 loses what kind the cached are."""
    usage = {
        "promptTokenCount": 5860,
        "cachedContentTokenCount": 3920,
        "candidatesTokenCount": 50,
        "totalTokenCount": 5910,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}, {"modality": "AUDIO", "tokenCount": 5760}],
        "cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 80}, {"modality": "AUDIO", "tokenCount": 3840}],
    }
    with serving(gemini(lambda _: Said(usage=usage))) as server:
        ask(at(server, "gemini/gemini-2.5-flash", price_file(tmp_path)), run=new_run(ledger))
        bill = server.bill_usd(rates(tmp_path / "vendors.yaml", "gemini/gemini-2.5-flash", None))
    assert bill == pytest.approx(2437.4 * MICRO)
    all_sound = bill + 80 * (0.10 - 0.03) * MICRO
    assert bill * (1 - 1e-9) <= ledger.calls()[0]["cost_usd"] <= all_sound * (1 + 1e-9)


def test_a_model_without_a_price_is_counted_in_tokens_and_never_costs_zero(tmp_path: Path, ledger: Ledger) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    with serving(chat(lambda _: Said(usage=usage))) as server:
        asked = at(server, "hosted_vllm/our-own", price_file(tmp_path))
        output = ask(asked, run=new_run(ledger, "tokens:100k"))
    (call,) = ledger.calls()
    assert (call["cost_usd"], call["usd"], call["price_source"]) == (None, None, None)
    assert booked(call) == {"input": 1000, "output": 100}
    assert output.usage is not None
    assert (output.usage.total_tokens, output.usage.total_cost) == (1100, None)


def test_what_the_provider_itself_charges_is_kept_beside_our_sum(tmp_path: Path, ledger: Ledger) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    for cost in ({"cost": 0.0004}, {}):
        with serving(chat(lambda _, cost=cost: Said(usage={**usage, **cost}))) as server:  # type: ignore[misc] # bound
            for stream in (False, True):
                args = {"stream": stream}
                ask(at(server, "openrouter/openai/gpt-5-mini", price_file(tmp_path), args=args), run=new_run(ledger))
    assert [call["reported_usd"] for call in ledger.calls()] == [0.0004, 0.0004, None, None]
    assert [call["cost_usd"] for call in ledger.calls()] == [pytest.approx(0.00045)] * 4
