"""What a model's tokens cost: a price per kind of token, steps for long prompts, and the book that holds them."""

from __future__ import annotations

import difflib
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from inspect_horizon._builtin import BUDGETS
from inspect_horizon._config import Model, load_yaml
from inspect_horizon.errors import PriceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from inspect_horizon.budgets.usage import Usage

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars per token of each kind."""

    input: float
    output: float
    cache_read: float
    cache_write: float
    reasoning: float

    def __post_init__(self) -> None:
        for name in ("input", "output", "cache_read", "cache_write", "reasoning"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} price of {getattr(self, name)} dollars a token makes no sense")

    def cost_usd(self, usage: Usage) -> float:
        """The dollars of one call's tokens at these rates."""
        return (
            usage.input_tokens * self.input
            + usage.cache_read_tokens * self.cache_read
            + usage.cache_write_tokens * self.cache_write
            + (usage.output_tokens - usage.reasoning_tokens) * self.output
            + usage.reasoning_tokens * self.reasoning
        )

    @property
    def dearest_prompt(self) -> float:
        """The most a prompt token can cost, whatever a cache does with it."""
        return max(self.input, self.cache_read, self.cache_write)

    @property
    def dearest_output(self) -> float:
        """The most a generated token can cost, reasoning or not."""
        return max(self.output, self.reasoning)


@dataclass(frozen=True, slots=True)
class Price:
    """What one model charges, and where that is written."""

    model: str
    source: str
    """The table and its version, as it is stored beside every cost."""
    base: Rates
    steps: tuple[tuple[int, Rates], ...] = ()
    """Rates for the whole call once its prompt exceeds so many tokens, in rising order."""
    max_output_tokens: int | None = None
    max_input_tokens: int | None = None

    def rates(self, prompt_tokens: int) -> Rates:
        """The rates of a call whose prompt, cached parts included, has so many tokens."""
        reached = [rates for above, rates in self.steps if prompt_tokens > above]
        return reached[-1] if reached else self.base

    def cost_usd(self, usage: Usage) -> float:
        """The list price of one call, in US dollars."""
        return self.rates(usage.prompt_tokens).cost_usd(usage)

    def worst_case(self, prompt_tokens: int) -> tuple[float, float]:
        """An upper bound for a call not yet made: dollars for its prompt, and dollars per token it may generate.

        Args:
            prompt_tokens: The most tokens that the prompt can have; every step up to it is taken as possible.
        """
        possible = [self.base, *(rates for above, rates in self.steps if prompt_tokens > above)]
        per_prompt = max(rates.dearest_prompt for rates in possible)
        return prompt_tokens * per_prompt, max(rates.dearest_output for rates in possible)


Dollars = Annotated[float, Field(ge=0, lt=MILLION)]
"""A price per million tokens."""


class _PriceEntry(Model):
    """A model in `prices.yaml`: US dollars per million tokens."""

    input: Dollars
    output: Dollars
    cache_read: Dollars | None = None
    cache_write: Dollars | None = None
    reasoning: Dollars | None = None
    max_output_tokens: int | None = None
    max_input_tokens: int | None = None
    as_of: str | None = None
    source: str | None = None


class _PriceFile(Model):
    schema_version: int = 1
    description: str = ""
    models: dict[str, _PriceEntry]


class PriceBook:
    """Prices by model name; a later table overrules an earlier one."""

    def __init__(self, prices: Mapping[str, Price]) -> None:
        self._prices = dict(prices)

    def find(self, model: str) -> Price | None:
        """The price of `openai/gpt-5-mini`, also where the table lists it without its provider; None if unknown."""
        found = self._prices.get(model)
        if found is None and "/" in model:
            provider, name = model.split("/", 1)
            bare = self._prices.get(f"{name}@{provider}")
            found = bare
        return found

    def price(self, model: str) -> Price:
        """The price of a model.

        Raises:
            PriceError: No table lists it.
        """
        found = self.find(model)
        if found is None:
            raise PriceError(
                f"the price of {model} is not known, so its dollars cannot be bounded",
                fix=f"{self._guess(model)}add it to a price file (see {BUDGETS.name}/prices.yaml) and pass "
                "--prices FILE, or use a token budget such as tokens:100k without a spend cap",
            )
        return found

    def _guess(self, model: str) -> str:
        """The priced model whose name is nearest to a misspelled one, as a question."""
        routed = {name: "/".join(reversed(name.split("@", 1))) for name in self._prices}
        near = difflib.get_close_matches(model, routed.values(), n=1, cutoff=0.85)
        bare = [name for name in routed.values() if name.partition("/")[2] == model]
        found = [*bare[:1], *near]
        return f"did you mean {found[0]}? Otherwise " if found else ""

    def updated(self, other: Mapping[str, Price]) -> PriceBook:
        """A book in which the given prices overrule these."""
        return PriceBook({**self._prices, **other})


def load_prices(path: Path) -> dict[str, Price]:
    """The prices in a YAML file in the format of `budgets/prices.yaml`.

    Raises:
        ConfigError: The file cannot be used as it stands.
    """
    stored = load_yaml(path, _PriceFile)
    return {name: _from_entry(name, entry, path) for name, entry in stored.models.items()}


def _from_entry(name: str, entry: _PriceEntry, path: Path) -> Price:
    rates = Rates(
        input=entry.input / MILLION,
        output=entry.output / MILLION,
        cache_read=(entry.input if entry.cache_read is None else entry.cache_read) / MILLION,
        cache_write=(entry.input if entry.cache_write is None else entry.cache_write) / MILLION,
        reasoning=(entry.output if entry.reasoning is None else entry.reasoning) / MILLION,
    )
    source = f"{path.name} {entry.as_of}" if entry.as_of else path.name
    return Price(name, source, rates, (), entry.max_output_tokens, entry.max_input_tokens)


FILES: ContextVar[tuple[Path, ...]] = ContextVar("horizon_price_files", default=())
"""The user's price files, for whatever is called inside `priced_by`."""


@contextmanager
def priced_by(file: str | None) -> Iterator[None]:
    """Use a user's price file for every model that is made inside.

    It is no argument of the model: Inspect would take a corrected price for another study, and do all runs again.
    """
    token = FILES.set((Path(file),) if file else ())
    try:
        yield
    finally:
        FILES.reset(token)


@functools.cache
def price_book(*files: Path) -> PriceBook:
    """LiteLLM's shipped table, overruled by `budgets/prices.yaml`, overruled by the given files in their order."""
    book = PriceBook(_litellm_prices())
    for path in (BUDGETS / "prices.yaml", *files):
        book = book.updated(load_prices(path))
    return book


def _litellm_prices() -> dict[str, Price]:
    """Read from LiteLLM's file, not through its import, which takes seconds and may ask the network."""
    spec = importlib.util.find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    path = Path(spec.origin).with_name("model_prices_and_context_window_backup.json")
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()[:8]
    source = f"litellm {importlib.metadata.version('litellm')} map {digest}"
    prices: dict[str, Price] = {}
    for name, entry in json.loads(data).items():
        price = _from_litellm(name, entry, source)
        if price is not None:
            prices[name] = price
            for provider in _routes(str(entry.get("litellm_provider", ""))):
                if not name.startswith(f"{provider}/"):
                    prices[f"{name}@{provider}"] = price
    return prices


def _routes(provider: str) -> tuple[str, ...]:
    """What users write before a model's name for the provider that the table names."""
    if provider.startswith("vertex_ai-"):
        return provider, "vertex_ai"
    return (provider, "bedrock") if provider == "bedrock_converse" else (provider,)


def _from_litellm(name: str, entry: Mapping[str, Any], source: str) -> Price | None:
    if entry.get("mode") not in ("chat", "responses", "completion", None) or not _priced(entry):
        return None
    above = sorted({int(match[1]) * 1000 for key in entry if (match := re.search(r"_above_(\d+)k_tokens$", key))})
    steps = tuple((limit, _rates(entry, f"_above_{limit // 1000}k_tokens")) for limit in above)
    return Price(
        name, source, _rates(entry, ""), steps, _count(entry, "max_output_tokens"), _count(entry, "max_input_tokens")
    )


def _priced(entry: Mapping[str, Any]) -> bool:
    """A chat entry whose input or output price is missing or zero is unpriced, not free."""
    costs = [entry.get("input_cost_per_token"), entry.get("output_cost_per_token")]
    return all(isinstance(cost, int | float) and cost > 0 for cost in costs)


def _rates(entry: Mapping[str, Any], suffix: str) -> Rates:
    def dollars(key: str, default: float) -> float:
        value = entry.get(f"{key}{suffix}", entry.get(key) if suffix else None)
        return float(value) if isinstance(value, int | float) else default

    input_usd = dollars("input_cost_per_token", 0.0)
    output_usd = dollars("output_cost_per_token", 0.0)
    return Rates(
        input=input_usd,
        output=output_usd,
        cache_read=dollars("cache_read_input_token_cost", input_usd),
        cache_write=dollars("cache_creation_input_token_cost", input_usd),
        reasoning=dollars("output_cost_per_reasoning_token", output_usd),
    )


def _count(entry: Mapping[str, Any], key: str) -> int | None:
    value = entry.get(key)
    return int(value) if isinstance(value, int | float) and value > 0 else None
