"""A call's way through the books: admitted by its run's budget and its sweep's cap, then settled in both."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
from tenacity import retry, retry_if_exception, stop_after_delay, wait_fixed

from inspect_horizon.budgets.ledger import Reservation, Settlement
from inspect_horizon.budgets.measure import bound, taken
from inspect_horizon.budgets.prices import STANDARD, plain_tier
from inspect_horizon.errors import PriceError, SpendCapExceeded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from inspect_horizon.budgets.account import Account, Hold
    from inspect_horizon.budgets.budget import Budget
    from inspect_horizon.budgets.prices import Price
    from inspect_horizon.budgets.run import Run
    from inspect_horizon.budgets.usage import Usage


SECONDS_BETWEEN_TRIES = 0.1
LONGEST_WAIT_SECONDS = 900.0
"""No call under way is waited for longer: the process that made it may be gone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call about to be made."""

    model: str
    price: Price | None
    prompt_tokens: int
    """An upper bound."""
    output_tokens: int
    """The most it is meant to generate, reasoning and all choices included."""
    least_output_tokens: int
    """The fewest with which it is still valid."""
    tier: str = STANDARD
    """The tier of service that is asked for."""
    kinds: frozenset[str] = frozenset()
    """Kinds of token that it can be billed for beyond plain text."""
    parameters: float | None = None
    """How many of the model are active for each token; None where the user has not said."""
    routes: Mapping[str, Price | None] = field(default_factory=dict)
    """The models that the provider may hand the call on to, with their prices."""

    def worst_usd(self, budget: Budget | str) -> tuple[float, float]:
        """Dollars for the prompt, and for each token that may be generated, at most.

        Raises:
            PriceError: The price of the model, of one it may be handed on to, or of the tier, is not known.
        """
        bounds = []
        for model, price in {self.model: self.price, **self.routes}.items():
            if price is None:
                raise PriceError(
                    f"the price of {model} is not known, so it cannot be held to {budget}",
                    fix="pass its price with --prices FILE, or use a token budget",
                )
            bounds.append(price.worst_case(self.prompt_tokens, tier=self.tier, kinds=self.kinds))
        return max(prompt for prompt, _ in bounds), max(each for _, each in bounds)

    @property
    def priced(self) -> bool:
        """Whether the most that the call can cost is known."""
        return self.price is not None and None not in self.routes.values()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of a call, as far as it is billed."""

    usage: Usage | None
    """None where none was reported that can be believed."""
    price: Price | None
    """Of the model that answered."""
    served_model: str | None = None
    tier: str | None = None
    """The tier of service that it was served in, by the vendor's name; None where the vendor does not say."""
    reported_usd: float | None = None
    """What the provider says that it will charge, where it says so."""
    notes: tuple[str, ...] = ()
    """What a study should know of how the call was made."""


@dataclass(eq=False, slots=True)
class Ticket:
    """An admitted call: what it may generate, and where its cost is to be booked."""

    run: Run
    asked: Asked
    output_tokens: int
    """The most it may generate; fewer than asked where the run's budget is nearly spent."""
    call_id: str
    usd_bound: float | None
    _account: Account | None
    _hold: Hold | None

    def answered(self, answer: Answer) -> float | None:
        """Book a call that was served; the worst case where no believable usage was reported.

        Returns:
            Its dollars, or None where the price is not known.
        """
        usage, price = answer.usage, answer.price
        tier = plain_tier(answer.tier or self.asked.tier)
        usd = self.usd_bound if usage is None else price.cost_usd(usage, tier) if price else None
        settlement = Settlement(
            outcome="answered",
            usd=usd,
            usage=usage,
            worst_case=usage is None,
            served_model=answer.served_model,
            price_source=price.source if price else None,
            note=self._note(answer, tier),
            tier=tier,
            reported_usd=answer.reported_usd,
        )
        self._book(settlement, self._measure(usage, usd))
        return usd

    def failed(self, reason: str, *, billed: bool, wanted: bool = True) -> None:
        """Book a call that brought no answer: nothing if it was provably not billed, else the worst case.

        Args:
            reason: For the ledger.
            billed: Whether it may have been billed.
            wanted: Whether its answer was still wanted; what an agent gives up is its own expense and no failure.
        """
        if billed:
            amount = self._hold.amount if self._hold else 0.0
            settlement = Settlement("lost", self.usd_bound, worst_case=True, note=reason)
            self._book(settlement, amount, lost=wanted)
        else:
            self._book(Settlement("rejected", 0.0, note=reason), 0.0)

    def _book(self, settlement: Settlement, amount: float, *, lost: bool = False) -> None:
        """The run's account first: it is in memory and cannot fail, so no money comes free if the disk is full."""
        if self._account is not None and self._hold is not None:
            tokens = settlement.usage.total_tokens if settlement.usage is not None else None
            rejected = settlement.outcome == "rejected"
            self._account.settle(self._hold, amount, usd=settlement.usd, tokens=0 if rejected else tokens, lost=lost)
        self.run.ledger.settle(self.call_id, settlement)

    def _measure(self, usage: Usage | None, usd: float | None) -> float:
        """What the call takes out of the run's budget, in that budget's unit."""
        if self._account is None or self._hold is None:
            return 0.0
        if usage is None:
            return self._hold.amount
        amount = taken(self._account.budget, self.asked, usage, usd, self._account.weights)
        return amount if math.isfinite(amount) else self._hold.amount

    def _note(self, answer: Answer, tier: str) -> str | None:
        usage, price = answer.usage, answer.price
        notes = [*answer.notes]
        if usage is None:
            notes.append("no believable usage was reported")
            return "; ".join(notes)
        if usage.output_tokens > self.output_tokens:
            notes.append(f"generated {usage.output_tokens} tokens, {self.output_tokens} were allowed")
        if usage.prompt_tokens > self.asked.prompt_tokens:
            notes.append(f"prompt of {usage.prompt_tokens} tokens, {self.asked.prompt_tokens} were the bound")
        if price is not None and price.tariff(tier) is None:
            notes.append(f"no price is known for the tier {tier}; the standard one was taken")
        return "; ".join(notes) or None


async def admit(run: Run, asked: Asked) -> Ticket:
    """Reserve a call in its run's account and in its sweep's ledger.

    Raises:
        BudgetExceeded: It does not fit what is left of the run's budget.
        SpendCapExceeded: It does not fit what is left of the sweep's cap.
        PriceError: The budget is in dollars and the model's price is not known.
        DataError: The ledger cannot be written.
    """
    account = run.account if run.phase != "scorer" else None
    hold = None
    tokens = asked.output_tokens
    if account is not None:
        worst = bound(account.budget, asked, account.weights)
        hold = await account.reserve(worst, asked.output_tokens, asked.least_output_tokens)
        tokens = hold.output_tokens
    try:
        usd = None
        if asked.priced:
            base, per_token = asked.worst_usd("a spend cap")
            usd = base + per_token * tokens
        call_id = await _reserve(
            run,
            Reservation(
                run.run_id, run.attempt_id, run.phase, asked.model, usd, asked.prompt_tokens, tokens, run.number
            ),
        )
    except BaseException:
        if account is not None and hold is not None:
            account.settle(hold, 0.0)
        raise
    return Ticket(run, asked, tokens, call_id, usd, account, hold)


def _for_now(error: BaseException) -> bool:
    return isinstance(error, SpendCapExceeded) and error.for_now


async def _reserve(run: Run, reservation: Reservation) -> str:
    """Wait for the calls under way where they alone stand between this one and the sweep's cap.

    They hold their worst case, most of which comes back; to stop at them would leave money unspent. What waits is
    set up only where it has to, since that takes longer than the reservation.
    """
    try:
        return run.ledger.reserve(reservation)
    except SpendCapExceeded as error:
        if not error.for_now:
            raise
    return await _reserve_in_time(run, reservation)


@retry(
    retry=retry_if_exception(_for_now),
    wait=wait_fixed(SECONDS_BETWEEN_TRIES),
    stop=stop_after_delay(LONGEST_WAIT_SECONDS),
    sleep=anyio.sleep,
    reraise=True,
)
async def _reserve_in_time(run: Run, reservation: Reservation) -> str:
    return run.ledger.reserve(reservation)
