"""The YAML of prices: `budgets/prices.yaml` and the user's own, in US dollars per million tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from inspect_horizon._config import Model, load_yaml
from inspect_horizon.budgets.prices import MILLION, STANDARD, UNSTATED, Price, PriceTable, Rates, Tariff, plain_tier

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Dollars = Annotated[float, Field(ge=0, lt=MILLION)]
"""A price per million tokens."""


class _RatesEntry(Model):
    input: Dollars
    output: Dollars
    cache_read: Dollars | None = None
    cache_write: Dollars | None = None
    cache_write_1h: Dollars | None = None
    reasoning: Dollars | None = None
    audio_input: Dollars | None = None
    audio_cache_read: Dollars | None = None
    image_input: Dollars | None = None
    audio_output: Dollars | None = None
    image_output: Dollars | None = None


class _StepEntry(_RatesEntry):
    above: Annotated[int, Field(gt=0)]


class _TierEntry(_RatesEntry):
    steps: tuple[_StepEntry, ...] = ()


class _PriceEntry(_TierEntry):
    """A model in the file."""

    tiers: dict[str, _TierEntry] = Field(default_factory=dict)
    max_output_tokens: int | None = None
    max_input_tokens: int | None = None
    as_of: date | None = None
    source: str | None = None
    """Where its author has it from."""


class _PriceFile(Model):
    schema_version: int = 1
    description: str = ""
    models: dict[str, _PriceEntry | list[_PriceEntry]] = Field(default_factory=dict)
    active_parameters: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _dated(self) -> _PriceFile:
        for name, entries in self.models.items():
            if isinstance(entries, list) and (not entries or any(entry.as_of is None for entry in entries)):
                raise ValueError(f"each of the several prices of {name} needs the day it holds from, as_of: 2026-01-31")
        return self


@dataclass(frozen=True, slots=True)
class PriceFile:
    """What a price file says."""

    table: PriceTable
    parameters: Mapping[str, float]
    """Active parameters by model, for budgets in floating point operations."""


def load_prices(path: Path) -> PriceFile:
    """The prices and sizes in a YAML file in the format of `budgets/prices.yaml`.

    Raises:
        ConfigError: The file cannot be used as it stands.
    """
    stored = load_yaml(path, _PriceFile)
    prices = {
        name: [
            _price(name, entry, path)
            for entry in sorted(
                entries if isinstance(entries, list) else [entries], key=lambda entry: entry.as_of or date.min
            )
        ]
        for name, entries in stored.models.items()
    }
    return PriceFile(PriceTable(prices, bare_names=True), stored.active_parameters)


def _price(name: str, entry: _PriceEntry, path: Path) -> Price:
    standard = _tariff(entry)
    tiers = {plain_tier(tier): _tariff(stated) for tier, stated in entry.tiers.items()}
    standard = tiers.pop(STANDARD, standard)
    return Price(
        name,
        _source(entry, path),
        standard.base,
        standard.steps,
        tiers,
        entry.max_output_tokens,
        entry.max_input_tokens,
        entry.as_of,
    )


def _source(entry: _PriceEntry, path: Path) -> str:
    """What every cost at this price says of it: the file, its day, and where the file has it from."""
    dated = f"{path.name} {entry.as_of}" if entry.as_of else path.name
    return f"{dated}, {entry.source}" if entry.source else dated


def _tariff(entry: _TierEntry) -> Tariff:
    steps = sorted(entry.steps, key=lambda step: step.above)
    return Tariff(_rates(entry), tuple((step.above, _rates(step)) for step in steps))


def _rates(entry: _RatesEntry) -> Rates:
    def per_token(kind: str) -> float | None:
        usd = getattr(entry, kind)
        return None if usd is None else usd / MILLION

    return Rates.of(entry.input / MILLION, entry.output / MILLION, **{kind: per_token(kind) for kind in UNSTATED})
