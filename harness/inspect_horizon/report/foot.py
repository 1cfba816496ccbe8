"""The foot of a figure: how its numbers were made and what its marks mean, in small grey lines below the axes."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from inspect_horizon.report.lettering import LINE_HEIGHT, characters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

_MARGIN_INCHES = 0.05


def foot_lines(sentences: Sequence[str], width_inches: float, size: float) -> list[str]:
    """Sentences as the lines of a foot, in a font of so many points."""
    return textwrap.wrap(" ".join(sentences), characters(width_inches - 2 * _MARGIN_INCHES, size))


def foot_inches(lines: Sequence[str], size: float) -> float:
    """What a foot takes of a figure's height."""
    return (len(lines) * LINE_HEIGHT * size + 4) / 72


def write_foot(figure: Figure, lines: Sequence[str], size: float, *, above_inches: float = 0.0) -> None:
    """Write a foot and lay the figure out above it.

    Args:
        figure: Gets the foot.
        lines: As `foot_lines` breaks them.
        size: Of the font, in points.
        above_inches: Kept free above the foot.
    """
    width, height = figure.get_size_inches()
    figure.text(
        _MARGIN_INCHES / width, 0.03 / height, "\n".join(lines), fontsize=size, color="0.4", va="bottom"
    ).set_in_layout(False)
    bottom = (foot_inches(lines, size) + above_inches) / height
    figure.set_layout_engine("constrained", rect=(0, bottom, 1, 1 - bottom))
