"""The budgets of one study, log-spaced, as text (`usd:0.01..10:x2`), as YAML in `budgets/`, or by the name of one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from inspect_horizon._builtin import BUDGETS
from inspect_horizon._config import Model, load_yaml, nearest
from inspect_horizon.budgets.budget import KINDS, Budget, BudgetKind, parse_amount, split_kind
from inspect_horizon.errors import ConfigError, UsageError

MOST_RUNGS = 100
FORMS = "usd:0.01..10:x2 (from, to, factor), tokens:1k,4k,16k (a list) or the name of a YAML file in budgets/"


@dataclass(frozen=True, slots=True)
class Grid:
    """Budgets of one kind, rising."""

    kind: BudgetKind
    amounts: tuple[float, ...]
    """In the unit of `kind`, strictly increasing."""

    def __post_init__(self) -> None:
        if not self.amounts:
            raise ValueError("a grid needs at least one budget")
        for amount in self.amounts:
            Budget(amount, self.kind)
        if any(low >= high for low, high in zip(self.amounts, self.amounts[1:], strict=False)):
            raise ValueError(f"the amounts of a grid must rise, got {self.amounts}")

    @property
    def budgets(self) -> tuple[Budget, ...]:
        """Each rung as a budget, cheapest first."""
        return tuple(Budget(amount, self.kind) for amount in self.amounts)

    def __str__(self) -> str:
        return f"{self.kind}:{','.join(f'{amount:.12g}' for amount in self.amounts)}"

    @classmethod
    def parse(cls, text: str) -> Grid:
        """The grid that a flag stands for: a range, a list, a single budget, or the name or path of a YAML file.

        Raises:
            UsageError: The text is none of them, holds no budget, or an amount makes no sense.
            ConfigError: The YAML file cannot be used as it stands.
        """
        if ":" not in text or text.endswith((".yaml", ".yml")):
            return load_grid(_grid_file(text))
        kind, rest = split_kind(text)
        amounts = _range(rest, text) if ".." in rest else [parse_amount(part, text) for part in _parts(rest, text)]
        return cls(kind, tuple(sorted(set(amounts))))


def _parts(rest: str, text: str) -> list[str]:
    parts = [part for part in rest.split(",") if part.strip()]
    if not parts:
        raise UsageError(f"grid {text!r} holds no budget", fix=f"write {FORMS}")
    return parts


def _range(rest: str, text: str) -> list[float]:
    span, colon, step = rest.partition(":")
    first, _, last = span.partition("..")
    low, high = parse_amount(first, text), parse_amount(last, text)
    if not colon or not step.startswith("x"):
        raise UsageError(f"grid {text!r} has no factor", fix=f"end it with the factor between rungs, as in {FORMS}")
    factor = parse_amount(step[1:], text)
    if factor <= 1 or high < low:
        raise UsageError(f"grid {text!r} does not rise", fix="put the smaller amount first and a factor above 1")
    count = math.floor(math.log(high / low) / math.log(factor) + 1e-9) + 1
    if count > MOST_RUNGS:
        raise UsageError(f"grid {text!r} has {count} rungs", fix=f"take a larger factor; {MOST_RUNGS} rungs at most")
    return [float(f"{low * factor**rung:.12g}") for rung in range(count)]


class _GridFile(Model):
    """The YAML of a grid: a kind and its amounts, or a range in the syntax of the flag."""

    schema_version: int = Field(default=1, description="1")
    description: str = Field(default="", description="a sentence")
    kind: str | None = Field(default=None, description=f"one of {', '.join(KINDS)}")
    amounts: list[float | str] | None = Field(default=None, description="a list of amounts, such as [1k, 4k, 16k]")
    grid: str | None = Field(default=None, description="a grid as text, such as usd:0.01..10:x2")


def load_grid(path: Path) -> Grid:
    """The grid in a YAML file.

    Raises:
        ConfigError: The file does not hold a grid, with the line and the way out.
    """
    stored = load_yaml(path, _GridFile)
    if (stored.grid is None) == (stored.amounts is None):
        raise ConfigError.at(path, 1, "a grid file has either `grid` or `amounts`", fix=f"write grid: {FORMS}")
    if stored.grid is not None:
        text = stored.grid
    else:
        kind: Any = stored.kind
        if kind not in KINDS:
            raise ConfigError.at(path, 1, f"kind {kind!r} is unknown", fix=f"write one of {', '.join(KINDS)}")
        text = f"{kind}:{','.join(str(amount) for amount in stored.amounts or [])}"
    try:
        return Grid.parse(text)
    except UsageError as error:
        raise ConfigError.at(path, 1, error.text, fix=error.fix) from error


def built_in_grids() -> dict[str, Path]:
    """The grids that ship with the project, by name."""
    return {path.stem: path for path in sorted(BUDGETS.glob("*.yaml")) if path.stem != "prices"}


def _grid_file(text: str) -> Path:
    known = built_in_grids()
    if text in known:
        return known[text]
    path = Path(text)
    if path.is_file():
        return path
    near = nearest(text, known)
    hint = f"did you mean {near}? " if near else ""
    raise UsageError(f"budget grid {text!r} is not known", fix=f"{hint}write {FORMS}; built in: {', '.join(known)}")
