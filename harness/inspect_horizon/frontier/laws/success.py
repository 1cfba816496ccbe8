"""Which law success against spend follows, and how well the cheaper budgets foretell the dearest.

With b the budget and s the success rate:

    saturating   s = a (1 - exp(-b / c))         each dollar solves the same share of what can still be solved
    power        -log s = (b / c) ** -k          Brown et al. (2024), arXiv:2407.21787, section 3
    mixture      w (1 - exp(-b / c)) + (1 - w) exp(-(b / d) ** -k)

Rates at neighbouring budgets come from the same tasks, so the misfit is measured in their covariance over replicates of
the families, and laws are compared by Akaike's criterion with the correction for few points, as curves of horizons are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
from scipy.optimize import least_squares
from scipy.special import expit, logit

from inspect_horizon.errors import UsageError
from inspect_horizon.frontier.fits import interval_of
from inspect_horizon.frontier.laws.rates import rates_of
from inspect_horizon.frontier.observations import observe

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from inspect_horizon.frontier.arrays import FloatArray
    from inspect_horizon.frontier.laws.rates import Rates
    from inspect_horizon.frontier.observations import Configuration
    from inspect_horizon.frontier.results import Interval

SuccessLawName: TypeAlias = Literal["saturating", "power", "mixture"]
SUCCESS_LAWS: tuple[SuccessLawName, ...] = get_args(SuccessLawName)

SUCCESS_LAW_FLAGS = {
    "too_few_budgets": "fewer than 4 budgets: no law can be told from another",
    "level": "success is the same at every budget, which any law can follow",
    "not_compared": "too few budgets for the parameters of some laws, which are left out",
    "unclear": "no law has nine tenths of the weight",
    "no_forecast": "too few budgets are left once the dearest are held out",
    "no_better": "the forecast errs no less than taking the last rate for all dearer budgets",
}
"""Every flag of the laws of success, and what it tells the reader."""

_PARAMETERS: dict[SuccessLawName, int] = {"saturating": 2, "power": 2, "mixture": 4}
_FEWEST = 4
_SHRUNK = 0.2
_LEAST_ERROR = 0.005
"""No success rate is known better than that; rates that never change would have no spread."""
_CLEAR = 0.9
_REACH = 60.0
"""Of a parameter on its logarithmic scale; beyond it nothing changes."""
_REFITS = 60
"""Replicates in which a law is fitted anew."""


@dataclass(frozen=True, slots=True)
class SuccessLaw:
    """One law, fitted to all budgets."""

    name: SuccessLawName
    parameters: tuple[tuple[str, float], ...]
    """By the letters of the formula; `limit` is the rate that it ends at."""
    limit_interval: Interval | None
    misfit: float
    """Squared distance from the rates in standard errors."""
    aicc: float
    weight: float
    """Akaike's, 0 to 1."""
    theta: FloatArray = field(compare=False, repr=False)
    """The parameters on unbounded scales."""

    def at(self, amounts: FloatArray) -> FloatArray:
        """Success at each budget, shape (K,)."""
        return predicted(self.name, self.theta, amounts)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the cheaper budgets say of the dearest, beside what was seen there."""

    law: SuccessLawName
    """The likeliest on the cheaper budgets alone."""
    amounts: tuple[float, ...]
    """The budgets held out."""
    seen: tuple[float, ...]
    foretold: tuple[float, ...]
    error: float
    """Mean absolute error of the forecast, in success rate."""
    error_of_last: float
    """That of the last rate before them, taken for all of them."""
    error_of_line: float
    """That of the straight line in log budget through the two rates before them, 1 at the most."""
    less_than_last: Interval | None
    """Of `error` minus `error_of_last`, over replicates; below 0 where the law foretells better."""


@dataclass(frozen=True, slots=True)
class SuccessLaws:
    """The laws that one configuration's success may follow, the likeliest first."""

    configuration: Configuration
    amounts: tuple[float, ...]
    rates: tuple[float, ...]
    rate_intervals: tuple[Interval | None, ...]
    """Over replicates of families."""
    laws: tuple[SuccessLaw, ...]
    best: SuccessLawName | None
    forecast: Forecast | None
    flags: tuple[str, ...]
    """Keys of `SUCCESS_LAW_FLAGS`."""


def success_laws(
    runs: pd.DataFrame,
    checkpoints: pd.DataFrame | None = None,
    *,
    kind: str,
    rng: np.random.Generator,
    amounts: Sequence[float] | FloatArray | None = None,
    held_out: int = 2,
    cap: float | None = None,
    bootstrap: int = 400,
    confidence: float = 0.95,
) -> tuple[SuccessLaws, ...]:
    """Fit and compare the laws for every configuration, and score a forecast of the dearest budgets.

    Args:
        runs: One row a run, columns as in the runs table.
        checkpoints: What runs' answers were worth on the way, or none.
        kind: Unit of the budgets.
        rng: Source of the bootstrap's draws.
        amounts: Budgets; by default those of the study.
        held_out: How many of the dearest budgets are forecast.
        cap: As for `frontier`.
        bootstrap: Number of replicates behind the covariance of the rates, at least 50.
        confidence: How often an interval is to hold the truth.

    Raises:
        DataError: A column is missing, or no run can be used.
        UsageError: Fewer replicates than that, or no budget held out.
    """
    if bootstrap < 50 or held_out < 1:
        raise UsageError(
            f"{bootstrap} replicates and {held_out} budgets held out are too few",
            fix="take 50 replicates or more, and hold at least 1 budget out",
        )
    study = observe(runs, checkpoints, kind=kind, amounts=amounts, cap=cap)
    return tuple(_laws_of(own, held_out, confidence) for own in rates_of(study, bootstrap=bootstrap, rng=rng))


def predicted(name: SuccessLawName, theta: FloatArray, amounts: FloatArray) -> FloatArray:
    """Success at each budget by one law, from its parameters on unbounded scales, shape (K,)."""
    first, second, third, fourth = np.clip((*theta, 0.0, 0.0)[:4], -_REACH, _REACH)
    with np.errstate(over="ignore"):
        if name == "saturating":
            return np.asarray(expit(first) * -np.expm1(-amounts * np.exp(-second)))
        if name == "power":
            return np.asarray(np.exp(-((amounts * np.exp(-first)) ** -np.exp(second))))
        steady = -np.expm1(-amounts * np.exp(-second))
        slow = np.exp(-((amounts * np.exp(-third)) ** -np.exp(fourth)))
        return np.asarray(expit(first) * steady + (1 - expit(first)) * slow)


@dataclass(frozen=True, slots=True)
class _Fit:
    name: SuccessLawName
    theta: FloatArray
    misfit: float
    aicc: float


def _laws_of(own: Rates, held_out: int, confidence: float) -> SuccessLaws:
    amounts = tuple(map(float, own.amounts))
    seen = partial(SuccessLaws, own.configuration, amounts, tuple(map(float, own.rates)), own.intervals(confidence))
    if len(amounts) < _FEWEST:
        return seen((), None, None, ("too_few_budgets",))
    if np.ptp(own.rates) == 0:
        return seen((), None, None, ("level",))
    root = _root_of_precision(own.drawn)
    fits = _fits(own.amounts, own.rates, root)
    weights = np.exp(-0.5 * np.array([fit.aicc - fits[0].aicc for fit in fits]))
    weights /= weights.sum()
    found = tuple(_law(fit, float(weight), own, root, confidence) for fit, weight in zip(fits, weights, strict=True))
    forecast = _forecast(own, held_out, confidence) if len(amounts) - held_out >= _FEWEST else None
    raised = {
        "not_compared": len(fits) < len(SUCCESS_LAWS),
        "unclear": weights[0] < _CLEAR,
        "no_forecast": forecast is None,
        "no_better": forecast is not None and forecast.error >= forecast.error_of_last,
    }
    flags = tuple(flag for flag in SUCCESS_LAW_FLAGS if raised.get(flag))
    return seen(found, found[0].name, forecast, flags)


def _root_of_precision(drawn: FloatArray) -> FloatArray:
    """W with W.T @ W the inverse of the replicates' covariance, shrunk towards independence, shape (K, K)."""
    covariance = np.atleast_2d(np.cov(drawn, rowvar=False))
    variance = np.maximum(np.diag(covariance), _LEAST_ERROR**2)
    shrunk = (1 - _SHRUNK) * covariance
    np.fill_diagonal(shrunk, variance)
    return np.asarray(np.linalg.inv(np.linalg.cholesky(shrunk)))


def _fits(amounts: FloatArray, rates: FloatArray, root: FloatArray) -> list[_Fit]:
    """Every law that the points suffice for, the likeliest first."""
    size = len(amounts)
    names = [name for name in SUCCESS_LAWS if size - _PARAMETERS[name] >= 2]
    fitted = [_fit(name, amounts, rates, root, _starts(name, amounts, rates)) for name in names]
    return sorted(fitted, key=lambda fit: fit.aicc)


def _starts(name: SuccessLawName, amounts: FloatArray, rates: FloatArray) -> list[FloatArray]:
    logs = np.quantile(np.log(amounts), [0.1, 0.4, 0.7, 1.0])
    top = float(logit(np.clip(rates.max() * 1.02, 0.02, 0.98)))
    if name == "saturating":
        return [np.array([top, log]) for log in logs]
    if name == "power":
        return [np.array([log, steep]) for log in logs for steep in (-1.5, -0.5, 0.3)]
    return [np.array([share, fast, slow, -0.7]) for share in (-1.0, 1.0) for fast in logs[:2] for slow in logs[2:]]


def _fit(
    name: SuccessLawName, amounts: FloatArray, rates: FloatArray, root: FloatArray, starts: list[FloatArray]
) -> _Fit:
    def misfit(theta: FloatArray) -> FloatArray:
        return np.asarray(root @ (predicted(name, theta, amounts) - rates))

    tried = [least_squares(misfit, start, method="lm", max_nfev=100 * (len(start) + 1)) for start in starts]
    best = min(tried, key=lambda each: float(each.cost))
    size, points = _PARAMETERS[name], len(amounts)
    cost = 2 * float(best.cost)
    return _Fit(name, best.x, cost, cost + 2.0 * size + 2.0 * size * (size + 1) / (points - size - 1))


def _law(fit: _Fit, weight: float, own: Rates, root: FloatArray, confidence: float) -> SuccessLaw:
    limits = None
    if fit.name == "saturating":
        again = [_fit(fit.name, own.amounts, rates, root, [fit.theta]) for rates in own.drawn[:_REFITS]]
        limits = interval_of(np.array([_limit(each.name, each.theta) for each in again]), confidence)
    return SuccessLaw(fit.name, _named(fit.name, fit.theta), limits, fit.misfit, fit.aicc, weight, fit.theta)


def _limit(name: SuccessLawName, theta: FloatArray) -> float:
    return float(expit(theta[0])) if name == "saturating" else 1.0


def _named(name: SuccessLawName, theta: FloatArray) -> tuple[tuple[str, float], ...]:
    limit = ("limit", _limit(name, theta))
    if name == "saturating":
        return (("a", float(expit(theta[0]))), ("c", float(np.exp(theta[1]))), limit)
    if name == "power":
        return (("c", float(np.exp(theta[0]))), ("k", float(np.exp(theta[1]))), limit)
    share, rest = ("w", float(expit(theta[0]))), [float(np.exp(each)) for each in theta[1:]]
    return (share, *zip("cdk", rest, strict=True), limit)


def _forecast(own: Rates, held_out: int, confidence: float) -> Forecast:
    seen = len(own.amounts) - held_out
    root = _root_of_precision(own.drawn[:, :seen])
    fit = _fits(own.amounts[:seen], own.rates[:seen], root)[0]
    foretold = predicted(fit.name, fit.theta, own.amounts[seen:])
    less = []
    for rates in own.drawn[:_REFITS]:
        again = _fit(fit.name, own.amounts[:seen], rates[:seen], root, [fit.theta])
        new = predicted(fit.name, again.theta, own.amounts[seen:])
        less.append(_error(new, rates[seen:]) - _error(np.full(held_out, rates[seen - 1]), rates[seen:]))
    return Forecast(
        fit.name,
        tuple(map(float, own.amounts[seen:])),
        tuple(map(float, own.rates[seen:])),
        tuple(map(float, foretold)),
        _error(foretold, own.rates[seen:]),
        _error(np.full(held_out, own.rates[seen - 1]), own.rates[seen:]),
        _error(_line(own.amounts, own.rates, seen), own.rates[seen:]),
        interval_of(np.array(less), confidence),
    )


def _line(amounts: FloatArray, rates: FloatArray, seen: int) -> FloatArray:
    logs = np.log(amounts)
    rise = (rates[seen - 1] - rates[seen - 2]) / (logs[seen - 1] - logs[seen - 2])
    return np.asarray(np.clip(rates[seen - 1] + rise * (logs[seen:] - logs[seen - 1]), 0.0, 1.0))


def _error(foretold: FloatArray, seen: FloatArray) -> float:
    return float(np.abs(foretold - seen).mean())
