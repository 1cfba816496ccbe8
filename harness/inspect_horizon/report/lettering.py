"""Text in the figure: characters that its font has, and names that stand along a line where there is room."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import font_manager

from inspect_horizon.report.names import clean

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from inspect_horizon.frontier.arrays import FloatArray

LINE_HEIGHT = 1.3
"""Of a line of text, in font sizes."""
_FONT = "DejaVu Sans"
_ADVANCE = 0.6
"""Width of an average character, in font sizes, on the safe side."""


def shown(text: str) -> str:
    """The text on one line, with a box for every character that the font lacks."""
    return "".join(character if _has_glyph(character) else "□" for character in clean(text))


def characters(inches: float, size: float) -> int:
    """How many characters of a font size in points stand side by side."""
    return int(72 * inches / (_ADVANCE * size))


@cache
def _has_glyph(character: str) -> bool:
    font = font_manager.get_font(font_manager.findfont(_FONT))
    return font.get_char_index(ord(character)) != 0


def drawn(axes: Axes) -> list[FloatArray]:
    """Points along every line in the axes, in pixels, each of shape (n, 2)."""
    paths = [axes.transData.transform(line.get_xydata()) for line in axes.get_lines()]
    return [_filled(path[np.isfinite(path).all(axis=1)]) for path in paths if np.isfinite(path).all(axis=1).any()]


def write_along(
    axes: Axes,
    ends: FloatArray,
    name: str,
    *,
    size: float,
    colour: str,
    taken: list[FloatArray],
    even_if_crowded: bool = False,
) -> None:
    """Write a name along a straight line, where it is farthest from what is drawn.

    Args:
        axes: Its layout must be settled.
        ends: Both ends of the line in pixels, shape (2, 2).
        name: What to write.
        size: Of the font, in points.
        colour: Of the text.
        taken: Pixels in use, as `drawn` returns them; those of the name are added.
        even_if_crowded: Write it also where it touches something, rather than leave it out.
    """
    text = axes.text(0, 0, name, fontsize=size, color=colour, rotation_mode="anchor", ha="center", va="bottom")
    box = text.get_window_extent()
    length = float(np.hypot(*(ends[1] - ends[0])))
    along = (ends[1] - ends[0]) / length
    upwards = np.array([-along[1], along[0]])
    margin = min(0.5 * box.width + 1.5 * box.height, 0.5 * length)
    places = ends[0] + np.linspace(margin, length - margin, 80)[:, None] * along
    outline = np.linspace(-0.5, 0.5, 9)[:, None] * box.width * along + 0.7 * box.height * upwards
    room = np.array([_distance(place + outline, taken) for place in places])
    best = int(room.argmax())
    if not even_if_crowded and (length < box.width + 3 * box.height or room[best] < 0.8 * box.height):
        text.remove()
        return
    taken.append(places[best] + outline)
    x, y = axes.transData.inverted().transform(places[best] + 0.12 * box.height * upwards)
    text.set_position((float(x), float(y)))
    text.set_rotation(math.degrees(math.atan2(along[1], along[0])))


def _filled(path: FloatArray) -> FloatArray:
    """A path with points between its own, close enough to keep text away."""
    steps = np.linspace(0, 1, 12)[:, None, None]
    return np.concatenate([path, (path[:-1] + steps * (path[1:] - path[:-1])).reshape(-1, 2)])


def _distance(outline: FloatArray, taken: list[FloatArray]) -> float:
    """From an outline to the nearest of what is taken, in pixels."""
    if not taken:
        return math.inf
    others = np.concatenate(taken)
    return float(np.hypot(*(outline[:, None] - others[None]).transpose(2, 0, 1)).min())
