"""Any frame becomes a table of the schema, or says which cell cannot."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspect_horizon.errors import DataError
from inspect_horizon.runs import COLUMNS, TABLES, Table, conform

NOON = pd.Timestamp("2026-01-31T12:00:00Z")


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_frame_becomes_a_table_of_every_column(table: Table) -> None:
    frame = conform(pd.DataFrame(), table)
    assert list(frame.columns) == [column.name for column in COLUMNS[table]]
    assert len(frame) == 0


def test_missing_columns_are_null_and_not_zero() -> None:
    frame = conform(pd.DataFrame({"run_id": ["a", "b"]}), "runs")
    assert frame["cost_usd"].isna().all()
    assert frame["input_tokens"].isna().all()
    assert frame["success"].isna().all()


def test_only_facts_that_follow_from_silence_are_filled_in() -> None:
    """A run of which nothing is said is a first attempt, not superseded, no check, at a task of weight 1."""
    frame = conform(pd.DataFrame({"run_id": ["a"]}), "runs")
    known = {"run_id": "a", "attempt": 1, "superseded": False, "check": False, "weight": 1.0}
    assert frame.loc[0].dropna().to_dict() == known


def test_integers_with_gaps_stay_integers() -> None:
    """Pandas makes floats of them on its own."""
    frame = conform(pd.DataFrame({"output_tokens": [1.0, np.nan, 2.0**52]}), "runs")
    assert str(frame["output_tokens"].dtype) == "Int64"
    assert frame["output_tokens"].tolist() == [1, pd.NA, 2**52]


def test_long_integers_written_as_text_lose_no_digit() -> None:
    """Through a float, 2 ** 53 + 1 would become 2 ** 53."""
    numbers = [2**53 + 1, 10**18 + 1]
    frame = conform(pd.DataFrame({"output_tokens": [str(number) for number in numbers]}), "runs")
    assert frame["output_tokens"].tolist() == numbers


@pytest.mark.parametrize("word", ["", "nan", "NaN", "NA", "null", "None", " "])
def test_words_for_not_known_are_null_in_a_number_and_kept_in_a_text(word: str) -> None:
    frame = conform(pd.DataFrame({"cost_usd": [word]}), "runs")
    assert frame["cost_usd"].isna().all()
    assert conform(pd.DataFrame({"answer": [word]}), "checkpoints").loc[0, "answer"] == word


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("cost_usd", "1e-3", 0.001),
        ("cost_usd", 3, 3.0),
        ("cost_usd", " .5 ", 0.5),
        ("success", "Yes", True),
        ("success", "0", False),
        ("success", 1.0, True),
        ("model_calls", "12.0", 12),
        ("model_calls", True, 1),
        ("task_id", 7, "7"),
        ("protocol", {"b": 1, "a": [None]}, '{"a": [null], "b": 1}'),
        ("started_at", "2026-01-31T12:00:00", NOON),
        ("started_at", "2026-01-31T13:00:00+01:00", NOON),
        ("started_at", datetime(2026, 1, 31, 12), NOON),
        ("started_at", datetime(2026, 1, 31, 14, tzinfo=timezone(timedelta(hours=2))), NOON),
        ("started_at", NOON.timestamp(), NOON),
    ],
)
def test_values_that_mean_the_same_become_the_same(column: str, value: object, expected: object) -> None:
    frame = conform(pd.DataFrame({column: pd.Series([value], dtype=object)}), "runs")
    assert frame.loc[0, column] == expected
    assert conform(pd.DataFrame({column: pd.Series([None, value], dtype=object)}), "runs").loc[1, column] == expected


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("cost_usd", "1,000", "'1,000' is not a finite number"),
        ("cost_usd", "1_000", "'1_000' is not a finite number"),
        ("cost_usd", float("inf"), "inf is not a finite number"),
        ("cost_usd", "1e999", "'1e999' is not a finite number"),
        ("model_calls", 1.5, "1.5 is not a whole number"),
        ("model_calls", 2**70, f"{2**70} is not a whole number"),
        ("model_calls", str(2**63), f"'{2**63}' is not a whole number"),
        ("success", 0.5, "0.5 is not true or false"),
        ("success", "passed", "'passed' is not true or false"),
        ("task_id", b"a", "b'a' is not text"),
        ("started_at", "yesterday", "'yesterday' is not a time such as 2026-01-31T12:00:00Z"),
        ("stop_reason", "bored", "'bored' is not one of submitted, gave_up, budget, other_limit, error"),
        ("enforcement", "HARD", "'HARD' is not one of hard, soft"),
    ],
)
def test_a_value_that_cannot_be_is_shown_with_its_place(column: str, value: object, said: str) -> None:
    frame = pd.DataFrame({column: pd.Series([None, value], dtype=object)})
    with pytest.raises(DataError) as caught:
        conform(frame, "runs", source="demo")
    assert f"demo, row 1, {column}: {said}" in str(caught.value)
    assert "fix:" in str(caught.value)


def test_a_misspelt_column_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match=r"has a column sucess, .* did you mean success"):
        conform(pd.DataFrame({"sucess": [True]}), "runs")


def test_a_column_that_occurs_twice_is_refused() -> None:
    with pytest.raises(DataError, match="more than one column model"):
        conform(pd.DataFrame([["a", "b"]], columns=["model", "model"]), "runs")


def test_many_bad_cells_are_listed_up_to_twenty() -> None:
    with pytest.raises(DataError) as caught:
        conform(pd.DataFrame({"cost_usd": ["x"] * 30}), "runs")
    assert str(caught.value).count("is not a finite number") == 20


def test_categories_and_arrow_columns_are_read_by_their_values() -> None:
    frame = pd.DataFrame(
        {
            "model": pd.Categorical(["m", None]),
            "cost_usd": pd.array([0.5, None], dtype="double[pyarrow]"),
            "success": pd.array([1, None], dtype="int8[pyarrow]"),
        }
    )
    runs = conform(frame, "runs")
    assert list(runs.loc[0, ["model", "cost_usd", "success"]]) == ["m", 0.5, True]
    assert runs.loc[1, ["model", "cost_usd", "success"]].isna().all()


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.datetimes(timezones=st.just(UTC)),
    st.lists(st.integers(), max_size=2),
)


@settings(deadline=None)
@given(name=st.sampled_from([column.name for column in COLUMNS["runs"]]), cells=st.lists(values, max_size=4))
def test_any_cells_conform_or_are_refused_in_words_and_conforming_is_final(name: str, cells: list[object]) -> None:
    """No value brings down the cast, and what has once been cast is never changed again."""
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object)})
    try:
        once = conform(frame, "runs")
    except DataError as problem:
        message = str(problem)
    else:
        pd.testing.assert_frame_equal(conform(once, "runs"), once)
        return
    assert re.match(rf"runs, row [0-3], {name}: ", message)
