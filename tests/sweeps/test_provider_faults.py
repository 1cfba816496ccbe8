"""A provider that fails in the middle of a sweep: the sweep ends complete, or says why and is completed later."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inspect_horizon.runs import read_runs, read_table
from support.books import MODEL, check_money, check_rows
from support.server import ChatServer, Fault, Reply, Request, chat_server
from support.study import KEY, LITELLMS_OWN, Ended, command
from support.suites import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.filterwarnings(LITELLMS_OWN),
    pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning"),  # LiteLLM's, of a strange usage
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),  # LiteLLM's own
]
TASKS = 6
SOON = {"retry-after-ms": "20"}
"""Minutes of an outage in the time of a test: the provider itself says how long to wait."""


@pytest.fixture
def chat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(*next(iter(KEY.items())))
    write_rows(tmp_path / "mine", tasks=TASKS)
    with chat_server(lambda _: Reply("It is Paris.")) as running:
        yield running


def sweep(chat: ChatServer, *more: object) -> Ended:
    asked = ("--suite", "./mine", "--model", MODEL, "--budgets", "usd:0.02", "--max-tokens", 400)
    at = ("--max-connections", 2, "--to", "out", "--model-base-url", chat.url, "--spend-cap", 1)
    return command("sweep", "--yes", *asked, *at, *more)


def check(chat: ChatServer) -> None:
    check_rows(Path("out"), TASKS)
    check_money(Path("out"), chat)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("faults", "outcomes"),
    [
        pytest.param([Fault(status=503, headers=SOON)] * 12, {"rejected": 12}, id="an outage"),
        pytest.param([Fault(status=429, headers=SOON)] * 14, {"rejected": 14}, id="a storm of 429"),
        pytest.param(
            [Fault(status=code, headers=SOON, billed=code in (502, 504)) for code in (500, 502, 504, 529)],
            {"rejected": 2, "lost": 2},
            id="5xx",
        ),
        pytest.param([Fault(reset=True, billed=True), Fault(letters=40, billed=True)], {"lost": 2}, id="resets"),
        pytest.param(
            [Fault(body=body, billed=True) for body in ('{"id": "x", "choi', "<html>all is well</html>")],
            {"lost": 2},
            id="malformed JSON",
        ),
        pytest.param([Fault(drip_seconds=0.05, billed=True)], {"lost": 1}, id="an answer in drops"),
    ],
)
def test_what_passes_is_sat_out(chat: ChatServer, faults: list[Fault], outcomes: dict[str, int]) -> None:
    """One command is enough, no call is made beyond those that failed, and what may have been billed is booked."""
    chat.faults = list(faults)
    ended = sweep(chat, "--attempt-timeout", 1)
    assert ended.code == 0, ended
    check(chat)
    assert len(chat.served) == TASKS + len(faults)
    counted = read_table("out", "calls")["outcome"].value_counts().to_dict()
    assert counted == {"answered": TASKS, **outcomes}
    assert read_runs("out")["success"].sum() == TASKS


@pytest.mark.slow
def test_an_outage_that_outlasts_all_tries_ends_the_sweep_and_not_the_study(chat: ChatServer) -> None:
    """After three runs in a row that failed no more are begun; the same command does what is missing."""
    chat.faults = [Fault(status=503, headers=SOON)] * 100
    ended = sweep(chat, "--max-retries", 2)
    assert ended.code == 3, ended
    assert f"{TASKS} runs: {MODEL} gave no answer in 3 tries" in ended.err
    assert len(chat.served) < 3 * TASKS
    chat.faults.clear()
    again = sweep(chat)
    assert again.code == 0, again
    check(chat)


USAGES = (
    None,
    {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    {"prompt_tokens": -5, "completion_tokens": 3, "total_tokens": -2},
    {"prompt_tokens": 10**19, "completion_tokens": 3, "total_tokens": 10**19},
)


def test_a_usage_that_cannot_be_true_is_booked_at_the_bound(chat: ChatServer) -> None:
    chat.faults = [Fault(usage=usage) for usage in USAGES]
    ended = sweep(chat)
    assert ended.code == 0, ended
    check(chat)
    calls = read_table("out", "calls")
    assert calls["outcome"].eq("answered").all()
    assert calls["worst_case"].sum() == len(USAGES)
    assert len(chat.served) == TASKS


def refusal(code: str, message: str) -> Fault:
    return Fault(status=400, error={"message": message, "type": "invalid_request_error", "code": code, "param": None})


def test_a_refusal_of_the_prompt_is_an_outcome_and_costs_nothing(chat: ChatServer) -> None:
    """It is the model's, and so a failure of the agent; nothing is tried again, now or later."""
    chat.faults = [
        refusal("content_policy_violation", "Your request was rejected as a result of our safety system."),
        refusal("context_length_exceeded", "This model's maximum context length is 100 tokens."),
    ]
    ended = sweep(chat)
    assert ended.code == 0, ended
    check(chat)
    refused = read_runs("out").query("stop_reason != 'submitted'")
    assert sorted(refused["stop_reason"]) == ["gave_up", "other_limit"]
    assert not refused["success"].any()
    assert refused["cost_usd"].eq(0).all()
    assert sweep(chat).code == 0
    assert len(chat.served) == TASKS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(Fault(status=401), "refuses the key", id="a key that is revoked"),
        pytest.param(Fault(status=404), "was not found", id="a model that is renamed"),
    ],
)
def test_what_only_the_user_can_mend_ends_the_sweep_half_way(chat: ChatServer, fault: Fault, said: str) -> None:
    """Three runs find out, each with one call; the rest is not begun. What was done before is not done again."""
    mended, lock = threading.Event(), threading.Lock()
    seen = 0

    def misbehave(request: Request) -> Fault:
        nonlocal seen
        with lock:
            seen += 1
        return Fault() if mended.is_set() or seen <= 2 else fault

    chat.misbehave = misbehave
    ended = sweep(chat, "--max-connections", 1)
    assert ended.code == 3, ended
    assert said in ended.err
    assert ended.err.count(said) == 1
    assert "fix: " in ended.err
    assert len(chat.served) == 2 + 3
    assert read_runs("out")["success"].sum() == 2
    mended.set()
    again = sweep(chat)
    assert again.code == 0, again
    check(chat)
    assert len(chat.served) == 2 + 3 + TASKS - 2


@pytest.mark.slow
def test_a_host_that_has_no_address_costs_nothing(chat: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named in the environment, where nobody looks beforehand; nothing was sent, so nothing can be billed."""
    asked = ("--suite", "./mine", "--model", MODEL, "--budgets", "usd:0.02", "--max-connections", 1, "--to", "out")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://provider.invalid/v1")
    ended = command("sweep", "--yes", *asked, "--max-retries", 1)
    assert ended.code == 3, ended
    assert f"{TASKS} runs: {MODEL} gave no answer in 2 tries" in ended.err
    calls = read_table("out", "calls")
    assert set(calls["outcome"]) == {"rejected"}
    assert calls["cost_usd"].sum() == 0
    monkeypatch.setenv("OPENAI_BASE_URL", chat.url)
    again = command("sweep", "--yes", *asked)
    assert again.code == 0, again
    check(chat)
