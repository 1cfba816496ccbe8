"""A plan in words and rows, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspect_horizon._builtin import TASKS

if TYPE_CHECKING:
    from pathlib import Path

    from inspect_horizon.sweeps.plan import Cell, Plan


def plan_text(plan: Plan, folder: Path) -> str:
    """What will be run and the most it can cost, in a few lines of 80 columns."""
    sweep = plan.sweep
    sizes = {cell.suite.name: len(cell.tasks) for cell in plan.cells}
    lines = [
        ("sweep", f"{sweep.name} -> {folder}"),
        ("suites", ", ".join(f"{name} ({count} tasks)" for name, count in sizes.items())),
        ("models", ", ".join(sweep.models)),
        ("budgets", str(sweep.budgets)),
        ("condition", f"{plan.cells[0].condition}, strategy {', '.join(sweep.strategies)}"),
        ("runs", f"{plan.n_runs:,} in {len(plan.cells)} cells, each task {_times(sweep.epochs)} in a cell"),
        ("cost", _cost(plan)),
    ]
    if sweep.spend_cap_usd is not None:
        lines.append(("cap", f"${sweep.spend_cap_usd:,.6g} for the whole sweep, scoring included"))
    foreign = [cell.suite.name for cell in plan.cells if _beyond_clerks(cell)]
    if foreign:
        lines.append(
            ("note", f"the embedded clerks cannot do {', '.join(dict.fromkeys(foreign))}: every run will fail")
        )
    return "\n".join(f"{name:<10}{text}" for name, text in lines)


def _cost(plan: Plan) -> str:
    """An upper bound, since budgets are enforced; a forecast would need runs to learn from."""
    if plan.most_usd is None:
        return "not bounded by the budgets: a price is not known, or prompts are not counted"
    kind = "notional: embedded models are free" if plan.sweep.costs_nothing else "scoring not included"
    return f"at most ${plan.most_usd:,.6g} ({kind})" if plan.most_usd < 1 else f"at most ${plan.most_usd:,.2f} ({kind})"


def _times(epochs: int) -> str:
    return "once" if epochs == 1 else f"{epochs} times"


def _beyond_clerks(cell: Cell) -> bool:
    return cell.model.startswith("embedded/") and not cell.suite.folder.is_relative_to(TASKS)


def plan_rows(plan: Plan) -> list[dict[str, Any]]:
    """One row a cell, ready for JSON."""
    return [_row(cell) for cell in plan.cells]


def _row(cell: Cell) -> dict[str, Any]:
    same = ("cell_id", "suite", "model", "strategy", "budget", "condition")
    return {**{name: cell.header[name] for name in same}, "runs": cell.n_runs, "command": cell.command}
