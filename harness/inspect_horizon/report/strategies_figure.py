"""Success against mean spend for every model and read-out, with the frontier over them (Wu et al. 2024)."""

from __future__ import annotations

from itertools import cycle, groupby
from typing import TYPE_CHECKING, Literal, TypeAlias

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from inspect_horizon.report.budget_axis import scale_success
from inspect_horizon.report.figure import style
from inspect_horizon.report.foot import foot_lines, write_foot
from inspect_horizon.report.lettering import shown
from inspect_horizon.report.marks import looks
from inspect_horizon.report.names import labels
from inspect_horizon.report.units import format_budget
from inspect_horizon.report.wording import budget_name, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from inspect_horizon.frontier import Configuration, Interval
    from inspect_horizon.frontier.readouts import Optimal, ReadOut, ReadOuts
    from inspect_horizon.frontier.readouts.reading import Bought

_Stroke: TypeAlias = Literal["-", "--", "-.", ":"] | tuple[float, tuple[float, float]]
_SIZE = 8.0
_STROKES: dict[str, tuple[_Stroke, str]] = {
    "majority": ("-", "o"),
    "weighted_majority": ("--", "s"),
    "best_of_n": ("-.", "^"),
    "first_submitted": (":", "v"),
    "coverage": ((0, (1, 1)), "x"),
}
_WORDS = {"coverage": "coverage\n(told which is right)"}
_LIVE = ("*", "P", "X", "p", "h", "d")


def draw_strategies(
    read: ReadOuts,
    best: Optimal,
    live: Sequence[Bought] = (),
    *,
    width_inches: float = 7.0,
    height_inches: float | None = None,
) -> Figure:
    """Success against mean spend of a task, a line for each model and read-out, and the frontier behind them.

    Args:
        read: Every read-out.
        best: The frontier over them.
        live: Strategies that were run as such, each a point.
        width_inches: 7 spans a page.
        height_inches: None for as high as its width asks.
    """
    whole = [own for own in read.read_outs if own.cap is None and own.spend]
    single = [own for own in whole if own.name == "single"]
    names = labels([own.configuration for own in single], drop_provider=True)
    with style():
        mpl.rcParams["font.size"] = _SIZE
        figure = Figure(figsize=(width_inches, height_inches or 0.62 * width_inches))
        axes = figure.subplots()
        _draw_best(axes, best)
        for start, look in zip(single, looks(len(single)), strict=True):
            own = [each for each in whole if _model(each.configuration) == _model(start.configuration)]
            for name, group in groupby([each for each in own if each.name != "single"], key=lambda each: each.name):
                _draw(axes, [start, *group], look.colour, name)
            _draw_interval(axes, start.spend, start.interval, look.colour)
            axes.plot([start.spend or 0.0], [start.success_rate or 0.0], color=look.colour, marker="D", markersize=5)
            _draw_live(axes, read, [each for each in live if _model(each.configuration) == _model(start.configuration)],
                       _live_marks(live), look.colour)  # fmt: skip
        _finish(figure, axes, read, single, names, live)
        write_foot(figure, foot_lines(_foot(read, best, live), width_inches, _SIZE - 2), _SIZE - 2)
    return figure


def _model(configuration: Configuration) -> tuple[str, str, str]:
    return configuration.model, configuration.scaffold, configuration.condition


def _draw(axes: Axes, own: Sequence[ReadOut], colour: str, name: str) -> None:
    stroke, marker = _STROKES[name]
    marked = [place for place, each in enumerate(own) if each.k & (each.k - 1) == 0 and each.k > 1]
    for place in marked:
        _draw_interval(axes, own[place].spend, own[place].interval, colour)
    axes.plot(
        [each.spend or 0.0 for each in own],
        [each.success_rate or 0.0 for each in own],
        color=colour,
        linestyle=stroke,
        linewidth=1.0,
        marker=marker,
        markersize=3.0,
        markevery=marked,
    )


def _draw_interval(axes: Axes, spend: float | None, interval: Interval | None, colour: str) -> None:
    if spend is not None and interval is not None and None not in (interval.low, interval.high):
        axes.vlines(spend, interval.low or 0.0, interval.high or 0.0, color=colour, linewidth=0.6, alpha=0.45)


def _live_marks(live: Sequence[Bought]) -> dict[str, str]:
    """A marker for each strategy that was run as such, whatever its arguments."""
    return dict(zip(sorted({own.name.partition(":")[0] for own in live}), cycle(_LIVE), strict=False))


def _draw_live(axes: Axes, read: ReadOuts, live: Sequence[Bought], marks: dict[str, str], colour: str) -> None:
    for own in live:
        right, spend = read.tasks.average(own.right), read.tasks.average(own.spend).value
        _draw_interval(axes, spend, right.interval, colour)
        axes.plot([spend], [right.value], color=colour, marker=marks[own.name.partition(":")[0]], markersize=6)


def _draw_best(axes: Axes, best: Optimal) -> None:
    known = [point for point in best.points if point.success_rate is not None]
    at = [point.amount for point in known]
    if not known:
        return
    if all(point.interval is not None for point in known):
        low, high = ([getattr(point.interval, end) for point in known] for end in ("low", "high"))
        axes.fill_between(at, low, high, color="0.5", alpha=0.15, linewidth=0, step="post")
    axes.step(at, [point.success_rate or 0.0 for point in known], where="post", color="0.55", linewidth=3.0, alpha=0.6)


def _finish(
    figure: Figure,
    axes: Axes,
    read: ReadOuts,
    single: Sequence[ReadOut],
    names: Sequence[str],
    live: Sequence[Bought],
) -> None:
    known = [read.tasks.average(own.spend).value for own in live]
    spends = np.array(
        [own.spend for own in read.read_outs if own.cap is None and own.spend] + [each for each in known if each > 0]
    )
    axes.set_title("Success against spend, by model and strategy", loc="left", fontsize=_SIZE + 1)
    axes.set_xscale("log")
    scale_success(axes)
    axes.set_ylabel("success rate")
    axes.set_xlabel(f"mean spend per task ({shown(budget_name(read.kind))}, log scale)")
    if len(spends):
        low, high = np.floor(np.log2(spends.min())), np.ceil(np.log2(spends.max()))
        step = max(1, int(np.ceil((high - low) / 9)))
        ticks = [float(2.0**power) for power in np.arange(low, high + 1, step)]
        axes.xaxis.set_major_locator(FixedLocator(ticks))
        axes.xaxis.set_major_formatter(FixedFormatter([format_budget(read.kind, tick, unit=False) for tick in ticks]))
    axes.xaxis.set_minor_locator(NullLocator())
    present = {own.name for own in read.read_outs}
    models = [
        Line2D([], [], color=look.colour, marker="D", linestyle="none", markersize=5, label=shown(name))
        for name, look in zip(names, looks(len(single)), strict=True)
    ]
    ways = [
        Line2D([], [], color="0.3", linestyle=stroke, marker=marker, markersize=3, linewidth=1.0,
               label=_WORDS.get(name, name.replace("_", " ")))
        for name, (stroke, marker) in _STROKES.items() if name in present
    ]  # fmt: skip
    run = [
        Line2D([], [], color="0.3", linestyle="none", marker=marker, markersize=6, label=f"{shown(name)} (run)")
        for name, marker in _live_marks(live).items()
    ]
    handles = [*models, *ways, *run]
    figure.legend(handles=handles, loc="outside right upper", frameon=False, fontsize=_SIZE - 1.5)


def _foot(read: ReadOuts, best: Optimal, live: Sequence[Bought]) -> list[str]:
    """What the marks mean, of those that occur."""
    sentences = ["Each line adds tries, from one (diamond) on; the spend is all that is needed, judge included."]
    if live:
        sentences.append("Marks without a line: strategies that were run as such.")
    if any(point.success_rate is not None for point in best.points):
        sentences.append("Grey: the best at each spend, chosen on one half of the tasks and judged on the other.")
    bounded = any(own.interval is not None for own in read.read_outs)
    sentences.append(f"Bars and shade: {percent(read.confidence)} bootstrap intervals." if bounded else "No intervals.")
    return sentences
