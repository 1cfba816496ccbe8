"""Read-outs of a pool: exact where a formula exists, as a slow count of every choice of tries says."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontier.pooled import any_tries, pool_table, tries_of
from inspect_horizon.errors import DataError, UsageError
from inspect_horizon.frontier.coverage import pass_at
from inspect_horizon.frontier.readouts import READ_OUT_FLAGS, pools_of, read_outs, vote_bound
from inspect_horizon.frontier.readouts.picks import best_scored, covered, first_submitted, spent_until_submitted
from inspect_horizon.frontier.readouts.pools import NO_ANSWER
from inspect_horizon.frontier.readouts.reading import bought
from inspect_horizon.frontier.readouts.votes import majority, weighted_majority, whole_vote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from inspect_horizon.frontier.arrays import FloatArray
    from inspect_horizon.frontier.readouts import Tries


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def vote(tries: Tries, chosen: Sequence[int], mass: FloatArray) -> float:
    """The slow way: count, find the largest, and average over those tied for it."""
    counts: dict[int, float] = {}
    for place in chosen:
        if tries.answer[place] != NO_ANSWER:
            counts[int(tries.answer[place])] = counts.get(int(tries.answer[place]), 0.0) + mass[place]
    if not counts:
        return 0.0
    best = max(counts.values())
    return float(np.mean([key == 0 for key, count in counts.items() if count >= best - 1e-9]))


def best(tries: Tries, chosen: Sequence[int]) -> float:
    top = max(tries.score[list(chosen)])
    return float(np.mean([tries.success[place] for place in chosen if tries.score[place] == top]))


def over_choices(tries: Tries, worth: Callable[[Sequence[int]], float]) -> list[float]:
    """The mean over every choice of k tries, for each k."""
    return [
        float(np.mean([worth(chosen) for chosen in combinations(range(tries.n), k)])) for k in range(1, tries.n + 1)
    ]


@given(tries=any_tries())
@settings(max_examples=60, deadline=None)
def test_votes_and_best_of_n_are_those_of_counting_every_choice_of_k(tries: Tries) -> None:
    plain = majority(tries, rng=rng(), draws=1)
    weighted = weighted_majority(tries, rng=rng(), draws=1)
    assert plain.rate == pytest.approx(over_choices(tries, lambda chosen: vote(tries, chosen, np.ones(tries.n))))
    assert weighted.rate == pytest.approx(over_choices(tries, lambda chosen: vote(tries, chosen, tries.score)))
    assert best_scored(tries) == pytest.approx(over_choices(tries, lambda chosen: best(tries, chosen)))
    assert not plain.error.any()
    assert not weighted.error.any()


@given(tries=any_tries(most=5))
@settings(max_examples=40, deadline=None)
def test_the_first_to_submit_is_that_of_trying_every_order(tries: Tries) -> None:
    for k in range(1, tries.n + 1):
        right, spent = [], []
        for order in permutations(range(tries.n), k):
            stops = next((place for place, each in enumerate(order) if tries.submitted[each]), k - 1)
            right.append(tries.success[order[stops]])
            spent.append(tries.spend[list(order[: stops + 1])].sum())
        assert first_submitted(tries)[k - 1] == pytest.approx(np.mean(right), abs=1e-12)
        assert spent_until_submitted(tries, tries.spend)[k - 1] == pytest.approx(np.mean(spent))


@given(tries=any_tries())
@settings(max_examples=40, deadline=None)
def test_every_read_out_of_one_try_is_a_single_try(tries: Tries) -> None:
    single = tries.success.mean()
    for rate in (
        covered(tries),
        best_scored(tries),
        first_submitted(tries),
        majority(tries, rng=rng(), draws=1).rate,
        weighted_majority(tries, rng=rng(), draws=1).rate,
    ):
        assert rate[0] == pytest.approx(single)


@given(success=st.lists(st.booleans(), min_size=1, max_size=40))
@settings(max_examples=40, deadline=None)
def test_best_of_n_with_a_perfect_scorer_is_coverage_and_coverage_its_closed_form(success: list[bool]) -> None:
    tries = tries_of([float(each) for each in success], score=[float(each) for each in success])
    n, right = np.array([len(success)]), np.array([sum(success)])
    closed = [pass_at(n, right, k)[0] for k in range(1, len(success) + 1)]
    assert best_scored(tries) == pytest.approx(closed)
    assert covered(tries) == pytest.approx(closed)


@given(shares=st.lists(st.integers(1, 9), min_size=2, max_size=5), seed=st.integers(0, 999))
@settings(max_examples=15, deadline=None)
def test_votes_reach_the_most_probable_answer_within_the_published_bound(shares: list[int], seed: int) -> None:
    """P(vote != mode) <= |A| exp(-n gap^2 / 2), for tries drawn independently (Wu et al. 2024, theorems 1 and 2).

    A score of 1 for every try makes the weighted vote the plain one; scores are cut in half for the first answer.
    """
    chance = np.array(sorted(shares, reverse=True)) / sum(shares)
    draw = rng(seed)
    for weight in (np.ones(len(chance)), np.where(np.arange(len(chance)) == 0, 0.5, 1.0)):
        mass = chance * weight
        mode, ordered = int(mass.argmax()), np.sort(mass)
        gap = float(ordered[-1] - ordered[-2])
        for n in (8, 32):
            missed = []
            for _ in range(100):
                answer = draw.choice(len(chance), size=n, p=chance)
                tries = tries_of((answer == mode).astype(float), answer.tolist(), weight[answer])
                missed.append(1 - whole_vote(tries, weighted=weight.min() < 1))
            assert np.mean(missed) <= vote_bound(len(chance), gap, n) + 3 * np.std(missed) / 10 + 1e-12


def test_resampled_votes_agree_with_enumerated_ones_within_their_error() -> None:
    """With equal scores the weighted vote is the plain one, which is enumerated where the other is resampled."""
    answer = rng(3).choice(4, size=20, p=[0.4, 0.3, 0.2, 0.1])
    tries = tries_of((answer == 0).astype(float), answer.tolist(), np.ones(20))
    exact, found = majority(tries, rng=rng(), draws=1), weighted_majority(tries, rng=rng(1), draws=4000)
    assert found.error[9] > 0
    assert found.error[[0, 1, 18, 19]].tolist() == [0.0] * 4, "few choices of so many tries are all weighed"
    assert (np.abs(found.rate - exact.rate) <= 4 * found.error + 1e-9).all()
    many = tries_of(np.tile(tries.success, 2), np.tile(answer, 2).tolist())
    assert majority(many, rng=rng(), draws=200).error[9] > 0, "40 tries are more than are enumerated"


@pytest.mark.parametrize("answers", [1, 3, 40])
def test_a_vote_of_many_tries_is_that_of_equal_masses_over_the_same_orders(answers: int) -> None:
    """One follows who leads and the other adds every mass up; one to two of 40 tries, and all but those, are exact."""
    answer = rng(5).integers(NO_ANSWER, answers, size=40)
    success = np.where(rng(6).random(40) < 0.2, 1.0, answer == 0)
    tries = tries_of(success, answer.tolist(), np.ones(40))
    led, summed = majority(tries, rng=rng(7), draws=60), weighted_majority(tries, rng=rng(7), draws=60)
    assert led.rate[2:-3] == pytest.approx(summed.rate[2:-3], abs=1e-12)
    assert led.error[2:-3] == pytest.approx(summed.error[2:-3], abs=1e-12)


def test_the_judge_is_charged_where_it_is_needed_and_nowhere_else() -> None:
    found = {
        (each.name, each.k): each for each in read_outs(pool_table(rng()), rng=rng(), ks=(4,), bootstrap=50).read_outs
    }
    single = found["single", 1]
    for name, judged in (("coverage", False), ("majority", False), ("best_of_n", True), ("weighted_majority", True)):
        own = found[name, 4]
        assert own.tries_spend == pytest.approx(4 * (single.tries_spend or 0))
        assert own.judge_spend == pytest.approx(0.4 * (single.tries_spend or 0) if judged else 0.0)
        assert own.spend == pytest.approx((own.tries_spend or 0) + (own.judge_spend or 0))
    assert found["first_submitted", 4].spend == pytest.approx(single.spend), "every try submits, so one is enough"


def test_a_judge_of_unknown_cost_leaves_the_spend_unknown_and_an_unknown_scorer_is_said() -> None:
    pool = pool_table(rng()).assign(verifier_usd=np.nan, scorer_usd=np.nan)
    found = {each.name: each for each in read_outs(pool, rng=rng(), ks=(2,), bootstrap=0).read_outs}
    assert found["best_of_n"].spend is None
    assert found["best_of_n"].tries_spend is not None
    assert "judge_unknown" in found["best_of_n"].flags
    assert found["coverage"].scorer_spend is None
    assert found["coverage"].spend == pytest.approx(found["majority"].spend)
    assert "scorer_unknown" in found["coverage"].flags
    assert "scorer_unknown" not in found["majority"].flags


def test_floating_point_operations_need_the_sizes_of_models_and_judge() -> None:
    pool = pool_table(rng())
    with pytest.raises(UsageError, match="active parameters of agent"):
        read_outs(pool, rng=rng(), kind="flops_generated")
    found = read_outs(
        pool, rng=rng(), kind="flops_generated", parameters={"agent": 7e9, "judge": 34e9}, ks=(2,), bootstrap=0
    )
    own = {each.name: each for each in found.read_outs}
    assert own["majority"].spend == pytest.approx(2 * 2 * 7e9 * pool["output_tokens"].mean())
    assert own["best_of_n"].judge_spend == pytest.approx(2 * 2 * 34e9 * 500)


def test_limits_are_the_vote_of_the_whole_pool_and_distances_end_there() -> None:
    found = read_outs(pool_table(rng(), n=8), rng=rng(), names=("majority",), bootstrap=100)
    (limit,) = found.limits
    last = found.read_outs[-1]
    assert last.k == 8
    assert last.success_rate == pytest.approx(limit.success_rate)
    assert last.below_limit == pytest.approx(0.0)
    assert limit.interval is not None
    assert 0 < limit.bound <= 1
    assert "unsettled" in limit.flags


def test_a_cap_stops_tries_and_takes_their_answers() -> None:
    pool = pool_table(rng())
    (own,) = pools_of(pool)
    cap = float(np.median(pool["cost_usd"]))
    tasks = [tries.task for tries in own.tasks]
    (whole, *_), (capped, *_) = bought(own, tasks, ks=(2,)), bought(own, tasks, ks=(2,), cap=cap)
    assert (capped.right <= whole.right).all()
    assert (capped.spend <= cap * (1 + 1e-9)).all()
    kept = pool["success"] & (pool["cost_usd"] <= cap)
    assert capped.right.mean() == pytest.approx(kept.mean())
    told = pool.assign(protocol='{"notice": "start"}')
    with pytest.raises(UsageError, match="told their budget"):
        read_outs(told, rng=rng(), caps=(cap,))


def test_intervals_are_paired_so_gains_are_sharper_than_differences_of_rates() -> None:
    found = read_outs(pool_table(rng(), tasks=48), rng=rng(), names=("best_of_n",), ks=(4,), bootstrap=400)
    single, own = found.read_outs
    assert own.over_single_interval is not None
    assert own.interval is not None
    width = (own.over_single_interval.high or 0) - (own.over_single_interval.low or 0)
    assert width < (own.interval.high or 0) - (own.interval.low or 0)
    assert single.over_single is None
    assert own.over_single == pytest.approx((own.success_rate or 0) - (single.success_rate or 0))


def test_tasks_with_fewer_tries_are_left_out_and_it_is_said() -> None:
    pool = pool_table(rng())
    short = pool[(pool["number"] <= 3) | (pool["task_id"] < "t012")]
    found = {each.k: each for each in read_outs(short, rng=rng(), names=("coverage",), bootstrap=0).read_outs}
    assert (found[3].n_tasks, found[4].n_tasks) == (24, 12)
    assert "some_tasks" in found[4].flags


def test_without_answers_or_scores_only_what_needs_none_is_read() -> None:
    bare = pool_table(rng()).drop(columns=["answer", "normalized", "verifier_score"])
    found = read_outs(bare, rng=rng(), ks=(2,), bootstrap=0)
    assert {each.name for each in found.read_outs} == {"single", "coverage", "first_submitted"}
    assert not found.limits
    assert found.read_outs[0].flags == ("no_answers", "no_scores")


def test_every_flag_is_one_that_is_explained() -> None:
    pool = pool_table(rng(), families=2).astype({"success": object})
    pool.loc[::3, "verifier_score"] = -1.0
    pool.loc[1::3, "verifier_score"] = np.nan
    pool.loc[0, "success"] = None
    found = read_outs(pool, rng=rng(), ks=(2, 8), bootstrap=20)
    raised = {flag for each in found.read_outs for flag in each.flags}
    raised |= {flag for each in found.limits for flag in each.flags}
    assert raised <= set(READ_OUT_FLAGS)
    assert {"few_families", "negative_scores", "some_unjudged", "unscored"} <= raised


def test_bad_arguments_are_refused() -> None:
    pool = pool_table(rng())
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"kind": "euros"}, "cannot be charged"),
        ({"names": ("vote",)}, "read-out 'vote' is not known"),
        ({"ks": (0,)}, "no numbers of tries"),
        ({"caps": (-1.0,)}, "caps"),
        ({"draws": 0}, "draws"),
        ({"confidence": 2.0}, "confidence"),
    )
    for options, said in wrong:
        with pytest.raises(UsageError, match=said):
            read_outs(pool, rng=rng(), **options)
    with pytest.raises(DataError, match="no column success"):
        read_outs(pool.drop(columns="success"), rng=rng())
    with pytest.raises(DataError, match="none of the 192 tries"):
        read_outs(pool.assign(success=None), rng=rng())
