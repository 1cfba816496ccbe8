"""Token counts of a call, and of many."""

from __future__ import annotations

import pytest
from hypothesis import given

from inspect_horizon.budgets import Usage
from support.values import usages


def test_no_token_is_counted_twice() -> None:
    """Reasoning is part of the output; cached prompts are not part of the input."""
    usage = Usage(input_tokens=10, cache_read_tokens=20, cache_write_tokens=30, output_tokens=5, reasoning_tokens=4)
    assert usage.prompt_tokens == 60
    assert usage.total_tokens == 65


@given(usages(), usages(), usages())
def test_usages_add_up_in_any_order(one: Usage, two: Usage, three: Usage) -> None:
    assert (one + two) + three == one + (three + two)
    assert (one + two).total_tokens == one.total_tokens + two.total_tokens
    assert one + Usage() == one


@pytest.mark.parametrize(
    "counts", [{"input_tokens": -1}, {"cache_read_tokens": -1}, {"cache_write_tokens": -5}, {"output_tokens": -1}]
)
def test_a_count_below_zero_is_refused(counts: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="cannot be below 0"):
        Usage(**counts)


def test_more_reasoning_than_output_is_refused() -> None:
    with pytest.raises(ValueError, match="6 reasoning tokens exceed 5 output tokens"):
        Usage(output_tokens=5, reasoning_tokens=6)
