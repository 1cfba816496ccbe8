"""What a plan will spend, as quantiles: every planned run is simulated under laws that earlier runs have taught.

How much a run would spend, were it not for its budget, is about a power of the task's human time. The budget cuts it
off. Where there are no earlier runs the law is what is believed beforehand, and wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from inspect_horizon.sweeps.forecast.evidence import Evidence, Source, unit_of
from inspect_horizon.sweeps.forecast.futures import Futures
from inspect_horizon.sweeps.forecast.teacher import Teacher

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    import pandas as pd

    from inspect_horizon.budgets.prices import PriceBook
    from inspect_horizon.sweeps.forecast.law import FloatArray
    from inspect_horizon.sweeps.plan import Plan


@dataclass(frozen=True, slots=True)
class Quantiles:
    """What is exceeded in nine of ten, one of two and one of ten futures."""

    p10: float
    p50: float
    p90: float

    @classmethod
    def of(cls, futures: FloatArray) -> Quantiles:
        return cls(*(float(value) for value in np.quantile(futures, (0.1, 0.5, 0.9))))

    def plus(self, known: float) -> Quantiles:
        """With what is spent already."""
        return Quantiles(self.p10 + known, self.p50 + known, self.p90 + known)

    def hold(self, actual: float) -> bool:
        """Whether it came to lie between p10 and p90; a future without any doubt allows for rounding alone."""
        dust = 1e-9 * max(abs(actual), 1e-9)
        return self.p10 - dust <= actual <= self.p90 + dust


@dataclass(frozen=True, slots=True)
class Spent:
    """What attempts have taken already."""

    attempts: int = 0
    tokens: float | None = 0.0
    """None where some attempt's tokens are not known."""
    usd: float | None = 0.0
    """None where some attempt's dollars are not known."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """A forecast of what will be spent."""

    attempts: Quantiles
    """Runs, and the attempts that fail and have to be made again."""
    tokens: Quantiles | None
    usd: Quantiles | None
    """Scoring and failed attempts included; None where no price is known and no earlier run has dollars."""

    @classmethod
    def of(cls, futures: Futures) -> Amounts:
        tokens = None if futures.tokens is None else Quantiles.of(futures.tokens)
        return cls(Quantiles.of(futures.attempts), tokens, None if futures.usd is None else Quantiles.of(futures.usd))

    def plus(self, known: Spent) -> Amounts:
        """With what is spent already."""
        tokens = None if self.tokens is None or known.tokens is None else self.tokens.plus(known.tokens)
        usd = None if self.usd is None or known.usd is None else self.usd.plus(known.usd)
        return Amounts(self.attempts.plus(known.attempts), tokens, usd)


@dataclass(frozen=True, slots=True)
class CellForecast:
    """The forecast for one cell."""

    cell_id: str
    suite: str
    model: str
    strategy: str
    budget: str
    condition: str
    missing_runs: int
    learned_from: Source
    to_spend: Amounts
    whole: Amounts
    """With what is spent already."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast for a sweep."""

    earlier_runs: int
    """Runs it is learned from."""
    missing_runs: int
    to_spend: Amounts
    """What the command would still spend: the sum over the cells, future by future."""
    whole: Amounts
    """With what is spent already."""
    scoring_usd: float | None
    """Median part of the dollars for scoring; None where no earlier run shows it, and then it is not included."""
    failed_usd: float | None
    """Median part of the dollars for attempts that fail; None where no earlier run shows it."""
    beyond_cap: float | None
    """Share of futures in which the spend cap stops the sweep; None without a cap or dollars."""
    cells: tuple[CellForecast, ...]


def make_forecast(
    plan: Plan,
    earlier: Iterable[pd.DataFrame],
    prices: PriceBook,
    rng: np.random.Generator,
    *,
    done: Collection[str] = (),
    spent: Mapping[str, Spent] | None = None,
) -> Forecast:
    """What a plan will spend.

    Args:
        plan: What is to be done.
        earlier: Tables of earlier runs, of this study or of others.
        prices: To scale the dollars of other models with, and where there are no earlier runs.
        rng: For the simulation.
        done: Ids of planned runs that need not be done again.
        spent: By cell id what the plan has taken already.
    """
    spent = spent or {}
    evidence = Evidence.of(earlier, unit_of(plan.sweep.budgets.kind))
    teacher = Teacher(plan, evidence, prices, rng)
    cells: list[CellForecast] = []
    futures: list[Futures] = []
    for cell in plan.cells:
        group = teacher.group(cell)
        missing = [task.id for name, task, _ in cell.run_ids() if name not in done]
        futures.append(group.simulate(cell, missing, rng))
        to_spend = Amounts.of(futures[-1])
        whole = to_spend.plus(spent.get(cell.cell_id, Spent()))
        labels = (cell.cell_id, cell.suite.name, cell.model, cell.strategy, str(cell.budget), cell.condition)
        cells.append(CellForecast(*labels, len(missing), group.source, to_spend, whole))
    already = _already([spent[cell.cell_id] for cell in plan.cells if cell.cell_id in spent])
    return _summed(evidence.runs, tuple(cells), _added(futures), already, plan.sweep.spend_cap_usd)


def _summed(
    earlier_runs: int, cells: tuple[CellForecast, ...], futures: Futures, already: Spent, cap_usd: float | None
) -> Forecast:
    to_spend, usd = Amounts.of(futures), futures.usd
    beyond = None
    if cap_usd is not None and usd is not None and already.usd is not None:
        beyond = float((usd + already.usd > cap_usd).mean())
    return Forecast(
        earlier_runs=earlier_runs,
        missing_runs=sum(cell.missing_runs for cell in cells),
        to_spend=to_spend,
        whole=to_spend.plus(already),
        scoring_usd=None if futures.scoring is None else float(np.median(futures.scoring)),
        failed_usd=None if futures.failed is None else float(np.median(futures.failed)),
        beyond_cap=beyond,
        cells=cells,
    )


def _added(futures: Sequence[Futures]) -> Futures:
    """Cell by cell added up within each future, so that what they have in common stays in common."""
    attempts = np.sum([future.attempts for future in futures], axis=0)
    names = ("tokens", "usd", "scoring", "failed")
    return Futures(attempts, *(_sum([getattr(future, name) for future in futures]) for name in names))


def _sum(parts: list[FloatArray | None]) -> FloatArray | None:
    known = [part for part in parts if part is not None]
    return np.sum(known, axis=0) if len(known) == len(parts) else None


def _already(spent: Sequence[Spent]) -> Spent:
    tokens = [one.tokens for one in spent if one.tokens is not None]
    usd = [one.usd for one in spent if one.usd is not None]
    whole = len(spent)
    return Spent(
        sum(one.attempts for one in spent),
        sum(tokens) if len(tokens) == whole else None,
        sum(usd) if len(usd) == whole else None,
    )
