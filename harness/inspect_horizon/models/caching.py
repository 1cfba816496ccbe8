"""Marks for Claude's prompt cache: where a prompt is the same as the call before, it is read at a tenth of its price.

Other vendors cache by themselves; Claude caches what a request marks, at a quarter more for what is written, or twice
the price for an hour. With `auto` only requests with tools are marked: they come back longer, a single question does
not come back at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Ttl = Literal["5m", "1h"]
"""How long a cache is kept after its last use."""
TURNS = 2
"""Messages marked at the end; with the system's and the tools' these are the four marks that Anthropic takes."""
OWN_MARKS = ("cache_control", "cache_control_injection_points")
"""How a user of LiteLLM asks for marks of their own; ours stay out then."""


def wants_marks(request: Mapping[str, Any], cache_prompt: Literal["auto"] | bool | None) -> bool:
    """Whether a request is to be marked, by Inspect's option `cache_prompt`; not set, that means `auto`."""
    if "claude" not in request["model"] or any(request.get(own) for own in OWN_MARKS):
        return False
    return cache_prompt if isinstance(cache_prompt, bool) else bool(request.get("tools"))


def marked(request: Mapping[str, Any], ttl: Ttl) -> dict[str, Any]:
    """The same request with marks on its last tool, its system message and its last messages."""
    mark = {"type": "ephemeral", **({"ttl": ttl} if ttl != "5m" else {})}
    messages = list(request["messages"])
    systems = [n for n, message in enumerate(messages) if message["role"] == "system"]
    turns = [n for n, message in enumerate(messages) if message["role"] in ("user", "tool")]
    for number in (*systems[-1:], *turns[-TURNS:]):
        messages[number] = _marked(messages[number], mark)
    wire = {**request, "messages": messages}
    if request.get("tools"):
        wire["tools"] = [*request["tools"][:-1], {**request["tools"][-1], "cache_control": mark}]
    return wire


def _marked(message: dict[str, Any], mark: dict[str, Any]) -> dict[str, Any]:
    """A message with the mark where LiteLLM looks for it; an empty one cannot be marked."""
    content = message["content"]
    if not content:
        return message
    if message["role"] == "tool":
        return {**message, "cache_control": mark}
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    return {**message, "content": [*content[:-1], {**content[-1], "cache_control": mark}]}
