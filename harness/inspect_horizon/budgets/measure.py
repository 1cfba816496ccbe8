"""What a call takes out of a budget, in the unit of that budget: a bound before it, the true amount after it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspect_horizon.errors import PriceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspect_horizon.budgets.budget import Budget
    from inspect_horizon.budgets.metering import Asked
    from inspect_horizon.budgets.usage import Usage

FLOPS_PER_PARAMETER = 2.0
"""What a forward pass costs for each token: Kaplan et al. (2020), arXiv:2001.08361, section 2."""
WEIGHED = ("input", "cache_read", "cache_write", "output")
"""The counts that a token formula can weigh; together they hold every token once."""
TERM = re.compile(
    r"(?:(?P<weight>[0-9]*\.?[0-9]+)\*)?(?P<name>[a-z_]+)|(?P<name2>[a-z_]+)\*(?P<weight2>[0-9]*\.?[0-9]+)"
)


@dataclass(frozen=True, slots=True)
class Worst:
    """The most one call can take out of a budget, in the unit of that budget."""

    base: float
    """For the prompt, whatever comes back."""
    per_token: float
    """For each token that the call may generate."""

    def at(self, output_tokens: int) -> float:
        """The bound when at most so many tokens are generated."""
        return self.base + self.per_token * output_tokens


def parse_weights(formula: str) -> dict[str, float]:
    """The weights of `input+0.1*cache_read+1.25*cache_write+5*output`; a count that is not named weighs nothing.

    Raises:
        UsageError: The formula names another count, names one twice, or weighs nothing.
    """
    weights: dict[str, float] = {}
    for term in formula.replace(" ", "").replace("(", "").replace(")", "").split("+"):
        match = TERM.fullmatch(term)
        name = (match["name"] or match["name2"]) if match else ""
        if match is None or name not in WEIGHED or name in weights:
            raise UsageError(
                f"{term!r} in the token formula {formula!r} is no weighted count",
                fix=f"write each of {', '.join(WEIGHED)} at most once, such as input+0.1*cache_read+5*output",
            )
        weights[name] = float(match["weight"] or match["weight2"] or 1.0)
    if not any(weights.values()):
        raise UsageError(f"the token formula {formula!r} weighs nothing", fix="give a count a weight above 0")
    return weights


def bound(budget: Budget, asked: Asked, weights: Mapping[str, float]) -> Worst:
    """The most that a call about to be made can take.

    Raises:
        PriceError: The price or the size of the model is needed and not known.
    """
    match budget.kind:
        case "tokens":
            return Worst(float(asked.prompt_tokens), 1.0)
        case "output_tokens":
            return Worst(0.0, 1.0)
        case "weighted_tokens":
            dearest = max(weights.get(name, 0.0) for name in WEIGHED if name != "output")
            return Worst(dearest * asked.prompt_tokens, weights.get("output", 0.0))
        case "flops":
            each = flops_per_token(asked, budget)
            return Worst(each * asked.prompt_tokens, each)
        case "flops_generated":
            return Worst(0.0, flops_per_token(asked, budget))
        case "seconds":
            return Worst(0.0, 0.0)  # a clock cuts the call off, wherever it stands
        case _:
            return Worst(*asked.worst_usd(budget))


def taken(budget: Budget, asked: Asked, usage: Usage, usd: float | None, weights: Mapping[str, float]) -> float:
    """What a call has taken; infinite where its price has been lost, which `Ticket` answers with the bound."""
    match budget.kind:
        case "tokens":
            return usage.total_tokens
        case "output_tokens":
            return usage.output_tokens
        case "weighted_tokens":
            return sum(weights.get(name, 0.0) * float(getattr(usage, f"{name}_tokens")) for name in WEIGHED)
        case "flops":
            computed = usage.input_tokens + usage.cache_write_tokens + usage.output_tokens
            return flops_per_token(asked, budget) * computed
        case "flops_generated":
            return flops_per_token(asked, budget) * usage.output_tokens
        case "seconds":
            return 0.0
        case _:
            return math.inf if usd is None else usd


def flops_per_token(asked: Asked, budget: Budget) -> float:
    """Operations for each token that goes through the model.

    Raises:
        PriceError: The user has not stated the model's size.
    """
    if asked.parameters is None:
        raise PriceError(
            f"the size of {asked.model} is not known, so it cannot be held to {budget}",
            fix=f"state it in a price file as active_parameters: {{{asked.model}: 7e9}} and pass --prices FILE",
        )
    return FLOPS_PER_PARAMETER * asked.parameters
