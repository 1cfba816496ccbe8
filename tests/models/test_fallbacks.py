"""Who answers when the model that was asked cannot, and whose price that costs."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from inspect_ai.util import LimitExceededError
from tenacity import RetryError

from inspect_horizon.budgets.prices import price_book
from inspect_horizon.errors import ModelError, PriceError
from models.asking import KEY, ask, ask_often, new_run
from models.vendors import at, price_file, set_keys
from support.vendors.anthropic import anthropic
from support.vendors.chat import chat
from support.vendors.loopback import Said, Trouble, Vendor, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from inspect_horizon.budgets.ledger import Ledger

MINI, HAIKU = "openai/gpt-5-mini", "anthropic/claude-haiku-4-5"
ROUTED = "openrouter/openai/gpt-5-mini"
FALLBACKS = {"fallbacks": HAIKU}
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Vendor, Vendor]]:
    """OpenAI, and Anthropic where its environment variable says."""
    set_keys(monkeypatch)
    with ExitStack() as stack:
        openai, claude = stack.enter_context(serving(chat())), stack.enter_context(serving(anthropic()))
        monkeypatch.setenv("ANTHROPIC_API_BASE", claude.url)
        yield openai, claude


def test_in_an_outage_the_next_is_asked_in_a_call_of_its_own(
    both: tuple[Vendor, Vendor], tmp_path: Path, ledger: Ledger
) -> None:
    openai, claude = both
    openai.troubles = [Trouble(status=503)]
    output = ask(at(openai, MINI, price_file(tmp_path), args=FALLBACKS), run=new_run(ledger))
    assert output.completion == "hello there"
    assert output.model == "claude-haiku-4-5"
    down, answered = ledger.calls()
    assert (down["model"], down["outcome"], down["cost_usd"]) == (MINI, "rejected", 0.0)
    assert (answered["model"], answered["served_model"], answered["outcome"]) == (HAIKU, "claude-haiku-4-5", "answered")
    usd = claude.bill_usd({"input": 1.0, "output": 5.0})
    assert answered["cost_usd"] == pytest.approx(usd)
    assert output.usage is not None
    assert output.usage.total_cost == pytest.approx(usd)
    assert answered["note"].startswith(f"in place of {MINI}, which failed: ")
    assert (output.metadata or {})["horizon_notes"] == [answered["note"]]


def test_the_base_url_and_the_key_are_those_of_the_model_that_was_asked(
    both: tuple[Vendor, Vendor], tmp_path: Path
) -> None:
    openai, claude = both
    openai.troubles = [Trouble(status=500)] * 2
    args = {"fallbacks": ["openai/gpt-5", HAIKU]}
    ask(at(openai, MINI, price_file(tmp_path), args=args))
    assert [body["model"] for body in openai.bodies] == ["gpt-5-mini", "gpt-5"]
    assert [body["model"] for body in claude.bodies] == ["claude-haiku-4-5"]
    assert claude.served[0].headers["x-api-key"] == KEY


def test_one_that_stands_in_is_asked_for_no_more_than_it_can_write(both: tuple[Vendor, Vendor], tmp_path: Path) -> None:
    """Inspect asks for what the first can write at most, 128,000 tokens."""
    openai, claude = both
    openai.troubles = [Trouble(status=503)]
    args = {"fallbacks": "anthropic/claude-sonnet-4-5"}
    ask(at(openai, MINI, price_file(tmp_path), args=args, max_tokens=None))
    assert openai.bodies[0]["max_completion_tokens"] == 128_000
    assert claude.bodies[0]["max_tokens"] == 64_000


def test_a_fallback_without_a_key_is_refused_before_anything_is_asked(
    both: tuple[Vendor, Vendor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openai, _ = both
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(ModelError, match=rf"(?s){HAIKU}, which stands in for {MINI}, needs ANTHROPIC_API_KEY.*fix: "):
        at(openai, MINI, price_file(tmp_path), args=FALLBACKS)


def test_a_key_that_was_passed_is_for_fallbacks_of_the_same_provider_too(
    both: tuple[Vendor, Vendor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    openai, _ = both
    monkeypatch.delenv("OPENAI_API_KEY")
    openai.troubles = [Trouble(status=500)]
    ask(at(openai, MINI, price_file(tmp_path), args={"fallbacks": "openai/gpt-5", "api_key": KEY}))
    assert [body["model"] for body in openai.bodies] == ["gpt-5-mini", "gpt-5"]


def test_the_model_that_was_asked_is_asked_first_every_time(both: tuple[Vendor, Vendor], tmp_path: Path) -> None:
    openai, claude = both
    openai.troubles = [Trouble(status=503)]
    first, second = ask_often(at(openai, MINI, price_file(tmp_path), args=FALLBACKS), ["hi", "hi"])
    assert (first.model, second.model) == ("claude-haiku-4-5", "gpt-5-mini")
    assert len(claude.served) == 1


def test_a_reset_is_charged_at_its_hold_before_the_next_is_asked(
    both: tuple[Vendor, Vendor], tmp_path: Path, ledger: Ledger
) -> None:
    openai, _ = both
    openai.troubles = [Trouble(events=1, how="reset")]
    args = {**FALLBACKS, "stream": True}
    ask(at(openai, MINI, price_file(tmp_path), args=args), run=new_run(ledger))
    lost, answered = ledger.calls()
    assert (lost["model"], lost["outcome"], lost["cost_usd"]) == (MINI, "lost", lost["usd"])
    assert (answered["model"], answered["outcome"]) == (HAIKU, "answered")


@pytest.mark.parametrize("status", [400, 401, 404])
def test_what_is_no_outage_is_nobodys_turn(both: tuple[Vendor, Vendor], tmp_path: Path, status: int) -> None:
    openai, claude = both
    openai.troubles = [Trouble(status=status)]
    with pytest.raises(Exception, match=r"trouble|not found|refuses"):
        ask(at(openai, MINI, price_file(tmp_path), args=FALLBACKS))
    assert claude.served == []


def test_a_model_that_asks_to_slow_down_is_waited_for(both: tuple[Vendor, Vendor], tmp_path: Path) -> None:
    """Else a study would change its model with its own speed."""
    openai, claude = both
    openai.troubles = [Trouble(status=429)]
    assert ask(at(openai, MINI, price_file(tmp_path), retries=1, args=FALLBACKS)).model == "gpt-5-mini"
    openai.troubles = [Trouble(status=429)] * 2
    with pytest.raises(RetryError, match="RateLimitError"):
        ask(at(openai, MINI, price_file(tmp_path), retries=1, args=FALLBACKS))
    assert claude.served == []


def test_a_budget_that_is_spent_ends_the_run_and_asks_nobody(
    both: tuple[Vendor, Vendor], tmp_path: Path, ledger: Ledger
) -> None:
    openai, claude = both
    with pytest.raises(LimitExceededError):
        ask(at(openai, MINI, price_file(tmp_path), args=FALLBACKS), run=new_run(ledger, "usd:0.000001"))
    assert openai.served == claude.served == []


def test_where_all_are_down_the_first_is_what_failed(
    both: tuple[Vendor, Vendor], tmp_path: Path, ledger: Ledger
) -> None:
    openai, claude = both
    openai.troubles, claude.troubles = [Trouble(status=503)], [Trouble(status=529)]
    with pytest.raises(RetryError, match=r"ServiceUnavailableError|InternalServerError"):
        ask(at(openai, MINI, price_file(tmp_path), args=FALLBACKS), run=new_run(ledger))
    assert [call["model"] for call in ledger.calls()] == [MINI, HAIKU]
    assert ledger.totals().spent_usd == 0.0


def test_an_unknown_fallback_is_refused_before_any_call(both: tuple[Vendor, Vendor], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="LiteLLM knows no provider for the model 'nobody/nothing'"):
        at(both[0], MINI, price_file(tmp_path), args={"fallbacks": f"{HAIKU},nobody/nothing"})


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("place", ["extra_body", "args"])
def test_a_call_that_may_be_handed_on_is_bounded_by_the_dearest_and_priced_by_who_served(
    place: str, stream: bool, tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenRouter, "Model routing": `models` lists who may answer, and the reply's `model` says who did."""
    set_keys(monkeypatch)
    models = {"models": ["openai/gpt-5-mini", "anthropic/claude-sonnet-4.5"]}
    args = {"stream": stream, **(models if place == "args" else {})}
    said = iter([Said(usage=USAGE, model="anthropic/claude-sonnet-4.5"), Said(usage=USAGE, model="openai/gpt-5-mini")])
    with serving(chat(lambda _: next(said))) as server:
        body = models if place == "extra_body" else None
        asked = at(server, ROUTED, price_file(tmp_path), args=args, extra_body=body)
        outputs = ask_often(asked, ["x" * 2000] * 2, run=new_run(ledger))
        assert server.bodies[0]["models"] == models["models"]
        assert "stream" not in server.bodies[0]
    sonnet, mini = ledger.calls()
    assert [output.model for output in outputs] == ["anthropic/claude-sonnet-4.5", "openai/gpt-5-mini"]
    assert sonnet["model"] == mini["model"] == ROUTED
    assert sonnet["cost_usd"] == pytest.approx((1000 * 3 + 100 * 15) / 1e6)
    assert mini["cost_usd"] == pytest.approx((1000 * 0.25 + 100 * 2) / 1e6)
    for call in (sonnet, mini):
        assert call["note"] == ("not streamed: LiteLLM would not show who served it" if stream else None)
        assert call["usd"] == pytest.approx((call["prompt_tokens"] * 3.75 + 3000 * 15) / 1e6)


def test_a_call_that_may_be_handed_on_to_a_model_without_a_price_is_not_made(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_keys(monkeypatch)
    with serving(chat()) as server:
        asked = at(server, ROUTED, price_file(tmp_path), extra_body={"models": ["some/secret"]})
        with pytest.raises(PriceError, match="the price of openrouter/some/secret is not known"):
            ask(asked, run=new_run(ledger))
        assert server.served == []
        ask(asked, run=new_run(ledger, "tokens:100k"))
    (call,) = ledger.calls()
    assert call["usd"] is None


@pytest.mark.parametrize(
    ("served", "price"),
    [
        ("gpt-5", 1.25),
        ("gpt-5-2025-08-07", 1.25),
        ("gpt-5-latest", 1.25),
        ("gpt-5-mini", 0.25),
        ("a-name-of-its-own", 1.25),
    ],
)
def test_a_snapshot_has_the_price_of_its_model_and_a_smaller_model_its_own(
    served: str, price: float, tmp_path: Path
) -> None:
    found = price_book(price_file(tmp_path)).served("openai/gpt-5", served)
    assert found is not None
    assert found.base.input == pytest.approx(price / 1e6)
