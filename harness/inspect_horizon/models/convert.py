"""Inspect's messages, tools and outputs as LiteLLM's, and back; from the public types of both, nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageTool,
    Content,
    ContentAudio,
    ContentImage,
    ContentReasoning,
    ContentText,
    Logprobs,
    ModelOutput,
    ModelUsage,
    StopReason,
)
from inspect_ai.tool import ToolCall, ToolChoice, ToolFunction, ToolInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_horizon.budgets.usage import Usage

Wire = dict[str, Any]

STOP_REASONS: dict[str, StopReason] = {
    "stop": "stop",
    "end_turn": "stop",
    "length": "max_tokens",
    "max_tokens": "max_tokens",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "refusal": "content_filter",
}


def to_message(message: ChatMessage) -> Wire:
    """A message as LiteLLM takes it.

    Raises:
        ValueError: It holds a kind of content that cannot be sent, such as video.
    """
    if isinstance(message, ChatMessageAssistant):
        return _to_assistant(message)
    wire: Wire = {"role": message.role, "content": _to_content(message.content)}
    if isinstance(message, ChatMessageTool):
        wire["tool_call_id"] = message.tool_call_id or ""
        if message.error is not None:
            wire["content"] = message.error.message
    return wire


def _to_content(content: str | list[Content]) -> str | list[Wire]:
    return content if isinstance(content, str) else [_to_part(part) for part in content]


def _to_part(part: Content) -> Wire:
    match part:
        case ContentText():
            return {"type": "text", "text": part.text}
        case ContentImage():
            return {"type": "image_url", "image_url": {"url": part.image, "detail": part.detail}}
        case ContentAudio():
            data = part.audio.partition("base64,")[2] or part.audio
            return {"type": "input_audio", "input_audio": {"data": data, "format": part.format}}
    raise ValueError(f"content of type {part.type!r} cannot be sent through LiteLLM; send text, images or audio")


def _to_assistant(message: ChatMessageAssistant) -> Wire:
    parts = [] if isinstance(message.content, str) else message.content
    thoughts = [part for part in parts if isinstance(part, ContentReasoning)]
    wire: Wire = {"role": "assistant", "content": message.text or None}
    if any(part.signature for part in thoughts):
        wire["thinking_blocks"] = [_to_thinking(part) for part in thoughts]
    elif thoughts:
        wire["reasoning_content"] = "\n".join(part.reasoning for part in thoughts)
    if message.tool_calls:
        wire["tool_calls"] = [_to_tool_call(call) for call in message.tool_calls]
    elif wire["content"] is None:
        wire["content"] = ""
    return wire


def _to_thinking(part: ContentReasoning) -> Wire:
    if part.redacted:
        return {"type": "redacted_thinking", "data": part.reasoning}
    return {"type": "thinking", "thinking": part.reasoning, "signature": part.signature}


def _to_tool_call(call: ToolCall) -> Wire:
    arguments = json.dumps(call.arguments, ensure_ascii=False)  # escapes would cost several tokens a letter
    function = {"name": call.function, "arguments": arguments}
    return {"id": call.id, "type": "function", "function": function}


def to_tool(tool: ToolInfo) -> Wire:
    """A tool as LiteLLM takes it."""
    parameters = tool.parameters.model_dump(exclude_none=True)
    function = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": function}


def to_tool_choice(choice: ToolChoice) -> str | Wire:
    """Inspect's word for which tools to call as OpenAI's."""
    if isinstance(choice, ToolFunction):
        return {"type": "function", "function": {"name": choice.name}}
    return "required" if choice == "any" else choice


def from_response(response: Any, model: str, tools: Sequence[ToolInfo], usage: Usage | None) -> ModelOutput:
    """LiteLLM's response as Inspect's output, without its cost."""
    known = {tool.name for tool in tools}
    served = response.model or model
    choices = [_from_choice(choice, served, known) for choice in response.choices]
    return ModelOutput(
        model=served,
        choices=choices or [_silence(served)],
        usage=from_usage(usage) if usage is not None else None,
        response_id=getattr(response, "id", None),
    )


def _silence(model: str) -> ChatCompletionChoice:
    """What a reply without any choice says, which some vendors send and bill."""
    return ChatCompletionChoice(
        message=ChatMessageAssistant(content="", model=model, source="generate"), stop_reason="unknown"
    )


def _from_choice(choice: Any, model: str, known: set[str]) -> ChatCompletionChoice:
    message = choice.message
    calls = [_from_tool_call(call, known) for call in message.tool_calls or []]
    reason = STOP_REASONS.get(str(choice.finish_reason), "unknown")
    logprobs = getattr(choice, "logprobs", None)
    return ChatCompletionChoice(
        message=ChatMessageAssistant(
            content=_from_content(message), tool_calls=calls or None, model=model, source="generate"
        ),
        stop_reason="tool_calls" if calls and reason in ("stop", "unknown") else reason,
        logprobs=Logprobs.model_validate(_plain(logprobs)) if getattr(logprobs, "content", None) else None,
    )


def _from_content(message: Any) -> str | list[Content]:
    thoughts = [_from_thinking(block) for block in getattr(message, "thinking_blocks", None) or []]
    bare = getattr(message, "reasoning_content", None)
    if not thoughts and bare:
        thoughts = [ContentReasoning(reasoning=bare)]
    text = message.content or ""
    if not thoughts:
        return text
    return [*thoughts, *([ContentText(text=text)] if text else [])]


def _from_thinking(block: Any) -> ContentReasoning:
    fields = _plain(block)
    if fields.get("type") == "redacted_thinking":
        return ContentReasoning(reasoning=fields.get("data") or "", redacted=True, signature="redacted")
    return ContentReasoning(reasoning=fields.get("thinking") or "", signature=fields.get("signature"))


def _from_tool_call(call: Any, known: set[str]) -> ToolCall:
    """A call whose arguments are no JSON object is passed on with the reason, which Inspect tells the model."""
    name, text = call.function.name or "", call.function.arguments or "{}"
    error, arguments = None, {}
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError as problem:
        error = f"the arguments of {name} are not valid JSON ({problem}): {text[:200]}"
    else:
        if isinstance(parsed, dict):
            arguments = parsed
        else:
            error = f"the arguments of {name} must be a JSON object: {text[:200]}"
    if name not in known and error is None:
        error = f"there is no tool named {name!r}"
    return ToolCall(id=call.id or "", function=name, arguments=arguments, parse_error=error)


def _plain(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else dict(value.model_dump())


def from_usage(usage: Usage) -> ModelUsage:
    """Our token counts as Inspect's."""
    return ModelUsage(
        input_tokens=usage.input_tokens,
        input_tokens_cache_read=usage.cache_read_tokens or None,
        input_tokens_cache_write=usage.cache_write_tokens or None,
        output_tokens=usage.output_tokens,
        reasoning_tokens=usage.reasoning_tokens or None,
        total_tokens=usage.total_tokens,
    )
