"""Runs under the hard budget, as ladders and by themselves, and what each rung got of them."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from inspect_ai import Task, task_with
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalLog, EvalSample

from inspect_horizon.budgets.ledger import Ledger
from inspect_horizon.strategies.budgeted import booked_in, budgeted
from inspect_horizon.strategies.single import single
from inspect_horizon.suites import load_suite
from inspect_horizon.suites.inspect_task import inspect_task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from inspect_horizon.budgets.ladder import FinalAnswer

CLERK = "litellm/embedded/clerk-medium"


@dataclass(frozen=True)
class Read:
    """What one evaluation got, by sample and epoch, written `sample/epoch`."""

    samples: dict[str, EvalSample]
    rungs: dict[str, dict[float, dict[str, Any]]]
    calls: list[dict[str, Any]]

    def right(self, run: str) -> bool:
        """Whether the run itself is a success."""
        found = self.samples[run]
        assert found.scores is not None
        noted = found.metadata["horizon"]
        right = next(iter(found.scores.values())).value in ("C", 1.0)
        return right and (noted["stop_reason"] == "submitted" or bool(noted["asked"]))

    def right_at(self, run: str, rung: float) -> bool:
        """Whether the run is one at a rung."""
        noted = self.rungs[run][rung]
        if noted["how"] == "final":
            return not noted["over"] and self.right(run)
        return noted["score"] is not None and noted["score"] >= 1


def evaluate(task: Task, folder: Path, ledger: Ledger, *, of: Any = CLERK) -> Read:
    (log,) = inspect_eval(task, model=of, display="none", log_dir=str(folder), log_realtime=False)
    assert isinstance(log, EvalLog)
    assert log.status == "success", log.error
    assert log.samples
    attempts = {attempt["attempt_id"]: attempt["run_id"].split("/", 1)[1] for attempt in ledger.attempts()}
    rungs: dict[str, dict[float, dict[str, Any]]] = {}
    for rung in ledger.rungs():
        rungs.setdefault(attempts[rung["attempt_id"]], {})[rung["amount"]] = rung
    return Read({f"{sample.id}/{sample.epoch}": sample for sample in log.samples}, rungs, ledger.calls())


def clerks(
    folder: Path,
    budget: float,
    *,
    seed: int,
    rungs: Sequence[float] = (),
    final_answer: FinalAnswer = "none",
    model: str = CLERK,
    every: int = 7,
    epochs: int = 1,
) -> Read:
    """A clerk at some ledgers; the same seed and epoch give it the same form on the day, whatever the budget."""
    suite = load_suite("ledger")
    short = [task.id for task in suite.tasks if task.human_minutes < 60][::every]
    with closing(Ledger()) as ledger:
        with booked_in(ledger):
            body = inspect_task(suite, task_ids=short)
            agent = single(suite, body)
            solver = budgeted(agent, f"usd:{budget}", "cell", seed, rungs=rungs, final_answer=final_answer)
            task = task_with(body, solver=solver, epochs=epochs)
        return evaluate(task, folder, ledger, of=model)


def pairs(ladder: Read, grid: dict[float, Read], final_answer: FinalAnswer) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs and checkpoints in which each run of the grid checks the ladder of the same task and epoch."""
    top = max(grid)
    runs = [
        _row(f"ladder/{run}", run, ladder, top, ladder.right(run), "ladder", final_answer) for run in ladder.samples
    ]
    runs += [
        _row(f"{budget}/{run}", run, alone, budget, alone.right(run), "grid", final_answer)
        for budget, alone in grid.items()
        for run in alone.samples
    ]
    checkpoints = [
        {
            "run_id": f"ladder/{run}",
            "rung_kind": "usd",
            "rung_amount": amount,
            "spent_usd": noted["spent_usd"],
            "success": ladder.right_at(run, amount),
            "how": noted["how"],
        }
        for run, rungs in ladder.rungs.items()
        for amount, noted in rungs.items()
    ]
    return pd.DataFrame(runs), pd.DataFrame(checkpoints)


def _row(
    name: str, run: str, read: Read, budget: float, success: bool, mode: str, final_answer: FinalAnswer
) -> dict[str, Any]:
    sample = read.samples[run]
    return {
        "run_id": name,
        "suite": "ledger",
        "task_id": str(sample.id),
        "task_family": sample.metadata["task_family"],
        "human_minutes": sample.metadata["human_minutes"],
        "model": "clerk",
        "epoch": sample.epoch,
        "budget_kind": "usd",
        "budget_amount": budget,
        "cost_usd": sample.metadata["horizon"]["spent"],
        "success": success,
        "stop_reason": sample.metadata["horizon"]["stop_reason"],
        "check": mode == "grid",
        "protocol": json.dumps({"mode": mode, "notice": "off", "final_answer": final_answer}),
    }
