"""The 96 ledgers: how many entries and pages each has, what its pages say, and what it adds up to."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .families import FAMILIES, Family
else:  # by its full name, so that `inspect eval` can load the task code as a file of its own
    from inspect_horizon._builtin.tasks.ledger.families import FAMILIES, Family

LENGTHS = 12
SHORTEST_SECONDS = 5.0
LONGEST_SECONDS = 8 * 3600.0
MAX_PAGES = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """A ledger before it is written: its kind and its length."""

    family: Family
    entries: int

    @property
    def id(self) -> str:
        return f"{self.family.name}-{self.entries}"

    @property
    def human_minutes(self) -> float:
        """Entries times the seconds of one."""
        return self.entries * self.family.seconds_per_entry / 60

    @property
    def pages(self) -> int:
        """One up to 2 minutes of human time, and one more for each factor of four beyond, so that calls stay few."""
        return min(MAX_PAGES, max(1, 2 + math.floor(math.log(self.human_minutes / 2, 4))))


@dataclass(frozen=True, slots=True)
class Ledger:
    """A written ledger."""

    plan: Plan
    rule: str
    entries: tuple[str, ...]
    total: int

    @property
    def prompt(self) -> str:
        """What the agent is asked."""
        count, pages = self.plan.entries, self.plan.pages
        return (
            f"Add up a ledger of {count} entries on {pages} page{'s' * (pages > 1)}: {self.rule}. "
            "Read it page by page with read_page, then submit the total, a plain number."
        )

    @property
    def target(self) -> str:
        return self.plan.family.written(self.total)

    def page(self, number: int) -> str:
        """One page, from 1.

        Raises:
            ValueError: There is no such page.
        """
        pages = self.plan.pages
        if not 1 <= number <= pages:
            raise ValueError(f"there is no page {number}; this ledger has pages 1 to {pages}")
        first, last = page_bounds(self.plan.entries, pages, number)
        head = f"Page {number} of {pages}, entries {first} to {last}"
        return "\n".join([head, *self.entries[first - 1 : last]])


def page_bounds(entries: int, pages: int, number: int) -> tuple[int, int]:
    """The first and the last entry on a page, all counted from 1; pages are as even as can be."""
    return entries * (number - 1) // pages + 1, entries * number // pages


def plans() -> list[Plan]:
    """All ledgers: each family in 12 log-spaced lengths, the families staggered so that no two lengths are equal."""
    steps = LENGTHS * len(FAMILIES) - 1
    ratio = (LONGEST_SECONDS / SHORTEST_SECONDS) ** (1 / steps)
    return [
        Plan(family, round(SHORTEST_SECONDS * ratio ** (length * len(FAMILIES) + shift) / family.seconds_per_entry))
        for shift, family in enumerate(FAMILIES.values())
        for length in range(LENGTHS)
    ]


@lru_cache(maxsize=512)
def ledger(family: str, entries: int, seed: int) -> Ledger:
    """One ledger, written; the same seed writes the same one."""
    kind = FAMILIES[family]
    rng = Random(f"{seed}/{family}/{entries}")  # noqa: S311  # no secret, and the same everywhere
    rule = kind.rule(rng)
    lines = kind.draw(rng, entries, rule)
    return Ledger(Plan(kind, entries), rule, tuple(lines), sum(map(kind.worth(rule), lines)))


def rows() -> str:
    """The text of `tasks.jsonl`."""
    return "".join(
        json.dumps(
            {
                "id": plan.id,
                "family": plan.family.name,
                "human_minutes": plan.human_minutes,
                "human_source": "estimate",
            }
        )
        + "\n"
        for plan in plans()
    )


if __name__ == "__main__":
    Path(__file__).with_name("tasks.jsonl").write_text(rows(), encoding="utf-8")
