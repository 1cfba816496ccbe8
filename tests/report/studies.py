"""Frontiers to show: estimated from simulated runs, or put together point by point."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from frontier.simulated import Agent
from inspect_horizon.frontier import FLAGS, Configuration, Frontier, HorizonCurve, HorizonPoint, envelope, frontier

HOSTILE = (
    "\x1b[31mred\x1b[0m",
    "$x^2$ $\\frac{a}{b$",
    "_hidden\u202eevil",
    "[red]bold[/red]\nsecond",
    "名前\U000e0041😀",
)


@cache
def simulated(models: int = 3, *, bootstrap: int = 60) -> Frontier:
    """A frontier of so many models that rise and level off, run under the largest budget, at 60 dollars an hour."""
    runs = [
        Agent(plateau_minutes=8.0 * 1.3**number, usd_per_minute=0.01 * 1.2**number).runs(
            np.random.default_rng(number), tasks=96, ladder=True, model=f"acme/model-{number:02d}"
        )
        for number in range(models)
    ]
    amounts = [0.0125 * 4.0**rung for rung in range(6)]
    table = pd.concat(runs, ignore_index=True)
    return frontier(table, kind="usd", amounts=amounts, rng=np.random.default_rng(0), wage=60.0, bootstrap=bootstrap)


def point(
    budget: float, minutes: float | None, *flags: str, ends: tuple[float | None, float | None] = (None, None)
) -> HorizonPoint:
    """A point with 100 runs, 40 of them successes."""
    return HorizonPoint(budget, minutes, *ends, 1.5, None if minutes is None else 0.02, 100, 40, flags)


def made_of(*curves: tuple[HorizonPoint, ...], names: tuple[str, ...] = ()) -> Frontier:
    """A frontier of these curves over one grid, at 60 dollars an hour."""
    amounts = tuple(point.budget_amount for point in curves[0])
    built = tuple(
        HorizonCurve(
            Configuration(names[number] if names else f"model-{number}"), "curve", 1.5, None, None, points, 0.0
        )
        for number, points in enumerate(curves)
    )
    return Frontier("usd", amounts, 0.5, "curve", 0.95, built, envelope(built), 60.0, amounts, {})


def renamed(shown: Frontier, names: tuple[str, ...]) -> Frontier:
    """The same curves under other models' names."""
    curves = tuple(
        replace(curve, configuration=Configuration(name)) for curve, name in zip(shown.curves, names, strict=True)
    )
    return replace(shown, curves=curves, envelope=envelope(curves))


_minutes = st.none() | st.floats(0, 1e4) | st.sampled_from([0.0, 1e-150, 1e-9, 1e12, 1e160])
_points = st.builds(
    HorizonPoint,
    st.just(0.0),
    _minutes,
    _minutes,
    _minutes,
    st.none() | st.floats(0.1, 9),
    st.none() | st.floats(0, 1e6),
    st.integers(0, 99_999),
    st.integers(0, 99_999),
    st.lists(st.sampled_from(sorted(FLAGS)), unique=True).map(tuple),
)


@st.composite
def frontiers(draw: st.DrawFn) -> Frontier:
    """Any frontier, named by anything."""
    amounts = sorted(draw(st.sets(st.floats(1e-4, 1e5), min_size=1, max_size=5)))
    texts = st.text(max_size=60)
    configurations = draw(st.sets(st.builds(Configuration, texts, texts, texts, texts), min_size=1, max_size=4))
    curves = tuple(
        HorizonCurve(
            own, "curve", draw(st.none() | st.floats(0.1, 9)), None, None,
            tuple(replace(draw(_points), budget_amount=amount) for amount in amounts), 0.0,
        )
        for own in sorted(configurations)
    )  # fmt: skip
    kind = draw(st.sampled_from(["usd", "tokens", "output_tokens", "cost_ratio"]))
    line = tuple(amounts) if kind == "usd" else None
    left_out = draw(st.dictionaries(texts, st.integers(1, 999), max_size=3))
    return Frontier(kind, tuple(amounts), 0.5, "curve", 0.95, curves, envelope(curves), 60.0, line, left_out)
