"""What comes back: text, tool calls, thoughts, stop reasons, and tokens counted once each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import litellm
import pytest
from inspect_ai.model import Content, ContentReasoning, ContentText, ModelOutput, StopReason, get_model

from inspect_horizon.budgets import Usage
from inspect_horizon.errors import ModelError
from inspect_horizon.models.billed import read_usage
from inspect_horizon.models.convert import from_response
from models.asking import LOOK, RATES, ask, model, new_run
from support.server import ChatServer, Fault, Reply

if TYPE_CHECKING:
    from inspect_horizon.budgets.ledger import Ledger


def parts(output: ModelOutput) -> list[Content]:
    """The content of a message that is more than a text."""
    content = output.message.content
    assert not isinstance(content, str)
    return content


def test_a_text_is_an_answer_with_its_tokens_and_dollars(server: ChatServer) -> None:
    output = ask(model(server))
    served = server.served[0]
    assert output.completion == "hello there"
    assert output.stop_reason == "stop"
    assert output.usage is not None
    assert output.usage.input_tokens == served.prompt_tokens
    assert output.usage.output_tokens == served.completion_tokens
    assert output.usage.total_cost == pytest.approx(server.bill_usd(**RATES))


def test_parallel_tool_calls_keep_their_order_and_ids(server: ChatServer) -> None:
    server.think = lambda _: Reply("I look.", (("look", {"place": "here"}), ("look", {"place": "there"})))
    output = ask(model(server), tools=[LOOK])
    calls = output.message.tool_calls or []
    assert [call.arguments for call in calls] == [{"place": "here"}, {"place": "there"}]
    assert len({call.id for call in calls}) == 2
    assert output.stop_reason == "tool_calls"
    assert output.completion == "I look."


@pytest.mark.parametrize(
    ("arguments", "said"), [('{"place": "he', "are not valid JSON"), ('["here"]', "must be a JSON object")]
)
def test_bad_arguments_are_passed_on_with_the_reason(server: ChatServer, arguments: str, said: str) -> None:
    """Inspect tells the model what is wrong, so that it can try again."""
    server.think = lambda _: Reply(calls=(("look", {}),), raw_arguments=arguments)
    (call,) = ask(model(server), tools=[LOOK]).message.tool_calls or []
    assert call.arguments == {}
    assert said in (call.parse_error or "")
    assert arguments in (call.parse_error or "")


def test_a_tool_that_does_not_exist_is_an_error_of_the_model(server: ChatServer) -> None:
    server.think = lambda _: Reply(calls=(("dance", {}),))
    (call,) = ask(model(server), tools=[LOOK]).message.tool_calls or []
    assert call.parse_error == "there is no tool named 'dance'"


@pytest.mark.parametrize(
    ("finish", "reason"), [("stop", "stop"), ("length", "max_tokens"), ("content_filter", "content_filter")]
)
def test_each_way_to_end_has_inspects_word(server: ChatServer, finish: str, reason: StopReason) -> None:
    server.think = lambda _: Reply("well", finish=finish)
    assert ask(model(server)).stop_reason == reason


def test_reasoning_is_content_apart_from_the_answer(server: ChatServer) -> None:
    server.think = lambda _: Reply("four", reasoning="two and two", reasoning_tokens=30)
    output = ask(model(server))
    assert output.completion == "four"
    thought, text = parts(output)
    assert isinstance(thought, ContentReasoning)
    assert isinstance(text, ContentText)
    assert thought.reasoning == "two and two"
    assert output.usage is not None
    assert output.usage.reasoning_tokens == 30
    assert output.usage.output_tokens == server.served[0].completion_tokens >= 30


def test_cached_tokens_are_taken_out_of_the_input_and_billed_at_their_price(server: ChatServer) -> None:
    server.think = lambda _: Reply("ok", cached_tokens=80)
    output = ask(model(server), "x" * 400)
    asked = server.served[0].prompt_tokens
    assert output.usage is not None
    assert output.usage.input_tokens_cache_read == 80
    assert output.usage.input_tokens == asked - 80
    assert output.usage.total_tokens == asked + 1
    assert output.usage.total_cost == pytest.approx(((asked - 80) * 0.25 + 80 * 0.025 + 1 * 2) / 1e6)


def test_several_choices_are_one_prompt_and_all_their_answers(server: ChatServer, ledger: Ledger) -> None:
    output = ask(model(server, num_choices=3), run=new_run(ledger))
    assert [choice.message.text for choice in output.choices] == ["hello there"] * 3
    (call,) = ledger.calls()
    assert call["output_tokens"] == 300
    assert call["generated_tokens"] == server.served[0].completion_tokens == 9
    assert call["cost_usd"] == pytest.approx(server.bill_usd(**RATES))


def test_log_probabilities_come_with_the_choice(server: ChatServer) -> None:
    server.think = lambda _: Reply("yes", logprobs=True)
    logprobs = ask(model(server, "openai/gpt-4.1-mini", logprobs=True)).choices[0].logprobs
    assert logprobs is not None
    assert [(token.token, token.logprob) for token in logprobs.content] == [("yes", -0.25)]


def test_a_reply_without_a_choice_says_nothing_and_is_paid_for(server: ChatServer, ledger: Ledger) -> None:
    usage = '"usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}'
    server.faults = [Fault(body='{"id": "1", "object": "chat.completion", "model": "m", "choices": [], ' + usage + "}")]
    output = ask(model(server), run=new_run(ledger))
    assert output.completion == ""
    assert output.stop_reason == "unknown"
    assert ledger.calls()[0]["cost_usd"] == pytest.approx((10 * 0.25 + 5 * 2) / 1e6)


def response(**usage: Any) -> Any:
    """LiteLLM's reply with such a usage, as a vendor might report it."""
    return litellm.ModelResponse(
        model="m",
        choices=[litellm.Choices(message=litellm.Message(content="hello", role="assistant"))],
        usage=litellm.Usage(**usage),
    )


def test_cache_writes_are_input_of_their_own() -> None:
    """Anthropic: 10 new, 100 read, 1,000 written; LiteLLM's prompt_tokens is their sum."""
    details = {"cached_tokens": 100, "cache_creation_tokens": 1000}
    reported = response(prompt_tokens=1110, completion_tokens=7, total_tokens=1117, prompt_tokens_details=details)
    assert read_usage(reported) == Usage(10, 100, 1000, 7)


def test_reasoning_that_only_the_total_holds_is_counted() -> None:
    """Some vendors leave it out of the completion: 20 spoken, 1,050 in all, so 980 were thought."""
    reported = response(prompt_tokens=50, completion_tokens=20, total_tokens=1050)
    assert read_usage(reported) == Usage(input_tokens=50, output_tokens=1000, reasoning_tokens=980)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 0, "completion_tokens": 5, "total_tokens": 5},
        {"prompt_tokens": -5, "completion_tokens": 5, "total_tokens": 0},
        {"prompt_tokens": 50, "completion_tokens": -5, "total_tokens": 45},
        {"prompt_tokens": 50, "completion_tokens": 0, "total_tokens": 50},
        {"prompt_tokens": 10**19, "completion_tokens": 5, "total_tokens": 10**19},
        {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10, "prompt_tokens_details": {"cached_tokens": 9}},
    ],
)
def test_a_usage_that_cannot_be_true_is_none(usage: dict[str, Any]) -> None:
    assert read_usage(response(**usage)) is None


def test_thinking_blocks_keep_their_signatures() -> None:
    blocks = [
        {"type": "thinking", "thinking": "hm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "xxx"},
    ]
    message = litellm.Message(content="yes", role="assistant", thinking_blocks=blocks)
    reply = litellm.ModelResponse(model="m", choices=[litellm.Choices(message=message)])
    first, second, text = parts(from_response(reply, "m", [], None))
    assert isinstance(first, ContentReasoning)
    assert isinstance(second, ContentReasoning)
    assert isinstance(text, ContentText)
    assert (first.reasoning, first.signature, first.redacted) == ("hm", "sig", False)
    assert (second.reasoning, second.redacted) == ("xxx", True)
    assert text.text == "yes"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody/nothing", "LiteLLM knows no provider for the model 'nobody/nothing'"),
        ("embedded/clerk-tiny", "there is no embedded model 'clerk-tiny'(?s:.*)choose one of clerk-small"),
    ],
)
def test_an_unknown_model_is_refused_before_any_call(name: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        get_model(f"litellm/{name}", memoize=False)


def test_tokens_of_a_text_are_counted_offline(server: ChatServer) -> None:
    """Inspect's own count would download a table; the network here ends at loopback."""

    assert asyncio.run(model(server).api.count_text_tokens("one two three four")) == 4
