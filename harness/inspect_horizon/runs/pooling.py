"""The pool of attempts: one row a try, whether a sampling strategy made it or a plain run that was repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from inspect_horizon.errors import DataError
from inspect_horizon.frontier.left_out import reasons
from inspect_horizon.frontier.table import numbers, prepare, spend_in, text
from inspect_horizon.runs.store import read_runs, read_table, tables_in
from inspect_horizon.suites.normalizing import normalize as normal_form
from inspect_horizon.suites.normalizing import normalizers as find_normalizers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

POOL_COLUMNS = (
    *("suite", "task_id", "task_family", "human_minutes", "human_source", "model", "scaffold", "condition"),
    *("pool_id", "number", "answer", "normalized", "submitted", "success", "verifier", "verifier_score"),
    *("cost_usd", "verifier_usd", "scorer_usd", "output_tokens", "tokens", "verifier_tokens", "seconds"),
    *("budget_kind", "budget_amount", "human_cost_usd", "weight", "protocol"),
)
PLAIN = ("", "single")
"""Strategies whose every run is one try; an imported run names none."""
SAMPLES = "samples"
_OF_RUN = (
    *("suite", "task_id", "task_family", "human_minutes", "human_source", "model", "scaffold", "condition"),
    *("human_cost_usd", "weight", "protocol"),
)
_NOT_SUBMITTED = ("budget", "other_limit", "gave_up")


def pool(
    runs: pd.DataFrame,
    checkpoints: pd.DataFrame | None = None,
    tries: pd.DataFrame | None = None,
    *,
    normalizers: Mapping[str, Callable[[str], str]] | None = None,
) -> pd.DataFrame:
    """Every independent attempt at a task, one row each, columns `POOL_COLUMNS`; what is not known is null.

    Tries come from the runs of `samples`, and from plain runs, each of whose epochs is one. A pool, named by `pool_id`,
    is one configuration's tries at one task under one budget, numbered from 1. Runs that frontiers leave out, broken
    and superseded ones, are left out here too.

    Args:
        runs: One row a run, columns as in the runs table.
        checkpoints: Where the answers of plain runs stand, and what a verifier thought of them.
        tries: One row a try of a run of `samples`.
        normalizers: What makes equal answers of plain runs equal, by suite; those of other suites are compared as
            `suites.normalizing` says. Tries come with the suite's own form.

    Raises:
        DataError: The runs lack a column that every run needs, or hold no tries.
    """
    table = prepare(runs if "cost_usd" in runs.columns else runs.assign(cost_usd=np.nan), "usd")
    table["_attempt"] = numbers(table, "attempt").fillna(1).astype(int)
    table["_epoch"] = numbers(table, "epoch").fillna(1)
    used = table[reasons(table.assign(_spend=0.0)) == ""]
    strategy = used["strategy"]
    parts = [_plain(used[strategy.isin(PLAIN)], checkpoints, normalizers or {})]
    if tries is not None and not tries.empty:
        parts.append(_sampled(used[strategy.str.partition(":")[0] == SAMPLES], tries))
    known = [part for part in parts if not part.empty]
    if not known:
        raise DataError(
            f"none of the {len(runs)} runs holds tries that can be pooled",
            fix="run `single` with several epochs, or `samples`",
        )
    whole = pd.concat(known, ignore_index=True)
    whole = whole.sort_values(["pool_id", "_epoch", "_run", "number"], kind="stable", ignore_index=True)
    whole["number"] = whole.groupby("pool_id").cumcount() + 1
    return whole[list(POOL_COLUMNS)]


def read_pool(path: Path) -> pd.DataFrame:
    """The pool of a results folder, or of a Parquet file of runs; see `pool`.

    Answers are compared as their suites say, where these are built in, installed or in `tasks`.

    Raises:
        DataError: There are no such tables, or they hold no tries.
    """
    held = {str(name): name for name in tables_in(path)} if path.is_dir() else {}
    checkpoints, tries = (read_table(path, held[name]) if name in held else None for name in ("checkpoints", "tries"))
    runs = read_runs(path)
    return pool(runs, checkpoints, tries, normalizers=find_normalizers(set(text(runs, "suite"))))


def _plain(
    runs: pd.DataFrame, checkpoints: pd.DataFrame | None, normalizers: Mapping[str, Callable[[str], str]]
) -> pd.DataFrame:
    """Each run as a try, its answer and score as its last checkpoint has them."""
    ends = _ends(checkpoints)
    keys = list(zip(runs["run_id"].astype(str), runs["_attempt"], strict=True))
    answer = _known_text(ends["answer"].reindex(keys).set_axis(runs.index))
    seconds = numbers(runs, "working_seconds")
    return _of_run(runs).assign(
        answer=answer,
        normalized=_normalized(answer, text(runs, "suite"), normalizers),
        submitted=~runs["stop_reason"].isin(_NOT_SUBMITTED),
        success=runs["success"],
        verifier=None,
        verifier_score=ends["verifier_score"].reindex(keys).to_numpy(dtype=np.float64),
        cost_usd=runs["cost_usd"],
        verifier_usd=np.nan,
        scorer_usd=numbers(runs, "scorer_usd"),
        output_tokens=runs["output_tokens"],
        tokens=spend_in(runs, "tokens"),
        verifier_tokens=np.nan,
        seconds=seconds.fillna(numbers(runs, "wall_seconds")),
        budget_kind=_known_text(runs["budget_kind"]),
        budget_amount=runs["budget_amount"],
        number=1,
    )


def _normalized(
    answer: pd.Series[str], suite: pd.Series[str], normalizers: Mapping[str, Callable[[str], str]]
) -> pd.Series[str]:
    forms = {name: normalizers.get(name, normal_form) for name in set(suite)}
    known = zip(answer, suite, strict=True)
    return pd.Series([forms[name](given) if given else None for given, name in known], index=answer.index, dtype=object)


def _sampled(runs: pd.DataFrame, tries: pd.DataFrame) -> pd.DataFrame:
    """The tries of runs of `samples`; what one of them may spend is not the budget of all and is left null."""
    keyed = tries.assign(
        run_id=tries["run_id"].astype(str), _attempt=numbers(tries, "attempt").fillna(1).astype(int)
    ).reset_index(drop=True)
    of_runs = _of_run(runs).assign(_attempt=runs["_attempt"], _key=runs["run_id"].astype(str))
    joined = keyed.merge(of_runs, left_on=["run_id", "_attempt"], right_on=["_key", "_attempt"], suffixes=("_try", ""))
    answer = _known_text(text(joined, "answer"))
    own = joined[[*_OF_RUN, "pool_id", "_epoch", "_run"]].assign(
        answer=answer,
        normalized=_known_text(text(joined, "normalized")).fillna(answer.map(normal_form, na_action="ignore")),
        submitted=numbers(joined, "submitted").fillna(0.0) > 0,
        success=numbers(joined, "success"),
        verifier=_known_text(text(joined, "verifier")),
        cost_usd=numbers(joined, "spent_usd"),
        tokens=numbers(joined, "spent_tokens"),
        budget_kind=None,
        budget_amount=np.nan,
        number=numbers(joined, "number"),
    )
    for name in ("verifier_score", "verifier_usd", "scorer_usd", "output_tokens", "verifier_tokens", "seconds"):
        own[name] = numbers(joined, name)
    return own


def _of_run(runs: pd.DataFrame) -> pd.DataFrame:
    """What a try has from its run, and the pool that it belongs to."""
    own = runs.assign(human_source=_known_text(text(runs, "human_source")))
    own["task_family"] = text(runs, "task_family").where(text(runs, "task_family") != "", runs["task_id"].astype(str))
    amount = own["budget_amount"].map(lambda value: "" if np.isnan(value) else f"{value:.12g}")
    parts = own[["model", "scaffold", "condition", "strategy", "budget_kind"]].assign(_amount=amount).astype(str)
    names = own["_task"].astype(str).str.cat(parts, sep="|")
    return own[list(_OF_RUN)].assign(pool_id=names, _epoch=own["_epoch"], _run=own["run_id"].astype(str))


def _ends(checkpoints: pd.DataFrame | None) -> pd.DataFrame:
    """Answer and verifier's score at the end of each run, by run and attempt; side branches do not count."""
    if checkpoints is None or checkpoints.empty:
        empty = pd.MultiIndex.from_arrays([[], []])
        return pd.DataFrame({"answer": pd.Series(dtype=object), "verifier_score": pd.Series(dtype=float)}, index=empty)
    steps = pd.DataFrame(
        {
            "run": checkpoints["run_id"].astype(str),
            "attempt": numbers(checkpoints, "attempt").fillna(1).astype(int),
            "answer": _known_text(text(checkpoints, "answer")),
            "verifier_score": numbers(checkpoints, "verifier_score"),
            "_rung": numbers(checkpoints, "rung_amount").fillna(np.inf),
            "_how": text(checkpoints, "how"),
        }
    )
    steps = steps[steps["_how"] != "fork"].sort_values("_rung", kind="stable")
    return steps.drop_duplicates(["run", "attempt"], keep="last").set_index(["run", "attempt"])


def _known_text(column: pd.Series[str]) -> pd.Series[str]:
    """The text, null where it is empty."""
    known = column.astype(object)
    return known.where(known.notna() & (known != ""), None)
