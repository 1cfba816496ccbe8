"""Budgets, usages and prices of every shape, for tests that hold for all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from inspect_horizon.budgets import KINDS, Budget, Usage
from inspect_horizon.budgets.prices import KINDS_OF_TOKEN, MILLION, Price, Rates, Tariff
from inspect_horizon.budgets.usage import PARTS

AMOUNTS = st.floats(1e-6, 1e9, allow_nan=False, allow_infinity=False)
BUDGETS = st.builds(Budget, AMOUNTS, st.sampled_from(KINDS))
COUNTS = st.integers(0, 2_000_000)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Any usage that can be true."""
    counts = {whole: draw(COUNTS) for whole in PARTS}
    for whole, parts in PARTS.items():
        left = counts[whole]
        for part in parts:
            counts[part] = draw(st.integers(0, left))
            left -= counts[part]
    return Usage(**counts)


def _rates() -> st.SearchStrategy[Rates]:
    usd = st.floats(0, 1000 / MILLION)
    return st.builds(Rates, **dict.fromkeys(KINDS_OF_TOKEN, usd))


@st.composite
def prices(draw: st.DrawFn, *, steps: int = 2) -> Price:
    """Any price; what a long prompt costs need not be more."""
    standard, flex = draw(_tariffs(steps)), draw(_tariffs(steps))
    return Price("some/model", "made up", standard.base, standard.steps, {"flex": flex})


@st.composite
def _tariffs(draw: st.DrawFn, steps: int) -> Tariff:
    above = sorted(draw(st.sets(st.integers(1, 3_000_000), max_size=steps)))
    return Tariff(draw(_rates()), tuple((limit, draw(_rates())) for limit in above))
