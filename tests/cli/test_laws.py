"""`horizon laws` on a results folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from frontier.pooled import pool_table, write_study
from support.study import command

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_laws_are_printed_drawn_and_had_as_json(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    pools = [
        pool_table(draw, n=8, tasks=32, model=f"acme/{name}", horizon=h) for name, h in (("small", 4), ("large", 30))
    ]
    write_study(tmp_path / "mine", pd.concat(pools, ignore_index=True))
    shown = command("laws", tmp_path / "mine", "--bootstrap", "60")
    assert shown.code == 0, shown
    assert "Success against spend" in shown.out
    assert "Coverage by k tries" in shown.out
    assert max(map(len, shown.out.partition("plot:")[0].splitlines())) <= 80
    assert (tmp_path / "mine" / "laws.png").stat().st_size > 10_000
    printed = command("laws", tmp_path / "mine", "--bootstrap", "60", "--json", "--no-plot")
    found = json.loads(printed.out)
    assert {own["model"] for own in found["success"]} == {"acme/small", "acme/large"}
    assert found["coverage"][0]["score"]["error"] >= 0
    assert found["length"][0]["frontier"]["flags"] is not None


def test_runs_without_tries_still_have_laws_of_success(tmp_path: Path) -> None:
    pool = pool_table(np.random.default_rng(0), n=1, tasks=40)
    write_study(tmp_path / "mine", pool)
    found = command("laws", tmp_path / "mine", "--bootstrap", "60", "--no-plot")
    assert found.code == 0, found
    assert "too_few_tries" in found.out


def test_a_contradiction_of_units_is_refused(tmp_path: Path) -> None:
    write_study(tmp_path / "mine", pool_table(np.random.default_rng(0), n=2))
    refused = command("laws", tmp_path / "mine", "--kind", "tokens", "--budgets", "usd:1..4:x2")
    assert refused.code == 2
    assert "contradicts" in refused.err
