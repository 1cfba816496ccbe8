"""One trajectory read at every rung is what a run of its own under each rung would have been."""

from __future__ import annotations

import itertools
import os
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from inspect_ai import Task
from inspect_ai.agent import Agent, AgentState, agent, as_tool, react
from inspect_ai.dataset import Sample
from inspect_ai.event import ScoreEvent
from inspect_ai.model import get_model
from inspect_ai.scorer import Score, Scorer, Target, accuracy, includes, scorer
from inspect_ai.tool import Tool, tool
from inspect_ai.util import sandbox

from inspect_horizon.budgets.ledger import Ledger
from inspect_horizon.frontier import Gap, gap
from inspect_horizon.runs import read_runs, read_table
from inspect_horizon.strategies.budgeted import booked_in, budgeted
from inspect_horizon.strategies.final_answer import QUESTION
from models.asking import MINI, model
from strategies.reading import Read, clerks, evaluate, pairs
from support.server import ChatServer, Fault, Reply, Request, chat_server
from support.study import LITELLMS_OWN, command, crafty, standing

if TYPE_CHECKING:
    from pathlib import Path

    from inspect_ai.log import EvalSample
    from inspect_ai.solver import TaskState

    from inspect_horizon.budgets.ladder import FinalAnswer

pytestmark = [
    pytest.mark.filterwarnings(LITELLMS_OWN),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]
SOAK_SEEDS = int(os.environ.get("SEEDS", "200"))
RUNGS = (0.02, 0.08, 0.32, 1.28)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")


@pytest.mark.slow
@pytest.mark.parametrize("final_answer", ["none", "ask"])
def test_a_ladder_is_the_grid_that_it_saves(tmp_path: Path, final_answer: FinalAnswer) -> None:
    """Task by task and rung by rung; a worst case that is refused can make the grid's run the poorer one, seldom."""
    ladder, grid = both(tmp_path, final_answer, epochs=1, every=7)
    agreeing = [ladder.right_at(run, rung) == grid[rung].right(run) for rung in RUNGS for run in ladder.samples]
    assert agreeing.count(False) <= 1
    share = sum(grid[rung].right(run) for rung in RUNGS for run in ladder.samples) / len(agreeing)
    assert 0.2 < share < 0.95, "some of both"


@pytest.mark.soak
@pytest.mark.parametrize("final_answer", ["none", "ask"])
def test_in_many_studies_ladder_and_grid_agree(tmp_path: Path, final_answer: FinalAnswer) -> None:
    """Paired by seed, an epoch a seed: the interval of the log2 difference of horizons holds 0, its mean is near."""
    ladder, grid = both(tmp_path, final_answer, epochs=SOAK_SEEDS, every=3)
    differ = {ladder.samples[run].epoch for run in ladder.samples if unlike(ladder, grid, run)}
    runs, checkpoints = pairs(ladder, grid, final_answer)
    held, shifts = 0, []
    for epoch in range(1, SOAK_SEEDS + 1):
        own = runs[runs["epoch"] == epoch]
        found = gap(own, checkpoints, kind="usd", rng=np.random.default_rng(epoch), bootstrap=400)
        (untold,) = [each for each in found if each.notice == "off"]
        held += holds_zero(untold)
        shifts.append(untold.doublings if epoch in differ else 0.0)  # nothing is between runs that are all the same
    mean = float(np.mean(np.array(shifts, dtype=np.float64)))
    print(f"{final_answer}: {held} of {SOAK_SEEDS} intervals hold 0, mean {mean:+.4f}, runs differ in {len(differ)}")
    assert held >= 0.93 * SOAK_SEEDS
    assert abs(mean) <= 0.05


def unlike(ladder: Read, grid: dict[float, Read], run: str) -> bool:
    return any(ladder.right_at(run, rung) != grid[rung].right(run) for rung in RUNGS)


def holds_zero(found: Gap) -> bool:
    """By its interval of success where too few pairs differ for one of horizons."""
    interval = found.doublings_interval or found.success_interval
    assert interval is not None
    return (interval.low is None or interval.low <= 0) and (interval.high is None or interval.high >= 0)


def both(folder: Path, final_answer: FinalAnswer, *, epochs: int, every: int) -> tuple[Read, dict[float, Read]]:
    """The same seeds as one ladder and as a grid."""
    same: dict[str, Any] = {"seed": 5, "final_answer": final_answer, "epochs": epochs, "every": every}
    ladder = clerks(folder / "ladder", RUNGS[-1], rungs=RUNGS[:-1], **same)
    return ladder, {rung: clerks(folder / str(rung), rung, **same) for rung in RUNGS}


def spoken(sample: EvalSample) -> list[tuple[str, str, object]]:
    return [
        (
            message.role,
            message.text,
            [(call.function, call.arguments) for call in getattr(message, "tool_calls", None) or ()],
        )
        for message in sample.messages
    ]


@pytest.mark.slow
def test_the_transcript_of_a_ladder_is_that_of_a_plain_run(tmp_path: Path) -> None:
    """Message by message, whether anybody is asked in the end or not."""
    plain = clerks(tmp_path / "plain", 0.32, seed=3, every=16)
    ladder = clerks(tmp_path / "ladder", 0.32, seed=3, every=16, rungs=(0.02, 0.08))
    for task, sample in plain.samples.items():
        assert spoken(ladder.samples[task]) == spoken(sample)
    single = clerks(tmp_path / "single", 0.32, seed=3, every=16, final_answer="ask")
    asked = clerks(tmp_path / "asked", 0.32, seed=3, every=16, rungs=(0.02, 0.08), final_answer="ask")
    for task, sample in single.samples.items():
        assert spoken(asked.samples[task]) == spoken(sample)
        assert asked.samples[task].output.completion == sample.output.completion
    assert any(call["phase"] == "fork" for call in asked.calls)


def pondering(request: Request) -> Reply:
    """It looks three times, each time at greater length, and then knows; asked before, it guesses."""
    if QUESTION in str(request["messages"][-1]["content"]):
        seen = sum(message["role"] == "tool" for message in request["messages"])
        return Reply("lamp" if seen >= 2 else "sofa")
    seen = sum(message["role"] == "tool" for message in request["messages"])
    if seen < 3:
        return Reply("Hm. " * 100 * 4**seen, (("look", {"place": f"corner {seen}"}),))
    return Reply("", (("submit", {"answer": "lamp"}),))


@tool
def look() -> Tool:
    async def execute(place: str) -> str:
        """Look at a place.

        Args:
            place: Where.
        """
        return f"{place} is dark"

    return execute


def ponder(chat: ChatServer, folder: Path, solver: Agent, budget: str, rungs: tuple[float, ...], **terms: Any) -> Read:
    with closing(Ledger()) as ledger:
        with booked_in(ledger):
            task = Task(
                dataset=[Sample(id="one", input="What is in the corner?", target="lamp")],
                solver=budgeted(solver, budget, "cell", rungs=rungs, **terms),
                scorer=includes(),
            )
        return evaluate(task, folder, ledger, of=model(chat, max_tokens=None))


def test_one_call_that_crosses_three_rungs_is_asked_about_once(tmp_path: Path) -> None:
    """Output tokens: 100, 400 and 1,600 for the three looks; the question after the second look is right."""
    rungs = (1200, 1700, 1900, 2100, 2300)
    with chat_server(pondering) as chat:
        read = ponder(chat, tmp_path, react(tools=[look()]), "output_tokens:10k", rungs, final_answer="ask")
    noted = read.rungs["one/1"]
    assert list(noted) == [*map(float, rungs), 10_000.0]
    assert [noted[rung]["how"] for rung in noted] == ["fork"] * 5 + ["final"]
    assert [noted[rung]["answer"] for rung in rungs] == ["sofa", "lamp", "lamp", "lamp", "lamp"]
    assert [read.right_at("one/1", rung) for rung in noted] == [False, True, True, True, True, True]
    asked = [call for call in read.calls if call["phase"] == "fork"]
    assert len(asked) == 2, "rungs of the same state share the question"
    scored = [event for event in read.samples["one/1"].events if isinstance(event, ScoreEvent) and event.intermediate]
    assert len(scored) == 2, "and its score, which a grader would charge for"
    assert all(noted[rung]["spent"] <= rung for rung in noted)


def test_without_a_last_question_a_rung_has_what_was_submitted_within_it(tmp_path: Path) -> None:
    with chat_server(pondering) as chat:
        read = ponder(chat, tmp_path, react(tools=[look()]), "output_tokens:10k", (500, 2000, 2300))
        assert len(chat.served) == 4
    assert [read.right_at("one/1", rung) for rung in read.rungs["one/1"]] == [False, False, True, True]
    assert {rung["how"] for rung in read.rungs["one/1"].values()} == {"final"}


def test_a_run_that_is_out_of_budget_is_asked_within_it(tmp_path: Path) -> None:
    """The question's cost is kept back, so that it fits; what it brings is the run's own answer."""
    with chat_server(pondering) as chat:
        read = ponder(chat, tmp_path, react(tools=[look()]), "output_tokens:1700", (), final_answer="ask")
    assert read.right("one/1")
    assert read.samples["one/1"].metadata["horizon"]["stop_reason"] == "budget"
    assert 0 < read.samples["one/1"].metadata["horizon"]["spent"] <= 1700
    assert read.samples["one/1"].output.completion == "lamp"


def test_a_question_that_fails_leaves_its_rung_unknown_and_the_run_whole(tmp_path: Path) -> None:
    """The provider refuses the forks, after four honest answers to the agent."""
    refused = Fault(status=400, error={"message": "no", "type": "invalid_request_error", "code": None, "param": None})
    with chat_server(pondering, faults=[Fault()] * 4 + [refused] * 9) as chat:
        read = ponder(chat, tmp_path, react(tools=[look()]), "output_tokens:10k", (1200, 2000), final_answer="ask")
    noted = read.rungs["one/1"]
    assert [noted[rung]["unknown"] for rung in noted] == [1, 1, 0]
    assert all("no" in noted[rung]["error"] for rung in (1200, 2000))
    assert read.right("one/1")


@agent
def helper() -> Agent:
    """A sub-agent."""

    async def execute(state: AgentState) -> AgentState:
        """Think."""
        state.output = await get_model().generate("You are a helper. Think." + " Well." * 200)
        state.messages.append(state.output.message)
        return state

    return execute


def delegating(request: Request) -> Reply:
    text = str(request["messages"])
    if QUESTION in text:
        return Reply("sofa")
    if "You are a helper" in text:
        return Reply("Deep thoughts. " * 100)
    done = sum(message["role"] == "tool" for message in request["messages"])
    return (
        Reply("", (("submit", {"answer": "lamp"}),))
        if done >= 2
        else Reply("Help me.", (("helper", {"input": "think"}),))
    )


def test_a_sub_agents_conversation_is_never_asked(tmp_path: Path) -> None:
    """It is told from the root agent's by the spans that Inspect puts around agents."""
    with chat_server(delegating) as chat:
        boss = react(tools=[as_tool(helper(), description="A helper.")])
        read = ponder(chat, tmp_path, boss, "tokens:20k", (3000, 4000), final_answer="ask")
        questions = [request for request in chat.requests if QUESTION in str(request["messages"])]
    assert questions
    assert not any("You are a helper" in str(request["messages"]) for request in questions)
    assert [read.rungs["one/1"][rung]["how"] for rung in (3000, 4000)] == ["fork", "fork"]


@agent
def many_heads() -> Agent:
    """Two agents of which neither is the root."""

    async def execute(state: AgentState) -> AgentState:
        """Ask both, one after the other."""
        from inspect_ai.agent import run

        for _ in range(2):
            state = await run(react(tools=[look()]), state.messages)
        return state

    return execute


def test_where_no_root_agent_can_be_told_nobody_is_asked(tmp_path: Path) -> None:
    with chat_server(pondering) as chat:
        read = ponder(chat, tmp_path, many_heads(), "output_tokens:10k", (1200,), final_answer="ask")
    noted = read.rungs["one/1"][1200]
    assert noted["answer"] is None
    assert noted["error"]


@tool
def work() -> Tool:
    """One more line in a file."""

    async def execute(note: str) -> str:
        """Write a note.

        Args:
            note: What.
        """
        await sandbox().exec(["sh", "-c", "echo note >> notes.txt"])
        return "noted"

    return execute


@scorer(metrics=[accuracy()])
def three_notes() -> Scorer:
    """Right with three lines or more; it writes to the store, which must not stay."""

    async def score(state: TaskState, target: Target) -> Score:
        found = await sandbox().exec(["sh", "-c", "wc -l < notes.txt || echo 0"])
        state.store.set("looked", state.store.get("looked", 0) + 1)
        lines = int(found.stdout.strip() or 0)
        return Score(value=1.0 if lines >= 3 else 0.0, answer=str(lines))

    return score


def busy(request: Request) -> Reply:
    done = sum(message["role"] == "tool" for message in request["messages"])
    return (
        Reply("x" * 400, (("work", {"note": str(done)}),)) if done < 5 else Reply("", (("submit", {"answer": "done"}),))
    )


def test_a_sandbox_is_scored_as_it_stood_when_the_rung_was_spent(tmp_path: Path) -> None:
    """Each call generates some 105 tokens and then writes a line: n calls leave n lines, as in a grid."""
    amounts = (110.0, 220.0, 330.0, 440.0)
    with chat_server(busy) as chat:

        def run_at(budget: float, rungs: tuple[float, ...], folder: str) -> Read:
            with closing(Ledger()) as ledger:
                with booked_in(ledger):
                    task = Task(
                        dataset=[Sample(id="one", input="Write notes.", target="3")],
                        solver=budgeted(
                            react(tools=[work()]), f"output_tokens:{budget:.0f}", "cell", rungs=rungs, scores="state"
                        ),
                        scorer=three_notes(),
                        sandbox="local",
                    )
                return evaluate(task, tmp_path / folder, ledger, of=model(chat, max_tokens=None))

        ladder = run_at(2000, amounts, "ladder")
        grid = [run_at(amount, (), str(amount)) for amount in amounts]
    noted = ladder.rungs["one/1"]
    assert [noted[amount]["how"] for amount in amounts] == ["state"] * 4
    theirs = []
    for read in grid:
        scores = read.samples["one/1"].scores
        assert scores is not None
        theirs.append(scores["three_notes"].value)
    assert [noted[amount]["score"] for amount in amounts] == theirs
    assert len(set(theirs)) == 2
    assert "looked" not in {key for key in ladder.samples["one/1"].store if ladder.samples["one/1"].store[key] != 1}


@pytest.mark.parametrize(
    ("budgets", "kind"),
    [("usd:0.002,0.004,0.05", "usd"), ("tokens:2k,8k,64k", "tokens"), ("cost_ratio:0.001,0.01,0.5", "cost_ratio")],
)
def test_a_sweep_runs_a_ladder_by_default_and_its_tables_are_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, budgets: str, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with chat_server(crafty) as chat:
        asked = ("sweep", "--yes", "--suite", "ledger", "--model", MINI, "--limit", 3, "--to", "out", "--epochs", 2)
        ended = command(*asked, "--budgets", budgets, "--final-answer", "ask", "--model-base-url", chat.url)
        assert ended.code == 0, ended
    runs, checkpoints = standing(read_runs("out")), read_table("out", "checkpoints")
    assert len(runs) == 6
    assert set(runs["budget_kind"]) == {kind}
    assert len(checkpoints) == 18
    counts = checkpoints.groupby("run_id")["rung_amount"].apply(sorted)
    assert all(len(amounts) == 3 for amounts in counts)
    spent = checkpoints["spent_tokens"] if kind == "tokens" else checkpoints["spent_usd"]
    costs = checkpoints["run_id"].map(runs.set_index("run_id")["human_cost_usd"])
    limits = checkpoints["rung_amount"] * (costs if kind == "cost_ratio" else 1)
    assert (spent <= limits * (1 + 1e-9)).all()
    assert set(runs["condition"]) == {"final_answer=ask"}
    ended = command("frontier", "out", "--no-plot", "--bootstrap", 20)
    assert ended.code == 0, ended


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--mode", "ladder", "--notice", "start"), "acts otherwise under each"),
        (("--budgets", "seconds:1,2", "--final-answer", "ask"), "none left to be asked in"),
        (("--check-ladder", "0.1", "--mode", "grid"), "for a sweep that runs ladders"),
        (("--check-ladder", "2"), "write a share such as 0.1"),
    ],
)
def test_what_a_ladder_cannot_say_is_refused(tmp_path: Path, flags: tuple[str, ...], said: str) -> None:
    budgets = () if "--budgets" in flags else ("--budgets", "usd:0.1,1")
    ended = command("plan", "--suite", "ledger", "--model", MINI, *budgets, *flags)
    assert ended.code == 2, ended
    assert said in ended.err


def test_a_state_suite_that_does_not_say_what_scoring_does_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    suite = tmp_path / "notes" / "suite.yaml"
    text = (
        'schema_version: 1\nname: notes\nversion: "1"\nscaffold: react\nscores: state\nscorer: includes\n'
        "tasks:\n  - {id: a, human_minutes: 1, human_source: estimate, input: i, target: t}\n"
    )
    suite.write_text(text)
    asked = ("plan", "--suite", suite.parent, "--model", MINI, "--budgets", "usd:0.1,1")
    refused = command(*asked)
    assert refused.code == 2, refused
    assert "scorer_writes: false" in refused.err
    assert command(*asked, "--mode", "grid").code == 0
    suite.write_text(text + "scorer_writes: false\n")
    assert command(*asked).code == 0
    ended = command(*asked, "--final-answer", "ask")
    assert ended.code == 2, ended
    assert "no last answer can change" in ended.err


@pytest.mark.slow
def test_checks_run_single_budgets_on_the_same_share_told_and_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = command(
        *("sweep", "--suite", "ledger", "--model", "embedded/clerk-small", "--limit", 8, "--workers", 1, "--to", "out"),
        *("--budgets", "usd:0.02,0.08,0.32", "--check-ladder", "0.25"),
    )
    assert ended.code == 0, ended
    runs = standing(read_runs("out"))
    checks = runs[runs["check"].astype(bool)]
    assert len(runs) == 8 + 2 * 3 * 2
    assert set(checks["condition"]) == {"mode=grid", "notice=start"}
    by_budget = checks.groupby(["condition", "budget_amount"])["task_id"].apply(frozenset)
    for amount in (0.02, 0.08, 0.32):
        assert by_budget["mode=grid", amount] == by_budget["notice=start", amount]
    assert len(set(itertools.chain(*by_budget))) > 2, "each budget has a draw of its own"
