"""A plan: what a file and flags ask for, what it would cost, and commands that really run."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from inspect_horizon.budgets import Grid
from inspect_horizon.runs import read_runs
from inspect_horizon.sweeps.spec import Generation, Sweep, make_sweep
from inspect_horizon.sweeps.sweep import plan
from support.study import LONGEST_SECONDS, command, environment

FILE = """\
name: pilot
description: Two clerks on one suite.
suites: [atoms]
models:
  - embedded/clerk-small
  - litellm/embedded/clerk-large
budgets: usd:0.01..0.64:x8
mode: grid
epochs: 2
limit: 3
seed: 5
spend_cap_usd: 20usd
generation:
  temperature: 0.5
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.yaml"
    path.write_text(FILE)
    return path


def test_a_file_says_all_that_flags_say(study: Path) -> None:
    """And a model may be named as Inspect names it."""
    assert make_sweep(study) == Sweep(
        name="pilot",
        suites=("atoms",),
        models=("embedded/clerk-small", "embedded/clerk-large"),
        budgets=Grid("usd", (0.01, 0.08, 0.64)),
        mode="grid",
        epochs=2,
        limit=3,
        seed=5,
        spend_cap_usd=20.0,
        generation=Generation(temperature=0.5),
    )


def test_flags_overrule_the_file(study: Path) -> None:
    made = make_sweep(study, epochs=1, models=("embedded/clerk-uneven",), temperature=0.0, spend_cap_usd="$3")
    assert (made.epochs, made.models, made.spend_cap_usd) == (1, ("embedded/clerk-uneven",), 3.0)
    assert made.generation.temperature == 0.0
    assert made.limit == 3, "what no flag names stays"


def test_the_demo_is_what_nothing_asks_for() -> None:
    """And a flag that names no suite, model or budget changes the demo."""
    assert make_sweep().models == ("embedded/clerk-small", "embedded/clerk-medium", "embedded/clerk-large")
    assert make_sweep(limit=5).limit == 5
    assert make_sweep(limit=5).name == "demo"


def test_every_cell_is_planned_once_in_a_seeded_order(study: Path) -> None:
    """Every suite × model × budget; the same seed gives the same plan, another another order and draw."""
    made = plan(make_sweep(study))
    assert len({cell.cell_id for cell in made.cells}) == len(made.cells) == 2 * 3
    assert made.n_runs == 2 * 3 * 3 * 2
    assert made == plan(make_sweep(study))
    other = plan(make_sweep(study, seed=6))
    assert other.digest != made.digest
    assert [cell.tasks for cell in other.cells] != [cell.tasks for cell in made.cells]
    assert len({cell.tasks for cell in made.cells}) == 1, "cells of a suite share their draw"


@pytest.mark.parametrize(
    "change", [{"epochs": 3}, {"limit": 4}, {"wage_usd_per_hour": 51.0}, {"temperature": 0.6}, {"seed": 6}]
)
def test_another_study_has_another_digest(study: Path, change: dict[str, float]) -> None:
    assert plan(make_sweep(study, **change)).digest != plan(make_sweep(study)).digest


@pytest.mark.parametrize("change", [{"spend_cap_usd": 9.0}, {"max_connections": 2}, {"workers": 2}, {"max_retries": 1}])
def test_how_it_is_run_makes_no_other_study(study: Path, change: dict[str, float]) -> None:
    assert plan(make_sweep(study, **change)).digest == plan(make_sweep(study)).digest


def test_the_most_that_a_sweep_can_cost_is_the_sum_of_its_budgets(study: Path) -> None:
    """2 models × 3 tasks × 2 epochs × (0.01 + 0.08 + 0.64) dollars."""
    assert plan(make_sweep(study)).most_usd == pytest.approx(12 * 0.73)


def test_tokens_are_bounded_at_their_dearest_price(study: Path) -> None:
    """A budget of 1000 tokens, all of them generated at 25 dollars a million: 0.025 dollars a run."""
    assert plan(make_sweep(study, budgets=Grid("tokens", (1000.0,)))).most_usd == pytest.approx(12 * 0.025)
    assert plan(make_sweep(study, budgets=Grid("output_tokens", (1000.0,)))).most_usd is None


def test_the_plan_is_printed_for_people_and_for_programs(study: Path) -> None:
    told = command("plan", study)
    assert told.code == 0, told
    assert "runs      36 " in told.out
    assert "6 cells" in told.out
    assert "$8.76" in told.out
    assert "$20" in told.out
    rows = json.loads(command("plan", study, "--json").out)["cells"]
    assert len(rows) == 6
    assert {row["budget"] for row in rows} == {"usd:0.01", "usd:0.08", "usd:0.64"}
    assert {row["condition"] for row in rows} == {"mode=grid,temperature=0.5"}
    assert sum(row["runs"] for row in rows) == 36


def test_the_plan_names_all_its_conditions_and_hides_no_amount(study: Path) -> None:
    told = command("plan", study, "--notice", "off", "--notice", "start", "--spend-cap", "0.00002usd", "--limit", 1)
    assert "condition mode=grid,temperature=0.5 | notice=start,temperature=0.5, strategy single" in told.out
    assert "cap       $0.0000200 for the whole sweep" in told.out


@pytest.mark.slow
def test_a_printed_command_runs_under_plain_inspect(study: Path, tmp_path: Path) -> None:
    """A cell alone: the same runs, budget and condition as in the sweep, collected without its folder."""
    commands = command("plan", study, "--commands").out.splitlines()
    assert len(commands) == 6
    chosen = next(line for line in commands if "clerk-small" in line and "usd:0.08" in line)
    words = shlex.split(chosen)
    assert words[:2] == ["inspect", "eval"]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("inspect")), *words[1:], "--display", "none", "--log-dir", "logs"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    collected = command("collect", tmp_path / "logs", "--to", tmp_path / "out")
    assert collected.code == 0, collected
    runs = read_runs(tmp_path / "out")
    planned = next(cell for cell in plan(make_sweep(study)).cells if cell.command == chosen)
    assert set(runs["run_id"]) == {run_id for run_id, _, _ in planned.run_ids()}
    assert set(runs["budget_usd"]) == {0.08}
    assert set(runs["condition"]) == {"mode=grid,temperature=0.5"}
    assert set(runs["model"]) == {"embedded/clerk-small"}
    assert (runs["cost_usd"] <= 0.08).all()
