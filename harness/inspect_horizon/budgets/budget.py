"""The most one run may spend: its kinds, how people write it, and what it comes to for one task."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

from inspect_horizon.errors import UsageError

BudgetKind = Literal[
    "tokens", "output_tokens", "weighted_tokens", "usd", "cost_ratio", "flops", "flops_generated", "seconds"
]
KINDS: tuple[BudgetKind, ...] = get_args(BudgetKind)
IN_DOLLARS: tuple[BudgetKind, ...] = ("usd", "cost_ratio")
IN_FLOPS: tuple[BudgetKind, ...] = ("flops", "flops_generated")
SUFFIXES = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000, "t": 1_000_000_000_000}
EXAMPLES = "usd:0.50, tokens:200k, output_tokens:8k or cost_ratio:1/32"


@dataclass(frozen=True, slots=True)
class Budget:
    """The most one run may spend."""

    amount: float
    """In the unit of `kind`: tokens, US dollars, floating point operations, seconds of working time, or for
    `cost_ratio` a fraction of the task's human cost."""
    kind: BudgetKind

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"budget kind {self.kind!r} is none of {', '.join(KINDS)}")
        if not (math.isfinite(self.amount) and self.amount > 0):
            raise ValueError(f"budget {self.kind}:{self.amount} must be a finite amount above 0")

    @property
    def needs_price(self) -> bool:
        """Whether the model's price must be known to hold a run to this budget."""
        return self.kind in IN_DOLLARS

    @property
    def needs_size(self) -> bool:
        """Whether the model's number of active parameters must be known to hold a run to this budget."""
        return self.kind in IN_FLOPS

    @classmethod
    def parse(cls, text: str) -> Budget:
        """The budget that `usd:0.50`, `tokens:200k` or `cost_ratio:1/32` stands for.

        Raises:
            UsageError: The text is not of the form KIND:AMOUNT with an amount above 0.
        """
        kind, amount = split_kind(text)
        return cls(parse_amount(amount, text), kind)

    def resolve(self, human_cost_usd: float | None) -> Budget:
        """What this budget is for one task: `cost_ratio` becomes dollars, the other kinds stand as they are.

        Args:
            human_cost_usd: What a human would be paid for the task; needed for `cost_ratio` alone.

        Raises:
            ValueError: The budget is a cost ratio and the human cost is not known.
        """
        if self.kind != "cost_ratio":
            return self
        if human_cost_usd is None:
            raise ValueError(f"budget {self} needs the task's human cost: state its human time and a wage")
        return Budget(self.amount * human_cost_usd, "usd")

    def __str__(self) -> str:
        return f"{self.kind}:{self.amount:.12g}"


def split_kind(text: str) -> tuple[BudgetKind, str]:
    """The kind before the first colon of a budget or grid, and what follows it.

    Raises:
        UsageError: There is no colon or the kind is unknown.
    """
    kind, colon, rest = text.strip().partition(":")
    if not colon or kind not in KINDS:
        raise UsageError(
            f"budget {text!r} does not start with one of {', '.join(kind + ':' for kind in KINDS)}",
            fix=f"write the kind and the amount, such as {EXAMPLES}",
        )
    return next(known for known in KINDS if known == kind), rest


def parse_amount(text: str, whole: str) -> float:
    """An amount such as `0.5`, `$2`, `200k`, `1.5M` or `1/32`, above 0.

    Args:
        text: The amount.
        whole: The budget or grid it stands in, for the message.

    Raises:
        UsageError: It is no number, or not a finite one above 0.
    """
    match = re.fullmatch(r"\$?\s*([0-9.eE+-]+(?:/[0-9]+)?)\s*([kKmMgGtT]?)", text.strip())
    try:
        amount = float(Fraction(match[1])) * SUFFIXES[match[2].lower()] if match else math.nan
    except (ValueError, ZeroDivisionError, OverflowError):
        amount = math.nan
    if not (math.isfinite(amount) and amount > 0):
        raise UsageError(f"{text.strip()!r} in budget {whole!r} is not an amount above 0", fix=f"write {EXAMPLES}")
    return amount
