"""The batched solver against slow, obvious versions of what it claims to compute."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import approx_fprime, minimize

from inspect_horizon.frontier.cumulative import Counts, solve
from inspect_horizon.frontier.thresholds import fit_thresholds

if TYPE_CHECKING:
    from inspect_horizon.frontier.arrays import FloatArray

POSITION = np.array([-3.0, -1.0, 0.0, 2.0])
BUDGETS = 3


def cells(parameters: FloatArray, position: float, last: int) -> FloatArray:
    """Probability of a first success at each of `last` budgets, and of none; the slope comes last."""
    odds = parameters[:-1][:last] - parameters[-1] * position
    return np.diff(np.concatenate([[0.0], 1 / (1 + np.exp(-odds)), [1.0]]))


def random_counts(rng: np.random.Generator) -> tuple[Counts, FloatArray]:
    """Runs at four lengths, some capped at the second of three budgets; also as counts[length, cap, cell]."""
    truth = np.array([-1.0, 0.3, 1.2, 0.7])
    by_cap = np.zeros((4, 2, BUDGETS + 1))
    for length, position in enumerate(POSITION):
        for place, last in enumerate((2, 3)):
            by_cap[length, place, : last + 1] = rng.multinomial(12, cells(truth, position, last))
    solved, failed, covered = np.zeros((3, 1, 4, BUDGETS))
    for place, last in enumerate((2, 3)):
        solved[0, :, :last] += by_cap[:, place, :last]
        failed[0, :, last - 1] += by_cap[:, place, last]
        covered[0, :, :last] += 12
    return Counts(POSITION, solved, failed, covered, linked=True), by_cap


def log_cell(parameters: FloatArray, position: float, last: int, cell: int) -> float:
    return float(np.log(cells(parameters, position, last)[cell]))


def hessian(parameters: FloatArray, position: float, last: int, cell: int) -> FloatArray:
    def gradient(at: FloatArray) -> FloatArray:
        return approx_gradient(at, position, last, cell)

    step = 1e-4
    return np.array([(gradient(parameters + e) - gradient(parameters - e)) / (2 * step) for e in step * np.eye(4)])


def approx_gradient(parameters: FloatArray, position: float, last: int, cell: int) -> FloatArray:
    step = 1e-5
    ends = [
        log_cell(parameters + e, position, last, cell) - log_cell(parameters - e, position, last, cell)
        for e in step * np.eye(4)
    ]
    return np.array(ends) / (2 * step)


def adjusted_score(parameters: FloatArray, by_cap: FloatArray) -> FloatArray:
    """Score plus Firth's (1993) general adjustment, tr(F^-1 (E[u u' u_t] + E[-j u_t])) / 2, over all cells."""
    score, information, third = np.zeros(4), np.zeros((4, 4)), np.zeros((4, 4, 4))
    for length, position in enumerate(POSITION):
        for place, last in enumerate((2, 3)):
            probability = cells(parameters, position, last)
            for cell in range(last + 1):
                gradient = approx_gradient(parameters, position, last, cell)
                curvature = hessian(parameters, position, last, cell)
                weight = 12 * probability[cell]
                score += by_cap[length, place, cell] * gradient
                information += weight * np.outer(gradient, gradient)
                third += weight * (np.outer(gradient, gradient) + curvature)[:, :, None] * gradient
    return np.asarray(score + 0.5 * np.einsum("ij,jit->t", np.linalg.inv(information), third))


@pytest.mark.parametrize("seed", range(3))
def test_the_solution_is_a_zero_of_firths_general_adjusted_score(seed: int) -> None:
    """The closed form for cumulative links (Kosmidis 2014) must agree with the definition, censoring included."""
    counts, by_cap = random_counts(np.random.default_rng(seed))
    solution = solve(counts)
    assert solution.converged.all()
    found = np.append(solution.thresholds[0], solution.slopes[0])
    assert adjusted_score(found, by_cap) == pytest.approx(np.zeros(4), abs=2e-4)
    assert np.abs(adjusted_score(found + 0.01, by_cap)).max() > 1e-2


@pytest.mark.parametrize("seed", range(3))
def test_without_correction_it_is_the_maximum_of_the_likelihood(seed: int) -> None:
    counts, by_cap = random_counts(np.random.default_rng(seed))
    solution = solve(counts, reduce_bias=False)

    def loss(free: FloatArray, /) -> float:
        parameters = np.array(
            [free[0], free[0] + np.exp(free[1]), free[0] + np.exp(free[1]) + np.exp(free[2]), free[3]]
        )
        return -math.fsum(
            by_cap[length, place, cell] * log_cell(parameters, position, last, cell)
            for length, position in enumerate(POSITION)
            for place, last in enumerate((2, 3))
            for cell in range(last + 1)
        )

    best = minimize(loss, np.array([-1.0, 0.0, 0.0, 0.7]), method="BFGS")
    assert np.abs(approx_fprime(best.x, loss)).max() < 1e-2
    gaps = np.exp(best.x[1:3])
    assert solution.thresholds[0] == pytest.approx(best.x[0] + np.array([0.0, gaps[0], gaps.sum()]), abs=1e-4)
    assert solution.slopes[0] == pytest.approx(best.x[3], abs=1e-4)


def test_replicates_are_solved_independently_of_their_company() -> None:
    parts = [random_counts(np.random.default_rng(seed))[0] for seed in range(20)]
    solved, failed, covered = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("solved", "failed", "covered")
    )
    together = solve(Counts(POSITION, solved, failed, covered, linked=True))
    for number, part in enumerate(parts):
        assert together.slopes[number] == pytest.approx(solve(part).slopes[0], abs=1e-9)


def test_a_budget_that_brings_no_success_changes_nothing() -> None:
    """A finer grid asks more often without learning more; horizons at the old budgets must stay."""
    counts, _ = random_counts(np.random.default_rng(1))
    solved, failed = (np.insert(part, 2, 0.0, axis=2) for part in (counts.solved, counts.failed))
    covered = np.insert(counts.covered, 2, counts.covered[:, :, 2], axis=2)
    finer = Counts(POSITION, solved, failed, covered, linked=True)
    before, after = fit_thresholds(counts), fit_thresholds(finer)
    assert after.log_odds[0, [0, 1, 3]] == pytest.approx(before.log_odds[0], abs=1e-9)
    assert after.log_odds[0, 2] == after.log_odds[0, 1]


def test_unlinked_budgets_that_fall_are_pooled() -> None:
    """Isotonic regression: 6 of 10 then 4 of 10 are 10 of 20 at both."""
    solved = np.array([[[8.0, 6.0], [4.0, 2.0]]])
    failed = 10 - solved
    pooled = fit_thresholds(Counts(np.array([-1.0, 1.0]), solved, failed, solved + failed, linked=False))
    wins, losses = solved.sum(axis=2, keepdims=True), failed.sum(axis=2, keepdims=True)
    merged = Counts(np.array([-1.0, 1.0]), wins, losses, wins + losses, linked=False)
    alone = fit_thresholds(merged)
    assert pooled.log_odds[0] == pytest.approx(np.repeat(alone.log_odds[0], 2), abs=1e-9)
    assert pooled.slopes == pytest.approx(alone.slopes, abs=1e-9)


def test_counts_that_no_line_fits_have_their_limits() -> None:
    """No success at all is nothing at every budget; no failure at all is endless; neither is a number."""
    none, ten = np.zeros((1, 4, 2)), np.full((1, 4, 2), 10.0)
    nothing = fit_thresholds(Counts(POSITION, none, ten, ten, linked=False))
    endless = fit_thresholds(Counts(POSITION, ten, none, ten, linked=False))
    assert (nothing.doublings_at(0.5) == -np.inf).all()
    assert (endless.doublings_at(0.5) == np.inf).all()
