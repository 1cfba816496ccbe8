"""The independent tries inside the runs of strategies that make several, each with what it spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from inspect_horizon.runs.called import USD_OF_TRY, dollars_of_try
from inspect_horizon.runs.casting import conform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from inspect_horizon.runs.booked import Booked

SAME = (
    *("number", "parent", "answer", "normalized", "score", "verifier", "verifier_score", "seconds"),
    *("spent_tokens", "output_tokens", "spent_usd", "verifier_tokens", "verifier_usd", "scorer_usd"),
)
"""What the ledger says of a try as the table does."""


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
            rows += [_row(run, each, least) for each in noted]
    return conform(pd.DataFrame(rows).astype(object), "tries")


def _row(run: Mapping[Any, Any], noted: Mapping[str, Any], threshold: float) -> dict[str, Any]:
    return {
        **{name: noted[name] for name in SAME},
        "run_id": run["run_id"],
        "attempt": run["attempt"],
        "submitted": bool(noted["submitted"]),
        "success": _success(noted, threshold),
    }


def _success(noted: Mapping[str, Any], threshold: float) -> bool | None:
    if not noted["submitted"]:
        return False
    return None if noted["score"] is None else bool(noted["score"] >= threshold)


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
    spent = [dollars_of_try(own.get(key, ())) for key in keys]
    new = tries.astype(object)
    for name in USD_OF_TRY:
        new[name] = [usd[name] for usd in spent]
    return conform(new, "tries")
