"""Success against spend with the law of each configuration, and what the cheaper budgets foretold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from inspect_horizon.report.budget_axis import budget_label, scale_budgets, scale_success, side_by_side
from inspect_horizon.report.figure import style
from inspect_horizon.report.foot import foot_lines, write_foot
from inspect_horizon.report.lettering import shown
from inspect_horizon.report.marks import MANY, looks
from inspect_horizon.report.names import labels, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from inspect_horizon.frontier.laws import SuccessLaws
    from inspect_horizon.report.marks import Look

_SIZE = 8.0
_NAME = 34


def draw_laws(
    found: Sequence[SuccessLaws], *, kind: str, width_inches: float = 7.0, height_inches: float | None = None
) -> Figure:
    """Success rates as seen with their intervals, the likeliest law, and the forecast of the dearest budgets.

    Args:
        found: Of each configuration.
        kind: Unit of the budgets.
        width_inches: 7 spans a page.
        height_inches: None for as high as its width asks.
    """
    names = labels([own.configuration for own in found], drop_provider=True)
    with style():
        mpl.rcParams["font.size"] = _SIZE
        figure = Figure(figsize=(width_inches, height_inches or 0.55 * width_inches))
        axes = figure.subplots()
        amounts = sorted({amount for own in found for amount in own.amounts})
        for own, look, moved in zip(found, looks(len(found)), side_by_side(amounts, len(found)), strict=True):
            _draw(axes, own, look, moved)
        axes.set_title("Success against budget, and the law that it follows", loc="left", fontsize=_SIZE + 1)
        scale_budgets(axes, amounts, kind, width_inches - 2.5, _SIZE)
        scale_success(axes)
        axes.set_xlabel(budget_label(kind))
        axes.set_ylabel("success rate")
        _name(figure, found, names)
        write_foot(figure, foot_lines(_foot(found), width_inches, _SIZE - 2), _SIZE - 2)
    return figure


def _draw(axes: Axes, own: SuccessLaws, look: Look, moved: float) -> None:
    known = [(at * moved, each) for at, each in zip(own.amounts, own.rate_intervals, strict=True) if each is not None]
    axes.vlines(
        [at for at, _ in known],
        [each.low or 0.0 for _, each in known],
        [each.high or 0.0 for _, each in known],
        color=look.colour, linewidth=0.8, alpha=0.5,
    )  # fmt: skip
    at = [amount * moved for amount in own.amounts]
    axes.plot(at, own.rates, color=look.colour, marker=look.marker, linestyle="none", markersize=3.7)
    if own.best is not None:
        along = np.geomspace(own.amounts[0], own.amounts[-1], 200)
        axes.plot(along, own.laws[0].at(along), color=look.colour, linewidth=1.2)
    if own.forecast is not None:
        axes.plot(
            own.forecast.amounts, own.forecast.foretold, color=look.colour, marker="x", linestyle=(0, (4, 2)),
            linewidth=0.8, markersize=5, markeredgewidth=1.2,
        )  # fmt: skip


def _name(figure: Figure, found: Sequence[SuccessLaws], names: Sequence[str]) -> None:
    """Each configuration with its law, outside the axes, where no point can lie below it."""
    handles = [
        Line2D([], [], color=look.colour, marker=look.marker, markersize=3.7, linewidth=1.2 if own.best else 0.0)
        for own, look in zip(found, looks(len(found)), strict=True)
    ]
    between = "\n" if len(found) < MANY else ": "
    said = [
        f"{shorten(shown(name), _NAME)}{between}{own.best or 'no law'}" for own, name in zip(found, names, strict=True)
    ]
    legend = figure.legend(
        handles, ["-"] * len(said), loc="outside right upper", frameon=False, fontsize=_SIZE - 1.5, handlelength=1.6
    )
    # Matplotlib leaves out entries whose label starts with an underscore; a model's name may.
    for text, words in zip(legend.get_texts(), said, strict=True):
        text.set_text(words)


def _foot(found: Sequence[SuccessLaws]) -> list[str]:
    """What the marks mean, of those that occur."""
    sentences = ["Points: success as seen, every task by its weight, with 95 % bootstrap intervals over families."]
    if any(own.best for own in found):
        sentences.append("Lines: the likeliest law.")
    if any(own.forecast for own in found):
        sentences.append("Dashes and crosses: what the cheaper budgets alone foretell of the dearest.")
    return sentences
