"""Prices, one run's arithmetic and overshoot as plain text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspect_horizon.report.names import clean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from inspect_horizon.budgets.prices import Price, Rates
    from inspect_horizon.runs.explaining import ExplainedCall, Explanation
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


def explanation_text(told: Explanation) -> str:
    """One run's cost, call by call, with the sum and whether it matches the table."""
    run = told.run
    lines = [
        f"run      {run['run_id']}   {clean(str(run['model']))}",
        f"task     {clean(str(run['task_id']))} of {clean(str(run['suite']))}",
        f"budget   {run['budget_kind']}:{run['budget_amount']:.6g}" if run["budget_kind"] else "budget   none",
        f"ended    {run['stop_reason']}, success {run['success']}, attempt {run['attempt']} of {told.attempts}",
        "",
        f"{'call':<5}{'phase':<7}{'prompt':>10}{'cached':>10}{'output':>10}{'$':>12}  note",
    ]
    lines += [_call_line(number, call, run["attempt"]) for number, call in enumerate(told.calls, 1)]
    lines += ["", *_sums(told)]
    return "\n".join(lines)


def _call_line(number: int, call: ExplainedCall, standing: int) -> str:
    usage = call.usage
    counts = ("-", "-", "-")
    if usage is not None:
        cached = usage.cache_read_tokens + usage.cache_write_tokens
        counts = (f"{usage.input_tokens:,}", f"{cached:,}", f"{usage.output_tokens:,}")
    usd = "unknown" if call.booked_usd is None else f"{call.booked_usd:.6f}"
    tokens = "".join(f"{count:>10}" for count in counts)
    return f"{number:<5}{call.phase:<7}{tokens}{usd:>12}  {_note(call, standing)}".rstrip()


def _note(call: ExplainedCall, standing: int) -> str:
    notes = [f"attempt {call.attempt}"] if call.attempt != standing else []
    if call.outcome != "answered":
        notes.append(call.outcome or "cut off")
    elif call.worst_case:
        notes.append("worst case")
    elif call.repriced_usd is not None and call.booked_usd is not None:
        off = abs(call.repriced_usd - call.booked_usd) > 1e-9 * max(call.booked_usd, 1e-9)
        notes += [f"tokens x price give {call.repriced_usd:.6f}"] if off else []
    return ", ".join(notes)


def _sums(told: Explanation) -> Iterable[str]:
    stated = told.run["cost_usd"]
    parts = (("answer", told.answer_usd), ("scoring", told.scorer_usd), ("wasted", told.wasted_usd))
    for name, usd in parts:
        yield f"{name:<9}{'unknown' if usd is None else f'${usd:.6f}'}"
    verdict = "adds up" if told.adds_up else "DOES NOT ADD UP"
    yield f"{'table':<9}{'unknown' if stated is None else f'${stated:.6f}'}, {verdict}"
    yield f"{'price':<9}{told.run['price_source'] or 'not known'}"


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
