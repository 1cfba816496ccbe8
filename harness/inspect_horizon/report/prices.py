"""What a model is charged at, and why, as plain text and as rows."""

from __future__ import annotations

import textwrap
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from inspect_horizon.budgets.comparing import DECIMALS
from inspect_horizon.budgets.dollars import usd_text
from inspect_horizon.budgets.prices import MILLION, STANDARD, UNSTATED, plain_tier
from inspect_horizon.budgets.usage import Usage
from inspect_horizon.errors import UsageError
from inspect_horizon.report.names import clean, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_horizon.budgets.prices import Price, PriceBook, Rates, Tariff

WIDTH = 80
KINDS = {
    "input": "prompt, not cached",
    "cache_read": "prompt, read from a cache",
    "cache_write": "prompt, written to a cache",
    "cache_write_1h": "prompt, cached for an hour",
    "output": "generated",
    "reasoning": "generated, reasoning",
    "audio_input": "prompt, sound",
    "audio_cache_read": "prompt, sound from a cache",
    "image_input": "prompt, pictures",
    "audio_output": "generated, sound",
    "image_output": "generated, pictures",
}
ALWAYS = ("input", "cache_read", "cache_write", "cache_write_1h", "output", "reasoning")
EXAMPLE = Usage(input_tokens=2_000, cache_read_tokens=8_000, output_tokens=1_000)


@dataclass(frozen=True, slots=True)
class Quote:
    """What one model is charged at in one tier of service."""

    model: str
    price: Price
    overruled: tuple[Price, ...]
    """What tables of less authority say, the highest first."""
    tier: str
    tariff: Tariff
    parameters: float | None
    """Active for each token; None where nobody has stated it."""

    @classmethod
    def of(cls, model: str, prices: PriceBook, *, tier: str | None = None) -> Quote:
        """The price of a model, and of the tables that list it.

        Raises:
            PriceError: No table lists the model.
            UsageError: Its table does not list the tier.
        """
        price = prices.price(model)
        tariff = price.tariff(tier)
        if tariff is None:
            raise UsageError(
                f"{price.source} lists no tier {tier!r} of {model}",
                fix=f"choose from {', '.join((STANDARD, *price.tiers))}, or state it in a price file",
            )
        overruled = tuple(prices.listings(model))[1:]
        return cls(model, price, overruled, plain_tier(tier), tariff, prices.parameters(model))

    @property
    def example_usd(self) -> float:
        """The dollars of `EXAMPLE`."""
        return self.tariff.rates(EXAMPLE.prompt_tokens).cost_usd(EXAMPLE)

    def as_dict(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        tables = [
            {"source": price.source, "from": _day(price), "wins": place == 0, "usd_per_million": _rates(price.base)}
            for place, price in enumerate((self.price, *self.overruled))
        ]
        return {
            "model": self.model,
            "source": self.price.source,
            "from": _day(self.price),
            "tier": self.tier,
            "usd_per_million": _rates(self.tariff.base),
            "steps": [{"above": above, "usd_per_million": _rates(rates)} for above, rates in self.tariff.steps],
            "tiers": [STANDARD, *self.price.tiers],
            "tables": tables,
            "max_output_tokens": self.price.max_output_tokens,
            "max_input_tokens": self.price.max_input_tokens,
            "active_parameters": self.parameters,
            "example": {**{name: count for name, count in asdict(EXAMPLE).items() if count}, "usd": self.example_usd},
        }


def quote_text(quote: Quote) -> str:
    """What would be charged, from which table, which tables it overrules, and an example to check."""
    lines = [clean(quote.model), "", "tables that list it, the one that counts first"]
    tables = (quote.price, *quote.overruled)
    lines += [_table(price, counts=place == 0) for place, price in enumerate(tables)]
    if any(price.as_of is None for price in tables):
        lines.append("     an undated table is taken for every day")
    lines += ["", f"$ per million tokens, {clean(quote.tier)} tier", *_rate_lines(quote.tariff.base)]
    for above, rates in quote.tariff.steps:
        lines += [f"whole call once its prompt exceeds {above:,} tokens", *_rate_lines(rates)]
    return "\n".join([*lines, "", *_facts(quote), "", *_example(quote)])


def _table(price: Price, *, counts: bool) -> str:
    day = _day(price)
    base = f"${_per_million(price.base.input)} in, ${_per_million(price.base.output)} out"
    since = f"from {day}" if day else "undated"
    return shorten(f"  {'->' if counts else '  '} {clean(price.source)}   {since}   {base}", WIDTH)


def _day(price: Price) -> str | None:
    return price.as_of.isoformat() if price.as_of else None


def _rate_lines(rates: Rates) -> list[str]:
    """Kinds beside plain text only where they have a price of their own."""
    shown = [kind for kind in KINDS if kind in ALWAYS or getattr(rates, kind) != getattr(rates, UNSTATED[kind])]
    return [f"  {KINDS[kind]:<28}{_per_million(getattr(rates, kind)):>14}" for kind in shown]


def _facts(quote: Quote) -> list[str]:
    price = quote.price
    others = [name for name in (STANDARD, *price.tiers) if name != quote.tier]
    lines = [f"other tiers: {', '.join(others)} (see them with --tier)"] if others else []
    if price.max_output_tokens:
        lines.append(f"at most {price.max_output_tokens:,} tokens generated a call")
    if price.max_input_tokens:
        lines.append(f"at most {price.max_input_tokens:,} tokens in a prompt")
    size = "not stated" if quote.parameters is None else f"{quote.parameters:.4g}"
    return [*lines, f"active parameters: {size}"]


def _example(quote: Quote) -> Sequence[str]:
    rates = quote.tariff.rates(EXAMPLE.prompt_tokens)
    terms = [(EXAMPLE.input_tokens, rates.input), (EXAMPLE.cache_read_tokens, rates.cache_read)]
    terms += [(EXAMPLE.output_tokens, rates.output)]
    sums = " + ".join(f"{count:,} x {_per_million(usd)}" for count, usd in terms)
    text = (
        f"example: a prompt of {EXAMPLE.prompt_tokens:,} tokens, {EXAMPLE.cache_read_tokens:,} of them cached, and "
        f"{EXAMPLE.output_tokens:,} generated: ({sums}) / 1M = ${usd_text(quote.example_usd, 6)}"
    )
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ")


def _rates(rates: Rates) -> dict[str, float]:
    return {kind: round(usd * MILLION, DECIMALS) for kind, usd in asdict(rates).items()}


def _per_million(usd: float) -> str:
    return f"{round(usd * MILLION, DECIMALS):.12g}"
