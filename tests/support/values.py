"""Budgets, usages and prices of every shape, for tests that hold for all of them."""

from __future__ import annotations

from hypothesis import strategies as st

from inspect_horizon.budgets import KINDS, Budget, Usage
from inspect_horizon.budgets.prices import MILLION, Price, Rates

AMOUNTS = st.floats(1e-6, 1e9, allow_nan=False, allow_infinity=False)
BUDGETS = st.builds(Budget, AMOUNTS, st.sampled_from(KINDS))
COUNTS = st.integers(0, 2_000_000)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Any usage that can be true."""
    output = draw(COUNTS)
    return Usage(draw(COUNTS), draw(COUNTS), draw(COUNTS), output, draw(st.integers(0, output)))


def _rates() -> st.SearchStrategy[Rates]:
    usd = st.floats(0, 1000 / MILLION)
    return st.builds(Rates, input=usd, output=usd, cache_read=usd, cache_write=usd, reasoning=usd)


@st.composite
def prices(draw: st.DrawFn, *, steps: int = 2) -> Price:
    """Any price; what a long prompt costs need not be more."""
    above = sorted(draw(st.sets(st.integers(1, 3_000_000), max_size=steps)))
    return Price("some/model", "made up", draw(_rates()), tuple((limit, draw(_rates())) for limit in above))
