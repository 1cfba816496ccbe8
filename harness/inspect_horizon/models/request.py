"""What Inspect asks for, in LiteLLM's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspect_horizon.budgets.prices import plain_tier
from inspect_horizon.models.convert import to_message, to_tool, to_tool_choice

if TYPE_CHECKING:
    from inspect_ai.model import ChatMessage, GenerateConfig
    from inspect_ai.tool import ToolChoice, ToolInfo

HIDDEN = frozenset({"api_key", "api_base", "extra_headers"})
"""Never logged: they can hold secrets."""
SMALLEST_OUTPUT = 16
"""Fewer tokens than this cannot hold an answer, and some vendors refuse to generate so few."""
SAME_NAME = (
    *("temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs"),
    *("top_logprobs", "parallel_tool_calls", "reasoning_effort", "extra_headers", "verbosity"),
)
THINKING_BUDGETS = {"minimal": 128, "low": 1024, "medium": 2048, "high": 4096}
"""Tokens of thinking that LiteLLM asks Claude and Gemini for at each effort; more than these must be allowed."""


def to_request(
    model: str, messages: list[ChatMessage], tools: list[ToolInfo], choice: ToolChoice, config: GenerateConfig
) -> dict[str, Any]:
    """A call as LiteLLM takes it, but for the bound on its output and what `-M` adds."""
    request = {"model": model, "messages": [to_message(message) for message in messages], **options(config, model)}
    if tools:
        request["tools"] = [to_tool(tool) for tool in tools]
        request["tool_choice"] = to_tool_choice(choice)
    return request


def options(config: GenerateConfig, model: str) -> dict[str, Any]:
    """The options that the user set; what is not set is not sent."""
    chosen = {name: getattr(config, name, None) for name in SAME_NAME}
    request = {name: value for name, value in chosen.items() if value is not None}
    if config.stop_seqs:
        request["stop"] = config.stop_seqs
    if config.num_choices:
        request["n"] = config.num_choices
    if config.modalities:
        request["modalities"] = ["text", *(part for part in config.modalities if isinstance(part, str))]
    if config.reasoning_tokens and "reasoning_effort" not in request:
        request["thinking"] = {"type": "enabled", "budget_tokens": config.reasoning_tokens}
    if config.reasoning_summary not in (None, "none"):
        request["reasoning_effort"] = {
            **({"effort": config.reasoning_effort} if config.reasoning_effort else {}),
            "summary": config.reasoning_summary,
        }
    if config.response_schema is not None:
        request["response_format"] = _response_format(config)
    if config.extra_body:
        request |= config.extra_body if model.startswith("anthropic/") else {"extra_body": config.extra_body}
    return request


def _response_format(config: GenerateConfig) -> dict[str, Any]:
    schema = config.response_schema
    assert schema is not None  # noqa: S101 - for the type checker; the caller has looked
    body = {
        "name": schema.name,
        "schema": schema.json_schema.model_dump(exclude_none=True),
        **({"description": schema.description} if schema.description else {}),
        **({"strict": schema.strict} if schema.strict is not None else {}),
    }
    return {"type": "json_schema", "json_schema": body}


def effort(request: dict[str, Any]) -> str | None:
    """How much reasoning is asked for, by its name."""
    asked = request.get("reasoning_effort")
    return asked.get("effort") if isinstance(asked, dict) else asked


def smallest_output(request: dict[str, Any]) -> int:
    """The fewest tokens with which the request is still valid: its thinking, and room for an answer.

    A clamp never touches the reasoning settings: a call that cannot hold its thinking is not made.
    """
    return thinking_tokens(request) + SMALLEST_OUTPUT


def thinking_tokens(request: dict[str, Any]) -> int:
    """The most that the request lets the model think before it answers, where the vendor is told a number."""
    thinking = request.get("thinking", {}).get("budget_tokens", 0)
    if not request["model"].startswith("openai/"):
        thinking = max(thinking, THINKING_BUDGETS.get(str(effort(request)), 0))
    return int(thinking)


def asked_tier(request: dict[str, Any]) -> str:
    """The tier of service that a request asks for, by the name that price tables use."""
    return plain_tier(request.get("service_tier") or (request.get("extra_body") or {}).get("service_tier"))
