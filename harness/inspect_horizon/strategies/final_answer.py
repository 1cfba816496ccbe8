"""The rule for a run whose budget is spent before it has answered: nothing, or one last question."""

from __future__ import annotations

from typing import Any

QUESTION_VERSION = 1
"""Of the words below; part of the protocol of every run that may be asked. It grows when they change.

1: the first.
"""
QUESTION = (
    "Your budget for this task is spent, and you cannot use tools any more. Reply with your best answer now, exactly "
    "as you would have submitted it, and with nothing else."
)
ANSWER_TOKENS = 1024
"""The most that the reply may have beyond what is thought: enough for an answer, little beside the work behind it."""


def final_answer_protocol(rule: str) -> dict[str, Any]:
    """What the protocol records of the rule."""
    return {"final_answer": rule} if rule == "none" else {"final_answer": rule, "question_version": QUESTION_VERSION}
