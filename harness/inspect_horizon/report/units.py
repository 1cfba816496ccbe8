"""Amounts as people write them: $0.02, 4k tokens, 4.2 min, 3.1 %."""

from __future__ import annotations

import math

DASH = "–"
"""Stands where there is no number, and between the ends of an interval."""
BEYOND = "…"
"""Stands for an end of an interval that lies beyond any number."""

_TIMES = (("s", 1 / 60), ("min", 1.0), ("h", 60.0), ("d", 1440.0), ("y", 525_600.0))
"""Units of time in minutes. A day is 24 hours and a year 365 such days, so that no working hours are assumed."""
_MULTIPLES = (("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12))
_OF_OPERATIONS = (*_MULTIPLES, ("P", 1e15), ("E", 1e18), ("Z", 1e21))
_NOUNS = {
    "tokens": " tokens",
    "output_tokens": " output tokens",
    "weighted_tokens": " weighted tokens",
    "flops": " FLOP",
    "flops_generated": " FLOP generated",
}


def format_minutes(minutes: float) -> str:
    """Human time to two significant digits in its largest unit, such as `42 s`, `4.2 min` or `1.5 h`.

    Args:
        minutes: 0 or above; infinity is `∞`.

    Raises:
        ValueError: The time is negative or NaN.
    """
    return " ".join(_time_parts(minutes))


def format_interval(low: float | None, high: float | None) -> str:
    """Both ends of an interval of minutes, the unit once where they share it: `2.9–6.1 min`, `40 s–1.2 min`, `…–3 h`.

    Args:
        low: Minutes; None, or 0, where nothing bounds it from below.
        high: Minutes; None where nothing bounds it from above.
    """
    start = None if not low else _time_parts(low)
    end = None if high is None else _time_parts(high)
    if start and end:
        return f"{start[0]}{DASH}{' '.join(end)}" if start[1] == end[1] else f"{' '.join(start)}{DASH}{' '.join(end)}"
    return f"{' '.join(start) if start else BEYOND}{DASH}{' '.join(end) if end else BEYOND}"


def format_usd(amount: float) -> str:
    """US dollars: three digits below a dollar, to the cent from there, to the dollar from 100, in millions beyond.

    Raises:
        ValueError: The amount is negative or NaN.
    """
    _check(amount)
    if math.isinf(amount):
        return "$∞"
    rounded = _round(amount, 3)
    if rounded >= 1e6:
        return f"${_multiple(amount)}"
    if rounded >= 100:
        return f"${amount:,.0f}"
    if rounded >= 1:
        return f"${amount:.2f}".removesuffix(".00")
    digits = _plain(rounded)
    return f"${digits}0" if rounded >= 0.1 and len(digits) == len("0.5") else f"${digits}"


def format_budget(kind: str, amount: float, *, unit: bool = True) -> str:
    """A budget: `$0.50`, `4k tokens`, `1.6M output tokens`, or for `cost_ratio` a share of the human cost, `3.12 %`.

    Args:
        kind: A budget kind; one that is not known is named after the amount.
        amount: In the unit of the kind.
        unit: Whether tokens are named, or only counted.

    Raises:
        ValueError: The amount is negative or NaN.
    """
    if kind == "usd":
        return format_usd(amount)
    _check(amount)
    if kind == "cost_ratio":
        return f"{_plain(_round(100 * amount, 3))} %"
    if kind == "seconds":
        return format_minutes(amount / 60)
    multiples = _OF_OPERATIONS if kind.startswith("flops") else _MULTIPLES
    return _multiple(amount, multiples) + (_NOUNS.get(kind, f" {kind}") if unit else "")


def format_share(share: float) -> str:
    """A measured ratio in percent to two digits, such as `3.1 %`.

    Raises:
        ValueError: The ratio is negative or NaN.
    """
    _check(share)
    return f"{_two_digits(100 * share)} %"


def _time_parts(minutes: float) -> tuple[str, str]:
    _check(minutes)
    if math.isinf(minutes):
        return "∞", "min"
    unit, size = next((pair for pair in reversed(_TIMES) if _round(minutes / pair[1], 2) >= 1), _TIMES[0])
    return _two_digits(minutes / size), unit


def _two_digits(value: float) -> str:
    if math.isinf(value):
        return "∞"
    rounded = _round(value, 2)
    if rounded == 0 or 0.001 <= rounded < 1e5:
        return f"{rounded:.1f}" if 1 <= rounded < 10 else _plain(rounded)
    return f"{rounded:.1e}"


def _multiple(amount: float, multiples: tuple[tuple[str, float], ...] = _MULTIPLES) -> str:
    """Three significant digits with k, M, G, T and so on."""
    if math.isinf(amount):
        return "∞"
    rounded = _round(amount, 3)
    suffix, size = next((pair for pair in reversed(multiples) if rounded >= pair[1]), multiples[0])
    return _plain(_round(rounded / size, 3)) + suffix


def _plain(value: float) -> str:
    """Without an exponent where that stays short, and without trailing zeros."""
    if math.isinf(value):
        return "∞"
    if value != 0 and not 1e-5 <= value < 1e7:
        return f"{value:.3g}"
    return f"{value:.10f}".rstrip("0").rstrip(".")


def _round(value: float, digits: int) -> float:
    return float(f"{value:.{digits - 1}e}")


def _check(value: float) -> None:
    if not value >= 0:
        raise ValueError(f"{value} is no amount of time, tokens or money; it must be 0 or above")
