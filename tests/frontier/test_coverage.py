"""How often intervals hold the truth, and how wide they are beside the best that a known spread allows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from frontier.simulated import MetrLike
from inspect_horizon.frontier import frontier

if TYPE_CHECKING:
    from inspect_horizon.frontier.bootstrap import Resample

WELL_SPECIFIED = [MetrLike(0.8, 12.1, 6), MetrLike(0.8, 12.1), MetrLike(0.5, 12.1, 6), MetrLike(0.5, 12.1)]
WELL_SPECIFIED += [MetrLike(0.5, 2.1, 6), MetrLike(0.5, 2.1)]
WITH_EFFECTS = [
    MetrLike(slope, hours, runs, task_sd=1.5, family_sd=0.7, families=families)
    for slope, hours, runs, families in [
        (0.8, 12.1, 6, None), (0.5, 12.1, 1, None), (0.5, 2.1, 6, None),
        (0.8, 12.1, 6, 40), (0.8, 2.1, 6, 12), (0.8, 2.1, 1, 20),
    ]
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coverage:
    inside: float
    """Share of the studies whose interval holds the truth."""
    width: float
    """Median width over that of the point plus and minus 1.96 of its true standard deviations."""


def coverage(truth: MetrLike, studies: int, *, resample: Resample | None = None, bootstrap: int = 1000) -> Coverage:
    rng = np.random.default_rng(11)
    inside, width, points = [], [], []
    for _ in range(studies):
        result = frontier(truth.table(rng), kind="usd", amounts=[1.0], rng=rng, bootstrap=bootstrap, resample=resample)
        (point,) = result.curves[0].points
        low, high = (math.log2(end) if end else math.nan for end in (point.ci_low, point.ci_high))
        inside.append(not (low > math.log2(60 * truth.hours) or high < math.log2(60 * truth.hours)))
        width.append(high - low)
        points.append(math.log2(point.horizon_minutes or math.nan))
    return Coverage(float(np.mean(inside)), float(np.nanmedian(width) / (2 * 1.96 * np.nanstd(points))))


@pytest.mark.parametrize("truth", [WELL_SPECIFIED[0], WITH_EFFECTS[0]])
def test_intervals_hold_the_truth_in_forty_studies(truth: MetrLike) -> None:
    """Of 40 with a chance of 95 %, fewer than 33 happen once in ten thousand times."""
    assert coverage(truth, 40, bootstrap=400).inside >= 33 / 40


@pytest.mark.soak
@pytest.mark.parametrize("truth", WELL_SPECIFIED + WITH_EFFECTS)
def test_intervals_hold_the_truth_in_a_thousand_studies(truth: MetrLike) -> None:
    """Run with -s for the figures of docs/method.md."""
    found = coverage(truth, 1000)
    print(f"\n{truth}: {found.inside:.3f}, width {found.width:.2f}")
    assert 0.93 <= found.inside <= 0.98


@pytest.mark.soak
@pytest.mark.parametrize("resample", ["full", "family-task", "task"])
@pytest.mark.parametrize("truth", [WELL_SPECIFIED[0], WELL_SPECIFIED[3], WITH_EFFECTS[0]])
def test_other_ways_of_drawing_are_wide_or_narrow(truth: MetrLike, resample: Resample) -> None:
    """Drawing tasks and runs within families counts their noise more than once; tasks alone leave families out."""
    found = coverage(truth, 1000, resample=resample)
    print(f"\n{resample} {truth}: {found.inside:.3f}, width {found.width:.2f}")
    assert found.inside >= (0.85 if resample == "task" else 0.93)
