"""The bootstrap of a whole study: every configuration estimated anew from the same draws of families and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from inspect_horizon.frontier.bootstrap import FEWEST_FAMILIES, draw_runs, draw_tasks
from inspect_horizon.frontier.estimate import Design, Estimates, estimate

if TYPE_CHECKING:
    from inspect_horizon.frontier.arrays import FloatArray
    from inspect_horizon.frontier.bootstrap import Resample
    from inspect_horizon.frontier.observations import Study

_DRAWN_AT_ONCE = 250
_SOLVED_AT_ONCE = 500_000
"""Array elements; a solve holds about twenty such arrays, so some 80 MB."""


def replicates(
    study: Study, designs: list[Design], quantile: float, bootstrap: int, resample: Resample, rng: np.random.Generator
) -> list[Estimates]:
    """Bootstrap estimates of every configuration from the same draws of families and tasks."""
    own_rngs = rng.spawn(len(designs))
    parts: list[list[Estimates]] = [[] for _ in designs]
    for start in range(0, bootstrap, _DRAWN_AT_ONCE):
        tasks = draw_tasks(study.families, min(_DRAWN_AT_ONCE, bootstrap - start), rng)
        for own, arranged, own_rng, done in zip(study.observations, designs, own_rngs, parts, strict=True):
            alone = resample == "task" or study.n_families(own) < FEWEST_FAMILIES
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
