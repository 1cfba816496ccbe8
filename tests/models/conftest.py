"""A chat server on loopback for every test that asks for one, and a key that is worth nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from inspect_horizon.budgets.ledger import Ledger
from models.asking import KEY
from support.server import ChatServer, Reply, chat_server

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_OURS = (
    "ignore:The 'initial' parameter is deprecated:DeprecationWarning",  # Inspect's use of tenacity
    "ignore:Unclosed <MemoryObject:ResourceWarning",  # streams that Inspect leaves to the garbage collector
    "ignore:coroutine 'OpenAIChatCompletion.acompletion' was never awaited:RuntimeWarning",  # LiteLLM's, if cancelled
    "ignore:Accessing the 'model_:DeprecationWarning",  # LiteLLM's look at pydantic's models, in streams
    "ignore:Pydantic serializer warnings:UserWarning",  # LiteLLM's own, of streams of the Responses API
    "ignore:coroutine 'AnthropicChatCompletion:RuntimeWarning",  # LiteLLM's, as the one of OpenAI's
    "ignore:Items? '.*' on TypedDict class:UserWarning",  # LiteLLM's types, which pydantic builds at the first reply
)


def pytest_configure(config: pytest.Config) -> None:
    for line in NOT_OURS:
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """It says "hello there" until a test has it think something else."""
    with chat_server(lambda _: Reply("hello there")) as running:
        yield running


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    book = Ledger()
    yield book
    book.close()
