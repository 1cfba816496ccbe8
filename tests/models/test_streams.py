"""Streamed replies: whole as if they had not been streamed, and never booked by a count of LiteLLM's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anyio
import pytest
from inspect_ai.model import ContentReasoning, GenerateConfig, get_model
from tenacity import RetryError

from inspect_horizon.budgets.run import CURRENT
from inspect_horizon.errors import ModelError
from models.asking import KEY, LOOK, ask, new_run
from models.vendors import at, price_file, set_keys
from support.vendors.anthropic import anthropic
from support.vendors.chat import chat
from support.vendors.gemini import gemini
from support.vendors.loopback import Said, Trouble, Vendor, serving
from support.vendors.responses import responses

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inspect_horizon.budgets.ledger import Ledger

MAKERS: dict[str, Callable[..., Vendor]] = {
    "openai/gpt-5-mini": chat,
    "openai/responses/gpt-5-mini": responses,
    "anthropic/claude-sonnet-4-5": anthropic,
}
STREAM = {"stream": True}
THINKS = Said("It is dark.", (("look", {"place": "the cellar"}),), thought="Let me go and see.")


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(monkeypatch)


@pytest.mark.parametrize("name", MAKERS)
def test_a_streamed_reply_is_the_same_as_a_whole_one(name: str, tmp_path: Path, ledger: Ledger) -> None:
    said: list[Any] = []
    for args in ({}, STREAM):
        with serving(MAKERS[name](lambda _: THINKS)) as server:
            run = new_run(ledger)
            output = ask(at(server, name, price_file(tmp_path), args=args), run=run, tools=[LOOK])
        message = output.message
        (call,) = message.tool_calls or []
        thoughts = [part for part in message.content if isinstance(part, ContentReasoning)]
        texts = [(part.reasoning, part.signature) for part in thoughts]
        said.append((message.text, call.function, call.arguments, call.parse_error, output.stop_reason, output.model))
        said.append((texts if "responses" not in name else None, output.usage))
    assert said[:2] == said[2:]
    assert said[0][:4] == ("It is dark.", "look", {"place": "the cellar"}, None)
    whole, streamed = ledger.calls()
    for column in ("outcome", "cost_usd", "input_tokens", "generated_tokens", "reasoning_tokens", "tier", "note"):
        assert streamed[column] == whole[column], column


def test_log_probabilities_are_streamed_too(tmp_path: Path) -> None:
    with serving(chat(lambda _: Said("yes", logprobs=True))) as server:
        asked = at(server, "openai/gpt-4.1-mini", price_file(tmp_path), args=STREAM, logprobs=True)
        logprobs = ask(asked).choices[0].logprobs
    assert logprobs is not None
    assert [(token.token, token.logprob) for token in logprobs.content] == [("yes", -0.25)]


def test_several_choices_are_not_streamed(tmp_path: Path, ledger: Ledger) -> None:
    """LiteLLM puts all of them into the first."""
    with serving(chat()) as server:
        asked = at(server, "openai/gpt-5-mini", price_file(tmp_path), args=STREAM, num_choices=2)
        with pytest.raises(ModelError, match=r"(?s)num_choices=2 cannot be streamed.*fix: leave out -M stream"):
            ask(asked, run=new_run(ledger))
    assert server.served == []
    assert ledger.calls() == []


@pytest.mark.parametrize("how", ["end", "reset"])
@pytest.mark.parametrize("name", MAKERS)
def test_a_stream_that_is_cut_is_charged_its_worst_case(name: str, how: Any, tmp_path: Path, ledger: Ledger) -> None:
    """LiteLLM 1.106 hands over what has come as if that were all, with a usage that it has made up."""
    with serving(MAKERS[name](lambda _: THINKS)) as server:
        server.troubles = [Trouble(events=3, how=how)]
        run = new_run(ledger)
        with pytest.raises(RetryError, match="StreamCut"):
            ask(at(server, name, price_file(tmp_path), args=STREAM), run=run, tools=[LOOK])
        assert len(server.served) == 1
    (call,) = ledger.calls()
    assert (call["outcome"], call["worst_case"], call["cost_usd"]) == ("lost", 1, call["usd"])
    assert "StreamCut: the reply" in call["note"]
    assert run.account is not None
    assert run.account.spent == run.account.lost == pytest.approx(call["usd"])


def test_a_cut_stream_is_asked_for_again(tmp_path: Path, ledger: Ledger) -> None:
    with serving(chat()) as server:
        server.troubles = [Trouble(events=2)]
        asked = at(server, "openai/gpt-5-mini", price_file(tmp_path), retries=1, args=STREAM)
        assert ask(asked, run=new_run(ledger)).completion == "hello there"
    assert [call["outcome"] for call in ledger.calls()] == ["lost", "answered"]


@pytest.mark.parametrize("cut", [Trouble(), Trouble(events=4)], ids=["never sent", "cut before it"])
def test_a_stream_without_its_usage_is_charged_its_worst_case(cut: Trouble, tmp_path: Path, ledger: Ledger) -> None:
    """The answer is whole and is used; what it cost nobody has said."""
    with serving(chat(lambda _: Said(), usage_in_streams=cut.events is not None)) as server:
        server.troubles = [cut]
        run = new_run(ledger)
        output = ask(at(server, "openai/gpt-5-mini", price_file(tmp_path), args=STREAM), run=run)
    assert output.completion == "hello there"
    assert output.usage is None
    (call,) = ledger.calls()
    assert (call["outcome"], call["worst_case"], call["cost_usd"]) == ("answered", 1, call["usd"])
    assert call["note"] == "no believable usage was reported"
    assert run.account is not None
    assert run.account.spent == pytest.approx(call["usd"])


@pytest.mark.parametrize("status", [429, 500])
@pytest.mark.parametrize("name", MAKERS)
def test_an_error_reply_to_a_stream_costs_nothing(name: str, status: int, tmp_path: Path, ledger: Ledger) -> None:
    with serving(MAKERS[name]()) as server:
        server.troubles = [Trouble(status=status)]
        asked = at(server, name, price_file(tmp_path), retries=1, args=STREAM)
        assert ask(asked, run=new_run(ledger)).completion == "hello there"
    assert [call["outcome"] for call in ledger.calls()] == ["rejected", "answered"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_that_ignores_the_bound_is_booked_as_it_billed(stream: bool, tmp_path: Path, ledger: Ledger) -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 5000, "total_tokens": 5010}
    with serving(chat(lambda _: Said(usage=usage))) as server:
        run = new_run(ledger, "output_tokens:200")
        ask(at(server, "openai/gpt-5-mini", price_file(tmp_path), args={"stream": stream}), run=run)
    (call,) = ledger.calls()
    assert call["cost_usd"] == pytest.approx((10 * 0.25 + 5000 * 2) / 1e6)
    assert call["note"] == "generated 5000 tokens, 200 were allowed"
    assert run.account is not None
    assert run.account.overshoot == 4800


@pytest.mark.parametrize("name", MAKERS)
def test_a_stream_that_the_agent_gives_up_is_its_own_expense(name: str, tmp_path: Path, ledger: Ledger) -> None:
    run = new_run(ledger)

    async def impatient(server: Vendor) -> None:
        CURRENT.set(run)
        with anyio.move_on_after(0.5):
            await at(server, name, price_file(tmp_path), args=STREAM).generate("hi")

    with serving(MAKERS[name](lambda _: THINKS)) as server:
        server.troubles = [Trouble(events=3, how="hang")]
        anyio.run(impatient, server)
    (call,) = ledger.calls()
    assert (call["outcome"], call["cost_usd"], call["note"]) == ("lost", call["usd"], "given up while under way")
    assert run.account is not None
    assert run.account.spent == pytest.approx(call["usd"])
    assert run.account.lost == 0.0


def test_a_stream_that_takes_too_long_is_lost(tmp_path: Path, ledger: Ledger) -> None:
    run = new_run(ledger)
    with serving(chat()) as server:
        server.troubles = [Trouble(events=2, how="hang")]
        asked = at(server, "openai/gpt-5-mini", price_file(tmp_path), args=STREAM, attempt_timeout=1)
        with pytest.raises(RetryError):
            ask(asked, run=run)
    (call,) = ledger.calls()
    assert (call["outcome"], call["cost_usd"], call["note"]) == ("lost", call["usd"], "no answer in the time allowed")
    assert run.account is not None
    assert run.account.lost == pytest.approx(call["usd"])


def test_silence_ends_a_stream_and_asks_for_one(tmp_path: Path, ledger: Ledger) -> None:
    """Inspect: `stream_idle_timeout` requests streaming, and gives up an attempt that delivers nothing for so long."""
    with serving(chat()) as server:
        server.troubles = [Trouble(events=2, how="hang")]
        asked = at(server, "openai/gpt-5-mini", price_file(tmp_path), stream_idle_timeout=1)
        with pytest.raises(RetryError):
            ask(asked, run=new_run(ledger))
        assert server.bodies[0]["stream"] is True
    (call,) = ledger.calls()
    assert (call["outcome"], call["cost_usd"]) == ("lost", call["usd"])


def test_gemini_answers_whole_and_the_call_says_so(tmp_path: Path, ledger: Ledger) -> None:
    """LiteLLM calls every piece of its streams the last one, so that none could be told from one that was cut."""
    with serving(gemini(lambda _: THINKS)) as server:
        asked = at(server, "gemini/gemini-2.5-flash", price_file(tmp_path), args=STREAM)
        output = ask(asked, run=new_run(ledger), tools=[LOOK])
        assert server.served[0].path.endswith(":generateContent")
    assert output.completion == "It is dark."
    assert ledger.calls()[0]["note"] == "not streamed: LiteLLM would not show whether it was cut"
    assert (output.metadata or {})["horizon_notes"] == ["not streamed: LiteLLM would not show whether it was cut"]


def test_embedded_models_answer_whole(ledger: Ledger) -> None:
    """They have nothing to stream, and a sweep can ask API models and clerks with the same arguments."""
    asked = get_model("litellm/embedded/clerk-small", config=GenerateConfig(max_tokens=50), memoize=False, stream=True)
    assert ask(asked, run=new_run(ledger)).completion


def test_the_key_does_not_come_into_what_is_logged(tmp_path: Path, ledger: Ledger) -> None:
    with serving(chat()) as server:
        output = ask(at(server, "openai/gpt-5-mini", price_file(tmp_path), args=STREAM), run=new_run(ledger))
    assert KEY not in output.model_dump_json()
