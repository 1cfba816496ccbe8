"""A price as Inspect knows one: four linear rates and the sizes of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspect_ai.model import ModelCost, ModelInfo

from inspect_horizon.budgets.prices import MILLION

if TYPE_CHECKING:
    from inspect_horizon.budgets.prices import Price


def model_info(price: Price) -> ModelInfo:
    """What Inspect's own limits on cost go by; steps and tiers it does not know."""
    base = price.base
    cost = ModelCost(
        input=base.input * MILLION,
        output=base.output * MILLION,
        input_cache_write=base.cache_write * MILLION,
        input_cache_read=base.cache_read * MILLION,
    )
    return ModelInfo(cost=cost, context_length=price.max_input_tokens, output_tokens=price.max_output_tokens)
