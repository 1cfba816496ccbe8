"""What `horizon prices` says: which table counts, its rates, and an example that can be checked by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.study import Ended, command

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
schema_version: 1
models:
  openai/gpt-5-mini:
    - {input: 1, output: 8, cache_read: 0.25, as_of: 2025-01-01}
    - {input: 0.5, output: 4, as_of: 2026-06-01, max_output_tokens: 1000,
       steps: [{above: 200000, input: 1, output: 6}],
       tiers: {batch: {input: 0.25, output: 2}}}
active_parameters: {openai/gpt-5-mini: 7.0e+9}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(FILE)
    return path


def prices(file: Path, *flags: str) -> Ended:
    return command("prices", "openai/gpt-5-mini", "--prices", file, *flags)


def test_the_table_that_counts_is_named_first_with_those_that_it_overrules(file: Path) -> None:
    """The user's file is above LiteLLM's map, which has no dates."""
    lines = prices(file, "--as-of", "2026-07-01").out.splitlines()
    place = lines.index("tables that list it, the one that counts first")
    assert lines[place + 1].startswith("  -> mine.yaml 2026-06-01   from 2026-06-01   $0.5 in, $4 out")
    assert "litellm" in lines[place + 2]
    assert "undated" in lines[place + 2]
    assert max(map(len, lines)) <= 80


def test_a_day_chooses_among_dated_prices(file: Path) -> None:
    """2,000 x 1 + 8,000 x 0.25 + 1,000 x 8 is 12,000 millionths of a dollar."""
    assert "= $0.012000" in " ".join(prices(file, "--as-of", "2026-01-01").out.split())
    told = json.loads(prices(file, "--as-of", "2026-01-01", "--json").out)
    assert (told["from"], told["example"]["usd"]) == ("2025-01-01", pytest.approx(0.012))


def test_steps_tiers_size_and_limits_are_shown(file: Path) -> None:
    text = prices(file, "--as-of", "2026-07-01").out
    assert "whole call once its prompt exceeds 200,000 tokens" in text
    assert "other tiers: batch" in text
    assert "at most 1,000 tokens generated a call" in text
    assert "active parameters: 7e+09" in text
    batch = json.loads(prices(file, "--as-of", "2026-07-01", "--tier", "batch", "--json").out)
    assert batch["usd_per_million"]["output"] == 2.0
    assert [table["wins"] for table in batch["tables"]] == [True, False]


def test_an_hour_in_the_cache_has_its_own_line(file: Path) -> None:
    """Anthropic sells it at twice the price of the prompt; kinds that cost what others do are left out."""
    lines = command("prices", "anthropic/claude-sonnet-4-5").out.splitlines()
    rates = {line[:30].strip(): float(line[30:]) for line in lines if line.startswith(("  prompt", "  generated"))}
    assert rates["prompt, cached for an hour"] == 2 * rates["prompt, not cached"]
    assert "prompt, sound" not in rates


def test_a_tier_or_day_that_the_table_does_not_know_is_answered_with_those_it_does(file: Path) -> None:
    refused = prices(file, "--tier", "flexible", "--as-of", "2026-07-01")
    assert (refused.code, "choose from standard, batch" in refused.err) == (2, True)
    before = command("prices", "embedded/clerk-small", "--as-of", "2026-01-01")
    assert (before.code, "the earliest that is known holds from 2026-11-01" in before.err) == (1, True)
