"""The 48 questions, written from a seed: run as a module it rewrites `tasks.jsonl`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from .families import FAMILIES

if TYPE_CHECKING:
    from .families import Family

SIZES = 6
LONGEST_SECONDS = 60.0


def sizes() -> list[tuple[Family, int]]:
    """Each family in six sizes, log-spaced from 1 to 60 s, the families staggered."""
    steps = SIZES * len(FAMILIES) - 1
    return [
        (family, _size(family, LONGEST_SECONDS ** ((length * len(FAMILIES) + shift) / steps)))
        for shift, family in enumerate(FAMILIES.values())
        for length in range(SIZES)
    ]


def _size(family: Family, seconds: float) -> int:
    return min(family.sizes, key=lambda size: abs(math.log(family.seconds(size) / seconds)))


def rows(seed: int = 0) -> str:
    """The text of `tasks.jsonl`; another seed asks other questions of the same sizes."""
    return "".join(json.dumps(_task(family, size, seed)) + "\n" for family, size in sizes())


def _task(family: Family, size: int, seed: int) -> dict[str, object]:
    question = family.draw(Random(f"{seed}/{family.name}/{size}"), size)  # noqa: S311  # no secret
    return {
        "id": f"{family.name}-{size}",
        "family": family.name,
        "human_minutes": family.seconds(size) / 60,
        "human_source": "estimate",
        "input": question.input,
        "target": question.target,
    }


if __name__ == "__main__":
    Path(__file__).with_name("tasks.jsonl").write_text(rows(), encoding="utf-8")
