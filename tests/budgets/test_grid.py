"""Grids as people write them: ranges, lists, names and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_horizon.budgets import KINDS, Grid, built_in_grids
from inspect_horizon.errors import ConfigError, UsageError
from support.values import AMOUNTS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("usd:0.01..10:x10", (0.01, 0.1, 1.0, 10.0)),
        ("usd:0.01..0.09:x2", (0.01, 0.02, 0.04, 0.08)),
        ("tokens:1k,4k,16k", (1000, 4000, 16_000)),
        ("tokens:16k,1k,4k,4k", (1000, 4000, 16_000)),
        ("cost_ratio:1/256..1:x4", (1 / 256, 1 / 64, 1 / 16, 1 / 4, 1.0)),
        ("usd:5", (5.0,)),
        ("usd:3..3:x2", (3.0,)),
    ],
)
def test_a_grid_is_read_as_it_is_meant(text: str, amounts: tuple[float, ...]) -> None:
    assert Grid.parse(text).amounts == pytest.approx(amounts, rel=1e-11)


def test_the_last_rung_of_a_range_is_not_lost_to_rounding() -> None:
    """0.1 × 10^(1/3) six times over is 10 only up to rounding."""
    assert Grid.parse("usd:0.1..10:x2.15443469003").amounts[-1] == pytest.approx(10.0)


@given(
    kind=st.sampled_from(KINDS),
    low=AMOUNTS,
    factor=st.floats(1.05, 16),
    rungs=st.integers(1, 60),
)
def test_a_range_is_log_spaced_and_stays_within_its_ends(kind: str, low: float, factor: float, rungs: int) -> None:
    high = low * factor ** (rungs - 1)
    grid = Grid.parse(f"{kind}:{low!r}..{high!r}:x{factor!r}")
    assert len(grid.amounts) == rungs
    assert grid.amounts[0] == pytest.approx(low)
    assert grid.amounts[-1] <= high * (1 + 1e-9)
    for one, next_one in zip(grid.amounts, grid.amounts[1:], strict=False):
        assert next_one / one == pytest.approx(factor)


@given(kind=st.sampled_from(KINDS), amounts=st.sets(st.integers(1, 10**9), min_size=1, max_size=12))
def test_a_grid_reads_what_it_writes(kind: str, amounts: set[int]) -> None:
    grid = Grid.parse(f"{kind}:{','.join(map(str, amounts))}")
    assert Grid.parse(str(grid)) == grid
    assert grid.amounts == tuple(sorted(amounts))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("usd:", "holds no budget"),
        ("usd:,", "holds no budget"),
        ("usd:1..10", "has no factor"),
        ("usd:1..10:2", "has no factor"),
        ("usd:10..1:x2", "does not rise"),
        ("usd:1..10:x1", "does not rise"),
        ("usd:1..10:x0.5", "does not rise"),
        ("usd:1..1e9:x1.0001", "rungs at most"),
        ("usd:1,-2", "not an amount above 0"),
        ("usd:1..", "not an amount above 0"),
        ("euro:1", "does not start with one of"),
        ("dmeo", "did you mean demo"),
    ],
)
def test_nonsense_is_refused_with_a_way_out(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        Grid.parse(text)
    assert "fix: " in str(caught.value)


@pytest.mark.parametrize("name", sorted(built_in_grids()))
def test_every_built_in_grid_can_be_read(name: str) -> None:
    assert len(Grid.parse(name).amounts) >= 3


def test_a_file_holds_a_range_or_a_list(tmp_path: Path) -> None:
    ranged, listed = tmp_path / "ranged.yaml", tmp_path / "listed.yml"
    ranged.write_text("grid: usd:1..4:x2\n")
    listed.write_text("kind: usd\namounts: [1, 2, 4.0]\n")
    assert Grid.parse(str(ranged)) == Grid.parse(str(listed)) == Grid.parse("usd:1,2,4")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("grid: usd:1\namounts: [1]\nkind: usd\n", "either `grid` or `amounts`"),
        ("description: nothing\n", "either `grid` or `amounts`"),
        ("kind: euros\namounts: [1]\n", "'euros' is unknown"),
        ("kind: usd\namounts: []\n", "holds no budget"),
        ("grid: usd:9..1:x2\n", "does not rise"),
        ("gird: usd:1\n", "gird"),
        ("grid: [\n", "grid.yaml"),
    ],
)
def test_a_wrong_file_is_refused_by_its_name(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "grid.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said) as caught:
        Grid.parse(str(path))
    assert str(path) in str(caught.value)
    assert "fix: " in str(caught.value)


@pytest.mark.parametrize("amounts", [(), (2.0, 1.0), (1.0, 1.0), (-1.0, 1.0)])
def test_a_grid_rises(amounts: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"at least one|must rise|above 0"):
        Grid("usd", amounts)
