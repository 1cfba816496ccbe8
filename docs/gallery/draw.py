"""Draws the gallery: every figure there is, of studies made up with a seed; run it with `make gallery`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from inspect_horizon.cli import group
from inspect_horizon.cli.plot import FIGURES
from inspect_horizon.runs.casting import conform
from inspect_horizon.runs.completing import final_checkpoints
from inspect_horizon.runs.store import write_tables

HERE = Path(__file__).parent
GRID = [0.05 * 4.0**rung for rung in range(6)]
BUDGETS = ("--budgets", "usd:0.05..51.2:x4")
SLOPE = 1.2
TASKS, FAMILIES, TRIES = 96, 12, 16
RELEASED = ("2024-05-13", "2024-10-22", "2025-02-27", "2025-08-07")
OPTIONS = {
    "frontier": BUDGETS,
    "frontier-ratio": BUDGETS,
    "decomposition": (
        *BUDGETS,
        *("--from", "model-a · default · single · plain", "--from-budget", "usd:3.2"),
        *("--to", "model-c · default · single · plain", "--to-budget", "usd:12.8"),
    ),
    "calibration": (*BUDGETS, "--studies", "60", "--bootstrap", "60"),
    "trend": tuple(word for n, day in enumerate(RELEASED) for word in ("--released", f"acme/model-{'abcd'[n]}={day}")),
    "success": BUDGETS,
    "laws": ("--budgets", "usd:0.05..51.2:x2"),
    "spend": ("--by", "model"),
    "strategies": ("-k", "2", "-k", "4", "-k", "8", "-k", "16"),
    "strategies-horizon": ("-k", "4"),
}
SLIDES = ("frontier", "decomposition")


def runs_of(model: str, plateau_minutes: float, usd_per_minute: float, rng: np.random.Generator) -> pd.DataFrame:
    """One ladder a task, and checks of every fourth; success is logistic in log length, horizons rise and level off."""
    minutes = rng.permutation(np.geomspace(0.1, 480.0, TASKS))
    number = np.arange(TASKS)
    ladders = _runs(model, number, minutes, GRID[-1], plateau_minutes, usd_per_minute, rng, check=False)
    some = number[::4]
    checks = [
        _runs(model, some, minutes[some], budget, plateau_minutes, usd_per_minute * dearer, rng, check=True, told=told)
        for budget in GRID[1::2]
        for told, dearer in (("off", 1.0), ("start", 0.8))
    ]
    return pd.concat([ladders, *checks], ignore_index=True)


def _runs(
    model: str,
    number: np.ndarray,
    minutes: np.ndarray,
    budget: float,
    plateau_minutes: float,
    usd_per_minute: float,
    rng: np.random.Generator,
    *,
    check: bool,
    told: str = "off",
) -> pd.DataFrame:
    form = rng.logistic(0.0, 1 / SLOPE, len(number))
    need = usd_per_minute * minutes * 2.0**-form
    ended = need <= budget
    protocol = {"mode": "grid" if check else "ladder", "notice": told, "final_answer": "none"}
    condition = f"mode=grid,notice={told}" if check else "plain"
    return pd.DataFrame(
        {
            "run_id": [f"{model}/{budget:g}/{told}/{check}/{task}" for task in number],
            "attempt": 1,
            "superseded": False,
            "sweep": "gallery",
            "suite": "made-up",
            "task_id": [f"task-{task}" for task in number],
            "task_family": [f"family-{task % FAMILIES}" for task in number],
            "epoch": 1,
            "model": f"acme/{model}",
            "scaffold": "default",
            "strategy": "single",
            "condition": condition,
            "protocol": json.dumps(protocol | ({} if told == "off" else {"notice_version": 1})),
            "check": check,
            "budget_kind": "usd",
            "budget_amount": budget,
            "success": ended & (minutes <= plateau_minutes * 2.0**form),
            "stop_reason": np.where(ended, "submitted", "budget"),
            "cost_usd": np.minimum(need, budget),
            "scorer_usd": np.where(number % 16 == 5, np.nan, 0.02 * minutes**0.5),
            "wasted_usd": np.where(ended, 0.0, 0.4 * budget),
            "human_minutes": minutes,
            "human_source": "estimate",
            "human_cost_usd": minutes / 60 * 50.0,
        }
    )


def study(seed: int) -> pd.DataFrame:
    """Four models, each with a longer reach than the one before and a lower price."""
    rng = np.random.default_rng(seed)
    return pd.concat(
        [runs_of(f"model-{'abcd'[n]}", 6.0 * 2.6**n, 0.12 * 0.6**n, rng) for n in range(4)], ignore_index=True
    )


def forks_of(runs: pd.DataFrame) -> pd.DataFrame:
    """A call that asked each run out of budget for its answer: a part of what it wasted."""
    asked = runs[runs["wasted_usd"] > 0]
    return pd.DataFrame(
        {
            "call_id": asked["run_id"] + "/fork",
            "run_id": asked["run_id"],
            "attempt": 1,
            "phase": "fork",
            "model": asked["model"],
            "outcome": "answered",
            "cost_usd": 0.6 * asked["wasted_usd"],
        }
    )


def write_study(place: Path) -> None:
    """Write the study that most figures show, as a results folder."""
    made_up = study(seed=8)
    runs = conform(made_up, "runs")
    tables = {"runs": runs, "checkpoints": final_checkpoints(runs), "calls": conform(forks_of(made_up), "calls")}
    write_tables(place, tables)


def tries_of(model: str, plateau_minutes: float, usd_per_minute: float, rng: np.random.Generator) -> pd.DataFrame:
    """Sixteen tries a task: right with a chance that falls with length, else one of three wrong answers, all judged."""
    minutes = np.repeat(np.geomspace(0.5, 240.0, TASKS // 2), TRIES)
    number, tries = np.divmod(np.arange(len(minutes)), TRIES)
    right = rng.random(len(minutes)) < 1 / (1 + (minutes / plateau_minutes) ** SLOPE)
    need = usd_per_minute * minutes * rng.lognormal(0.0, 0.3, len(minutes))
    return pd.DataFrame(
        {
            "run_id": [f"{model}/{task}/{epoch}" for task, epoch in zip(number, tries, strict=True)],
            "attempt": 1,
            "superseded": False,
            "sweep": "gallery",
            "suite": "made-up",
            "task_id": [f"task-{task}" for task in number],
            "task_family": [f"family-{task % FAMILIES}" for task in number],
            "epoch": tries + 1,
            "model": f"acme/{model}",
            "scaffold": "generate",
            "strategy": "single",
            "condition": "plain",
            "success": right,
            "answer": np.where(right, "right", np.char.add("wrong ", rng.integers(0, 3, len(minutes)).astype(str))),
            "stop_reason": np.where(right | (rng.random(len(minutes)) < 0.7), "submitted", "gave_up"),
            "cost_usd": need,
            "scorer_usd": 0.0,
            "human_minutes": minutes,
            "human_source": "estimate",
            "human_cost_usd": minutes / 60 * 50.0,
        }
    )


def write_pool(place: Path) -> None:
    """Write the study of repeated tries that the figures of strategies show."""
    rng = np.random.default_rng(8)
    tries = pd.concat([tries_of("small", 6.0, 0.02, rng), tries_of("large", 40.0, 0.15, rng)], ignore_index=True)
    ends = tries[["run_id", "attempt", "success", "answer"]].assign(spent_usd=tries["cost_usd"], how="final")
    runs = conform(tries.drop(columns="answer"), "runs")
    write_tables(place, {"runs": runs, "checkpoints": conform(ends, "checkpoints")})


WRITERS = {"strategies": write_pool, "strategies-horizon": write_pool}
"""Who writes the study of a figure, where it is not `write_study`."""


def main(folder: Path) -> None:
    """Draw every figure into a folder."""
    with TemporaryDirectory() as base:
        places = {write: Path(base) / write.__name__ for write in (write_study, write_pool)}
        for write, place in places.items():
            write(place)
        for name in FIGURES:
            place = places[WRITERS.get(name, write_study)]
            for size in ("paper", "slide") if name in SLIDES else ("paper",):
                stem = folder / (name if size == "paper" else f"{name}-{size}")
                words = ["plot", name, str(place), *OPTIONS.get(name, ()), "--size", size, "--format", "png"]
                group([*words, "--file", str(stem)], standalone_mode=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
