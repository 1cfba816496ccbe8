"""Names without what a terminal or figure would obey."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from inspect_horizon.frontier import Configuration
from inspect_horizon.report.names import clean, labels, shorten


@given(text=st.text())
def test_no_character_that_is_obeyed_is_left(text: str) -> None:
    assert not {unicodedata.category(character)[0] for character in clean(text)} & {"C"}
    assert len(clean(text).splitlines()) == 1


def test_escapes_and_turned_text_become_visible() -> None:
    assert clean("\x1b[31mred\u202e\n") == "�[31mred��"


@given(text=st.text(), cells=st.integers(1, 40))
def test_a_shortened_name_fits(text: str, cells: int) -> None:
    assert cell_len(shorten(text, cells)) <= cells or text == ""


def test_both_ends_of_a_long_name_stay() -> None:
    assert shorten("GPT-5 nano (2025-08-07) (medium reasoning)", 21) == "GPT-5 nano…reasoning)"


def test_only_what_differs_is_named() -> None:
    one = Configuration("openai/gpt-5", "react", "single", "notice off")
    other = Configuration("openai/gpt-5", "react", "votes", "notice off")
    assert labels([one, other]) == ["openai/gpt-5 · single", "openai/gpt-5 · votes"]


def test_the_provider_goes_where_all_share_it() -> None:
    models = [Configuration("litellm/openai/gpt-5"), Configuration("litellm/anthropic/claude")]
    assert labels(models, drop_provider=True) == ["openai/gpt-5", "anthropic/claude"]
    assert labels(models[:1], drop_provider=True) == ["gpt-5"]
    assert labels([Configuration("openai/a"), Configuration("b")], drop_provider=True) == ["openai/a", "b"]
