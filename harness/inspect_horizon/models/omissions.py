"""Options that do not reach a model: refused with the way out, or left out and noted, but never dropped in silence.

A temperature that was left out is an experiment that was not made. LiteLLM refuses some options by itself, before it
sends anything; others it takes and does not send; for others still it has no word.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

import litellm
from litellm.exceptions import UnsupportedParamsError

from inspect_horizon.errors import ModelError
from inspect_horizon.models.request import effort

if TYPE_CHECKING:
    from inspect_ai.model import GenerateConfig

NO_WORD = {
    "best_of": "use num_choices",
    "prompt_logprobs": "use logprobs",
    "effort": "use reasoning_effort",
    "reasoning_mode": "use reasoning_effort",
    "fallback_models": "use -M fallbacks=MODEL, which stands in for outages",
    "batch": "leave it out",
}
"""Options of Inspect's that LiteLLM has no word for, and what to do instead."""
LOST_ON_THE_WAY = {"responses": ("top_k", "seed", "n", "extra_body"), "gemini": ("parallel_tool_calls",)}
"""What LiteLLM takes and does not send, by the route: seen on the wire with its releases 1.106 and 1.109."""
ROUNDED_EFFORTS = frozenset({"mistral", "together_ai"})
"""Providers for whose models LiteLLM sends the nearest reasoning effort that they take in place of the one asked."""
NO_OPTIONS = frozenset({"model", "messages", "tools", "max_tokens", "api_base", "api_key"})
"""What no request can do without."""
RESPONSE_ID = "resp_"
"""How OpenAI's Responses API names its replies; LiteLLM also speaks it to some models by itself."""


def check_options(config: GenerateConfig, *, stream: bool) -> None:
    """Raise if an option can reach no model at all.

    Raises:
        ModelError: LiteLLM has no word for it, or it does not go with streaming.
    """
    for option, instead in NO_WORD.items():
        if getattr(config, option, None) not in (None, False):
            raise ModelError(f"{option}={getattr(config, option)} cannot be sent through LiteLLM", fix=instead)
    if stream and (config.num_choices or 1) > 1:
        raise ModelError(
            f"num_choices={config.num_choices} cannot be streamed: LiteLLM mixes the choices of a stream",
            fix="leave out -M stream and stream_idle_timeout",
        )


def lost_on_the_way(request: dict[str, Any], *, response_id: str = "") -> list[str]:
    """The options of a request that LiteLLM takes and does not send.

    Args:
        request: As it is given to LiteLLM.
        response_id: The id of the reply, once there is one: it tells which protocol was spoken.
    """
    provider, _, name = request["model"].partition("/")
    responses = name.startswith("responses/") or response_id.startswith(RESPONSE_ID)
    lost = [option for option in LOST_ON_THE_WAY.get("responses" if responses else provider, ()) if option in request]
    asked = effort(request)
    return lost if asked is None or _keeps_effort(request["model"], asked) else [*lost, "reasoning_effort"]


@functools.cache
def _keeps_effort(model: str, asked: str) -> bool:
    """Whether LiteLLM sends this effort and no other; one that it refuses it will refuse by itself."""
    if model.partition("/")[0] not in ROUNDED_EFFORTS:
        return True
    name, provider, _, _ = litellm.get_llm_provider(model)
    try:
        sent = litellm.get_optional_params(model=name, custom_llm_provider=provider, reasoning_effort=asked)
    except UnsupportedParamsError:
        return True
    return bool(sent.get("reasoning_effort") == asked)


class Omissions:
    """What has been found that models do not take, in the order in which it was found."""

    def __init__(self, *, allowed: bool) -> None:
        """Begin with nothing.

        Args:
            allowed: Whether options may be left out, and noted (`-M drop_params=true`).
        """
        self._allowed = allowed
        self._refused: dict[str, set[str]] = {}

    def taken_out(self, request: dict[str, Any]) -> list[str]:
        """A note for each option of a request that its model does not take; the request is left without them.

        Raises:
            ModelError: There are some, and they may not be left out.
        """
        model, lost = request["model"], lost_on_the_way(request)
        if lost and not self._allowed:
            named = " and ".join(f"{option}={request[option]}" for option in lost)
            raise _unsupported(model, f"LiteLLM does not send {named} to {model}")
        gone = [option for option in (*lost, *sorted(self._refused.get(model, ()))) if option in request]
        return [f"{option}={request.pop(option)} was left out: {model} does not take it" for option in gone]

    def learn(self, request: dict[str, Any], message: str) -> bool:
        """Remember what LiteLLM has refused before it sent anything; whether that names an option of the request.

        Raises:
            ModelError: Options may not be left out.
        """
        if not self._allowed:
            raise _unsupported(request["model"], message.partition(". ")[0])
        given = request.keys() - NO_OPTIONS
        named = {option for option in given if re.search(rf"'{option}'|\b{option}=", message)}
        self._refused.setdefault(request["model"], set()).update(named)
        return bool(named)


def _unsupported(model: str, what: str) -> ModelError:
    return ModelError(
        what, fix=f"leave it out, or pass -M drop_params=true: {model} is then asked without, and the calls say so"
    )
