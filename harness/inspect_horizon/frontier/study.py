"""From a table of runs to the frontier, in one call."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, get_args

import numpy as np

from inspect_horizon.errors import UsageError
from inspect_horizon.frontier.bootstrap import FEWEST_FAMILIES, check_resample, draw_runs, draw_tasks
from inspect_horizon.frontier.estimate import Design, Estimates, Estimator, design, estimate
from inspect_horizon.frontier.lines import cost_ratio, human_line
from inspect_horizon.frontier.observations import observe
from inspect_horizon.frontier.results import Frontier, HorizonCurve, HorizonPoint, Interval, envelope
from inspect_horizon.frontier.slopes import common_slope_test

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from inspect_horizon.frontier.arrays import FloatArray
    from inspect_horizon.frontier.bootstrap import Resample
    from inspect_horizon.frontier.observations import Observations, Study
    from inspect_horizon.frontier.slopes import SlopeTest
    from inspect_horizon.frontier.weights import Weighting

_DRAWN_AT_ONCE = 250
_SOLVED_AT_ONCE = 500_000
"""Array elements; a solve holds about twenty such arrays, so some 80 MB."""
_FEWEST_OUTCOMES, _FEWEST_LENGTHS = 5, 3
_MOST_MISSING = 0.02
_SLOPE_ALARM = 0.01


def frontier(
    runs: pd.DataFrame,
    checkpoints: pd.DataFrame | None = None,
    *,
    kind: str,
    rng: np.random.Generator,
    amounts: Sequence[float] | FloatArray | None = None,
    estimator: Estimator = "curve",
    quantile: float = 0.5,
    weights: Weighting = "equal",
    wage: float | None = None,
    bootstrap: int = 1000,
    resample: Resample = "full",
    cap: float | None = None,
    confidence: float = 0.95,
) -> Frontier:
    """The horizon that each budget buys, for every configuration in a table of runs.

    Args:
        runs: One row a run, columns as in the runs table; see `observe`.
        checkpoints: What runs' answers were worth on the way; without any, success at the total spend.
        kind: `usd`, `tokens`, `output_tokens` or `cost_ratio`.
        rng: Source of the bootstrap's draws.
        amounts: Budgets in the unit of `kind`; by default those of the runs, or doublings over the spends of successes.
        estimator: `curve`, one slope and thresholds that cannot fall; `separate`, a Firth fit a budget; `metr`, theirs.
        quantile: Success rate at the horizon, between 0 and 1.
        weights: `equal` per task, or `invsqrt`, also divided by the root of the family's number of tasks.
        wage: Dollars an hour of human work; by default the median of the runs' human cost over human time.
        bootstrap: Number of replicates; 0 for no intervals.
        resample: `full` draws families, tasks and runs; `family-task` keeps the runs of a task; `task` draws tasks.
        cap: The most a run without a recorded stop reason could spend, in the unit of `kind`.
        confidence: Share of the bootstrap distribution between the ends of an interval.

    Raises:
        DataError: A column is missing or nothing in the table can be used.
        UsageError: An option is none of those above.

    References:
        McCullagh (1980), "Regression models for ordinal data", JRSS B 42, 109-142, for the curve.
        Kwa et al. (2025), arXiv:2503.14499, for `metr` and the bootstrap.
    """
    _check(estimator, quantile, bootstrap, resample, confidence, wage)
    study = observe(runs, checkpoints, kind=kind, amounts=amounts, cap=cap)
    designs = [design(own, study.families, estimator=estimator, weighting=weights) for own in study.observations]
    replicates = _replicates(study, designs, quantile, bootstrap, resample, rng)
    hourly = wage if wage is not None else study.wage_usd_per_hour
    curves = tuple(
        _curve(study, own, arranged, drawn, quantile, resample, confidence, hourly)
        for own, arranged, drawn in zip(study.observations, designs, replicates, strict=True)
    )
    amounts_usd = study.amounts if kind == "usd" and hourly is not None else None
    line = None if amounts_usd is None or hourly is None else tuple(map(float, human_line(amounts_usd, hourly)))
    return Frontier(
        budget_kind=kind,
        amounts=tuple(map(float, study.amounts)),
        quantile=quantile,
        estimator=estimator,
        confidence=confidence,
        curves=curves,
        envelope=envelope(curves),
        wage_usd_per_hour=hourly,
        human_line=line,
        left_out=study.left_out,
    )


def horizon_curve(
    runs: pd.DataFrame,
    checkpoints: pd.DataFrame | None = None,
    *,
    kind: str,
    rng: np.random.Generator,
    amounts: Sequence[float] | FloatArray | None = None,
    estimator: Estimator = "curve",
    quantile: float = 0.5,
    weights: Weighting = "equal",
    wage: float | None = None,
    bootstrap: int = 1000,
    resample: Resample = "full",
    cap: float | None = None,
    confidence: float = 0.95,
) -> HorizonCurve:
    """The horizon curve of runs that are all of one configuration; arguments as for `frontier`.

    Raises:
        UsageError: The runs are of several configurations, which are never pooled.
    """
    result = frontier(
        runs,
        checkpoints,
        kind=kind,
        rng=rng,
        amounts=amounts,
        estimator=estimator,
        quantile=quantile,
        weights=weights,
        wage=wage,
        bootstrap=bootstrap,
        resample=resample,
        cap=cap,
        confidence=confidence,
    )
    if len(result.curves) != 1:
        raise UsageError(
            f"the runs are of {len(result.curves)} configurations, which are never pooled",
            fix="choose one model, scaffold, strategy and condition, or call frontier()",
        )
    return result.curves[0]


def _check(
    estimator: str, quantile: float, bootstrap: int, resample: str, confidence: float, wage: float | None
) -> None:
    if estimator not in get_args(Estimator):
        raise UsageError(f"estimator {estimator!r} is not known", fix=f"choose one of {', '.join(get_args(Estimator))}")
    check_resample(resample)
    for name, value in (("quantile", quantile), ("confidence", confidence)):
        if not 0 < value < 1:
            raise UsageError(f"{name} {value} is not a share", fix="give a number between 0 and 1, such as 0.5")
    if bootstrap < 0:
        raise UsageError(f"bootstrap {bootstrap} is negative", fix="give the number of replicates, or 0 for none")
    if wage is not None and not (math.isfinite(wage) and wage > 0):
        raise UsageError(f"wage {wage} cannot be used", fix="give dollars an hour above 0")


def _replicates(
    study: Study, designs: list[Design], quantile: float, bootstrap: int, resample: Resample, rng: np.random.Generator
) -> list[Estimates]:
    """Bootstrap estimates of every configuration from the same draws of families and tasks."""
    own_rngs = rng.spawn(len(designs))
    parts: list[list[Estimates]] = [[] for _ in designs]
    for start in range(0, bootstrap, _DRAWN_AT_ONCE):
        tasks = draw_tasks(study.families, min(_DRAWN_AT_ONCE, bootstrap - start), rng)
        for own, arranged, own_rng, done in zip(study.observations, designs, own_rngs, parts, strict=True):
            alone = resample == "task" or _families(study, own) < FEWEST_FAMILIES
            counts = tasks.by_task if alone else tasks.by_family
            drawn = draw_runs(own.task, counts, own_rng) if resample == "full" else counts[:, own.task].astype(float)
            done.extend(_in_chunks(arranged, drawn, quantile))
    return [_joined(done, arranged.budgets) for done, arranged in zip(parts, designs, strict=True)]


def _in_chunks(arranged: Design, draws: FloatArray, quantile: float) -> list[Estimates]:
    size = max(1, _SOLVED_AT_ONCE // (len(arranged.lengths) * arranged.budgets))
    return [
        estimate(arranged, draws[start : start + size], quantile=quantile, tolerance=1e-6)
        for start in range(0, len(draws), size)
    ]


def _joined(parts: list[Estimates], budgets: int) -> Estimates:
    if not parts:
        return Estimates(np.zeros((0, budgets)), np.zeros((0, budgets)))
    return Estimates(
        np.concatenate([part.doublings for part in parts]), np.concatenate([part.slopes for part in parts])
    )


def _families(study: Study, own: Observations) -> int:
    return len(np.unique(study.families[own.task]))


def _curve(
    study: Study,
    own: Observations,
    arranged: Design,
    replicates: Estimates,
    quantile: float,
    resample: Resample,
    confidence: float,
    wage: float | None,
) -> HorizonCurve:
    as_run = estimate(arranged, np.ones((1, len(own.task))), quantile=quantile, tolerance=1e-11)
    slope_test = common_slope_test(own, study.amounts, arranged.weight)
    missing = own.n_errors / (own.n_errors + len(own.task))
    shared = _shared_flags(study, own, arranged, resample, slope_test, missing)
    slope = _number(float(as_run.slopes[0, 0])) if arranged.estimator == "curve" else None
    interval = None if slope is None else _interval(replicates.slopes[:, 0], confidence)
    flat = interval is not None and interval.low is not None and interval.low <= 0
    kept = arranged.estimator == "metr"
    points = tuple(
        _point(study, own, as_run, replicates, place, confidence, wage, shared, flat=flat, rising_kept=kept)
        for place in range(len(study.amounts))
    )
    return HorizonCurve(own.configuration, arranged.estimator, slope, interval, slope_test, points, missing)


def _shared_flags(
    study: Study,
    own: Observations,
    arranged: Design,
    resample: Resample,
    slope_test: SlopeTest | None,
    missing: float,
) -> tuple[str, ...]:
    flags = {
        "few_families": resample != "task" and _families(study, own) < FEWEST_FAMILIES,
        "incomplete": missing > _MOST_MISSING,
        "slope_differs": arranged.estimator == "curve" and slope_test is not None and slope_test.p_value < _SLOPE_ALARM,
    }
    return tuple(name for name, holds in flags.items() if holds)


def _point(
    study: Study,
    own: Observations,
    as_run: Estimates,
    replicates: Estimates,
    place: int,
    confidence: float,
    wage: float | None,
    shared: tuple[str, ...],
    *,
    flat: bool,
    rising_kept: bool,
) -> HorizonPoint:
    evidence = own.evidence()[:, place]
    wins, losses = int((evidence == 1).sum()), int((evidence == 0).sum())
    lengths = own.doublings[evidence >= 0]
    slope = float(as_run.slopes[0, place])
    doublings = float(as_run.doublings[0, place])
    mixed = wins > 0 and losses > 0
    rising = mixed and (slope <= 0 or flat)
    too_few = min(wins, losses) < _FEWEST_OUTCOMES or len(np.unique(lengths)) < _FEWEST_LENGTHS
    flags = {
        "no_success": wins == 0 and losses > 0,
        "no_failure": losses == 0 and wins > 0,
        "unobserved": wins + losses == 0,
        "unidentified": too_few or (mixed and math.isnan(slope)),
        "rising": rising,
    }
    has_number = mixed and math.isfinite(doublings) and (slope > 0 if not rising else rising_kept)
    minutes = _minutes(doublings) if has_number else None
    ends = (
        _horizon_interval(replicates.doublings[:, place], confidence)
        if wins > 0 and (rising_kept or not rising)
        else None
    )
    flags["extrapolated"] = minutes is not None and not _within(doublings, own.doublings)
    flags["open"] = ends is not None and (ends.high is None or ends.low in (None, 0.0))
    return HorizonPoint(
        budget_amount=float(study.amounts[place]),
        horizon_minutes=minutes,
        ci_low=None if ends is None else ends.low,
        ci_high=None if ends is None else ends.high,
        slope=_number(slope) if has_number else None,
        cost_ratio=_ratio(study, place, minutes, wage),
        n_runs=wins + losses,
        n_success=wins,
        flags=tuple(name for name, holds in flags.items() if holds) + shared,
    )


def _within(doublings: float, tested: FloatArray) -> bool:
    return bool(tested.min() - 1e-9 <= doublings <= tested.max() + 1e-9)


def _ratio(study: Study, place: int, minutes: float | None, wage: float | None) -> float | None:
    amount = float(study.amounts[place])
    if study.kind == "cost_ratio":
        return amount
    if study.kind != "usd" or wage is None or minutes is None or minutes <= 0:
        return None
    return cost_ratio(amount, minutes, wage)


def _horizon_interval(doublings: FloatArray, confidence: float) -> Interval | None:
    interval = _ends(doublings, confidence)
    return None if interval is None else Interval(_minutes(interval[0]), _minutes(interval[1]))


def _interval(values: FloatArray, confidence: float) -> Interval | None:
    interval = _ends(values[~np.isnan(values)], confidence)
    return None if interval is None else Interval(_number(interval[0]), _number(interval[1]))


def _ends(values: FloatArray, confidence: float) -> tuple[float, float] | None:
    """Order statistics at both ends: unlike interpolated quantiles they hold with infinite replicates."""
    if len(values) == 0:
        return None
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)


def _minutes(doublings: float) -> float | None:
    """2 ** doublings; None where no float holds it, 0 for the horizon of no success."""
    with np.errstate(over="ignore", under="ignore"):
        return _number(float(np.exp2(doublings)))


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
