"""Dollars in words: never a zero that is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_horizon.budgets.dollars import DUST_USD, usd_text


@pytest.mark.parametrize(
    ("usd", "decimals", "text"),
    [
        (0.5, 4, "0.5000"),
        (0.5, 2, "0.50"),
        (0.0123, 2, "0.0123"),
        (0.00123, 4, "0.00123"),
        (4.2e-8, 4, "0.0000000420"),
        (1234.5, 2, "1,234.50"),
        (0.0, 4, "0.0000"),
        (0.3 - 0.1 - 0.2, 4, "0.0000"),
    ],
)
def test_an_amount_has_its_decimals_or_as_many_as_it_needs(usd: float, decimals: int, text: str) -> None:
    assert usd_text(usd, decimals) == text


@given(st.floats(DUST_USD, 1e9), st.integers(2, 6))
def test_a_text_is_within_half_a_percent_of_its_amount(usd: float, decimals: int) -> None:
    assert float(usd_text(usd, decimals).replace(",", "")) == pytest.approx(usd, rel=0.00501)
