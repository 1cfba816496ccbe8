"""Connections end with their event loop, and what is left out of LiteLLM's accounts is wanted by nobody."""

from __future__ import annotations

import gc
from typing import Any

import aiohttp
import litellm
import pytest
from litellm.integrations.custom_logger import CustomLogger

from inspect_horizon.budgets.ledger import Ledger
from models.asking import ask, ask_often, model, new_run
from support.server import Fault, Reply, chat_server


def open_sessions() -> list[aiohttp.ClientSession]:
    return [found for found in gc.get_objects() if isinstance(found, aiohttp.ClientSession) and not found.closed]


@pytest.mark.parametrize("name", ["openai/gpt-5-mini", "anthropic/claude-haiku-4-5", "mistral/mistral-small-latest"])
def test_no_connection_outlives_the_event_loop_it_was_made_in(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each eval has a loop of its own; a call may fail, and the next loop calls again."""
    monkeypatch.setenv(f"{name.partition('/')[0].upper()}_API_KEY", "sk-loopback")
    before = len(open_sessions())
    with chat_server(lambda _: Reply("hello"), faults=[Fault(status=400), Fault(status=400)]) as server:
        for _ in range(2):
            with pytest.raises(Exception):  # noqa: B017, PT011 - the routes differ in what they make of it
                ask(model(server, name, retries=0), run=new_run(Ledger(), "tokens:10k"))
    assert len(server.served) == 2
    assert len(open_sessions()) == before


COPIES = tuple(name for name in vars(litellm) if name.endswith("_callback"))
"""Lists to which LiteLLM adds every callback that it is given."""


class Records(CustomLogger):
    """What a user of LiteLLM's own callbacks sees."""

    def __init__(self) -> None:
        self.costs: list[float | None] = []

    async def async_log_success_event(self, kwargs: Any, *_: Any, **__: Any) -> None:
        self.costs.append(kwargs.get("response_cost"))


def test_a_callback_of_litellms_still_gets_calls_with_their_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteLLM reports beside the calls, so the last of them may not have been told of when the loop ends."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback")
    records = Records()
    for name in COPIES:
        monkeypatch.setattr(litellm, name, [*getattr(litellm, name)])
    monkeypatch.setattr(litellm, "callbacks", [records])
    with chat_server(lambda _: Reply("hello")) as server:
        ask_often(model(server), ["hi"] * 5, run=new_run(Ledger()))
    assert records.costs
    assert all(cost is not None and cost > 0 for cost in records.costs)
