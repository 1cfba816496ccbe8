"""`horizon plot`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, get_args

import click

from inspect_horizon.cli import calibrate, decompose, frontier, gap, laws, spend, strategies, trend
from inspect_horizon.cli.saying import echo
from inspect_horizon.errors import UsageError
from inspect_horizon.report.names import labels
from inspect_horizon.report.plot import (
    PlotFormat,
    plot_calibration,
    plot_decomposition,
    plot_gaps,
    plot_laws,
    plot_spending,
    plot_success,
    plot_trends,
)
from inspect_horizon.report.sizes import Size

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from inspect_horizon.frontier.by_length import LengthSuccess


class Draw(Protocol):
    """Writes a figure, once a format."""

    def __call__(self, stem: Path, *, formats: Sequence[PlotFormat], size: Size) -> list[Path]: ...


@click.group(name="plot")
def command() -> None:
    """Draw one figure of a study, for a page or a slide, with the numbers that the command of its name prints."""


def _frontier(**options: Any) -> Draw:
    study = frontier.read(**_by_path(options))
    return lambda stem, *, formats, size: frontier.draw(study, stem, formats=formats, size=size)


def _ratio(**options: Any) -> Draw:
    study = frontier.read(**_by_path(options))
    return lambda stem, *, formats, size: frontier.draw_ratio(study, stem, formats=formats, size=size)


def _success(*, chosen: tuple[str, ...], **options: Any) -> Draw:
    study, found = frontier.read_by_length(**_by_path(options))
    shown = _chosen(found, chosen)
    return lambda stem, *, formats, size: plot_success(shown, stem, kind=study.kind, formats=formats, size=size)


def _by_path(options: dict[str, Any]) -> dict[str, Any]:
    """The options of `horizon frontier`, which takes a URL too, for a folder."""
    return {**options, "path": Path(options["path"])}


def _chosen(found: Sequence[LengthSuccess], parts: Sequence[str]) -> list[LengthSuccess]:
    """Those of configurations whose name holds one of some words; all where none are given."""
    own = sorted({each.configuration for each in found})
    names = dict(zip(own, labels(own), strict=True))
    for part in parts:
        if not any(part in name for name in names.values()):
            raise UsageError(
                f"no configuration is named like {part!r}",
                fix=f"take --of and a part of one of: {', '.join(list(names.values())[:8])}",
            )
    return [each for each in found if not parts or any(part in names[each.configuration] for part in parts)]


def _decomposition(**options: Any) -> Draw:
    found, _ = decompose.read(**options)
    return lambda stem, *, formats, size: plot_decomposition(found, stem, formats=formats, size=size)


def _calibration(**options: Any) -> Draw:
    result = calibrate.read(**options)
    return lambda stem, *, formats, size: plot_calibration(result, stem, formats=formats, size=size)


def _trend(**options: Any) -> Draw:
    result, trends = trend.read(**options)
    hollow = trend.untrusted(result)
    return lambda stem, *, formats, size: plot_trends(trends, stem, formats=formats, size=size, hollow=hollow)


def _gap(**options: Any) -> Draw:
    gaps = gap.read(**options)
    return lambda stem, *, formats, size: plot_gaps(gaps, stem, formats=formats, size=size)


def _strategies(**options: Any) -> Draw:
    found = strategies.compare(strategies.asked(**options))
    return lambda stem, *, formats, size: strategies.draw(found, stem, formats=formats, size=size)


def _strategies_horizon(**options: Any) -> Draw:
    found = strategies.horizons(strategies.asked(**options))
    return lambda stem, *, formats, size: strategies.draw_horizons(found, stem, formats=formats, size=size)


def _laws(**options: Any) -> Draw:
    study, found = laws.read(**options)
    return lambda stem, *, formats, size: plot_laws(found, stem, kind=study.kind, formats=formats, size=size)


def _spend(**options: Any) -> Draw:
    found = spend.read(**options)
    return lambda stem, *, formats, size: plot_spending(found, stem, by=options["by"], formats=formats, size=size)


@dataclass(frozen=True, slots=True)
class Kind:
    """A figure that can be drawn."""

    like: click.Command
    """Prints its numbers."""
    read: Callable[..., Draw]
    """Takes the options below by name."""
    said: str
    bearing: Collection[str] | None = None
    """Which options of the command bear on the figure; None for all that do not say what the command shows."""
    more: tuple[click.Parameter, ...] = ()
    """Options of its own."""

    @property
    def options(self) -> list[click.Parameter]:
        """Those of the command, and its own."""
        own = [each for each in self.like.params if each.name not in _OF_THE_COMMAND]
        return [*(each for each in own if self.bearing is None or each.name in self.bearing), *self.more]


_OF_THE_COMMAND = ("as_json", "plot")
_OF = click.Option(
    ["--of", "chosen"], multiple=True, metavar="NAME", help="Only configurations whose name holds this; repeatable."
)
_POOLED = frozenset(option.name for option in strategies.command.params if option.name) - {"by"}

FIGURES: dict[str, Kind] = {
    "frontier": Kind(frontier.command, _frontier, "Horizon against budget, beside the human line."),
    "frontier-ratio": Kind(frontier.command, _ratio, "Horizon against the share of the human cost."),
    "success": Kind(
        frontier.command,
        _success,
        "Success against budget by length of task.",
        bearing=("path", "budgets", "kind", "cap"),
        more=(_OF,),
    ),
    "decomposition": Kind(decompose.command, _decomposition, "What lies between two horizons."),
    "calibration": Kind(calibrate.command, _calibration, "Bias and coverage on simulated agents."),
    "trend": Kind(trend.command, _trend, "Horizon and cost ratio over release dates."),
    "gap": Kind(gap.command, _gap, "Budgets run one by one, minus ladders."),
    "strategies": Kind(
        strategies.command, _strategies, "Success against mean spend, by model and strategy.", bearing=_POOLED
    ),
    "strategies-horizon": Kind(
        strategies.command,
        _strategies_horizon,
        "Horizon against budget, by model and strategy.",
        bearing=_POOLED - {"caps"},
    ),
    "laws": Kind(laws.command, _laws, "Success against budget, its law and forecast."),
    "spend": Kind(spend.command, _spend, "Where the money went, by model, suite or task."),
}
"""Each by name; the numbers are in what its command prints with `--json`."""


def _figure(name: str, kind: Kind) -> click.Command:
    def draw(size: Size, formats: tuple[PlotFormat, ...], to: Path | None, **options: Any) -> None:
        asked = Path(options.get("after") or options.get("before") or options["path"])
        folder = asked if asked.is_dir() else asked.parent
        stem = to or folder / (name if size == "paper" else f"{name}-{size}")
        written = kind.read(**options)(stem, formats=formats or get_args(PlotFormat), size=size)
        echo("\n".join(map(str, written)))

    return click.Command(name, params=[*kind.options, *_of_the_file(name)], callback=draw, help=kind.said)


def _of_the_file(name: str) -> list[click.Parameter]:
    return [
        click.Option(
            ["--size"],
            type=click.Choice(get_args(Size)),
            default="paper",
            show_default=True,
            help="paper: 7 inches wide; slide: 16 by 9, to be read from afar.",
        ),
        click.Option(
            ["--format", "formats"],
            type=click.Choice(get_args(PlotFormat)),
            multiple=True,
            help="Repeatable.  [default: all three]",
        ),
        click.Option(
            ["--file", "to"],
            type=click.Path(path_type=Path),
            help=f"Where to write, without the ending.  [default: {name}, or {name}-slide, in PATH]",
        ),
    ]


for _name, _kind in FIGURES.items():
    command.add_command(_figure(_name, _kind))
