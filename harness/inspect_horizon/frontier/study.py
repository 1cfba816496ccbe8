"""From a table of runs to the frontier, in one call."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Required, TypedDict, Unpack, get_args

from inspect_horizon.errors import UsageError
from inspect_horizon.frontier.bootstrap import check_resample
from inspect_horizon.frontier.estimate import Estimator
from inspect_horizon.frontier.fitting import Method, fit_study
from inspect_horizon.frontier.human_error import check_human_error
from inspect_horizon.frontier.observations import observe

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import pandas as pd

    from inspect_horizon.frontier.arrays import FloatArray
    from inspect_horizon.frontier.bootstrap import Resample
    from inspect_horizon.frontier.fitting import FittedStudy
    from inspect_horizon.frontier.human_error import HumanErrorUse
    from inspect_horizon.frontier.results import Frontier, HorizonCurve
    from inspect_horizon.frontier.weights import Weighting


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
    wage_range: tuple[float, float] | None = None,
    bootstrap: int = 1000,
    resample: Resample | None = None,
    cap: float | None = None,
    confidence: float = 0.95,
    human_error: HumanErrorUse = "correct",
) -> Frontier:
    """The horizon that each budget buys, for every configuration in a table of runs.

    Args:
        runs: One row a run, columns as in the runs table; see `observe`.
        checkpoints: What runs' answers were worth on the way; without any, success at the total spend, so that
            a run on a ladder speaks at its last rung alone.
        kind: `usd`, `tokens`, `output_tokens` or `cost_ratio`.
        rng: Source of the bootstrap's draws.
        amounts: Budgets in the unit of `kind`; by default those of the runs and their rungs, or doublings over the
            spends of successes.
        estimator: `curve`, one slope and thresholds that cannot fall; `separate`, a Firth fit a budget; `spline`, a
            falling curve of any shape a budget, which gives no horizon beyond the lengths tested; `metr`, theirs.
        quantile: Success rate at the horizon, between 0 and 1.
        weights: `equal` per task, or `invsqrt`, also divided by the root of the family's number of tasks.
        wage: Dollars an hour of human work; by default the median of the runs' human cost over human time.
        wage_range: The lowest and the highest wage, for the human line.
        bootstrap: Number of replicates; 0 for no intervals.
        resample: `family` draws whole families and allows for how few they are; `full` draws families, tasks and runs
            as METR does, which counts the noise of tasks and runs more than once; `family-task` keeps the runs of a
            task; `task` draws tasks. By default `full` for `metr`, otherwise `family`.
        cap: The most a run without a recorded stop reason could spend, in the unit of `kind`.
        confidence: How often an interval is to hold the truth.
        human_error: What is done about the errors of human times that a column `human_error_factor` states (the factor
            of one standard error; empty is taken as exact): `correct` takes what they did to horizons and slopes off;
            `redraw` also draws lengths anew in replicates, which counts the errors twice; `ignore`. `metr` ignores.

    Raises:
        DataError: A column is missing, holds what it cannot, or nothing in the table can be used.
        UsageError: An option is none of those above.

    References:
        McCullagh (1980), "Regression models for ordinal data", JRSS B 42, 109-142, for the curve.
        Kwa et al. (2025), arXiv:2503.14499, for `metr` and the bootstrap.
    """
    _check_share("quantile", quantile)
    return fitted_frontier(
        runs,
        checkpoints,
        kind=kind,
        rng=rng,
        amounts=amounts,
        estimator=estimator,
        weights=weights,
        wage=wage,
        wage_range=wage_range,
        bootstrap=bootstrap,
        resample=resample,
        cap=cap,
        confidence=confidence,
        human_error=human_error,
    ).frontier(quantile)


def fitted_frontier(
    runs: pd.DataFrame,
    checkpoints: pd.DataFrame | None = None,
    *,
    kind: str,
    rng: np.random.Generator,
    amounts: Sequence[float] | FloatArray | None = None,
    estimator: Estimator = "curve",
    weights: Weighting = "equal",
    wage: float | None = None,
    wage_range: tuple[float, float] | None = None,
    bootstrap: int = 1000,
    resample: Resample | None = None,
    cap: float | None = None,
    confidence: float = 0.95,
    human_error: HumanErrorUse = "correct",
) -> FittedStudy:
    """The same for every success rate: what `frontier` reads its own from, fitted once; arguments as for it."""
    resample = resample or ("full" if estimator == "metr" else "family")
    _check(estimator, bootstrap, resample, confidence, wage)
    check_human_error(human_error)
    study = observe(runs, checkpoints, kind=kind, amounts=amounts, cap=cap)
    method = Method(estimator, weights, wage, wage_range, bootstrap, resample, confidence, human_error)
    return fit_study(study, method, rng)


class Options(TypedDict, total=False):
    """The options of `frontier`, which says what they mean."""

    kind: Required[str]
    rng: Required[np.random.Generator]
    amounts: Sequence[float] | FloatArray | None
    estimator: Estimator
    quantile: float
    weights: Weighting
    wage: float | None
    wage_range: tuple[float, float] | None
    bootstrap: int
    resample: Resample | None
    cap: float | None
    confidence: float
    human_error: HumanErrorUse


def horizon_curve(
    runs: pd.DataFrame, checkpoints: pd.DataFrame | None = None, **options: Unpack[Options]
) -> HorizonCurve:
    """The horizon curve of runs that are all of one configuration; arguments as for `frontier`.

    Raises:
        UsageError: The runs are of several configurations, which are never pooled.
    """
    result = frontier(runs, checkpoints, **options)
    if len(result.curves) != 1:
        raise UsageError(
            f"the runs are of {len(result.curves)} configurations, which are never pooled",
            fix="choose one model, scaffold, strategy and condition, or call frontier()",
        )
    return result.curves[0]


def _check(estimator: str, bootstrap: int, resample: str, confidence: float, wage: float | None) -> None:
    if estimator not in get_args(Estimator):
        raise UsageError(f"estimator {estimator!r} is not known", fix=f"choose one of {', '.join(get_args(Estimator))}")
    check_resample(resample)
    _check_share("confidence", confidence)
    if bootstrap < 0:
        raise UsageError(f"bootstrap {bootstrap} is negative", fix="give the number of replicates, or 0 for none")
    if wage is not None and not (math.isfinite(wage) and wage > 0):
        raise UsageError(f"wage {wage} cannot be used", fix="give dollars an hour above 0")


def _check_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise UsageError(f"{name} {value} is not a share", fix="give a number between 0 and 1, such as 0.5")
