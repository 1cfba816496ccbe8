"""The bound on a prompt: never below what the server counts, and close once a call has been reported."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from inspect_horizon.models.bound import IMAGE_TOKENS, Prompt

TEXTS = st.text(max_size=200)
ROLES = st.sampled_from(["system", "user", "assistant"])
MESSAGES = st.lists(st.fixed_dictionaries({"role": ROLES, "content": TEXTS}), min_size=1, max_size=6)
LOOK = {"type": "function", "function": {"name": "look", "description": "Look.", "parameters": {}}}


def request(messages: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"model": "openai/gpt-5-mini", "messages": messages, **more}


def say(text: str, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": text}


def counted(messages: list[dict[str, Any]]) -> int:
    """OpenAI's published count of a chat's tokens, with the worst of tokenizers: a token a byte, three a message.

    Source: OpenAI cookbook, "How to count tokens with tiktoken", num_tokens_from_messages.
    """
    return 3 + sum(3 + len(each["content"].encode()) + len(each["role"]) for each in messages)


@given(MESSAGES)
def test_bytes_bound_what_no_call_has_measured(messages: list[dict[str, Any]]) -> None:
    assert Prompt(request(messages)).bound({}) >= counted(messages)


@given(MESSAGES, TEXTS, st.lists(st.fixed_dictionaries({"role": ROLES, "content": TEXTS}), max_size=3))
def test_a_reported_size_and_the_bytes_of_what_is_new_bound_the_next_call(
    messages: list[dict[str, Any]], reply: str, new: list[dict[str, Any]]
) -> None:
    anchors: dict[int, int] = {}
    said = say(reply, "assistant")
    Prompt(request(messages)).remember(anchors, said, counted(messages), len(reply.encode()))
    longer = [*messages, said, *new]
    assert Prompt(request(longer)).bound(anchors) >= counted(longer)


def test_a_reported_size_is_much_closer_than_bytes() -> None:
    """A page of 4,000 letters that was reported as 1,000 tokens is 1,000 from then on."""
    messages = [say("page " * 800)]
    anchors: dict[int, int] = {}
    Prompt(request(messages)).remember(anchors, say("yes", "assistant"), 1000, 1)
    longer = [*messages, say("yes", "assistant"), say("and?")]
    assert Prompt(request(longer)).bound({}) > 4000
    assert Prompt(request(longer)).bound(anchors) < 1060


def test_what_was_reported_of_one_request_says_nothing_of_another() -> None:
    """Another model has another tokenizer; other tools or another answer format are part of the prompt."""
    messages = [say("page " * 800)]
    anchors: dict[int, int] = {}
    Prompt(request(messages)).remember(anchors, say("yes", "assistant"), 1000, 1)
    assert Prompt(request(messages)).bound(anchors) == 1000
    others = (
        {**request(messages), "model": "openai/gpt-4.1"},
        request(messages, tools=[LOOK]),
        request(messages, response_format={"type": "json_schema"}),
        request([say("gage " * 800)]),
        request([say("page " * 800, "system")]),
    )
    for other in others:
        assert Prompt(other).bound(anchors) > 4000


def test_tools_and_answer_formats_are_part_of_the_prompt() -> None:
    """With room for a vendor's own page on tool use: up to 804 tokens at Anthropic."""
    bare, size = Prompt(request([say("hi")])).bound({}), len(json.dumps([LOOK]))
    with_tools = request([say("hi")], tools=[LOOK])
    assert Prompt(with_tools).bound({}) >= bare + size
    assert Prompt({**with_tools, "model": "anthropic/claude-sonnet-4-5"}).bound({}) >= bare + size + 804
    schema = {"type": "json_schema", "json_schema": {"name": "x" * 500}}
    assert Prompt(request([say("hi")], response_format=schema)).bound({}) >= bare + 500


def test_each_image_is_bounded_by_itself_whatever_its_bytes() -> None:
    def image(size: int) -> dict[str, Any]:
        url = {"url": "data:image/png;base64," + "A" * size}
        return {"role": "user", "content": [{"type": "image_url", "image_url": url}, {"type": "text", "text": "this"}]}

    small, large = (Prompt(request([image(size)])).bound({}) for size in (10, 100_000))
    assert IMAGE_TOKENS < small == large < IMAGE_TOKENS + 200


def test_tool_calls_are_bounded_by_their_bytes() -> None:
    arguments = json.dumps({"place": "京都" * 50}, ensure_ascii=False)
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": arguments}}
    messages = [say("go"), {"role": "assistant", "content": None, "tool_calls": [call]}]
    assert Prompt(request(messages)).bound({}) > len(arguments.encode())
