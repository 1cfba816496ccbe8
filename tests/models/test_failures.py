"""What a misbehaving provider costs, how often it is asked again, and what the user is told."""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import anyio
import litellm
import pytest
from inspect_ai.model import GenerateConfig, get_model
from litellm.exceptions import APIConnectionError, BadRequestError, InternalServerError, RateLimitError
from litellm.llms.custom_llm import CustomLLM
from tenacity import Future, RetryCallState, RetryError, Retrying

from inspect_horizon.budgets.ledger import Ledger
from inspect_horizon.budgets.run import CURRENT, Run
from inspect_horizon.errors import ModelError, SpendCapExceeded
from inspect_horizon.models.failures import WaitAsAsked, retry_after, retry_decision
from models.asking import LOOK, MINI, RATES, ask, ask_often, model, new_run
from support.server import ChatServer, Fault, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = {"retry-after": "0"}
"""Spares a test the second that an unasked retry waits."""
TOO_LONG = {
    "message": "This model's maximum context length is 100 tokens. However, your messages resulted in 200 tokens.",
    "type": "invalid_request_error",
    "code": "context_length_exceeded",
    "param": "messages",
}
AGAINST_THE_RULES = {
    "message": "Your request was rejected as a result of our safety system.",
    "type": "invalid_request_error",
    "code": "content_policy_violation",
    "param": None,
}
NO_CREDIT = {
    "message": "You exceeded your current quota, please check your plan and billing details.",
    "type": "insufficient_quota",
    "code": "insufficient_quota",
    "param": None,
}


def outcomes(ledger: Ledger) -> list[str | None]:
    return [call["outcome"] for call in ledger.calls()]


@pytest.mark.parametrize("status", [429, 500, 503, 529])
def test_an_error_reply_is_tried_again_once_each_time_and_costs_nothing(
    server: ChatServer, ledger: Ledger, status: int
) -> None:
    """The reply is the provider's own word that there is no completion; LiteLLM's retries would hide the others."""
    server.faults = [Fault(status=status, headers=AT_ONCE), Fault(status=status, headers=AT_ONCE)]
    run = new_run(ledger)
    assert ask(model(server), run=run).completion == "hello there"
    assert [served.status for served in server.served] == [status, status, 200]
    assert outcomes(ledger) == ["rejected", "rejected", "answered"]
    assert ledger.totals().spent_usd == pytest.approx(server.bill_usd(**RATES))
    assert run.account is not None
    assert run.account.lost == 0.0


@pytest.mark.parametrize("status", [408, 502, 504])
def test_a_gateway_that_lost_touch_may_have_billed(server: ChatServer, ledger: Ledger, status: int) -> None:
    server.faults = [Fault(status=status, headers=AT_ONCE, billed=True)]
    ask(model(server), run=new_run(ledger))
    lost, answered = ledger.calls()
    assert (lost["outcome"], lost["worst_case"], lost["cost_usd"]) == ("lost", 1, lost["usd"])
    assert ledger.totals().spent_usd >= server.bill_usd(**RATES)
    assert answered["outcome"] == "answered"


def test_retries_end_where_the_user_says(server: ChatServer, ledger: Ledger) -> None:
    server.faults = [Fault(status=500, headers=AT_ONCE) for _ in range(9)]
    with pytest.raises(RetryError):
        ask(model(server, retries=2), run=new_run(ledger))
    assert len(server.served) == 3
    assert outcomes(ledger) == ["rejected"] * 3


def test_a_retry_waits_as_long_as_it_was_asked_to(server: ChatServer) -> None:
    """0.3 s; a retry that nobody asked to wait comes after a second or more."""
    server.faults = [Fault(status=429, headers={"retry-after": "0.3"})]
    ask(model(server))
    first, second = server.served
    assert second.at - first.at >= 0.3
    assert second.at - first.at < 1.0


def test_a_retry_waits_until_the_date_it_was_asked_to(server: ChatServer) -> None:
    """In three seconds of our clock; HTTP dates are whole seconds, and the server sends its own beside it."""
    server.faults = [Fault(status=429, headers={"retry-after": formatdate(time.time() + 3, usegmt=True)})]
    ask(model(server))
    first, second = server.served
    assert 2.0 <= second.at - first.at < 4.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "1e9"}, 600.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:09 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 9.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:09 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 09:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:09 GMT"}, 600.0),
        ({"retry-after": "Wed, 21 Oct 2020 07:28:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2992 07:28:00 -0000"}, 600.0),
        ({"retry-after": "Wed, 71 Oct 2026 07:28:00 GMT"}, None),
        ({}, None),
    ],
)
def test_the_hint_is_read_in_seconds(headers: dict[str, str], seconds: float | None) -> None:
    """A date counts from the reply's own date, so that a clock of ours that is wrong does not matter."""
    error = RateLimitError("slow down", llm_provider="openai", model="gpt-5-mini")
    error.__dict__["litellm_response_headers"] = headers  # where LiteLLM keeps them
    assert retry_after(error) == seconds
    assert retry_decision(error).retry_after == seconds
    state = RetryCallState(Retrying(), None, (), {})
    state.outcome = Future(1)
    state.outcome.set_exception(error)
    waited = WaitAsAsked()(state)
    assert waited == seconds if seconds is not None else 1.0 <= waited <= 600.0


def test_an_unasked_retry_waits_longer_each_time() -> None:
    waits = []
    for attempt in range(1, 12):
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempt
        state.outcome = Future(attempt)
        state.outcome.set_exception(InternalServerError("oh", llm_provider="openai", model="m"))
        waits.append(WaitAsAsked()(state))
    assert waits[0] < waits[3] < waits[6]
    assert waits[-1] == 600.0


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=401), "refuses the key .*fix: check the key"),
        (Fault(status=403), "refuses the key .*fix: check the key"),
        (Fault(status=404), "openai/gpt-5-mini was not found .*fix: check the model's name and the base URL"),
        (Fault(status=402), "is out of credit .*fix: top it up"),
        (Fault(status=429, error=NO_CREDIT), "is out of credit .*exceeded your current quota.*fix: top it up"),
    ],
)
def test_what_only_the_user_can_mend_is_said_once_and_not_tried_again(
    server: ChatServer, ledger: Ledger, fault: Fault, said: str
) -> None:
    server.faults = [fault] * 9
    with pytest.raises(ModelError, match=f"(?s){said}"):
        ask(model(server, retries=5), run=new_run(ledger))
    assert len(server.served) == 1
    assert outcomes(ledger) == ["rejected"]
    assert ledger.totals().spent_usd == 0.0


def test_a_bad_request_is_not_tried_again(server: ChatServer, ledger: Ledger) -> None:
    server.faults = [Fault(status=400)] * 9
    with pytest.raises(BadRequestError, match="fault 400"):
        ask(model(server, retries=5), run=new_run(ledger))
    assert len(server.served) == 1
    assert outcomes(ledger) == ["rejected"]


def test_without_a_key_nothing_is_sent_and_the_variable_is_named(
    server: ChatServer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenAI's client raises its base class here, which LiteLLM calls a server error: it would be retried for ever."""
    asked = model(server, retries=5)
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ModelError, match=r"(?s)without a key.*fix: set OPENAI_API_KEY in the environment"):
        ask(asked, run=new_run(ledger))
    assert server.served == []
    assert outcomes(ledger) == ["rejected"]


@pytest.mark.parametrize(("error", "reason"), [(TOO_LONG, "model_length"), (AGAINST_THE_RULES, "content_filter")])
@pytest.mark.parametrize("within_run", [True, False])
def test_a_refused_prompt_is_an_outcome_and_not_a_crash(
    server: ChatServer, ledger: Ledger, error: dict[str, Any], reason: str, within_run: bool
) -> None:
    server.faults = [Fault(status=400, error=error)]
    output = ask(model(server), run=new_run(ledger) if within_run else None)
    assert output.stop_reason == reason
    assert output.completion == ""
    assert error["message"] in (output.error or "")
    assert len(server.served) == 1
    assert outcomes(ledger) == (["rejected"] if within_run else [])


def test_a_reset_after_the_request_was_read_is_charged_at_the_hold(server: ChatServer, ledger: Ledger) -> None:
    """Nobody can tell whether it was billed; here it was."""
    server.faults = [Fault(reset=True, billed=True)]
    run = new_run(ledger)
    assert ask(model(server), run=run).completion == "hello there"
    lost, answered = ledger.calls()
    assert (lost["outcome"], lost["worst_case"], lost["cost_usd"]) == ("lost", 1, lost["usd"])
    assert answered["outcome"] == "answered"
    assert len(server.billed) == 2
    assert ledger.totals().spent_usd >= server.bill_usd(**RATES)
    assert run.account is not None
    assert run.account.spent == pytest.approx(ledger.totals().spent_usd)
    assert run.account.lost == pytest.approx(lost["usd"])


def test_a_refused_connection_costs_nothing(ledger: Ledger) -> None:
    """Nothing listens at a port that was free a moment ago, so nothing was sent."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = GenerateConfig(max_retries=0, max_tokens=100)
    asked = get_model(f"litellm/{MINI}", base_url=f"http://127.0.0.1:{port}/v1", config=config, memoize=False)
    with pytest.raises(RetryError, match="InternalServerError"):
        ask(asked, run=new_run(ledger))
    assert outcomes(ledger) == ["rejected"]
    assert ledger.totals().spent_usd == 0.0


def test_an_answer_that_is_too_slow_is_lost_and_charged_at_the_hold(server: ChatServer, ledger: Ledger) -> None:
    server.faults = [Fault(delay_seconds=2.0)]
    run = new_run(ledger)
    with pytest.raises(RetryError):
        ask(model(server, retries=0, attempt_timeout=1), run=run)
    (call,) = ledger.calls()
    assert (call["outcome"], call["cost_usd"], call["note"]) == ("lost", call["usd"], "no answer in the time allowed")
    assert run.account is not None
    assert run.account.spent == run.account.lost == pytest.approx(call["usd"])


def test_an_answer_that_the_agent_gives_up_is_its_own_expense(server: ChatServer, ledger: Ledger) -> None:
    """It may have been billed, and nothing failed: a run that ends for it has spent its budget."""
    server.faults = [Fault(delay_seconds=1.0)]
    run = new_run(ledger)

    async def impatient() -> None:
        CURRENT.set(run)
        with anyio.move_on_after(0.3):
            await model(server).generate("hi")

    anyio.run(impatient)
    (call,) = ledger.calls()
    assert (call["outcome"], call["cost_usd"], call["note"]) == ("lost", call["usd"], "given up while under way")
    assert run.account is not None
    assert run.account.spent == pytest.approx(call["usd"])
    assert run.account.lost == 0.0


@pytest.mark.parametrize("body", ['{"id": "x", "choi', "<html>502</html>", "", "[]", "null"])
def test_a_body_that_cannot_be_read_was_served_and_may_be_billed(server: ChatServer, ledger: Ledger, body: str) -> None:
    server.faults = [Fault(body=body, billed=True)]
    with pytest.raises(RetryError, match="InternalServerError"):
        ask(model(server, retries=0), run=new_run(ledger))
    (call,) = ledger.calls()
    assert (call["outcome"], call["cost_usd"]) == ("lost", call["usd"])
    assert ledger.totals().spent_usd >= server.bill_usd(**RATES)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {"prompt_tokens": 0, "completion_tokens": 3, "total_tokens": 3},
        {"prompt_tokens": -5, "completion_tokens": 3, "total_tokens": -2},
        {"prompt_tokens": 10**19, "completion_tokens": 3, "total_tokens": 10**19},
        {"prompt_tokens": 10, "completion_tokens": 0, "total_tokens": 10},
    ],
)
def test_a_usage_that_is_missing_or_cannot_be_true_is_charged_at_the_bound(
    server: ChatServer, ledger: Ledger, usage: dict[str, Any] | None
) -> None:
    """Another tool paid over 700 dollars against a cap of 4 because it took no usage for none."""
    server.faults = [Fault(usage=usage)]
    run = new_run(ledger)
    assert ask(model(server), run=run).completion == "hello there"
    (call,) = ledger.calls()
    assert (call["outcome"], call["worst_case"], call["cost_usd"]) == ("answered", 1, call["usd"])
    assert call["input_tokens"] is None
    assert call["note"] == "no believable usage was reported"
    assert run.account is not None
    assert run.account.spent == pytest.approx(call["usd"])


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
def test_a_usage_in_words_is_a_reply_that_cannot_be_read(server: ChatServer, ledger: Ledger) -> None:
    """LiteLLM chokes on it and drops the answer, which was served."""
    server.faults = [Fault(usage={"prompt_tokens": "many", "completion_tokens": 3, "total_tokens": 3})]
    with pytest.raises(RetryError, match="InternalServerError"):
        ask(model(server, retries=0), run=new_run(ledger))
    assert outcomes(ledger) == ["lost"]


def test_a_provider_that_ignores_the_bound_is_recorded_as_overshoot(server: ChatServer, ledger: Ledger) -> None:
    server.think = lambda _: Reply("x" * 4000)
    server.faults = [Fault(ignore_max_tokens=True)]
    run = new_run(ledger, "output_tokens:200")
    ask(model(server), run=run)
    assert run.account is not None
    assert run.account.spent == 1000
    assert run.account.overshoot == 800
    assert ledger.calls()[0]["note"] == "generated 1000 tokens, 100 were allowed"


@contextmanager
def custom_provider(handler: CustomLLM) -> Iterator[None]:
    """A LiteLLM provider in this process, for as long as the block."""
    entry = {"provider": "broken", "custom_handler": handler}
    litellm.custom_provider_map.append(entry)  # type: ignore[arg-type] # as LiteLLM documents it
    litellm.utils.custom_llm_setup()  # type: ignore[no-untyped-call] # LiteLLM's own
    try:
        yield
    finally:
        litellm.custom_provider_map.remove(entry)  # type: ignore[arg-type]
        litellm.utils.custom_llm_setup()  # type: ignore[no-untyped-call] # LiteLLM's own


class Buggy(CustomLLM):
    """A provider with a bug, which LiteLLM dresses up as a connection error."""

    calls = 0

    async def acompletion(self, *args: Any, **request: Any) -> Any:
        self.calls += 1
        empty: dict[str, str] = {}
        return empty["no such key"]


def test_a_bug_is_not_taken_for_the_network_and_tried_again() -> None:
    buggy = Buggy()
    with custom_provider(buggy):
        asked = get_model("litellm/broken/model", config=GenerateConfig(max_retries=5), memoize=False)
        with pytest.raises(APIConnectionError, match="no such key"):
            ask(asked)
    assert buggy.calls == 1


def test_tools_work_without_the_package_that_litellm_wants_for_them(server: ChatServer) -> None:
    """Given tools, LiteLLM 1.106 imports `mcp` unless a private argument says not to, and calls its absence a network
    error; the argument must not reach the server either."""
    with pytest.raises(ModuleNotFoundError):
        __import__("mcp")
    server.think = lambda _: Reply(calls=(("look", {"place": "here"}),))
    output = ask(model(server, retries=0), tools=[LOOK])
    assert output.stop_reason == "tool_calls"
    (request,) = server.requests
    assert not [key for key in request if key.startswith("_")]


def test_past_the_cap_of_the_sweep_no_call_is_made(server: ChatServer) -> None:
    """An ordinary error: Inspect leaves the sample unfinished, and a rerun with a higher cap completes it."""
    ledger = Ledger(cap_usd=0.0005)
    run = Run("run", "attempt", None, ledger)
    with pytest.raises(SpendCapExceeded, match="does not fit the spend cap"):
        ask_often(model(server, retries=5), ["hi"] * 100, run=run)
    ledger_usd = ledger.totals().spent_usd
    ledger.close()
    assert len(server.served) > 10
    assert ledger_usd == pytest.approx(server.bill_usd(**RATES))
    assert ledger_usd <= 0.0005
