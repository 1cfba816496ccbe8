"""What a row of the calls table was charged, and what it would be charged at another price."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from inspect_horizon.budgets.prices import STANDARD
from inspect_horizon.budgets.usage import COUNTS, MAIN_COUNTS, Usage
from inspect_horizon.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from inspect_horizon.budgets.prices import Price, PriceBook

Row = dict[str, Any]

SAME = 1e-9
"""Share by which two ways of adding the same dollars may differ: rounding in binary."""
BESIDE_TEXT = (
    ("cache_write_1h",),
    ("image_input",),
    ("audio_input", "audio_cache_read"),
    ("audio_output",),
    ("image_output",),
)
"""What a call can have been bounded for beyond plain text; the table does not say of which it was."""


def plain_rows(frame: pd.DataFrame) -> list[Row]:
    """The rows with None for what is not known."""
    known = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in known.to_dict("records")]


def usage_of(row: Mapping[str, Any]) -> Usage | None:
    """The tokens of a call; None where none were reported that could be believed."""
    counts = {name: row.get(name) for name in COUNTS}
    if row["worst_case"] or None in [counts[name] for name in MAIN_COUNTS]:
        return None
    return Usage(**{name: int(count or 0) for name, count in counts.items()})


def is_bounded(row: Mapping[str, Any]) -> bool:
    """Whether a call counts at the most that it could cost: it never came to its end, or its usage is not known."""
    return row["outcome"] is None or (row["outcome"] != "rejected" and bool(row["worst_case"]))


def same_usd(one: float, other: float) -> bool:
    """Whether two amounts are the same but for rounding."""
    return math.isclose(one, other, rel_tol=SAME, abs_tol=SAME**2)


@dataclass(frozen=True, slots=True)
class Charges:
    """What calls are charged by one price book."""

    prices: PriceBook

    def price(self, row: Mapping[str, Any]) -> Price | None:
        """Of the call: by the model that answered it, or else by the one that was asked for."""
        return self.prices.served(row["model"], row["served_model"])

    def usd(self, row: Mapping[str, Any]) -> float | None:
        """The tokens of a call times their prices; None where either is not known."""
        usage, price = usage_of(row), self.price(row)
        return None if usage is None or price is None else price.cost_usd(usage, row.get("tier"))

    def explains(self, row: Mapping[str, Any]) -> bool:
        """Whether this book is the one that the call was charged by: the same table, and the same dollars."""
        price, usd, booked = self.price(row), self.usd(row), row["cost_usd"]
        if price is None or usd is None or booked is None:
            return False
        return price.source == row["price_source"] and same_usd(usd, booked)


def rebound(row: Mapping[str, Any], old: Price | None, new: Price) -> float | None:
    """What a call would have held before it was made, at another price.

    The tier and the kinds of token that it was bounded for are those with which the old price gives what was held.
    Where none do, it is taken as one that could be billed for everything, so that the result still is a bound.

    Returns:
        US dollars; None where the table does not say how many tokens were held for the prompt and for the answer.
    """
    total, generated = row["reserved_tokens"], row["reserved_output_tokens"]
    if total is None or generated is None:
        return None
    prompt, held = int(total - generated), row["reserved_usd"]
    if old is not None and held is not None:
        for tier, kinds in _assumptions(row, old):
            if same_usd(_bound(old, prompt, int(generated), tier, kinds), held):
                return _bound(new, prompt, int(generated), tier, kinds)
    everything = tuple(kind for group in BESIDE_TEXT for kind in group)
    return _bound(new, prompt, int(generated), row.get("tier"), everything)


def _assumptions(row: Mapping[str, Any], old: Price) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    for tier in dict.fromkeys((row.get("tier"), STANDARD, *old.tiers)):
        for size in range(len(BESIDE_TEXT) + 1):
            for groups in combinations(BESIDE_TEXT, size):
                yield tier, tuple(kind for group in groups for kind in group)


def _bound(price: Price, prompt: int, generated: int, tier: str | None, kinds: tuple[str, ...]) -> float:
    listed = tier if price.tariff(tier) is not None else None
    base, per_token = price.worst_case(prompt, tier=listed, kinds=kinds)
    return base + per_token * generated


def refuse_unsplit(rows: list[Row], path: object) -> None:
    """Raise where a call is charged at its bound and the table cannot tell the bound at another price.

    Raises:
        DataError: An older version wrote the table.
    """
    lacking = sum(1 for row in rows if is_bounded(row) and row["reserved_output_tokens"] is None)
    if lacking:
        raise DataError(
            f"{lacking} calls in {path} are charged at their bound, and the table does not say of how many tokens",
            fix=f"rebuild the tables from the ledger with `horizon collect {path}`, then run the same command again",
        )
