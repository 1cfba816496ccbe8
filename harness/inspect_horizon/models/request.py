"""Inspect's generate options in LiteLLM's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspect_horizon.budgets.prices import plain_tier

if TYPE_CHECKING:
    from inspect_ai.model import GenerateConfig

HIDDEN = frozenset({"api_key", "api_base", "extra_headers"})
"""Never logged: they can hold secrets."""
SMALLEST_OUTPUT = 16
"""Fewer tokens than this cannot hold an answer, and some vendors refuse to generate so few."""
SAME_NAME = (
    *("temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty", "logit_bias", "logprobs"),
    *("top_logprobs", "parallel_tool_calls", "reasoning_effort", "extra_headers", "extra_body", "verbosity"),
)
THINKING_BUDGETS = {"minimal": 128, "low": 1024, "medium": 2048, "high": 4096}
"""Tokens of thinking that LiteLLM asks Claude and Gemini for at each effort; more than these must be allowed."""


def options(config: GenerateConfig) -> dict[str, Any]:
    """The options that the user set; what is not set is not sent."""
    chosen = {name: getattr(config, name, None) for name in SAME_NAME}
    request = {name: value for name, value in chosen.items() if value is not None}
    if config.stop_seqs:
        request["stop"] = config.stop_seqs
    if config.num_choices:
        request["n"] = config.num_choices
    if config.reasoning_tokens and "reasoning_effort" not in request:
        request["thinking"] = {"type": "enabled", "budget_tokens": config.reasoning_tokens}
    if config.response_schema is not None:
        request["response_format"] = _response_format(config)
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


def smallest_output(request: dict[str, Any]) -> int:
    """The fewest tokens with which the request is still valid: its thinking, and room for an answer.

    A clamp never touches the reasoning settings: a call that cannot hold its thinking is not made.
    """
    return thinking_tokens(request) + SMALLEST_OUTPUT


def thinking_tokens(request: dict[str, Any]) -> int:
    """The most that the request lets the model think before it answers, where the vendor is told a number."""
    thinking = request.get("thinking", {}).get("budget_tokens", 0)
    if not request["model"].startswith("openai/"):
        thinking = max(thinking, THINKING_BUDGETS.get(str(request.get("reasoning_effort")), 0))
    return int(thinking)


def asked_tier(request: dict[str, Any]) -> str:
    """The tier of service that a request asks for, by the name that price tables use."""
    return plain_tier(request.get("service_tier") or (request.get("extra_body") or {}).get("service_tier"))
