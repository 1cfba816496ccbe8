"""The clerks behind LiteLLM's door for custom providers: `embedded/clerk-small` is called like any other model."""

from __future__ import annotations

import functools
import importlib
import json
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import litellm
from litellm.llms.custom_llm import CustomLLM, CustomLLMError

from inspect_horizon.budgets.prices import price_book
from inspect_horizon.models.clerk import (
    BYTES_PER_TOKEN,
    CLERKS,
    Clerk,
    Conversation,
    call_tokens,
    choose,
    text_tokens,
    working_tokens,
    write_working,
)
from inspect_horizon.models.craft import Craft, Message, Move, Outcome, ToolUse

if TYPE_CHECKING:
    from collections.abc import Sequence

PROVIDER = "embedded"
CRAFTS = ("ledger", "atoms")
"""The built-in suites whose tasks the clerks know how to do."""
MOST_TOKENS = 4_000_000
"""What a reply may hold where the request sets no bound."""
NOT_MY_CRAFT = "I am a clerk: I can only do the tasks of the built-in suites."


def register() -> None:
    """Make LiteLLM know the embedded models; calling it again changes nothing."""
    if any(entry["provider"] == PROVIDER for entry in litellm.custom_provider_map):
        return
    litellm.custom_provider_map.append({"provider": PROVIDER, "custom_handler": Embedded()})
    litellm.utils.custom_llm_setup()  # type: ignore[no-untyped-call] # LiteLLM's own


@functools.cache
def _crafts() -> tuple[Craft, ...]:
    modules = (importlib.import_module(f"inspect_horizon._builtin.tasks.{suite}.craft") for suite in CRAFTS)
    return tuple(cast("Craft", module.craft) for module in modules)


class Embedded(CustomLLM):
    """Answers a chat completion with what a clerk says next."""

    async def acompletion(self, *args: Any, **request: Any) -> Any:
        return self.completion(*args, **request)

    def completion(self, *_: Any, **request: Any) -> Any:
        clerk = CLERKS.get(request["model"])
        if clerk is None:
            raise CustomLLMError(  # type: ignore[no-untyped-call] # LiteLLM's own
                status_code=404, message=f"no embedded model {request['model']!r}: {', '.join(CLERKS)}"
            )
        return self._reply(clerk, request["messages"], request["optional_params"], request["model_response"])

    def _reply(self, clerk: Clerk, messages: Sequence[Message], params: dict[str, Any], response: Any) -> Any:
        tools = params.get("tools") or []
        conversation = Conversation(messages, json.dumps(tools) if tools else "")
        names = [] if params.get("tool_choice") == "none" else [tool["function"]["name"] for tool in tools]
        most = int(params.get("max_tokens") or params.get("max_completion_tokens") or MOST_TOKENS)
        text, call = self._say(clerk, conversation, names, int(params.get("seed") or 0), most)
        tokens = text_tokens(text) + (call_tokens(call.name, json.dumps(dict(call.arguments))) if call else 0)
        cut = tokens > most
        if cut:
            text, call, tokens = text[: most * BYTES_PER_TOKEN], None, most
        return _fill(response, clerk.name, text, call, cut, conversation.sizes[0], tokens)

    def _say(
        self, clerk: Clerk, conversation: Conversation, tools: Sequence[str], seed: int, most: int
    ) -> tuple[str, ToolUse | None]:
        move = self._next_move(conversation.messages, tools)
        if move is None:
            return NOT_MY_CRAFT, ToolUse("submit", {"answer": NOT_MY_CRAFT}) if "submit" in tools else None
        form = clerk.form(seed, conversation.task)
        outcome = choose(clerk, move, form, told=conversation.told)
        price = price_book().price(f"{PROVIDER}/{clerk.name}")
        tokens = working_tokens(clerk, price, conversation, move, form) - _closing_tokens(outcome)
        kept = min(tokens, most + 1)  # more would be cut off anyway, and could fill the memory
        return write_working(move, outcome, kept), outcome.call

    def _next_move(self, messages: Sequence[Message], tools: Sequence[str]) -> Move | None:
        return next((move for craft in _crafts() if (move := craft(messages, tools)) is not None), None)


def _closing_tokens(outcome: Outcome) -> int:
    if outcome.call is None:
        return 0
    return call_tokens(outcome.call.name, json.dumps(dict(outcome.call.arguments)))


def _fill(response: Any, model: str, text: str, call: ToolUse | None, cut: bool, prompt: int, generated: int) -> Any:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if call is not None:
        function = {"name": call.name, "arguments": json.dumps(dict(call.arguments))}
        message["tool_calls"] = [{"id": f"call_{uuid4().hex[:12]}", "type": "function", "function": function}]
    reason = "length" if cut else "tool_calls" if call else "stop"
    response.model = model
    response.choices = [litellm.Choices(finish_reason=reason, index=0, message=litellm.Message(**message))]
    response.usage = litellm.Usage(prompt_tokens=prompt, completion_tokens=generated, total_tokens=prompt + generated)
    return response
