"""A study's dollars at other prices, from its calls: nothing is run again, and the study stays as it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from inspect_horizon.budgets.budget import IN_DOLLARS
from inspect_horizon.errors import DataError, PriceError
from inspect_horizon.runs.called import total
from inspect_horizon.runs.casting import conform
from inspect_horizon.runs.charging import Row, plain_rows, refuse_unsplit
from inspect_horizon.runs.recosting import Attempts, Recosting, is_costless, recost_checkpoints, recost_runs
from inspect_horizon.runs.schema import SCHEMA_VERSION
from inspect_horizon.runs.sources import fingerprint
from inspect_horizon.runs.store import read_runs, read_table, tables_in, write_tables
from inspect_horizon.runs.tries import retold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from inspect_horizon.budgets.comparing import Factors
    from inspect_horizon.budgets.prices import PriceBook

RECORD = "repriced.json"
TOLD = ('"notice": "start"', '"notice": "running"')


@dataclass(frozen=True, slots=True)
class RepricedModel:
    """One model's share of a study, before and after."""

    model: str
    calls: int
    old_usd: float | None
    """All that its calls were charged or may have been; None where a part is not known."""
    new_usd: float | None
    old_source: str | None
    new_source: str | None
    new_from: str | None
    """The day from which the new price holds; None where its table does not say."""
    least_factor: float | None
    """The smallest of new price over old price among its kinds of token; None where one of them is not known."""
    most_factor: float | None


@dataclass(frozen=True, slots=True)
class Repriced:
    """What repricing a study came to."""

    folder: Path
    runs: int
    calls: int
    models: tuple[RepricedModel, ...]
    notes: tuple[str, ...]
    """What the reader of the numbers should know, one sentence each."""


def reprice(
    path: Path | str,
    to: Path | str,
    *,
    new: PriceBook,
    old: PriceBook,
    at: datetime,
    files: Sequence[Path] = (),
    allow_unknown: bool = False,
) -> Repriced:
    """Write a study's tables with the dollars of other prices into a folder of their own.

    Calls are priced by their tokens; one that is charged at its bound, at its bound. Dollar budgets move with the
    prices, so that the frontier reads from the new tables what the runs can tell: see `recost_runs`.

    Args:
        path: A results folder with a calls table.
        to: The folder to write; it may hold an earlier repricing of the same study, which is replaced.
        new: The prices that are asked about.
        old: The prices that the study is booked at: the factors between the two tell how its budgets move.
        at: Now, for the record.
        files: The price files behind `new`, for the record.
        allow_unknown: Whether what cannot be priced becomes null instead of an error.

    Raises:
        DataError: The study has no calls, or the folder holds something else.
        PriceError: A model has no price, or what it was charged at is not known.
    """
    path, to = Path(path), Path(to)
    _claim(to, path)
    runs, calls = plain_rows(read_runs(path)), plain_rows(read_table(path, "calls"))
    refuse_unsplit(calls, path)
    recosting = Recosting.of(calls, {run["model"] for run in runs}, old, new)
    repriced = recosting.repriced()
    attempts = Attempts.of(calls, repriced)
    callless = [run for run in runs if (run["run_id"], run["attempt"]) not in attempts.old and not is_costless(run)]
    if not allow_unknown:
        _refuse_unknown(recosting, runs, callless)
    new_runs = recost_runs(runs, attempts, recosting.factors)
    steps = plain_rows(read_table(path, "checkpoints")) if "checkpoints" in tables_in(path) else []
    models = tuple(_model(name, recosting, repriced) for name in sorted({call["model"] for call in calls}))
    notes = _notes(runs, callless, models, recosting.factors, as_of=new.as_of is not None)
    record = {
        "schema_version": SCHEMA_VERSION,
        "study": str(path.resolve()),
        "repriced_at": at.isoformat(),
        "as_of": new.as_of.isoformat() if new.as_of else None,
        "price_files": {file.name: fingerprint(file) for file in files},
        "models": [asdict(model) for model in models],
        "notes": notes,
    }
    write_tables(
        to,
        {
            "runs": conform(pd.DataFrame(new_runs).astype(object), "runs"),
            "calls": conform(pd.DataFrame(repriced).astype(object), "calls"),
            "checkpoints": conform(
                pd.DataFrame(recost_checkpoints(steps, runs, new_runs, attempts)).astype(object), "checkpoints"
            ),
            **({"tries": retold(read_table(path, "tries"), repriced)} if "tries" in tables_in(path) else {}),
            **({"suites": read_table(path, "suites")} if "suites" in tables_in(path) else {}),
        },
        notes={RECORD: json.dumps(record, indent=2, ensure_ascii=False).encode() + b"\n"},
    )
    return Repriced(to, len(runs), len(calls), models, notes)


def _claim(to: Path, study: Path) -> None:
    """See that the folder is free, or holds an earlier repricing of this study."""
    if to.exists() and not to.is_dir():
        raise DataError(f"{to} is a file", fix="name a folder with --to")
    if not to.exists() or not any(to.iterdir()):
        return
    try:
        held = json.loads((to / RECORD).read_bytes())
    except (OSError, ValueError):
        held = None
    if not isinstance(held, dict) or held.get("study") != str(study.resolve()):
        raise DataError(
            f"{to} holds something else than an earlier repricing of {study}", fix="choose another place with --to"
        )


def _refuse_unknown(recosting: Recosting, runs: Sequence[Row], callless: Sequence[Row]) -> None:
    models = {call["model"] for call in recosting.calls if call["outcome"] != "rejected"}
    unpriced = sorted(model for model in models if recosting.new.find(model) is None)
    if unpriced:
        when = f" on {recosting.new.as_of}" if recosting.new.as_of else ""
        raise PriceError(
            f"the price of {', '.join(unpriced)}{when} is not known",
            fix="state it in a file in the format of budgets/prices.yaml and pass --prices FILE; or pass "
            "--allow-unknown, and its dollars become null",
        )
    if callless:
        raise DataError(
            f"{len(callless)} runs have a cost but no calls, such as {callless[0]['run_id']}",
            fix="pass --allow-unknown, and their dollars become null",
        )
    bounded = {run["model"] for run in runs if run["budget_kind"] in IN_DOLLARS}
    unsure = sorted(model for model in bounded if recosting.factors[model] is None)
    if unsure:
        source = next((call["price_source"] for call in recosting.calls if call["model"] == unsure[0]), None)
        raise PriceError(
            f"what {', '.join(unsure)} was charged at ({source or 'no price list'}) is not in the price book at hand, "
            "so dollar budgets cannot be moved",
            fix="pass the price file that the sweep was given as --old-prices FILE, or install the version that is "
            "named; with --allow-unknown dollar budgets become null",
        )


def _model(model: str, recosting: Recosting, repriced: Sequence[Row]) -> RepricedModel:
    pairs = [pair for pair in zip(recosting.calls, repriced, strict=True) if pair[0]["model"] == model]
    price, factors = recosting.new.find(model), recosting.factors[model]
    return RepricedModel(
        model=model,
        calls=len(pairs),
        old_usd=total(_charged(before) for before, _ in pairs),
        new_usd=total(_charged(after) for _, after in pairs),
        old_source=next((before["price_source"] for before, _ in pairs if before["price_source"]), None),
        new_source=None if price is None else price.source,
        new_from=price.as_of.isoformat() if price is not None and price.as_of else None,
        least_factor=None if factors is None else float(factors.least),
        most_factor=None if factors is None or factors.most is None else float(factors.most),
    )


def _charged(call: Row) -> float | None:
    usd: float | None = call["reserved_usd"] if call["outcome"] is None else call["cost_usd"]
    return usd


def _notes(
    runs: Sequence[Row],
    callless: Sequence[Row],
    models: Sequence[RepricedModel],
    factors: Mapping[str, Factors | None],
    *,
    as_of: bool,
) -> tuple[str, ...]:
    notes = []
    undated = [each.model for each in models if as_of and each.new_source and each.new_from is None]
    if undated:
        notes.append(f"the table that prices {', '.join(undated)} has no dates; it is taken for every day")
    uneven = sorted(model for model, each in factors.items() if each is not None and not each.uniform)
    bounded = [run for run in runs if run["budget_kind"] in IN_DOLLARS and run["model"] in uneven]
    if bounded:
        notes.append(
            f"the prices of {', '.join(uneven)} did not all change by one factor: each of their dollar budgets is now "
            "the largest up to which every run that it stopped is known"
        )
    if any(told in str(run["protocol"]) for run in bounded for told in TOLD):
        notes.append("agents that knew their budget might have acted otherwise at the new prices")
    unpriced = [each.model for each in models if each.new_usd is None]
    if unpriced:
        notes.append(f"some or all dollars of {', '.join(unpriced)} are not known")
    if callless:
        notes.append(f"{len(callless)} runs have no calls, so their dollars are not known any more")
    return tuple(notes)


def folder_beside(path: Path, label: str) -> Path:
    """Where a repricing of a study goes if nothing is said: beside it, under a name that tells the prices."""
    study = path if path.name not in ("", "..") else path.resolve()
    return study.with_name(f"{study.name}-{label}")
