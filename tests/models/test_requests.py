"""What goes over the wire: the user's options, the tools, and always a bound on the output."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageTool,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentReasoning,
    ContentText,
    ContentVideo,
    GenerateConfig,
    ResponseSchema,
)
from inspect_ai.tool import ToolCall, ToolCallError, ToolChoice, ToolFunction
from inspect_ai.util import json_schema

from inspect_horizon.models.convert import to_message
from inspect_horizon.models.request import options, smallest_output
from models.asking import KEY, LOOK, ask, model

if TYPE_CHECKING:
    from support.server import ChatServer

PIXEL = "data:image/png;base64,iVBORw0KGgo="


def sent(server: ChatServer) -> dict[str, Any]:
    """The body of the only request."""
    (request,) = server.requests
    return request


def test_the_call_goes_to_the_base_url_with_the_key_from_the_environment(server: ChatServer) -> None:
    ask(model(server))
    assert server.served[0].headers["authorization"] == f"Bearer {KEY}"
    assert sent(server)["messages"] == [{"role": "user", "content": "hi"}]
    assert sent(server)["model"] == "gpt-5-mini"


def test_options_that_are_set_are_sent_and_no_others(server: ChatServer) -> None:
    asked = model(
        server,
        "openai/gpt-4.1-mini",
        temperature=0.5,
        top_p=0.9,
        seed=7,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        stop_seqs=["END"],
        num_choices=2,
        logprobs=True,
        top_logprobs=3,
    )
    ask(asked)
    expected: dict[str, Any] = {
        "temperature": 0.5,
        "top_p": 0.9,
        "seed": 7,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
    }
    expected |= {"stop": ["END"], "n": 2, "logprobs": True, "top_logprobs": 3, "max_tokens": 100}
    request = sent(server)
    assert {name: value for name, value in request.items() if name not in ("model", "messages")} == expected


@pytest.mark.parametrize(
    ("name", "field", "most"),
    [("openai/gpt-5-mini", "max_completion_tokens", 128_000), ("openai/gpt-4.1-mini", "max_tokens", 32_768)],
)
def test_a_bound_on_the_output_is_always_sent(server: ChatServer, name: str, field: str, most: int) -> None:
    """The model's own where the user sets none; reasoning models call it otherwise."""
    ask(model(server, name, max_tokens=None))
    assert sent(server)[field] == most


def test_reasoning_effort_is_passed_on(server: ChatServer) -> None:
    ask(model(server, reasoning_effort="low"))
    assert sent(server)["reasoning_effort"] == "low"


def test_an_option_that_the_model_does_not_take_is_refused_and_not_dropped(server: ChatServer) -> None:
    """A temperature that is silently left out would be an experiment that was not made."""
    with pytest.raises(Exception, match="temperature"):
        ask(model(server, temperature=0.3))
    assert server.served == []


def test_extra_headers_are_sent(server: ChatServer) -> None:
    ask(model(server, extra_headers={"X-Team": "blue"}))
    assert server.served[0].headers["x-team"] == "blue"


def test_tools_go_as_functions_with_their_schema(server: ChatServer) -> None:
    ask(model(server), tools=[LOOK])
    (tool,) = sent(server)["tools"]
    assert tool["type"] == "function"
    assert tool["function"]["name"] == "look"
    assert tool["function"]["description"] == "Look at a place."
    assert tool["function"]["parameters"]["required"] == ["place"]
    assert tool["function"]["parameters"]["properties"]["place"]["type"] == "string"


@pytest.mark.parametrize(
    ("choice", "wire"),
    [
        (None, "auto"),
        ("auto", "auto"),
        ("any", "required"),
        (ToolFunction("look"), {"type": "function", "function": {"name": "look"}}),
    ],
)
def test_each_tool_choice_has_its_word(server: ChatServer, choice: ToolChoice | None, wire: object) -> None:
    ask(model(server), tools=[LOOK], tool_choice=choice)
    assert sent(server)["tool_choice"] == wire


def test_without_tools_there_is_no_tool_choice(server: ChatServer) -> None:
    ask(model(server))
    assert "tools" not in sent(server)
    assert "tool_choice" not in sent(server)


def test_a_conversation_with_tool_calls_goes_back_as_it_came(server: ChatServer) -> None:
    history: list[ChatMessage] = [
        ChatMessageSystem(content="Be brief."),
        ChatMessageUser(content=[ContentText(text="what is this?"), ContentImage(image=PIXEL)]),
        ChatMessageAssistant(content="", tool_calls=[ToolCall(id="c1", function="look", arguments={"place": "Café"})]),
        ChatMessageTool(content="a café", tool_call_id="c1", function="look"),
    ]
    ask(model(server), history, tools=[LOOK])
    system, user, assistant, tool = sent(server)["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert user["content"][1]["image_url"]["url"] == PIXEL
    assert json.loads(assistant["tool_calls"][0]["function"]["arguments"]) == {"place": "Café"}
    assert tool == {"role": "tool", "content": "a café", "tool_call_id": "c1"}


def test_letters_beyond_ascii_are_not_escaped_in_arguments() -> None:
    """An escape is several tokens where the model wrote one, and would break the bound on the prompt."""
    call = ToolCall(id="c1", function="look", arguments={"place": "京都"})
    wire = to_message(ChatMessageAssistant(content="", tool_calls=[call]))
    assert wire["tool_calls"][0]["function"]["arguments"] == '{"place": "京都"}'


def test_a_failed_tool_tells_the_model_its_error() -> None:
    failed = ChatMessageTool(content="", tool_call_id="c1", error=ToolCallError("timeout", "took too long"))
    assert to_message(failed) == {"role": "tool", "tool_call_id": "c1", "content": "took too long"}


def test_signed_thoughts_go_back_as_blocks_and_bare_ones_as_text() -> None:
    """Vendors that sign a thought want it back unchanged, with the call that followed from it."""
    signed: list[Content] = [
        ContentReasoning(reasoning="hm", signature="sig"),
        ContentReasoning(reasoning="xxx", redacted=True, signature="redacted"),
        ContentText(text="yes"),
    ]
    wire = to_message(ChatMessageAssistant(content=signed))
    assert wire["thinking_blocks"] == [
        {"type": "thinking", "thinking": "hm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "xxx"},
    ]
    assert wire["content"] == "yes"
    bare: list[Content] = [ContentReasoning(reasoning="hm"), ContentText(text="yes")]
    assert to_message(ChatMessageAssistant(content=bare))["reasoning_content"] == "hm"


def test_what_cannot_be_sent_is_refused_by_its_name() -> None:
    video = ChatMessageUser(content=[ContentVideo(video="data:video/mp4;base64,AA==", format="mp4")])
    with pytest.raises(ValueError, match="'video' cannot be sent through LiteLLM"):
        to_message(video)


def test_a_response_schema_is_a_response_format() -> None:
    schema = ResponseSchema(name="answer", json_schema=json_schema(dict[str, int]), strict=True)
    wire = options(GenerateConfig(response_schema=schema), "openai/gpt-4.1-mini")["response_format"]
    assert wire["type"] == "json_schema"
    assert wire["json_schema"]["name"] == "answer"
    assert wire["json_schema"]["strict"] is True


@pytest.mark.parametrize(
    ("request_", "least"),
    [
        ({"model": "openai/gpt-5-mini", "reasoning_effort": "high"}, 16),
        ({"model": "anthropic/claude-sonnet-4-5"}, 16),
        ({"model": "anthropic/claude-sonnet-4-5", "reasoning_effort": "low"}, 1040),
        ({"model": "anthropic/claude-sonnet-4-5", "thinking": {"budget_tokens": 5000}}, 5016),
    ],
)
def test_the_smallest_call_holds_its_thinking_and_an_answer(request_: dict[str, Any], least: int) -> None:
    """Anthropic: max_tokens must exceed budget_tokens; LiteLLM asks for 1,024 at effort low."""
    assert smallest_output(request_) == least
