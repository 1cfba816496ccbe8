"""The embedded models: honest programs with a known flaw, whose horizon at every budget follows from a formula.

A clerk reads the conversation, calls the tools and works the answer out; it is no language model and is never
presented as one. It serves to show and to test the whole pipeline: what the pipeline should find is known beforehand.

**The formula.** Once a run, a clerk draws its *form* ε, in doublings, from the logistic distribution with scale 1/β:
P(ε > x) = 1 / (1 + exp(βx)). Form scales two things alike. How much work it does before its first slip, L50 · 2^ε in
human minutes. And how much it does per dollar: after m human minutes of work it has been billed r · m · 2^−ε dollars,
re-read prompts included, because it writes as much working as that rate asks for. Its answer to a task of h human
minutes is therefore right, and within a budget of b dollars, exactly when

    h ≤ L50 · 2^ε   and   r · h · 2^−ε ≤ b,   that is when   ε ≥ log2(h / H(b))   with   H(b) = min(L50, b / r).

So P(success by b | h) = 1 / (1 + exp(β · log2(h / H(b)))): logistic in log2 h with the slope β at every budget, and
50 % at H(b), which rises with slope 1 along a line parallel to the human one and levels off at L50.

**A careful clerk** checks its work until no slip can be left. On a task beyond its unaided length, h' = h · 2^−ε > L50,
that takes (h' / L50)² times the work, so it is billed r · h'³ / L50² and its horizon goes on rising as
H(b) = (L50² · b / r)^(1/3): slope 1/3. It is not told its budget; how much it checks follows from the task alone.

**An uneven clerk** breaks the common slope on purpose: its form scales speed by 2^(ε·β/β_speed) and the work before a
slip by 2^(ε·β/β_slip), so its slope is β_speed where money binds and β_slip where slips do.

**A rushing clerk** slips sooner when it is told its budget: the work before its first slip is divided by `rush`.

What a program cannot do faster than it can (it must read a page to add it up) bounds these laws from below: a run costs
at least what its prompts and its answer cost. The demo's grid starts above that floor.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_horizon.budgets.prices import Price
    from inspect_horizon.models.craft import Message, Move, Outcome

BYTES_PER_TOKEN = 4
"""An embedded model's token is four bytes of UTF-8 text."""
TOLD = "a budget for this task"
"""How a notice of the budget can be known."""
TOKENS_PER_MESSAGE = 4
"""Charged for the marks around each message."""


@dataclass(frozen=True)
class Clerk:
    """One embedded model."""

    name: str
    unaided_minutes: float
    """L50: the human minutes of work at which half of its runs have slipped."""
    usd_per_minute: float
    """r: dollars billed for one human minute of work at form 0."""
    slope: float = 2.0
    """β, log-odds per doubling of task length."""
    careful: bool = False
    speed_slope: float | None = None
    """β_speed, where it differs from β."""
    slip_slope: float | None = None
    """β_slip, where it differs from β."""
    rush: float = 1.0
    """By what its unaided minutes are divided once it is told that it has a budget."""

    def horizon_minutes(self, budget_usd: float) -> float:
        """The task length, in human minutes, at which half of its runs succeed within a budget."""
        affordable = budget_usd / self.usd_per_minute
        if self.careful and affordable > self.unaided_minutes:
            return math.cbrt(self.unaided_minutes**2 * affordable)
        return min(self.unaided_minutes, affordable)

    def form(self, seed: int, task: str) -> float:
        """ε of one run, in doublings: the same for the same seed and task."""
        uniform = random.Random(f"{self.name}/{seed}/{task}").uniform(1e-12, 1 - 1e-12)  # noqa: S311 - a simulation
        return math.log(uniform / (1 - uniform)) / self.slope

    def slips_at(self, form: float, *, told: bool = False) -> float:
        """Human minutes of work after which the first slip comes; infinite if it finds all its slips."""
        if self.careful:
            return math.inf
        minutes = self.unaided_minutes / (self.rush if told else 1.0)
        return minutes * math.exp2(form * self.slope / (self.slip_slope or self.slope))

    def billed_after(self, minutes: float, form: float) -> float:
        """Dollars it has been billed once so many human minutes of work are done."""
        eased = minutes * math.exp2(-form * self.slope / (self.speed_slope or self.slope))
        if self.careful and eased > self.unaided_minutes:
            eased = eased**3 / self.unaided_minutes**2
        return self.usd_per_minute * eased


CLERKS = {
    clerk.name: clerk
    for clerk in (
        Clerk("clerk-small", unaided_minutes=3, usd_per_minute=0.01),
        Clerk("clerk-medium", unaided_minutes=20, usd_per_minute=0.02),
        Clerk("clerk-large", unaided_minutes=180, usd_per_minute=0.04),
        Clerk("clerk-careful", unaided_minutes=2, usd_per_minute=0.01, careful=True),
        Clerk("clerk-uneven", unaided_minutes=10, usd_per_minute=0.02, speed_slope=4.0, slip_slope=0.7),
        Clerk("clerk-rushing", unaided_minutes=20, usd_per_minute=0.02, rush=8),
    )
}
"""The embedded models by name, as in `litellm/embedded/clerk-small`."""


def text_tokens(text: str) -> int:
    """Tokens of a text, as the embedded models count and bill them."""
    size = len(text) if text.isascii() else len(text.encode())
    return -(-size // BYTES_PER_TOKEN)


@dataclass(frozen=True)
class Conversation:
    """What a clerk is sent: the messages, and the tools as text."""

    messages: Sequence[Message]
    tools_text: str

    @cached_property
    def sizes(self) -> tuple[int, float, float]:
        """Tokens of this prompt; tokens read and tokens written in all earlier calls of the conversation."""
        prompt, read, written = text_tokens(self.tools_text), 0, 0
        for message in self.messages:
            size = _message_tokens(message)
            if message["role"] == "assistant":
                read += prompt
                written += size
            prompt += size + TOKENS_PER_MESSAGE
        return prompt, read, written

    @property
    def told(self) -> bool:
        """Whether it says that there is a budget."""
        return any(message["role"] == "user" and TOLD in content_text(message) for message in self.messages)

    @property
    def task(self) -> str:
        """The text that sets the task: the first message of the user that does not tell of a budget."""
        texts = (content_text(message) for message in self.messages if message["role"] == "user")
        return next((text for text in texts if TOLD not in text), "")


def _message_tokens(message: Message) -> int:
    calls = sum(call_tokens(call["function"]["name"], call["function"]["arguments"]) for call in _calls(message))
    return text_tokens(content_text(message)) + calls


def _calls(message: Message) -> Sequence[Message]:
    return message.get("tool_calls") or ()


def call_tokens(name: str, arguments: str) -> int:
    """Tokens of a tool call."""
    return text_tokens(name) + text_tokens(arguments)


def content_text(message: Message) -> str:
    """The text of a message, whether it is plain or in parts."""
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def choose(clerk: Clerk, move: Move, form: float, *, told: bool = False) -> Outcome:
    """What the clerk says: the slipped version in the reply in which its first slip falls."""
    slips_at = clerk.slips_at(form, told=told) * 60
    slips_now = move.seconds_before <= slips_at < move.seconds_before + move.seconds
    return move.slipped if slips_now else move.right


def working_tokens(clerk: Clerk, price: Price, conversation: Conversation, move: Move, form: float) -> int:
    """How many tokens this reply has to have for the run to be billed at the clerk's rate; may be below zero."""
    prompt, read, written = conversation.sizes
    due = clerk.billed_after((move.seconds_before + move.seconds) / 60, form)
    billed = (read + prompt) * price.base.input + written * price.base.output
    return math.floor((due - billed) / price.base.output)


def write_working(move: Move, outcome: Outcome, tokens: int) -> str:
    """The working, gone over again as often as it takes to fill so many tokens, and what follows from it."""
    room = tokens * BYTES_PER_TOKEN - len(outcome.text)
    if room <= 0 or not move.working:
        return outcome.text
    times, rest = divmod(room, len(move.working))
    return move.working * times + move.working[:rest].rsplit("\n", 1)[0].ljust(rest - 1) + "\n" + outcome.text
