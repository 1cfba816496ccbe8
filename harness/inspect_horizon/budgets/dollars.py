"""Dollars in words that hide none: a call may cost a millionth of one, and a cap be no larger."""

from __future__ import annotations

import math

HIDDEN = 0.005
"""The share of an amount that its text may leave out."""
DUST_USD = 1e-10
"""Less than a token of any model costs: what sums and differences of dollars leave where they should be zero."""


def usd_text(usd: float, decimals: int = 4) -> str:
    """An amount to so many decimals, or to three digits where those would hide part of it: `0.5000`, `0.0000123`."""
    if abs(usd) < DUST_USD:
        return f"{0:.{decimals}f}"
    if abs(round(usd, decimals) - usd) > HIDDEN * abs(usd):
        decimals = max(decimals, 2 - math.floor(math.log10(abs(usd))))
    return f"{usd:,.{decimals}f}"
