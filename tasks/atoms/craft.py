"""How an atom is answered by someone who sees only the conversation: one reply, ending in the answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from inspect_horizon.models.craft import Message, Move, Outcome, ToolUse

from .families import solve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ANSWERED = re.compile(r"^ANSWER: (\S+)$", re.MULTILINE)
TAIL = 200
"""Characters of an own reply that are read again: the answer stands at its end."""


def craft(messages: Sequence[Message], tools: Sequence[str]) -> Move | None:
    """The answer to a question; None for any other conversation."""
    asked = (solve(_text(message)) for message in messages if message.get("role") == "user")
    found = next((question for question in asked if question), None)
    if found is None:
        return None
    family, solution = found
    answers = _answers(messages)
    seconds = family.seconds(solution.size)
    before = len(answers) * seconds
    if answers and answers[-1] is not None:
        again = _outcome(answers[-1], tools)
        return Move(before, 0.0, "", again, again)
    working = "".join(f"{step}\n" for step in solution.steps)
    right, slipped = (_outcome(answer, tools) for answer in (solution.answer, solution.slipped))
    return Move(before, seconds, working, right, slipped)


def _answers(messages: Sequence[Message]) -> list[str | None]:
    """What earlier replies answered; None for an answer that was refused and must be worked out once more."""
    answers: list[str | None] = []
    for message in messages:
        role, text = message.get("role"), _text(message)
        if role == "assistant" and (said := ANSWERED.search(text[-TAIL:])):
            answers.append(said[1])
        elif role == "user" and answers and "incorrect" in text:
            answers[-1] = None
    return answers


def _outcome(answer: str, tools: Sequence[str]) -> Outcome:
    text = f"ANSWER: {answer}"
    return Outcome(text, ToolUse("submit", {"answer": text}) if "submit" in tools else None)


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or "" for part in content or ())
