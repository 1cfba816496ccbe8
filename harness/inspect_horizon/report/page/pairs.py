"""What lies between any two configurations, worked out beforehand, since a page cannot."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from inspect_horizon.errors import HorizonError
from inspect_horizon.frontier.decomposition import Table, decompose
from inspect_horizon.frontier.table import CONFIGURATION, text
from inspect_horizon.report.plain import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from inspect_horizon.frontier import Configuration
    from inspect_horizon.report.page.options import PageOptions

MOST_CONFIGURATIONS = 6
"""Thirty ordered pairs, about a second each."""


def decompositions(
    runs: pd.DataFrame,
    checkpoints: pd.DataFrame | None,
    configurations: Sequence[Configuration],
    places: Sequence[int],
    options: PageOptions,
    *,
    say: Callable[[str], None],
) -> list[dict[str, Any]]:
    """`decompose` for every ordered pair, named by their places; one that fails says why under `complaint`.

    Args:
        runs: The runs table.
        checkpoints: What runs' answers were worth on the way, if there is such a table.
        configurations: All, in the order in which the page numbers them.
        places: Which of them to compare.
        options: How horizons are estimated.
        say: Told how far it is.
    """
    tables = {place: _own(runs, checkpoints, configurations[place]) for place in places}
    pairs = list(permutations(places, 2))
    found = []
    for number, (one, other) in enumerate(pairs):
        say(f"comparing configurations: {number + 1} of {len(pairs)}")
        found.append({"from": one, "to": other, **_compared(tables[one], tables[other], options)})
    return found


def _compared(before: Table, after: Table, options: PageOptions) -> dict[str, Any]:
    try:
        told = decompose(
            before,
            after,
            wage=options.wage,
            cap=options.cap.amount if options.cap is not None and options.cap.kind == "usd" else None,
            bootstrap=options.bootstrap,
            rng=np.random.default_rng(options.seed),
        )
    except HorizonError as problem:
        return {"complaint": str(problem).partition("\n")[0]}
    return {"complaint": None, "found": plain(told)}


def _own(runs: pd.DataFrame, checkpoints: pd.DataFrame | None, configuration: Configuration) -> Table:
    same = np.ones(len(runs), dtype=np.bool_)
    for column in CONFIGURATION:
        same &= (text(runs, column).astype(str) == getattr(configuration, column)).to_numpy(dtype=bool)
    own = runs[same]
    return Table(own, None if checkpoints is None else checkpoints[checkpoints["run_id"].isin(own["run_id"])])
