"""Eight kinds of ledger entry: how each is written, what it is worth, and how long a person takes to add one.

Human time is the keystroke-level model of someone with a calculator (Card, Moran & Newell 1980, "The keystroke-level
model for user performance time with interactive systems", CACM 23(7), figure 1): a mental preparation of 1.35 s for
each decision and 0.28 s for each key, the times of an average typist who is no secretary.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

PREPARATION_SECONDS = 1.35
KEY_SECONDS = 0.28


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of ledger."""

    name: str
    preparations: float
    """Mental preparations an entry, on average."""
    keys: float
    """Keys an entry, on average."""
    rule: Callable[[Random], str]
    """Draws the sentence that tells which entries count and how."""
    draw: Callable[[Random, int, str], list[str]]
    """Draws that many entries for a rule, as text."""
    worth: Callable[[str], Callable[[str], int]]
    """From the rule to what each entry adds to the total, in cents where `cents`."""
    says: re.Pattern[str]
    """What a rule of this family looks like, and of no other."""
    cents: bool = False

    @property
    def seconds_per_entry(self) -> float:
        """Human seconds, between 2 and 5."""
        return round(self.preparations * PREPARATION_SECONDS + self.keys * KEY_SECONDS, 4)

    def written(self, total: int) -> str:
        """A total as it is to be submitted."""
        return f"{'-' * (total < 0)}{abs(total) // 100}.{abs(total) % 100:02d}" if self.cents else str(total)

    def read(self, text: str) -> int:
        """The reverse of `written`."""
        return int(text.replace(".", "")) if self.cents else int(text)


def family_of(rule: str) -> Family | None:
    """The family that a rule belongs to."""
    return next((family for family in FAMILIES.values() if family.says.fullmatch(rule)), None)


def _fixed(rule: str) -> Callable[[Random], str]:
    return lambda _: rule


def _numbers(rng: Random, count: int, low: int, high: int) -> list[int]:
    return rng.choices(range(low, high), k=count)


def _which(rng: Random, count: int, share: float) -> list[bool]:
    """Marks for a share of the entries, at least one."""
    marked = max(1, round(count * share))
    marks = [True] * marked + [False] * (count - marked)
    rng.shuffle(marks)
    return marks


def _whole(rng: Random, count: int, _: str) -> list[str]:
    return [str(number) for number in _numbers(rng, count, 100, 1000)]


def _with_cents(rng: Random, count: int, _: str) -> list[str]:
    return [f"{number // 100}.{number % 100:02d}" for number in _numbers(rng, count, 10_000, 100_000)]


def _from_cents(entry: str) -> int:
    return int(entry[:-3]) * 100 + int(entry[-2:])


def _signed(rng: Random, count: int, _: str) -> list[str]:
    sides = rng.choices(("DR", "CR"), k=count)
    return [f"{number} {side}" for number, side in zip(_numbers(rng, count, 100, 1000), sides, strict=True)]


def _signed_worth(entry: str) -> int:
    return int(entry[:-3]) if entry.endswith("DR") else -int(entry[:-3])


def _durations(rng: Random, count: int, _: str) -> list[str]:
    return [f"{number // 60}:{number % 60:02d}" for number in _numbers(rng, count, 60, 600)]


def _minutes(entry: str) -> int:
    return int(entry[0]) * 60 + int(entry[2:])


def _paid(rng: Random, count: int, _: str) -> list[str]:
    numbers = _numbers(rng, count, 1000, 10_000)
    marks = _which(rng, count, 1 / 2)
    return [f"{number} {'paid' if mark else 'open'}" for number, mark in zip(numbers, marks, strict=True)]


def _paid_worth(entry: str) -> int:
    return int(entry[:-5]) if entry.endswith("paid") else 0


def _account_rule(rng: Random) -> str:
    return f"only amounts of account {rng.choice(_ACCOUNTS)} count"


def _accounts(rng: Random, count: int, rule: str) -> list[str]:
    wanted = rule.split()[-2]
    others = rng.choices([account for account in _ACCOUNTS if account != wanted], k=count)
    marks, amounts = _which(rng, count, 1 / 4), _with_cents(rng, count, rule)
    return [f"{wanted if mark else other} {amount}" for mark, other, amount in zip(marks, others, amounts, strict=True)]


def _account_worth(rule: str) -> Callable[[str], int]:
    start = f"{rule.split()[-2]} "
    return lambda entry: _from_cents(entry[3:]) if entry.startswith(start) else 0


def _quantities(rng: Random, count: int, _: str) -> list[str]:
    prices = _numbers(rng, count, 100, 1000)
    return [f"{each}x{price}" for each, price in zip(_numbers(rng, count, 11, 100), prices, strict=True)]


def _product(entry: str) -> int:
    quantity, _, price = entry.partition("x")
    return int(quantity) * int(price)


def _currency_rule(rng: Random) -> str:
    rates = ", ".join(f"{name} {rate}" for name, rate in zip(_CURRENCIES, rng.sample(range(2, 10), 3), strict=True))
    return f"amounts are multiplied by their rate, which is {rates}"


def _currencies(rng: Random, count: int, _: str) -> list[str]:
    names = rng.choices(_CURRENCIES, k=count)
    return [f"{number} {name}" for number, name in zip(_numbers(rng, count, 100, 1000), names, strict=True)]


def _currency_worth(rule: str) -> Callable[[str], int]:
    rates = {name: int(rate) for name, rate in re.findall(r"([A-Z]{3}) (\d)", rule)}
    return lambda entry: int(entry[:-4]) * rates[entry[-3:]]


def _always(worth: Callable[[str], int]) -> Callable[[str], Callable[[str], int]]:
    return lambda _: worth


_ACCOUNTS = ("A1", "B2", "C3", "D4")
_CURRENCIES = ("EUR", "GBP", "CHF")
_WHOLE = "every entry is a whole number"
_CENTS = "every entry is an amount with cents"
_SIGNED = "debits (DR) are added and credits (CR) subtracted"
_DURATIONS = "every entry is a time in h:mm, and the total is in minutes"
_PAID = "only amounts marked paid count"
_QUANTITY = "every entry is a quantity x a price"

_QUARTER = 1 / 4
_HALF = 1 / 2

FAMILIES = {
    family.name: family
    for family in (
        # read the code; for a quarter of them read the amount, six keys and plus
        Family(
            "account", 1 + _QUARTER, 7 * _QUARTER, _account_rule, _accounts, _account_worth,
            re.compile(r"only amounts of account \w\d count"), cents=True,
        ),
        # read the number; three keys and plus
        Family("whole", 1, 4, _fixed(_WHOLE), _whole, _always(int), re.compile(_WHOLE)),
        # read the mark; for half of them read the amount, four keys and plus
        Family("paid", 1 + _HALF, 5 * _HALF, _fixed(_PAID), _paid, _always(_paid_worth), re.compile(_PAID)),
        # read the amount; six keys and plus
        Family(
            "cents", 1, 7, _fixed(_CENTS), _with_cents, _always(_from_cents), re.compile(_CENTS), cents=True
        ),
        # read the time; hours, x, 6, 0, +, two keys of minutes and plus
        Family("durations", 1, 8, _fixed(_DURATIONS), _durations, _always(_minutes), re.compile(_DURATIONS)),
        # read the number, decide on the sign; three keys and plus or minus
        Family("signed", 2, 4, _fixed(_SIGNED), _signed, _always(_signed_worth), re.compile(re.escape(_SIGNED))),
        # read the amount, recall the rate; three keys, x, one key and plus
        Family(
            "currency", 2, 6, _currency_rule, _currencies, _currency_worth,
            re.compile(r"amounts are multiplied by their rate, which is .+"),
        ),
        # read the quantity, read the price; two keys, x, three keys and plus
        Family("quantity", 2, 7, _fixed(_QUANTITY), _quantities, _always(_product), re.compile(_QUANTITY)),
    )
}  # fmt: skip
"""By name, from the quickest to the slowest entry."""
