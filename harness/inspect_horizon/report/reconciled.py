"""A study against its provider's account, as plain text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspect_horizon.report.names import clean, shorten

if TYPE_CHECKING:
    from inspect_horizon.runs.reconciling import Reconciliation

WORDS = {"prompt_tokens": "prompt", "output_tokens": "output", "cost_usd": "$"}
WIDTH = 80


def reconciliation_text(told: Reconciliation) -> str:
    """Every model and day that both sides know, amount by amount, then what only one side knows."""
    lines = [f"{'model':<25}{'day (UTC)':<12}{'amount':<8}{'calls table':>13}{'export':>13}{'off':>9}"]
    previous = ("", "")
    for each in told.compared:
        model, day = ("", "") if (each.model, each.day) == previous else (shorten(clean(each.model), 24), each.day)
        previous = (each.model, each.day)
        ours, theirs = (_amount(each.amount, value) for value in (each.ours, each.theirs))
        off = f"{each.share:+.2%}" if each.difference else "0"
        lines.append(f"{model:<25}{day:<12}{WORDS[each.amount]:<8}{ours:>13}{theirs:>13}{off:>9}")
        if each.at_most > each.ours:
            lines.append(f"{'':<37}{'':<8}{'to ' + _amount(each.amount, each.at_most):>13}")
    for in_export, words in ((True, "in the export alone"), (False, "in the calls table alone")):
        rows = [each for each in told.unmatched if each.in_export is in_export]
        lines += ["", words] if rows else []
        for row in rows:
            usd = "" if row.cost_usd is None else f", ${row.cost_usd:,.4f}"
            text = f"{row.prompt_tokens:,.0f} prompt and {row.output_tokens:,.0f} generated tokens{usd}"
            lines.append(shorten(f"  {shorten(clean(row.model), 22):<23}{row.day:<12}{text}", WIDTH))
    unmatched = len(told.unmatched)
    total = told.matched + unmatched
    summary = f"{told.matched} of {total} models and days matched, {told.differing} amounts differ by more than 1 %"
    return "\n".join([*lines, "", summary])


def _amount(name: str, value: float) -> str:
    return f"{value:,.4f}" if name == "cost_usd" else f"{value:,.0f}"
