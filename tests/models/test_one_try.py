"""A broken connection is one request, whatever the vendor's route through LiteLLM: a second one nobody would book."""

from __future__ import annotations

import pytest
from tenacity import RetryError

from inspect_horizon.budgets.ledger import Ledger
from models.asking import ask, model, new_run
from support.server import Fault, Reply, chat_server

ROUTES = {
    "openai/gpt-5-mini": "OPENAI_API_KEY",
    "anthropic/claude-haiku-4-5": "ANTHROPIC_API_KEY",
    "mistral/mistral-small-latest": "MISTRAL_API_KEY",
    "hosted_vllm/some-model": "HOSTED_VLLM_API_KEY",
}


@pytest.mark.parametrize("name", ROUTES)
def test_a_reset_is_sent_once_and_charged_at_its_hold(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server has read the request, and may bill it: one reservation, one request, settled at the worst case."""
    monkeypatch.setenv(ROUTES[name], "sk-loopback")
    ledger = Ledger()
    with chat_server(lambda _: Reply("hello"), faults=[Fault(reset=True)]) as server:
        with pytest.raises((Exception, RetryError)):
            ask(model(server, name, retries=0), run=new_run(ledger, "tokens:10k"))
        assert len(server.served) == 1
    (call,) = ledger.calls()
    assert (call["outcome"], call["worst_case"]) == ("lost", 1)
