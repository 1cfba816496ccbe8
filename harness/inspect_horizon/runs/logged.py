"""What Inspect's own log says that a run used, for runs that no ledger knows."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from inspect_horizon.budgets.usage import MAIN_COUNTS, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspect_ai.model import ModelUsage

    from inspect_horizon.budgets.prices import PriceBook


def from_inspect(usage: ModelUsage) -> Usage:
    """Inspect's counts as ours; of parts that are billed apart it keeps only the reasoning."""
    return Usage(
        input_tokens=usage.input_tokens,
        cache_read_tokens=usage.input_tokens_cache_read or 0,
        cache_write_tokens=usage.input_tokens_cache_write or 0,
        output_tokens=max(usage.output_tokens, usage.reasoning_tokens or 0),
        reasoning_tokens=usage.reasoning_tokens or 0,
    )


def logged_spend(usages: Mapping[str, ModelUsage], prices: PriceBook) -> dict[str, Any]:
    """The columns of a run that its log fills; graders are in them, since Inspect's sums do not tell phases apart.

    Args:
        usages: By model, each added up over the run.
        prices: For models that Inspect has no price of.
    """
    if not usages:
        return {}
    counted = [from_inspect(logged) for logged in usages.values()]
    total = reduce(add, counted)
    spends = [
        _usd(model.removeprefix("litellm/"), usage, logged.total_cost, prices)
        for (model, logged), usage in zip(usages.items(), counted, strict=True)
    ]
    known = [usd for usd, _ in spends if usd is not None]
    sources = {source for _, source in spends if source is not None}
    return {
        **{name: getattr(total, name) for name in MAIN_COUNTS},
        "cost_usd": sum(known) if len(known) == len(spends) else None,
        "price_source": ", ".join(sorted(sources)) or None,
    }


def _usd(model: str, usage: Usage, logged_usd: float | None, prices: PriceBook) -> tuple[float | None, str | None]:
    """Dollars and whose prices they are; unknown where the price of a call hangs on its size, which a sum has lost."""
    if logged_usd is not None:
        return logged_usd, None
    price = prices.find(model)
    if price is None or any(usage.prompt_tokens > above for above, _ in price.steps):
        return None, None
    return price.cost_usd(usage), price.source
