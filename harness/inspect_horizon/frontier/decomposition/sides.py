"""Both sides of a comparison as curves over one study, estimated from the same draws of families and tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from inspect_horizon.errors import UsageError
from inspect_horizon.frontier.observations import Configuration
from inspect_horizon.frontier.shape.line import line_of
from inspect_horizon.frontier.shape.ratio import log_ratios
from inspect_horizon.frontier.table import CONFIGURATION, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspect_horizon.frontier.arrays import BoolArray, FloatArray, IntArray
    from inspect_horizon.frontier.results import Frontier, HorizonCurve
    from inspect_horizon.frontier.shape.line import Line

_WINDOW_DOUBLINGS = 0.5
"""On either side of a crossing, for the slope there."""


@dataclass(frozen=True, slots=True)
class Side:
    """One curve of the comparison between its budgets, in the curve as run and in every replicate."""

    curve: HorizonCurve
    line: Line
    log_ratios: FloatArray
    """log2 of the share of the human cost along the line, shape (1 + R, X)."""

    @property
    def reach(self) -> tuple[float, float]:
        """log2 of the smallest and the largest share of the human cost that the curve as run was tried at."""
        known = self.log_ratios[0][np.isfinite(self.log_ratios[0])]
        return float(known.min()), float(self.log_ratios[0, -1])

    def horizon_at(self, log_budget: float) -> FloatArray:
        """log2 minutes at a budget within the line, shape (1 + R,)."""
        places, rows = self.line.log_budgets, self.line.doublings
        after = int(np.clip(np.searchsorted(places, log_budget), 1, len(places) - 1))
        part = (log_budget - places[after - 1]) / (places[after] - places[after - 1])
        return _mixed(rows[:, after - 1], rows[:, after], np.full(len(rows), part))

    def at_share(self, log_share: FloatArray) -> FloatArray:
        """log2 minutes of the longest horizon within a share each row, -inf where none is, shape (1 + R,).

        The line is straight between its points, so that a curve read at its own share gives its own horizon exactly.
        """
        rows, last = np.arange(len(self.log_ratios)), self.log_ratios.shape[1] - 1
        place = self._last_within(log_share)
        after = np.minimum(place + 1, last)
        low, high = self.log_ratios[rows, place], self.log_ratios[rows, after]
        with np.errstate(invalid="ignore"):
            rise = np.where(np.isfinite(low) & np.isfinite(high), high - low, 0.0)
            part = np.where(rise > 0, (log_share - low) / np.where(rise > 0, rise, 1.0), 0.0)
        found = _mixed(self.line.doublings[rows, place], self.line.doublings[rows, after], np.clip(part, 0.0, 1.0))
        return np.where(self._within(log_share).any(axis=1), found, -np.inf)

    def slope_at(self, log_share: FloatArray) -> FloatArray:
        """Doublings of the horizon per doubling of the budget around the crossing with a share, shape (1 + R,)."""
        rows, places = np.arange(len(self.log_ratios)), self.line.log_budgets
        at = places[self._last_within(log_share)]
        low, high = (np.clip(np.searchsorted(places, at + way), 0, len(places) - 1) for way in _AROUND)
        with np.errstate(invalid="ignore"):
            rise = self.line.doublings[rows, high] - self.line.doublings[rows, low]
        return np.asarray(rise / (places[high] - places[low]))

    def _within(self, log_share: FloatArray) -> BoolArray:
        return np.asarray(self.log_ratios <= log_share[:, None] + 1e-12, dtype=np.bool_)

    def _last_within(self, log_share: FloatArray) -> IntArray:
        within = self._within(log_share)
        last = within.shape[1] - 1 - within[:, ::-1].argmax(axis=1)
        return np.where(within.any(axis=1), last, 0).astype(np.int64)


_AROUND = (-_WINDOW_DOUBLINGS, _WINDOW_DOUBLINGS)


@dataclass(frozen=True, slots=True)
class Table:
    """The runs of one configuration, with their checkpoints."""

    runs: pd.DataFrame
    checkpoints: pd.DataFrame | None = None

    @classmethod
    def of(cls, side: Table | pd.DataFrame) -> Table:
        """A side as it was given, or runs without checkpoints as one."""
        return cls(side) if isinstance(side, pd.DataFrame) else side

    @property
    def configuration(self) -> Configuration:
        """What the runs are of.

        Raises:
            UsageError: They are of several configurations, which are never pooled.
        """
        columns = pd.DataFrame({name: text(self.runs, name).astype(str) for name in CONFIGURATION})
        found = sorted(columns.drop_duplicates().itertuples(index=False, name=None))
        if len(found) != 1:
            raise UsageError(
                f"the runs are of {len(found)} configurations, which are never pooled",
                fix="choose one model, scaffold, strategy and condition a side",
            )
        return Configuration(*found[0])


def combined(tables: Mapping[str, Table]) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """One table of runs and one of checkpoints in which each side is a configuration of its own, by its name."""
    runs = pd.concat([_renamed(table.runs, name) for name, table in tables.items()], ignore_index=True)
    steps = [
        table.checkpoints.assign(run_id=name + "/" + table.checkpoints["run_id"].astype(str))
        for name, table in tables.items()
        if table.checkpoints is not None and not table.checkpoints.empty
    ]
    return runs, pd.concat(steps, ignore_index=True) if steps else None


def sides_of(result: Frontier) -> dict[str, Side]:
    """Each side by its name, but for those whose curve has too few budgets to be read between them."""
    wage = result.wage_usd_per_hour
    sides: dict[str, Side] = {}
    for curve in result.curves:
        line = line_of(curve)
        if line is not None and wage is not None:
            sides[curve.configuration.model] = Side(curve, line, log_ratios(line, wage))
    return sides


def _renamed(runs: pd.DataFrame, side: str) -> pd.DataFrame:
    identity = runs["run_id"].astype(str) if "run_id" in runs.columns else pd.Series(runs.index.astype(str), runs.index)
    return runs.assign(model=side, scaffold="", strategy="", condition="", run_id=side + "/" + identity)


def _mixed(low: FloatArray, high: FloatArray, part: FloatArray) -> FloatArray:
    """Between two values, the nearer of them where one is infinite."""
    finite = np.isfinite(low) & np.isfinite(high)
    with np.errstate(invalid="ignore"):
        between = low + part * (high - low)
    return np.where(finite, between, np.where(part < 1, low, high))
