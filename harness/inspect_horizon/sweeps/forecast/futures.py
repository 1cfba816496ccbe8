"""The future simulated: every missing run of a cell, many times over, under laws that may be true."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inspect_horizon.sweeps.forecast.evidence import MINUTES_CENTRE
from inspect_horizon.sweeps.forecast.law import LAWS
from inspect_horizon.sweeps.forecast.surface import CELL_MISFIT_SD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspect_horizon.sweeps.forecast.beliefs import Companion
    from inspect_horizon.sweeps.forecast.evidence import Evidence, Source, Unit
    from inspect_horizon.sweeps.forecast.law import FloatArray, Law
    from inspect_horizon.sweeps.forecast.surface import Surface
    from inspect_horizon.sweeps.plan import Cell

TIMES = 2
"""Futures simulated under each draw of the laws."""
FUTURES = LAWS * TIMES
BLOCK = 1 << 20
"""Simulated runs kept in memory at a time."""
LARGEST_LOG = 300.0
"""Of a number that can still be multiplied with others."""
FEWEST_FAILURES = 0.02
"""A failure counts for so much beforehand: with none among many none is expected."""
FAILED_SHARE = 0.5
"""Of a run's spend, by an attempt that fails, where it is not known."""


@dataclass(frozen=True, slots=True)
class Futures:
    """Simulated amounts, each of shape (FUTURES,)."""

    attempts: FloatArray
    tokens: FloatArray | None
    usd: FloatArray | None
    scoring: FloatArray | None
    failed: FloatArray | None


@dataclass(frozen=True, slots=True)
class Group:
    """The laws of the cells of one suite, model, strategy and condition, and what else is known of them."""

    unit: Unit
    source: Source
    spend: Law
    effects: Mapping[str, FloatArray]
    left: Law
    left_effects: Mapping[str, FloatArray]
    log_budget: float
    companions: Mapping[Companion, Surface | None]
    """Dollars or tokens, whatever is not the unit, per unit of spend."""
    bends: Mapping[str, FloatArray]
    """Of the laws beyond the human times that were seen."""
    usd_a_token: tuple[float, float]
    """The least and the most that a token can cost."""
    centre: float
    nearest: Evidence | None

    def simulate(self, cell: Cell, missing: list[str], rng: np.random.Generator) -> Futures:
        """What the missing runs of a cell take, in many futures; the same future is of the same laws in every cell."""
        tasks = {task.id: task for task in cell.tasks}
        totals = {name: np.zeros(FUTURES) for name in (self.unit, *self.companions)}
        for start in range(0, len(missing), BLOCK // FUTURES):
            some = missing[start : start + BLOCK // FUTURES]
            minutes = np.array([tasks[name].human_minutes for name in some])
            budgets = np.array([cell.budget.resolve(cell.human_cost_usd(tasks[name])).amount for name in some])
            spend = self._spend([f"{cell.suite.name}/{name}" for name in some], minutes, budgets, rng)
            totals[self.unit] += spend.sum(axis=1)
            for name, law in self.companions.items():
                if law is not None:
                    totals[name] += self._beside(name, law, spend, minutes, rng).sum(axis=1)
        known = {name: name == self.unit or self.companions[name] is not None for name in ("usd", "tokens")}
        return self._with_extras(
            len(missing), totals["tokens"] if known["tokens"] else None, totals["usd"] if known["usd"] else None, rng
        )

    def _spend(
        self, names: list[str], minutes: FloatArray, budgets: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        """What each run takes, in the unit of its budget, shape (FUTURES, runs)."""
        law, left = self.spend, self.left
        x = np.log(minutes / MINUTES_CENTRE)
        effects = np.stack([self.effects[name] for name in names], axis=1)
        beyond = x - np.clip(x, *law.seen)
        wanted = law.level[:, None] + law.slope[:, None] * x + effects + self.bends["spend"][:, None] * beyond
        wanted = np.exp(np.minimum(_many(wanted, law.run_sd, rng), LARGEST_LOG))
        rest = left.level[:, None] + left.slope[:, None] * (np.log(budgets) - self.log_budget)
        rest = (
            rest + np.stack([self.left_effects[name] for name in names], axis=1) + self.bends["left"][:, None] * beyond
        )
        usable = budgets * (1 - np.exp(np.minimum(_many(rest, left.run_sd, rng), math.log(0.99))))
        spend: FloatArray = np.maximum(np.minimum(wanted, usable), np.finfo(float).tiny)
        return spend

    def _beside(
        self, name: Companion, surface: Surface, spend: FloatArray, minutes: FloatArray, rng: np.random.Generator
    ) -> FloatArray:
        """The dollars or tokens of runs of which the spend is known, within what prices allow."""
        heights = surface.heights(np.log(spend) - self.centre, np.log(minutes / MINUTES_CENTRE), TIMES)
        heights += np.tile(surface.run_sd, TIMES)[:, None] * rng.standard_normal(spend.shape)
        heights = heights + CELL_MISFIT_SD * rng.standard_normal((FUTURES, 1))
        ratio = np.exp(np.minimum(heights, LARGEST_LOG))
        least, most = self.usd_a_token
        if self.unit == "usd":
            return np.clip(spend * ratio, spend / most, spend / least if least else math.inf)
        if self.unit == "tokens":
            return np.clip(spend * ratio, spend * least, spend * most)
        return spend * np.maximum(ratio, least if name == "usd" else 1.0)

    def _with_extras(
        self, runs: int, tokens: FloatArray | None, usd: FloatArray | None, rng: np.random.Generator
    ) -> Futures:
        """With the attempts that fail, and with the scoring."""
        if runs == 0:
            nothing = np.zeros(FUTURES)
            return Futures(nothing, tokens, usd, nothing, nothing)
        if self.nearest is None:
            return Futures(np.full(FUTURES, float(runs)), tokens, usd, None, None)
        failed, ended, share = self.nearest.failures()
        rate = rng.beta(failed + FEWEST_FAILURES, ended + 1, FUTURES)
        again = rng.negative_binomial(runs, 1 - rate) / runs
        scoring = _scoring(self.nearest.scoring(), runs, rng)
        lost = (FAILED_SHARE if share is None else share) * again
        tokens = None if tokens is None else tokens * (1 + lost)
        if usd is None:
            return Futures(runs * (1 + again), tokens, None, None, None)
        with_scoring = usd * (1 + lost) + (0.0 if scoring is None else scoring)
        return Futures(runs * (1 + again), tokens, with_scoring, scoring, usd * lost)


def _many(means: FloatArray, sd: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draws around each mean, each law's TIMES over."""
    again = np.tile(means, (TIMES, 1))
    return again + np.tile(sd, TIMES)[:, None] * rng.standard_normal(again.shape)


def _scoring(seen: FloatArray, runs: int, rng: np.random.Generator) -> FloatArray | None:
    """Dollars for the scoring of so many runs."""
    if len(seen) == 0:
        return None
    spread = seen.std(ddof=1) * math.sqrt(1 / len(seen) + 1 / runs) if len(seen) > 1 else seen.mean()
    futures: FloatArray = runs * np.maximum(seen.mean() + spread * rng.standard_normal(FUTURES), 0.0)
    return futures
