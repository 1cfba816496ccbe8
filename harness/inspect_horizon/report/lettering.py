"""Text that the figure's font can show."""

from __future__ import annotations

from functools import cache

from matplotlib import font_manager

from inspect_horizon.report.names import clean


def shown(text: str) -> str:
    """The text on one line, with a box for every character that the font lacks or that would not be shown."""
    return "".join(character if _has_glyph(character) else "□" for character in clean(text))


@cache
def _has_glyph(character: str) -> bool:
    path = font_manager.findfont("DejaVu Sans")
    return font_manager.get_font(path).get_char_index(ord(character)) != 0
