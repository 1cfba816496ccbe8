"""The axes of success against budget, which several figures share."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator, PercentFormatter

from inspect_horizon.report.lettering import characters, shown
from inspect_horizon.report.units import format_budget
from inspect_horizon.report.wording import budget_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

_APART = 0.01
"""Between neighbours at one budget, as a share of the axis."""
_OF_THE_WAY = 0.7
"""To the next budget, which all at one may take."""
_ALONE = 2.0
"""Factor to the next budget where there is only one."""


def scale_budgets(axes: Axes, amounts: Sequence[float], kind: str, inches: float, size: float) -> None:
    """A log axis that names the budgets, from the dearest down as many as have room.

    Args:
        axes: What to scale.
        amounts: The budgets that were studied, rising.
        kind: Their unit.
        inches: How wide the axes are, about.
        size: Of the font, in points.
    """
    axes.set_xscale("log")
    names = [format_budget(kind, each, unit=False) for each in amounts]
    most = max(2, int(characters(inches, size) / (max(map(len, names), default=0) + 2)))
    step = max(1, math.ceil(len(amounts) / most))
    axes.xaxis.set_major_locator(FixedLocator(list(amounts)[::-1][::step][::-1]))
    axes.xaxis.set_major_formatter(FixedFormatter(names[::-1][::step][::-1]))
    axes.xaxis.set_minor_locator(NullLocator())


def side_by_side(amounts: Sequence[float], count: int) -> list[float]:
    """Factors that set so many points at one budget beside each other, or their bars would hide one another.

    Args:
        amounts: The budgets that were studied, rising; what stands at one stays clear of the next.
        count: How many points there are at each.
    """
    span = amounts[-1] / amounts[0] if len(amounts) > 1 else _ALONE
    nearest = min((high / low for low, high in pairwise(amounts)), default=_ALONE)
    apart = min(span**_APART, nearest ** (_OF_THE_WAY / max(count, 1)))
    return [apart ** (place - (count - 1) / 2) for place in range(count)]


def budget_label(kind: str) -> str:
    """What the axis of budgets is called, with its unit."""
    return f"budget per run ({shown(budget_name(kind))}, log scale)"


def scale_success(axes: Axes) -> None:
    """From nothing to everything solved, in percent, with room for markers at either end."""
    axes.set_ylim(-0.03, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
