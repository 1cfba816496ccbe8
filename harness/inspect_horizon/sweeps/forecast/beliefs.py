"""What is believed of a run's spend before any run is seen: from prices, and from what agents do elsewhere."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from inspect_horizon.budgets.prices import OUTPUT_KINDS
from inspect_horizon.sweeps.forecast.evidence import MINUTES_CENTRE
from inspect_horizon.sweeps.forecast.law import Belief
from inspect_horizon.sweeps.forecast.surface import SurfaceBelief

if TYPE_CHECKING:
    from inspect_horizon.budgets.prices import Price
    from inspect_horizon.sweeps.forecast.evidence import Unit

Companion = Literal["usd", "tokens"]
"""What is told beside the unit in which a budget holds."""

TOKENS_A_MINUTE = 10_000
"""Spend for a human minute in a task of ten minutes. Agents at 3 % of a human's cost spend some 10k to 100k tokens with
what they read again, plain models a tenth of that."""
LEVEL_SD = 2.0
"""Of its logarithm: four in five agents spend between a thirteenth and thirteen times that."""
SLOPE, SLOPE_SD = 0.85, 0.3
"""Tokens grow as human time to the power of 0.7 to 1."""
LEFT = Belief.of(math.log(0.03), 1.2, -0.5, 0.4)
"""Of the share of a budget that a run which it stops leaves: too little for another call, so less of a larger one."""
OUTPUT_SHARE, OUTPUT_SHARE_SD = 0.05, 1.0
"""Generated tokens among all, and how unsure its logarithm is."""
OTHER_SUITE, OTHER_MODEL = (0.8, 0.2), (1.0, 0.2)
"""By how much level and slope differ between suites of one model, and between models at the same prices."""


def blend(price: Price) -> float:
    """Dollars a token, half-way between the cheapest that is read and the dearest that is generated."""
    return math.sqrt(price.base.cache_read * price.base.dearest(OUTPUT_KINDS)) or price.base.dearest(OUTPUT_KINDS)


def blend_sd(price: Price) -> float:
    """How unsure the logarithm of that is: both ends lie two of them away."""
    cheapest = price.base.cache_read or price.base.dearest(OUTPUT_KINDS)
    return max(math.log(price.base.dearest(OUTPUT_KINDS) / cheapest) / 4, 0.1)


def spend_belief(unit: Unit, price: Price | None) -> Belief:
    """Of a run's spend over its task's human minutes.

    Args:
        unit: Of the spend.
        price: The model's; needed for dollars alone.
    """
    level, variance = math.log(TOKENS_A_MINUTE * MINUTES_CENTRE), LEVEL_SD**2
    if unit == "usd" and price is not None:
        level += math.log(blend(price))
        variance += blend_sd(price) ** 2
    if unit == "output_tokens":
        level += math.log(OUTPUT_SHARE)
        variance += OUTPUT_SHARE_SD**2
    return Belief.of(level, math.sqrt(variance), SLOPE, SLOPE_SD)


def companion_belief(name: Companion, unit: Unit, price: Price | None) -> SurfaceBelief | None:
    """Of dollars or tokens per unit of spend; None for dollars of which nothing is known."""
    level, variance = 0.0, 0.0
    if "usd" in (name, unit):
        if price is None:
            return None
        level += math.log(blend(price)) * (1 if name == "usd" else -1)
        variance += blend_sd(price) ** 2
    if unit == "output_tokens":
        level -= math.log(OUTPUT_SHARE)
        variance += OUTPUT_SHARE_SD**2
    return SurfaceBelief.level(level, math.sqrt(variance))


def usd_a_token(price: Price | None) -> tuple[float, float]:
    """The least and the most that a token can cost."""
    if price is None:
        return 0.0, math.inf
    rates = [price.base, *(step for _, step in price.steps)]
    return min(min(rate.input, rate.cache_read) for rate in rates), max(rate.dearest(OUTPUT_KINDS) for rate in rates)
