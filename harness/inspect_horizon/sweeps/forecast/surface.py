"""Dollars per token, or tokens per dollar, as a smooth surface over a run's spend and its task's human time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inspect_horizon.sweeps.forecast.law import LAWS

if TYPE_CHECKING:
    from inspect_horizon.sweeps.forecast.law import FloatArray

TERMS = 6
"""Level, two slopes, and three of curvature."""
SLOPE_SD, CURVE_SD = 0.3, 0.1
"""How far slopes and curvature are believed to be from none."""
RUN_SD = 0.4
"""Guess of how much runs differ, that counts for as many runs as follow."""
RUN_WEIGHT = 4.0
BEND_SD = (0.5, 0.2)
"""By how much the slopes may change beyond what was seen, of spend and of human time: long runs read more again."""
MISFIT_SD, CELL_MISFIT_SD = 0.08, 0.05
"""By how much true surfaces differ from smooth ones: all alike in a sweep, and each cell by itself."""


@dataclass(frozen=True, slots=True)
class SurfaceBelief:
    """What is held of a surface beforehand."""

    mean: FloatArray
    """Of its terms, shape (TERMS,)."""
    covariance: FloatArray
    run_sd: float = RUN_SD

    @classmethod
    def level(cls, level: float, level_sd: float) -> SurfaceBelief:
        """About so high, and nearly flat."""
        sds = np.array([level_sd, SLOPE_SD, SLOPE_SD, CURVE_SD, CURVE_SD, CURVE_SD])
        return cls(np.array([level, *np.zeros(TERMS - 1)]), np.diag(sds**2))

    def elsewhere(self, level_sd: float) -> SurfaceBelief:
        """The belief about a like group whose level may differ by so much, and its slopes by less."""
        sds = np.array([level_sd, 0.3 * level_sd, 0.3 * level_sd, *[0.1 * level_sd] * 3])
        return SurfaceBelief(self.mean, self.covariance + np.diag(sds**2), self.run_sd)


@dataclass(frozen=True, slots=True)
class Spots:
    """Runs on a surface."""

    at: FloatArray
    """Logarithms of spend and human minutes less their centres, shape (n, 2)."""
    height: FloatArray
    """Logarithm of the ratio, shape (n,)."""
    tasks: int
    """How many tasks they are of: no more runs than that are independent."""


@dataclass(frozen=True, slots=True)
class Surface:
    """Draws of a surface."""

    terms: FloatArray
    """Shape (LAWS, TERMS)."""
    run_sd: FloatArray
    """Shape (LAWS,)."""
    bend: FloatArray
    """Shape (LAWS, 2)."""
    least: FloatArray
    """Shape (2,): from here to `most` runs were seen."""
    most: FloatArray

    def heights(self, log_spend: FloatArray, log_minutes: FloatArray, times: int) -> FloatArray:
        """Logarithm of the ratio at each run of each future, without what runs differ by.

        Args:
            log_spend: Less its centre, shape (futures, runs).
            log_minutes: Less its centre, shape (runs,).
            times: Futures of each draw.
        """
        terms, bend = np.tile(self.terms, (times, 1)), np.tile(self.bend, (times, 1))
        spend = np.clip(log_spend, self.least[0], self.most[0])
        minutes = np.clip(log_minutes, self.least[1], self.most[1])
        level, by_spend, by_minutes, *curves = (term[:, None] for term in terms.T)
        inside = level + by_spend * spend + by_minutes * minutes
        inside = inside + curves[0] * spend**2 + curves[1] * spend * minutes + curves[2] * minutes**2
        slope = by_spend + 2 * curves[0] * spend + curves[1] * minutes + bend[:, :1]
        heights: FloatArray = inside + slope * (log_spend - spend) + bend[:, 1:] * (log_minutes - minutes)
        return heights


def learn_surface(
    belief: SurfaceBelief, seen: Spots | None, common: FloatArray, rng: np.random.Generator
) -> tuple[Surface, SurfaceBelief]:
    """The draws of a surface after some runs were seen, and what they amount to as a belief.

    Args:
        belief: What is held before.
        seen: The runs; None where there are none.
        common: Standard normal, shape (LAWS,): what the levels of all groups of the sweep have in common.
        rng: For the draws.

    References:
        Gelman et al. (2013), Bayesian Data Analysis, section 14.8, with each task's runs counted as one.
    """
    mean: FloatArray = belief.mean
    covariance: FloatArray = belief.covariance
    run_sd, weight = belief.run_sd, RUN_WEIGHT
    least, most = np.full(2, -np.inf), np.full(2, np.inf)
    if seen is not None:
        design, share = _design(seen.at), seen.tasks / len(seen.height)
        for _ in range(3):  # the spread and the terms need each other; two rounds change them, the third no more
            before = np.linalg.inv(belief.covariance)
            covariance = np.asarray(np.linalg.inv(before + share * design.T @ design / run_sd**2))
            mean = np.asarray(covariance @ (before @ belief.mean + share * design.T @ seen.height / run_sd**2))
            squares = float(((seen.height - design @ mean) ** 2).sum())
            run_sd = float(np.sqrt((RUN_WEIGHT * belief.run_sd**2 + squares) / (RUN_WEIGHT + len(seen.height))))
        weight += seen.tasks
        least, most = seen.at.min(axis=0), seen.at.max(axis=0)
    normal = rng.standard_normal((LAWS, TERMS))
    if seen is None:
        normal[:, 0] = np.sqrt(0.5) * (normal[:, 0] + common)
    drawn = mean + normal @ np.linalg.cholesky(covariance).T
    drawn[:, 0] += MISFIT_SD * common
    spread = run_sd * np.sqrt(weight / rng.chisquare(weight, LAWS))
    bend = rng.standard_normal((LAWS, 2)) * np.array(BEND_SD)
    return Surface(drawn, spread, bend, least, most), SurfaceBelief(mean, covariance, run_sd)


def _design(at: FloatArray) -> FloatArray:
    spend, minutes = at.T
    return np.stack([np.ones(len(at)), spend, minutes, spend**2, spend * minutes, minutes**2], axis=1)
