"""The independent tries inside the runs of strategies that make several, each with what it spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from inspect_horizon.budgets.usage import MAIN_COUNTS
from inspect_horizon.runs.booked import tokens_of, total
from inspect_horizon.runs.casting import conform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from inspect_horizon.budgets.ledger import Phase
    from inspect_horizon.runs.booked import Booked, Call

SPENT = tuple(name for name in MAIN_COUNTS if name != "reasoning_tokens")
"""Together they hold every token once."""


def tries(runs: pd.DataFrame, book: Booked, threshold: Callable[[Mapping[str, Any]], float]) -> pd.DataFrame:
    """The tries table; without rows where no run makes several.

    Args:
        runs: The runs table.
        book: The ledger, with its attempts numbered as in the runs table.
        threshold: The least score that is a success, for a run.
    """
    several = runs.loc[runs["run_id"].isin({book.attempts[name].run_id for name in book.tries})]
    by_name = {(run["run_id"], run["attempt"]): run for run in several.astype(object).to_dict("records")}
    rows = []
    for name, noted in book.tries.items():
        run = by_name.get((book.attempts[name].run_id, book.attempt_numbers.get(name)))
        if run is not None:
            least = threshold({str(column): value for column, value in run.items()})
            rows += [_row(run, each, book.calls.get(name, ()), least) for each in noted]
    return conform(pd.DataFrame(rows).astype(object), "tries")


def _row(run: Mapping[Any, Any], noted: Mapping[str, Any], calls: Iterable[Call], threshold: float) -> dict[str, Any]:
    own = [call for call in calls if call.get("number") == noted["number"] and call["outcome"] == "answered"]
    agent, judge, scorer = (_of(own, phase) for phase in ("agent", "verifier", "scorer"))
    same = ("number", "parent", "answer", "normalized", "score", "verifier", "verifier_score", "seconds")
    return {
        **{name: noted[name] for name in same},
        "run_id": run["run_id"],
        "attempt": run["attempt"],
        "submitted": bool(noted["submitted"]),
        "success": _success(noted, threshold),
        "spent_tokens": _tokens(agent),
        "output_tokens": total(tokens_of(call)["output_tokens"] for call in agent),
        "spent_usd": _usd(agent),
        "verifier_tokens": _tokens(judge),
        "verifier_usd": _usd(judge),
        "scorer_usd": _usd(scorer),
    }


def _success(noted: Mapping[str, Any], threshold: float) -> bool | None:
    if not noted["submitted"]:
        return False
    return None if noted["score"] is None else bool(noted["score"] >= threshold)


def _of(calls: Iterable[Call], phase: Phase) -> list[Call]:
    return [call for call in calls if call["phase"] == phase]


def _tokens(calls: Iterable[Call]) -> float | None:
    return total(tokens_of(call)[name] for call in calls for name in SPENT)


def _usd(calls: Iterable[Call]) -> float | None:
    return total(call["cost_usd"] for call in calls)


def retold(tries: pd.DataFrame, calls: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The tries with the dollars of other prices.

    Args:
        tries: The table as it was.
        calls: The rows of the calls table at the other prices.
    """
    own: dict[tuple[object, ...], list[Mapping[str, Any]]] = {}
    for call in calls:
        if call["outcome"] == "answered":
            own.setdefault((call["run_id"], call["attempt"], call.get("number")), []).append(call)
    keys = list(zip(tries["run_id"], tries["attempt"], tries["number"], strict=True))
    phases: dict[str, Phase] = {"spent_usd": "agent", "verifier_usd": "verifier", "scorer_usd": "scorer"}
    new = tries.astype(object)
    for name, phase in phases.items():
        new[name] = [_usd(_of(own.get(key, ()), phase)) for key in keys]
    return conform(new, "tries")
