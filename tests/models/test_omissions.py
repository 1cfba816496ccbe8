"""Options that a model does not take: refused before any money is spent, or left out and noted, never in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from inspect_horizon.errors import ModelError
from models.asking import LOOK, ask, ask_often, new_run
from models.vendors import at, price_file, set_keys
from support.vendors.anthropic import anthropic
from support.vendors.chat import chat
from support.vendors.gemini import gemini
from support.vendors.loopback import Vendor, serving
from support.vendors.responses import responses

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inspect_horizon.budgets.ledger import Ledger

DROP = {"drop_params": True}
REFUSED: list[tuple[str, Callable[..., Vendor], dict[str, Any], str]] = [
    ("openai/gpt-5-mini", chat, {"temperature": 0.3}, "temperature"),
    ("openai/gpt-5-mini", chat, {"top_p": 0.3}, "top_p"),
    ("openai/gpt-4.1-mini", chat, {"verbosity": "low"}, "verbosity"),
    ("anthropic/claude-sonnet-4-5", anthropic, {"seed": 7}, "seed"),
    ("anthropic/claude-sonnet-4-5", anthropic, {"num_choices": 2}, "n"),
    ("gemini/gemini-2.5-flash", gemini, {"logit_bias": {1: 1.0}}, "logit_bias"),
    ("gemini/gemini-2.5-flash", gemini, {"parallel_tool_calls": False}, "parallel_tool_calls"),
    ("openai/responses/gpt-5-mini", responses, {"seed": 7}, "seed"),
    ("openai/responses/gpt-5-mini", responses, {"top_k": 5}, "top_k"),
    ("openai/responses/gpt-5-mini", responses, {"num_choices": 2}, "n"),
    ("openai/responses/gpt-5-mini", responses, {"extra_body": {"a": 1}}, "extra_body"),
    ("mistral/mistral-medium-latest", chat, {"reasoning_effort": "low"}, "reasoning_effort"),
    ("mistral/magistral-medium-latest", chat, {"reasoning_effort": "low"}, "reasoning_effort"),
]
"""The last seven LiteLLM would take and not send; Mistral would get a higher effort, or be told to think."""


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    set_keys(monkeypatch)


@pytest.mark.parametrize(("name", "maker", "given", "option"), REFUSED)
def test_an_option_that_would_not_reach_the_model_ends_the_run_for_nothing(
    name: str, maker: Callable[..., Vendor], given: dict[str, Any], option: str, tmp_path: Path, ledger: Ledger
) -> None:
    with serving(maker()) as server:
        with pytest.raises(ModelError, match=rf"(?s)\b{option}\b.*fix: leave it out, or pass -M drop_params=true"):
            ask(at(server, name, price_file(tmp_path), **given), run=new_run(ledger), tools=[LOOK])
        assert server.served == []
    assert ledger.totals().spent_usd == ledger.totals().held_usd == 0.0


@pytest.mark.parametrize(("name", "maker", "given", "option"), REFUSED)
def test_an_option_that_may_be_left_out_is_noted(
    name: str, maker: Callable[..., Vendor], given: dict[str, Any], option: str, tmp_path: Path, ledger: Ledger
) -> None:
    with serving(maker()) as server:
        output = ask(at(server, name, price_file(tmp_path), args=DROP, **given), run=new_run(ledger), tools=[LOOK])
        assert len(server.served) == 1
    call = ledger.calls()[-1]
    assert call["note"].startswith(f"{option}=")
    assert call["note"].endswith(f"was left out: {name} does not take it")
    assert (output.metadata or {})["horizon_notes"] == [call["note"]]


def test_what_has_been_refused_once_is_left_out_from_then_on(tmp_path: Path, ledger: Ledger) -> None:
    """Several at a time too; the first call finds out, at no cost, and the rest know."""
    options: dict[str, Any] = {"temperature": 0.3, "top_p": 0.9, "frequency_penalty": 0.5, "num_choices": 2}
    with serving(chat()) as server:
        asked = at(server, "openai/gpt-5-mini", price_file(tmp_path), args=DROP, **options)
        ask_often(asked, ["hi", "hi"], run=new_run(ledger))
        assert [body["n"] for body in server.bodies] == [2, 2]
    outcomes = [call["outcome"] for call in ledger.calls()]
    assert outcomes[-2:] == ["answered", "answered"]
    assert set(outcomes[:-2]) == {"rejected"}
    for call in ledger.calls()[-2:]:
        for option in ("temperature=0.3", "top_p=0.9", "frequency_penalty=0.5"):
            assert option in call["note"]


def test_an_effort_that_the_model_has_is_sent(tmp_path: Path) -> None:
    """Mistral's models have none and high; LiteLLM raises all that is between."""
    with serving(chat()) as server:
        ask(at(server, "mistral/mistral-medium-latest", price_file(tmp_path), reasoning_effort="high"))
        ask(at(server, "openai/gpt-5-mini", price_file(tmp_path), reasoning_effort="low"))
        assert [body["reasoning_effort"] for body in server.bodies] == ["high", "low"]


@pytest.mark.parametrize(
    ("given", "instead"),
    [
        ({"best_of": 3}, "use num_choices"),
        ({"effort": "low"}, "use reasoning_effort"),
        ({"fallback_models": ["claude-haiku-4-5"]}, "use -M fallbacks=MODEL"),
        ({"batch": True}, "leave it out"),
    ],
)
def test_an_option_that_litellm_has_no_word_for_is_refused_with_what_to_use(
    given: dict[str, Any], instead: str, tmp_path: Path
) -> None:
    with serving(chat()) as server:
        with pytest.raises(ModelError, match=rf"(?s)cannot be sent through LiteLLM.*fix: {instead}"):
            ask(at(server, "openai/gpt-5-mini", price_file(tmp_path), **given))
        assert server.served == []


@pytest.mark.parametrize("setting", ["stream", "drop_params"])
def test_a_setting_that_is_neither_on_nor_off_is_refused(setting: str, tmp_path: Path) -> None:
    with serving(chat()) as server, pytest.raises(ModelError, match=rf"(?s){setting}=maybe.*fix: write -M {setting}="):
        at(server, "openai/gpt-5-mini", price_file(tmp_path), args={setting: "maybe"})
