"""What earlier runs teach of each group of cells, nearest runs first, on top of what is believed without any."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from inspect_horizon.sweeps.forecast.beliefs import (
    LEFT,
    OTHER_MODEL,
    OTHER_SUITE,
    blend,
    companion_belief,
    spend_belief,
    usd_a_token,
)
from inspect_horizon.sweeps.forecast.evidence import Evidence
from inspect_horizon.sweeps.forecast.futures import Group
from inspect_horizon.sweeps.forecast.law import LAWS, believe, learn
from inspect_horizon.sweeps.forecast.surface import SurfaceBelief, learn_surface

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from inspect_horizon.budgets.prices import Price, PriceBook
    from inspect_horizon.sweeps.forecast.beliefs import Companion
    from inspect_horizon.sweeps.forecast.evidence import Source
    from inspect_horizon.sweeps.forecast.law import Belief, Law, Observed
    from inspect_horizon.sweeps.forecast.surface import Surface
    from inspect_horizon.sweeps.plan import Cell, Plan

ENOUGH = 30
"""Runs that ended by themselves, from which on a group needs no other to learn from."""
MOST_ROWS = 400
"""Runs a law is learned from: more make it slower and hardly surer."""
ALL_ROWS = 20_000
"""The same for all laws of one kind together."""
FEWEST_ROWS = 50
BEND_SD = {"spend": 0.15, "left": 0.3}
"""By how much slopes over human time may change beyond the lengths that were seen."""


class Teacher:
    """Learns the laws of each group of cells once."""

    def __init__(self, plan: Plan, evidence: Evidence, prices: PriceBook, rng: np.random.Generator) -> None:
        self._evidence, self._prices, self._rng = evidence, prices, rng
        self._groups: dict[tuple[str, ...], Group] = {}
        names = {_group_name(cell) for cell in plan.cells}
        self._most_rows = min(MOST_ROWS, max(ALL_ROWS // len(names), FEWEST_ROWS))
        self._common = {name: rng.standard_normal((LAWS, 2)) for name in ("spend", "left", "usd", "tokens")}
        budgets = [cell.budget.resolve(cell.human_cost_usd(task)).amount for cell in plan.cells for task in cell.tasks]
        self._log_budget = float(np.log(budgets).mean())

    def group(self, cell: Cell) -> Group:
        """The laws for a cell: those of every cell of its suite, model, strategy and condition."""
        name = _group_name(cell)
        if name not in self._groups:
            self._groups[name] = self._learned(cell)
        return self._groups[name]

    def _learned(self, cell: Cell) -> Group:
        price, unit = self._prices.find(cell.model), self._evidence.unit
        near = self._evidence.near(cell)
        if "others" in near:
            near["others"] = near["others"].scaled(self._price_ratios(near["others"], price))
        spent = self._evidence.log_spend()
        centre = self._log_budget if spent is None else spent
        spend = self._law("spend", near, spend_belief(unit, price), Evidence.spend)
        left = self._law("left", near, LEFT, lambda part: part.left_over(self._log_budget))
        others: tuple[Companion, ...] = ("usd", "tokens")
        companions = {name: self._companion(name, near, price, centre) for name in others if name != unit}
        nearest = next(iter(near.values()), None)
        source: Source = next((name for name, part in near.items() if len(part.spend().x)), "none")
        names = [f"{cell.suite.name}/{task.id}" for task in cell.suite.tasks]
        return Group(
            unit=unit,
            source=source,
            spend=spend,
            effects=dict(zip(names, spend.task_effects(names, self._rng).T, strict=True)),
            left=left,
            left_effects=dict(zip(names, left.task_effects(names, self._rng).T, strict=True)),
            log_budget=self._log_budget,
            companions=companions,
            bends={name: sd * self._rng.standard_normal(LAWS) for name, sd in BEND_SD.items()},
            usd_a_token=usd_a_token(price),
            centre=centre,
            nearest=nearest,
        )

    def _price_ratios(self, others: Evidence, price: Price | None) -> pd.Series[float]:
        """How much dearer this model is than the one of each run, NaN where either price is not known."""
        known = {name: self._prices.find(name) for name in others.rows["model"].unique()}
        ratios = {
            name: blend(price) / blend(other) if price is not None and other is not None else math.nan
            for name, other in known.items()
        }
        return others.rows["model"].map(ratios).astype(float)

    def _companion(
        self, name: Companion, near: Mapping[Source, Evidence], price: Price | None, centre: float
    ) -> Surface | None:
        """Another quantity per unit of spend, learned as a law is; None for dollars of which nothing is known."""
        belief, surface = companion_belief(name, self._evidence.unit, price), None
        for source in reversed(list(near)):
            seen = near[source].companion(name, centre)
            if seen is not None:
                held = belief or SurfaceBelief.level(float(seen.height.mean()), 3.0)
                surface, belief = learn_surface(held, seen, self._common[name][:, 0], self._rng)
                if source != "same":
                    surface, belief = None, belief.elsewhere((OTHER_SUITE if source == "model" else OTHER_MODEL)[0])
        if surface is None and belief is not None:
            surface, _ = learn_surface(belief, None, self._common[name][:, 0], self._rng)
        return surface

    def _law(
        self,
        kind: str,
        near: Mapping[Source, Evidence],
        belief: Belief,
        seen_in: Callable[[Evidence], Observed],
    ) -> Law:
        """A law learned from the farthest evidence first, each step the belief of the next; the nearest counts most."""
        law = None
        for source in _steps(near, seen_in):
            seen = seen_in(near[source]).drawn(self._most_rows, self._rng)
            if len(seen.x) == 0:
                continue
            law = learn(belief, seen, self._rng)
            belief = law.belief()
            if source != "same":
                belief, law = belief.elsewhere(*(OTHER_SUITE if source == "model" else OTHER_MODEL)), None
        return law or believe(belief, self._common[kind], self._rng)


def _group_name(cell: Cell) -> tuple[str, ...]:
    return cell.suite.name, cell.model, cell.strategy, cell.condition


def _steps(near: Mapping[Source, Evidence], seen_in: Callable[[Evidence], Observed]) -> list[Source]:
    """Which evidence to learn from, farthest first: only the nearest where it shows enough."""
    order: list[Source] = list(near)
    for place, source in enumerate(order):
        if (~seen_in(near[source]).cut).sum() >= ENOUGH:
            return order[place::-1]
    return order[::-1]
