"""The embedded models: their formula, and that their runs cost and succeed as it says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspect_ai import Task, task_with
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset
from inspect_ai.model import GenerateConfig, get_model
from inspect_ai.scorer import CORRECT
from inspect_ai.solver import Generate, Solver, TaskState, solver

from inspect_horizon.budgets import Budget
from inspect_horizon.budgets.account import Account
from inspect_horizon.budgets.run import CURRENT, Run
from inspect_horizon.models.clerk import CLERKS, Clerk, text_tokens
from inspect_horizon.strategies.single import single
from inspect_horizon.suites import load_suite
from inspect_horizon.suites.inspect_task import inspect_task

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from inspect_ai.log import EvalSample

    from inspect_horizon.budgets.ledger import Ledger

PLAIN = ("clerk-small", "clerk-medium", "clerk-large")
DRAWS = 4000
TWO_TOKENS_USD = 2 * 25 / 1_000_000
LENGTHS = st.floats(0.01, 1000)
FORMS = st.floats(-5, 5)


def succeeds(clerk: Clerk, minutes: float, budget_usd: float, form: float) -> bool:
    """Whether a run of that form ends without a slip, and within its budget."""
    return minutes <= clerk.slips_at(form) and clerk.billed_after(minutes, form) <= budget_usd


def logistic(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def share(clerk: Clerk, minutes: float, budget_usd: float) -> float:
    """Of many runs of one task, each with a seed of its own."""
    return sum(succeeds(clerk, minutes, budget_usd, clerk.form(seed, "a task")) for seed in range(DRAWS)) / DRAWS


@pytest.mark.parametrize(
    ("name", "budget_usd", "minutes"),
    [
        ("clerk-small", 0.02, 2.0),
        ("clerk-small", 5.0, 3.0),
        ("clerk-medium", 0.08, 4.0),
        ("clerk-large", 5.12, 128.0),
        ("clerk-large", 100.0, 180.0),
        ("clerk-careful", 0.01, 1.0),
        ("clerk-careful", 0.16, 4.0),
    ],
)
def test_the_horizon_is_what_the_formula_says(name: str, budget_usd: float, minutes: float) -> None:
    """min(L50, b / r); the careful clerk's last is (2² × 0.16 / 0.01)^(1/3) = 64^(1/3)."""
    assert CLERKS[name].horizon_minutes(budget_usd) == pytest.approx(minutes)


@pytest.mark.parametrize("name", [*PLAIN, "clerk-careful"])
@pytest.mark.parametrize("budget_usd", [0.005, 0.08, 1.28])
@pytest.mark.parametrize("doublings", [-2.0, -0.5, 0.0, 1.0])
def test_success_is_logistic_in_doublings_around_the_horizon(name: str, budget_usd: float, doublings: float) -> None:
    """4,000 runs, within four standard errors of 1 / (1 + 2^…): β log-odds a doubling, 50 % at the horizon."""
    clerk = CLERKS[name]
    expected = logistic(-clerk.slope * doublings)
    found = share(clerk, clerk.horizon_minutes(budget_usd) * 2**doublings, budget_usd)
    assert abs(found - expected) < 4 * math.sqrt(expected * (1 - expected) / DRAWS)


@pytest.mark.parametrize(("budget_usd", "slope"), [(0.02, 4.0), (10.0, 0.7)])
def test_the_uneven_clerk_has_one_slope_where_money_binds_and_another_where_slips_do(
    budget_usd: float, slope: float
) -> None:
    """At $0.02 it affords 1 of its 10 minutes; at $10, 500."""
    clerk = CLERKS["clerk-uneven"]
    expected = logistic(-slope)
    found = share(clerk, clerk.horizon_minutes(budget_usd) * 2, budget_usd)
    assert abs(found - expected) < 4 * math.sqrt(expected * (1 - expected) / DRAWS) + 1e-3


@given(st.sampled_from(sorted(CLERKS)), LENGTHS, FORMS)
def test_a_better_form_never_costs_more_and_never_slips_earlier(name: str, minutes: float, form: float) -> None:
    clerk = CLERKS[name]
    assert clerk.billed_after(minutes, form + 0.1) < clerk.billed_after(minutes, form)
    assert clerk.slips_at(form + 0.1) >= clerk.slips_at(form)
    assert clerk.billed_after(minutes * 2, form) > clerk.billed_after(minutes, form)


@given(st.sampled_from(sorted(CLERKS)), st.floats(1e-4, 1e3))
def test_a_bigger_budget_never_shortens_the_horizon(name: str, budget_usd: float) -> None:
    clerk = CLERKS[name]
    assert clerk.horizon_minutes(budget_usd * 2) >= clerk.horizon_minutes(budget_usd)


def test_form_is_drawn_once_for_a_seed_and_a_task() -> None:
    clerk = CLERKS["clerk-small"]
    assert clerk.form(7, "a task") == clerk.form(7, "a task")
    assert len({clerk.form(seed, "a task") for seed in range(100)}) == 100
    assert clerk.form(7, "a task") != clerk.form(7, "another task")
    assert clerk.form(7, "a task") != CLERKS["clerk-large"].form(7, "a task")


@given(st.text(max_size=100))
def test_a_token_is_four_bytes(text: str) -> None:
    assert text_tokens(text) == math.ceil(len(text.encode()) / 4)


@solver
def under(inner: Solver, ledger: Ledger, budget: str, seed: int) -> Solver:
    """Like `budgeted`, with one known seed for every run, so that a test can tell each run's form."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        name = f"{state.sample_id}/{state.epoch}"
        CURRENT.set(Run(name, state.uuid, Account(Budget.parse(budget)), ledger, seed=seed))
        return await inner(state, generate)

    return solve


def evaluate(
    suite_name: str, clerk: str, budget: str, ledger: Ledger, folder: Path, *, tasks: Iterable[str], seed: int
) -> list[EvalSample]:
    """Some tasks of a built-in suite, done by a clerk in a real evaluation."""
    suite = load_suite(suite_name)
    body = inspect_task(suite, task_ids=list(tasks))
    inner = single(suite, body)
    task: Task = task_with(body, dataset=MemoryDataset(list(body.dataset)), solver=under(inner, ledger, budget, seed))  # type: ignore[arg-type] # the built-in agents are solvers here
    model = get_model(f"litellm/embedded/{clerk}", config=GenerateConfig(max_retries=0), memoize=False)
    (log,) = inspect_eval(task, model=model, display="none", log_dir=str(folder), log_realtime=False)
    assert log.status == "success", log.error
    assert log.samples
    return log.samples


def asked(sample: EvalSample) -> str:
    return next(message.text for message in sample.messages if message.role == "user")


def solved(sample: EvalSample) -> bool:
    """Right, and submitted: working that the budget cut off can end in the right total by chance."""
    assert sample.scores
    return sample.limit is None and next(iter(sample.scores.values())).value == CORRECT


def minutes(suite_name: str) -> dict[str, float]:
    return {task.id: task.human_minutes for task in load_suite(suite_name).tasks}


def billed(ledger: Ledger) -> dict[str, float]:
    """Dollars of each task's run."""
    sums: dict[str, float] = {}
    for call in ledger.calls():
        task = call["run_id"].split("/")[0]
        sums[task] = sums.get(task, 0.0) + call["cost_usd"]
    return sums


def some(suite_name: str, most_minutes: float, count: int) -> list[str]:
    """Tasks spread evenly over the suite's lengths, up to a longest."""
    within = sorted((each, name) for name, each in minutes(suite_name).items() if each <= most_minutes)
    step = max(len(within) // count, 1)
    return [name for _, name in within[::step]]


@pytest.mark.parametrize(("suite", "clerk", "most"), [("ledger", "clerk-medium", 30), ("atoms", "clerk-large", 1)])
def test_a_run_costs_what_the_formula_says_and_is_right_until_its_first_slip(
    ledger: Ledger, tmp_path: Path, suite: str, clerk: str, most: float
) -> None:
    """Under a budget that never binds: r · h · 2^−ε dollars, to 2 % and two tokens, or more where prompts cost more."""
    known, lengths = CLERKS[clerk], minutes(suite)
    samples = evaluate(suite, clerk, "usd:1000", ledger, tmp_path, tasks=some(suite, most, 10), seed=11)
    costs = billed(ledger)
    exact = 0
    for sample in samples:
        name, form = str(sample.id), known.form(11, asked(sample))
        due = known.billed_after(lengths[name], form)
        assert solved(sample) == (lengths[name] <= known.slips_at(form))
        assert costs[name] >= due * 0.98 - TWO_TOKENS_USD
        exact += costs[name] <= due * 1.02 + TWO_TOKENS_USD
    assert exact >= len(samples) * 0.7


@pytest.mark.slow
def test_a_run_succeeds_exactly_when_its_form_pays_for_the_task(ledger: Ledger, tmp_path: Path) -> None:
    """Runs that need the last quarter of their budget are left open: the bound on a prompt can keep them from it."""
    known, lengths, budget_usd = CLERKS["clerk-medium"], minutes("ledger"), 0.1
    decided = {True: 0, False: 0}
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        tasks = some("ledger", 60, 9)
        for sample in evaluate("ledger", "clerk-medium", "usd:0.1", ledger, folder, tasks=tasks, seed=seed):
            form, length = known.form(seed, asked(sample)), lengths[str(sample.id)]
            if succeeds(known, length, budget_usd * 0.75, form):
                assert solved(sample)
                decided[True] += 1
            elif not succeeds(known, length, budget_usd, form):
                assert not solved(sample)
                decided[False] += 1
    assert min(decided.values()) >= 4
    runs: dict[str, float] = {}
    for call in ledger.calls():
        runs[call["attempt_id"]] = runs.get(call["attempt_id"], 0.0) + call["cost_usd"]
    assert max(runs.values()) <= budget_usd * (1 + 1e-9)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_runs(ledger: Ledger, tmp_path: Path) -> None:
    tasks = some("ledger", 5, 4)

    def said(folder: str, seed: int) -> list[tuple[str, str, int]]:
        samples = evaluate("ledger", "clerk-small", "usd:1", ledger, tmp_path / folder, tasks=tasks, seed=seed)
        return [(str(each.id), each.output.completion, len(each.messages)) for each in samples]

    first = said("first", 3)
    assert said("second", 3) == first
    assert said("third", 4) != first
