"""Putting a craft to work: in a conversation that a test plays, and as a model in a real evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageTool,
    GenerateConfig,
    Model,
    ModelOutput,
    ModelUsage,
    get_model,
)

from inspect_horizon.models.craft import Craft, Message, Move, Outcome

if TYPE_CHECKING:
    from inspect_ai.tool import ToolChoice, ToolInfo

Choose = Callable[[Move], Outcome]


def right(move: Move) -> Outcome:
    """What a worker says who never slips."""
    return move.right


def slipped(move: Move) -> Outcome:
    """What a worker says who slips in every reply that has work in it."""
    return move.slipped


def reply(text: str, call: tuple[str, dict[str, Any]] | None = None) -> ModelOutput:
    """A model's output with its usage, so that nothing has to count tokens."""
    if call is None:
        output = ModelOutput.from_content("mockllm", text)
    else:
        output = ModelOutput.for_tool_call("mockllm", *call, content=text)
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output


def says(text: str) -> Model:
    """A model that always says the same."""
    return get_model("mockllm/model", custom_outputs=lambda *_: reply(text))


def worker(craft: Craft, choose: Choose = right) -> Model:
    """A model that does a suite's tasks by its craft."""

    def outputs(
        messages: Sequence[ChatMessage], tools: Sequence[ToolInfo], choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        del choice, config
        move = craft([_plain(message) for message in messages], [tool.name for tool in tools])
        if move is None:
            return reply("I do not know what this is.")
        said = choose(move)
        call = None if said.call is None else (said.call.name, dict(said.call.arguments))
        return reply(move.working + said.text, call)

    return get_model("mockllm/model", custom_outputs=outputs)


def _plain(message: ChatMessage) -> Message:
    plain: dict[str, Any] = {"role": message.role, "content": message.text}
    if isinstance(message, ChatMessageAssistant) and message.tool_calls:
        plain["tool_calls"] = [{"function": {"name": call.function}} for call in message.tool_calls]
    if isinstance(message, ChatMessageTool):
        plain["name"] = message.function
    return plain
