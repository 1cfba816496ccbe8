"""Amounts as people write them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_horizon.report import format_budget, format_interval, format_minutes, format_share, format_usd

if TYPE_CHECKING:
    from collections.abc import Callable

MINUTES = {"s": 1 / 60, "min": 1.0, "h": 60.0, "d": 1440.0, "y": 525_600.0}
MULTIPLES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}

times = st.floats(0, 1e12) | st.floats(1e-6, 1e5)
amounts = st.floats(0, 1e15) | st.floats(1e-6, 1e4)


def read_minutes(text: str) -> float:
    number, unit = text.split(" ")
    return float(number) * MINUTES[unit]


def read_multiple(text: str) -> float:
    match = re.fullmatch(r"\$?([0-9.,e+-]+)([kMGT]?)(?: .*)?", text)
    assert match, text
    return float(match[1].replace(",", "")) * MULTIPLES[match[2]]


def read_share(text: str) -> float:
    return float(text.removesuffix(" %")) / 100


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (0, "0 s"), (1 / 60, "1.0 s"), (0.7, "42 s"), (59.4 / 60, "59 s"), (59.9 / 60, "1.0 min"), (4.2, "4.2 min"),
        (59.4, "59 min"), (59.9, "1.0 h"), (90, "1.5 h"), (23.4 * 60, "23 h"), (1440, "1.0 d"), (361 * 1440, "360 d"),
        (525_600, "1.0 y"), (0.002 / 60, "0.002 s"), (1e-9, "6.0e-08 s"), (1e160, "1.9e+154 y"), (math.inf, "∞ min"),
    ],
)  # fmt: skip
def test_human_time_has_two_digits_in_its_largest_unit(minutes: float, text: str) -> None:
    assert format_minutes(minutes) == text


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ((2.9, 6.1), "2.9–6.1 min"), ((0.66, 1.2), "40 s–1.2 min"), ((None, 3.0), "…–3.0 min"),
        ((0.0, 3.0), "…–3.0 min"), ((60.0, None), "1.0 h–…"), ((None, None), "…–…"),
    ],
)  # fmt: skip
def test_an_interval_names_a_shared_unit_once_and_shows_ends_that_are_not_there(
    ends: tuple[float | None, float | None], text: str
) -> None:
    assert format_interval(*ends) == text


@pytest.mark.parametrize(
    ("usd", "text"),
    [
        (0, "$0"), (0.005, "$0.005"), (0.015625, "$0.0156"), (0.08, "$0.08"), (0.1, "$0.10"), (0.125, "$0.125"),
        (0.5, "$0.50"), (1, "$1"), (1.28, "$1.28"), (20.48, "$20.48"), (327.68, "$328"), (1234.5, "$1,234"),
        (2.5e6, "$2.5M"),
        (3e-6, "$3e-06"), (math.inf, "$∞"),
    ],
)  # fmt: skip
def test_dollars_keep_the_digits_that_tell_budgets_apart(usd: float, text: str) -> None:
    assert format_usd(usd) == text


@pytest.mark.parametrize(
    ("kind", "amount", "text"),
    [
        ("usd", 0.5, "$0.50"), ("tokens", 4000, "4k tokens"), ("output_tokens", 1_600_000, "1.6M output tokens"),
        ("tokens", 999.9, "1k tokens"), ("cost_ratio", 1 / 32, "3.12 %"), ("puzzles", 3, "3 puzzles"),
    ],
)  # fmt: skip
def test_each_kind_of_budget_has_its_own_words(kind: str, amount: float, text: str) -> None:
    assert format_budget(kind, amount) == text


def test_a_column_of_budgets_leaves_the_unit_to_its_head() -> None:
    assert format_budget("tokens", 4000, unit=False) == "4k"


@pytest.mark.parametrize(
    ("share", "text"), [(0.031, "3.1 %"), (0.04, "4.0 %"), (0.27, "27 %"), (1.8, "180 %"), (0, "0 %")]
)
def test_a_measured_ratio_has_two_digits(share: float, text: str) -> None:
    assert format_share(share) == text


@given(first=times, second=times)
def test_a_longer_time_never_reads_shorter(first: float, second: float) -> None:
    low, high = sorted((first, second))
    assert read_minutes(format_minutes(low)) <= read_minutes(format_minutes(high)) * (1 + 1e-9)


@given(minutes=st.floats(1e-6, 1e12))
def test_a_time_reads_as_itself_to_two_digits(minutes: float) -> None:
    """Two significant digits are within 5 % of the value, and what carries over to the next unit no further off."""
    assert read_minutes(format_minutes(minutes)) == pytest.approx(minutes, rel=0.0501)


@pytest.mark.parametrize(
    ("write", "read", "rel"),
    [
        (format_usd, read_multiple, 0.0051),
        (lambda amount: format_budget("tokens", amount), read_multiple, 0.0051),
        (lambda amount: format_budget("cost_ratio", amount), read_share, 0.0051),
        (format_share, read_share, 0.0501),
    ],
    ids=["usd", "tokens", "cost_ratio", "share"],
)
@given(first=amounts, second=amounts)
def test_amounts_read_as_themselves_and_a_larger_one_never_smaller(
    write: Callable[[float], str], read: Callable[[str], float], rel: float, first: float, second: float
) -> None:
    low, high = sorted((first, second))
    assert read(write(low)) <= read(write(high)) * (1 + 1e-9)
    assert read(write(high)) == pytest.approx(high, rel=rel, abs=1e-300)


@pytest.mark.parametrize(
    "write", [format_minutes, format_usd, format_share, lambda amount: format_budget("tokens", amount)]
)
@pytest.mark.parametrize("amount", [-1.0, math.nan])
def test_what_is_no_amount_is_refused(write: Callable[[float], str], amount: float) -> None:
    with pytest.raises(ValueError, match="must be 0 or above"):
        write(amount)


def test_operations_are_counted_beyond_the_trillions() -> None:
    assert format_budget("flops", 2.5e15) == "2.5P FLOP"
    assert format_budget("flops_generated", 1e18) == "1E FLOP generated"
    assert format_budget("seconds", 90) == "1.5 min"
    assert format_budget("weighted_tokens", 9000) == "9k weighted tokens"
