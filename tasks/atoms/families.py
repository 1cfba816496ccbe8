"""Eight kinds of question that take one reply: how each is put, how it is worked out, and how long a person takes.

Human time adds up small steps of the model human processor (Card, Moran & Newell 1983, "The psychology of
human-computer interaction", chapter 2): a fixation of the eye, 0.23 s, and a cognitive cycle, 0.07 s. An addition from
memory is taken as ten cycles, which is our own estimate; an answer is two cycles and one key of 0.28 s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

FIXATION_SECONDS = 0.23
CYCLE_SECONDS = 0.07
SUM_SECONDS = 10 * CYCLE_SECONDS
ANSWER_SECONDS = 2 * CYCLE_SECONDS + 0.28

ASKS_NUMBER = "\nEnd with ANSWER: number"
ASKS_WORD = "\nEnd with ANSWER: word"
ASKS_TIME = "\nEnd with ANSWER: hh:mm"


@dataclass(frozen=True, slots=True)
class Question:
    """A question as it is put, with its answer."""

    input: str
    target: str


@dataclass(frozen=True, slots=True)
class Solution:
    """A question worked out, and worked out with one step wrong."""

    size: int
    steps: tuple[str, ...]
    answer: str
    slipped: str


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of question."""

    name: str
    step_seconds: Callable[[int], float]
    """Human seconds for a question of a size, before the answer."""
    sizes: range
    """Sizes that make sense."""
    draw: Callable[[Random, int], Question]
    asks: re.Pattern[str]
    """What a question of this family looks like, and of no other."""
    solve: Callable[[re.Match[str]], Solution]

    def seconds(self, size: int) -> float:
        """Human seconds for a question of a size, the answer included."""
        return round(self.step_seconds(size) + ANSWER_SECONDS, 4)


def solve(text: str) -> tuple[Family, Solution] | None:
    """The family of a question and its solution; None for any other text."""
    for family in FAMILIES.values():
        if found := family.asks.search(text):
            try:
                return family, family.solve(found)
            except (IndexError, StopIteration, ValueError):
                return None  # it only looks like one: a median of nothing, a name that is in no row
    return None


def _draw_letters(rng: Random, size: int) -> Question:
    text = "".join(rng.choices("aeinrst", k=size))
    letter = rng.choice(text)
    return Question(f"How many {letter} in {text}?{ASKS_NUMBER}", str(text.count(letter)))


def _solve_letters(found: re.Match[str]) -> Solution:
    letter, text = found.groups()
    count, steps = 0, []
    for each in text:
        count += each == letter
        steps.append(f"{each} {count}")
    return Solution(len(text), tuple(steps), str(count), str(count - 1))


def _draw_largest(rng: Random, size: int) -> Question:
    numbers = rng.sample(range(100, 1000), size)
    return Question(f"Largest of {_row(numbers)}?{ASKS_NUMBER}", str(max(numbers)))


def _solve_largest(found: re.Match[str]) -> Solution:
    numbers = _numbers(found[1])
    best, steps = 0, []
    for number in numbers:
        best = max(best, number)
        steps.append(f"{number} {best}")
    return Solution(len(numbers), tuple(steps), str(best), str(sorted(numbers)[-2]))


def _draw_lookup(rng: Random, size: int) -> Question:
    names = rng.sample([first + second for first in _UPPER for second in _UPPER], size)
    values = rng.sample(range(100, 1000), size)
    wanted = rng.randrange(size)
    rows = "\n".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
    return Question(f"Which number has {names[wanted]}?\n{rows}{ASKS_NUMBER}", str(values[wanted]))


def _solve_lookup(found: re.Match[str]) -> Solution:
    rows = [row.split() for row in found[2].split("\n")]
    at = next(index for index, (name, _) in enumerate(rows) if name == found[1])
    steps = tuple(name for name, _ in rows[: at + 1])
    return Solution(len(rows), steps, rows[at][1], rows[at - 1][1])


def _draw_duplicate(rng: Random, size: int) -> Question:
    numbers = rng.sample(range(100, 1000), size - 1)
    twice = rng.choice(numbers)
    numbers.insert(rng.randrange(size), twice)
    return Question(f"Which is there twice? {_row(numbers)}{ASKS_NUMBER}", str(twice))


def _solve_duplicate(found: re.Match[str]) -> Solution:
    numbers = _numbers(found[1])
    twice = next(number for number in numbers if numbers.count(number) == 2)
    other = next(number for number in numbers if number != twice)
    return Solution(len(numbers), tuple(map(str, numbers)), str(twice), str(other))


def _draw_words(rng: Random, size: int) -> Question:
    words: set[str] = set()
    while len(words) < size:
        words.add("".join(rng.choice(part) for part in ("bdfgklmnprstvz", "aeiou") * 2))
    order = sorted(words)
    rng.shuffle(order)
    return Question(f"Second in alphabetical order: {_row(order)}?{ASKS_WORD}", sorted(words)[1])


def _solve_words(found: re.Match[str]) -> Solution:
    words = found[1].split()
    first, second = sorted(words)[:2]
    steps = (*words, f"first {first}", *(word for word in words if word != first))
    return Solution(len(words), steps, second, first)


def _draw_median(rng: Random, size: int) -> Question:
    numbers = rng.sample(range(10, 100), size)
    return Question(f"Median of {_row(numbers)}?{ASKS_NUMBER}", str(sorted(numbers)[size // 2]))


def _solve_median(found: re.Match[str]) -> Solution:
    numbers = sorted(_numbers(found[1]))
    middle = len(numbers) // 2
    steps = tuple(f"smallest left {number}" for number in numbers[: middle + 1])
    return Solution(len(numbers), steps, str(numbers[middle]), str(numbers[middle - 1]))


def _draw_clock(rng: Random, size: int) -> Question:
    start = rng.randrange(24 * 60)
    steps = [rng.choice((-1, 1)) * 5 * rng.randrange(1, 19) for _ in range(size)]
    row = " ".join(f"{step:+d}" for step in steps)
    return Question(f"{_time(start)} {row} minutes is what time?{ASKS_TIME}", _time(start + sum(steps)))


def _solve_clock(found: re.Match[str]) -> Solution:
    at = int(found[1]) * 60 + int(found[2])
    steps = []
    for step in _numbers(found[3]):
        at += step
        steps.append(f"{step:+d} {_time(at)}")
    return Solution(len(steps), tuple(steps), _time(at), _time(at + 60))


def _draw_sum(rng: Random, size: int) -> Question:
    digits = rng.choices(range(1, 10), k=size)
    return Question(f"Sum of {_row(digits)}?{ASKS_NUMBER}", str(sum(digits)))


def _solve_sum(found: re.Match[str]) -> Solution:
    total, steps = 0, []
    for digit in _numbers(found[1]):
        total += digit
        steps.append(f"+{digit} {total}")
    return Solution(len(steps), tuple(steps), str(total), str(total + 10))


def _row(values: list[int] | list[str]) -> str:
    return " ".join(map(str, values))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split()]


def _time(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def _selections(size: int, rounds: int) -> int:
    """Values looked at when the smallest is taken out that many times."""
    return sum(size - taken for taken in range(rounds))


_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOOK = FIXATION_SECONDS + CYCLE_SECONDS
"""Look at a value and compare it with one in mind."""

FAMILIES = {
    family.name: family
    for family in (
        # two letters at a fixation, a cycle for each
        Family(
            "letters",
            lambda n: n * (FIXATION_SECONDS / 2 + CYCLE_SECONDS),
            range(2, 1000),
            _draw_letters,
            re.compile(r"How many ([a-z]) in ([a-z]+)\?"),
            _solve_letters,
        ),
        Family(
            "largest",
            lambda n: n * _LOOK,
            range(2, 500),
            _draw_largest,
            re.compile(r"Largest of ([\d ]+)\?"),
            _solve_largest,
        ),
        # the row may stand anywhere: half of the rows are read on average
        Family(
            "lookup",
            lambda n: (n + 1) / 2 * _LOOK,
            range(2, 600),
            _draw_lookup,
            re.compile(r"Which number has ([A-Z]{2})\?\n((?:[A-Z]{2} \d+\n?)+)(?=\nEnd)"),
            _solve_lookup,
        ),
        # look at each and compare it with all before it
        Family(
            "duplicate",
            lambda n: n * FIXATION_SECONDS + n * (n - 1) / 2 * CYCLE_SECONDS,
            range(3, 100),
            _draw_duplicate,
            re.compile(r"Which is there twice\? ([\d ]+)"),
            _solve_duplicate,
        ),
        # find the first, then the first of the others, a cycle more for each word than for a number
        Family(
            "words",
            lambda n: _selections(n, 2) * (_LOOK + CYCLE_SECONDS),
            range(2, 200),
            _draw_words,
            re.compile(r"Second in alphabetical order: ([a-z ]+)\?"),
            _solve_words,
        ),
        # find the smallest of those left until the middle one is reached
        Family(
            "median",
            lambda n: _selections(n, n // 2 + 1) * _LOOK,
            range(3, 60, 2),
            _draw_median,
            re.compile(r"Median of ([\d ]+)\?"),
            _solve_median,
        ),
        # look, add the minutes, carry to the hours
        Family(
            "clock",
            lambda n: n * (FIXATION_SECONDS + 2 * SUM_SECONDS),
            range(1, 100),
            _draw_clock,
            re.compile(r"(\d\d):(\d\d) ([-+\d ]+) minutes is what time\?"),
            _solve_clock,
        ),
        # look and add
        Family(
            "sum",
            lambda n: n * (FIXATION_SECONDS + SUM_SECONDS),
            range(2, 200),
            _draw_sum,
            re.compile(r"Sum of ([\d ]+)\?"),
            _solve_sum,
        ),
    )
}
"""By name, from the one whose smallest question is shortest."""
