"""By which factors one price differs from another, so that what was found out at one can be told at the other."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from inspect_horizon.budgets.prices import MILLION, OUTPUT_KINDS, PROMPT_KINDS, Tariff

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from inspect_horizon.budgets.prices import Price, Rates

DECIMALS = 9
"""Of dollars per million tokens, as price tables write them; what lies beyond is rounding in binary."""


@dataclass(frozen=True, slots=True)
class Factors:
    """New price over old price, over the kinds of token that a model can be billed for.

    Exact fractions of the prices as they are written, so that three times a price is three times every sum of it.
    """

    least: Fraction
    most: Fraction | None
    """None: something that was free has a price now."""

    @property
    def uniform(self) -> bool:
        """Whether every kind of token changed alike."""
        return self.least == self.most

    def joined(self, other: Factors) -> Factors:
        """Those of both together."""
        most = None if self.most is None or other.most is None else max(self.most, other.most)
        return Factors(min(self.least, other.least), most)


UNCHANGED = Factors(Fraction(1), Fraction(1))


def compare(old: Price, new: Price, *, kinds: Iterable[str] = (), tiers: Iterable[str | None] = (None,)) -> Factors:
    """The factors between two prices of one model.

    Args:
        old: The price that was charged.
        new: The price that is asked about.
        kinds: Kinds of token that were billed beside those of plain text, such as `audio_input`.
        tiers: The tiers of service that were used; one that a table does not list costs what its standard tier does.
    """
    wanted = sorted({*PROMPT_KINDS, *OUTPUT_KINDS, *kinds})
    ratios: list[Fraction] = []
    was_free = False
    for before, after in _pairs(old, new, tiers):
        for kind in wanted:
            was, now = _as_written(getattr(before, kind)), _as_written(getattr(after, kind))
            was_free |= was == 0 < now
            ratios += [now / was] if was else []
    if not ratios:
        return Factors(Fraction(1), None) if was_free else UNCHANGED
    return Factors(min(ratios), None if was_free else max(ratios))


def _pairs(old: Price, new: Price, tiers: Iterable[str | None]) -> Iterator[tuple[Rates, Rates]]:
    """Both prices' rates in every tier, for every size of prompt at which one of them changes."""
    for tier in tiers:
        was, now = tariff(old, tier), tariff(new, tier)
        for prompt_tokens in sorted({0, *(above + 1 for above, _ in (*was.steps, *now.steps))}):
            yield was.rates(prompt_tokens), now.rates(prompt_tokens)


def tariff(price: Price, tier: str | None) -> Tariff:
    """The rates of a tier; the standard ones where the table does not list it, as `Price.cost_usd` takes them."""
    return price.tariff(tier) or Tariff(price.base, price.steps)


def _as_written(usd_per_token: float) -> Fraction:
    return Fraction(str(round(usd_per_token * MILLION, DECIMALS)))
