"""Prices, overshoot and what repricing changed as plain text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspect_horizon.report.names import clean, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_horizon.budgets.prices import Price, Rates
    from inspect_horizon.runs.overshooting import Overshoot
    from inspect_horizon.runs.repricing import Repriced, RepricedModel

MILLION = 1_000_000
RATES = (
    ("input", "prompt, not cached"),
    ("cache_read", "prompt, read from a cache"),
    ("cache_write", "prompt, written to a cache"),
    ("output", "generated"),
    ("reasoning", "generated, reasoning"),
)


def price_text(price: Price) -> str:
    """What a model charges, in dollars per million tokens, and where that is written."""
    lines = [f"{clean(price.model)}   {price.source}", "", "$ per million tokens"]
    steps: Sequence[tuple[str, Rates]] = [
        ("", price.base),
        *((f"prompt above {above:,} tokens", rates) for above, rates in price.steps),
    ]
    for name, rates in steps:
        lines += [name] if name else []
        lines += [f"  {words:<28}{getattr(rates, field) * MILLION:>12.4f}" for field, words in RATES]
    if price.max_output_tokens:
        lines += ["", f"at most {price.max_output_tokens:,} tokens generated a call"]
    return "\n".join(lines)


def overshoot_text(rows: Sequence[Overshoot]) -> str:
    """How many runs exceeded their budget and by how much, one line a model and budget."""
    if not rows:
        return "no run had a budget"
    lines = [f"{'model':<34}{'budget':<20}{'runs':>6}{'over':>6}{'largest':>9}"]
    for row in rows:
        largest = f"{row.largest_share:+.1%}" if row.over else "0"
        lines.append(f"{clean(row.model)[:33]:<34}{row.budget[:19]:<20}{row.runs:>6}{row.over:>6}{largest:>9}")
    guessed, soft = sum(row.worst_case_calls for row in rows), sum(row.soft for row in rows)
    lines.append("")
    lines.append(
        f"{sum(row.over for row in rows)} of {sum(row.runs for row in rows)} runs spent more than their budget"
    )
    if guessed:
        lines.append(f"{guessed} calls are booked at their bound, since what they used is not known")
    if soft:
        lines.append(f"{soft} runs had only Inspect's own limits, which stop after the call that crosses them")
    return "\n".join(lines)


def repriced_text(done: Repriced) -> str:
    """What each model's calls cost before and after, and by which factors its prices differ."""
    lines = [f"{'model':<34}{'calls':>8}{'$ before':>13}{'$ after':>13}  factor"]
    for row in done.models:
        name, before, after = shorten(clean(row.model), 33), _dollars(row.old_usd), _dollars(row.new_usd)
        lines.append(f"{name:<34}{row.calls:>8,}{before:>13}{after:>13}  {_factor(row)}")
        lines.append(f"  {row.old_source or 'not known'} -> {row.new_source or 'not known'}")
    return "\n".join([*lines, "", f"{done.runs:,} runs and {done.calls:,} calls: {clean(str(done.folder))}"])


def _factor(row: RepricedModel) -> str:
    if row.least_factor is None:
        return "unknown"
    if row.most_factor is None:
        return "was free"
    least, most = f"x{row.least_factor:.4g}", f"x{row.most_factor:.4g}"
    return least if least == most else f"{least}..{most[1:]}"


def _dollars(usd: float | None) -> str:
    return "unknown" if usd is None else f"{usd:,.4f}"
