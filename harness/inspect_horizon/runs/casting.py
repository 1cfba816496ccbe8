"""Values of any origin, made what a column of the tables holds, or pointed at where that cannot be done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from inspect_horizon._config import nearest
from inspect_horizon.errors import DataError
from inspect_horizon.runs.schema import ARROW_TYPES, COLUMNS, PANDAS_TYPES, Column, Kind, Table, column_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
WHOLE = r"^[+-]?[0-9]{1,19}$"
"""No number of 64 bits has more digits."""
UNKNOWN = pa.array(["", "na", "n/a", "nan", "null", "none"])
"""What tables write for a number, truth or time that is not known; compared in lower case."""
TRUE, FALSE = pa.array(["true", "yes", "t", "y"]), pa.array(["false", "no", "f", "n"])
EXPECTED: dict[Kind, str] = {
    "text": "text",
    "json": "JSON",
    "integer": "a whole number",
    "real": "a finite number",
    "boolean": "true or false",
    "time": "a time such as 2026-01-31T12:00:00Z",
}
SHOWN = 20
"""Bad cells listed by one error: enough to see the pattern."""


@dataclass(frozen=True, slots=True)
class Cast:
    """A column's values as a nullable series, null wherever `bad`."""

    series: pd.Series[Any]
    bad: NDArray[np.bool_]
    """Which cells hold something that is no value of this column, shape (rows,)."""


def conform(frame: pd.DataFrame, table: Table, *, source: str | None = None) -> pd.DataFrame:
    """The frame with exactly the table's columns, in order and of their types; what is missing is null.

    Args:
        frame: Any subset of the table's columns.
        table: The table it should become.
        source: What the message calls the frame; the table's name if not given.

    Returns:
        A new frame with nullable types, numbered from 0.

    Raises:
        DataError: A column is not one of the table's, or a cell cannot be a value of its column.
    """
    source = source or table
    _refuse_unknown(frame, table, source)
    casts = {column: cast(frame[column.name], column) for column in COLUMNS[table] if column.name in frame}
    bad = [
        f"{source}, row {row}, {column.name}: {frame[column.name].iloc[row]!r} is not {expected(column)}"
        for column, result in casts.items()
        for row in np.flatnonzero(result.bad)[: SHOWN + 1]
    ]
    if bad:
        raise DataError(listed(bad), fix="correct these values, or make them null where they are not known")
    values = {
        column.name: casts[column].series if column in casts else _absent(column, len(frame))
        for column in COLUMNS[table]
    }
    return pd.DataFrame(values)


def cast(values: pd.Series[Any], column: Column) -> Cast:
    """The values as the column keeps them.

    Text is read as numbers, truths and ISO times where the column asks for them (a time without a zone is UTC, a
    number is seconds since 1970); NaN and the usual words for "not known" become null; infinity is bad.
    """
    plain = _plain(values, column.kind)
    result = CASTS[column.kind](plain)
    bad = pc.and_(_known(plain, column.kind), pc.is_null(result))
    if column.choices:
        allowed = pc.or_(pc.is_null(result), pc.is_in(result, pa.array(column.choices)))
        bad, result = pc.or_(bad, pc.invert(allowed)), _where(allowed, result)
    if column.default is not None:
        result = pc.fill_null(result, column.default)
    return Cast(_to_pandas(result), bad.to_numpy(zero_copy_only=False))


def expected(column: Column) -> str:
    """What a value of the column looks like, for a message."""
    if column.choices:
        return f"one of {', '.join(column.choices)}"
    if column.above is not None:
        return f"{EXPECTED[column.kind]} above {column.above:g}"
    if column.least is not None:
        return f"{EXPECTED[column.kind]} of at least {column.least:g}"
    return EXPECTED[column.kind]


def guess(name: str, names: Sequence[str]) -> str:
    """`; did you mean NAME?`, or nothing if no name is near."""
    found = nearest(name, names)
    return f"; did you mean {found}?" if found else ""


def listed(lines: Sequence[str]) -> str:
    """The first lines, and how many more there are."""
    more = len(lines) - SHOWN
    return "\n".join([*lines[:SHOWN], *([f"... and {more} more"] if more > 0 else [])])


def _refuse_unknown(frame: pd.DataFrame, table: Table, source: str) -> None:
    names = column_names(COLUMNS[table])
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise DataError(f"{source} has more than one column {repeated[0]}", fix="keep one of them")
    unknown = [str(name) for name in frame.columns if name not in names]
    if unknown:
        raise DataError(
            f"{source} has a column {unknown[0]}, which the {table} table does not{guess(unknown[0], names)}",
            fix=f"rename it to a column of the table or drop it; the columns are {', '.join(names)}",
        )


def _absent(column: Column, rows: int) -> pd.Series[Any]:
    nulls = pa.nulls(rows, ARROW_TYPES[column.kind])
    return _to_pandas(nulls if column.default is None else pc.fill_null(nulls, column.default))


def _to_pandas(values: pa.Array) -> pd.Series[Any]:
    series: pd.Series[Any] = values.to_pandas(types_mapper=PANDAS_TYPES.get)
    return series


def _plain(values: pd.Series[Any], kind: Kind) -> pa.Array:
    """The values in one Arrow array of a simple type; text where they are of several types."""
    if kind == "json" and values.dtype == object:
        return pa.array([_text_of(value) for value in values], pa.string())
    try:
        plain = pa.array(values, from_pandas=True)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        return pa.array([_text_of(value) for value in values], pa.string())
    plain = plain.combine_chunks() if isinstance(plain, pa.ChunkedArray) else plain
    if pa.types.is_dictionary(plain.type):
        plain = plain.dictionary_decode()
    if pa.types.is_large_string(plain.type) or pa.types.is_string_view(plain.type):
        plain = plain.cast(pa.string())
    return plain


def _text_of(value: object) -> str | None:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, (dict, list, bool)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = value.isoformat() if isinstance(value, (date, datetime)) else str(value)
    return text.encode(errors="backslashreplace").decode()


def _known(plain: pa.Array, kind: Kind) -> pa.Array:
    """Which cells hold something, true or bad."""
    known = pc.is_valid(plain)
    if pa.types.is_floating(plain.type):
        return pc.and_(known, pc.invert(pc.fill_null(pc.is_nan(plain), False)))
    if pa.types.is_string(plain.type) and kind not in ("text", "json"):
        return pc.and_(known, pc.invert(pc.is_in(_words(plain), UNKNOWN)))
    return known


def _words(plain: pa.Array) -> pa.Array:
    return pc.utf8_lower(pc.utf8_trim_whitespace(plain))


def _where(mask: pa.Array, values: pa.Array) -> pa.Array:
    return pc.if_else(pc.fill_null(mask, False), values, pa.scalar(None, values.type))


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def _text(plain: pa.Array) -> pa.Array:
    if pa.types.is_string(plain.type):
        return plain
    if _is_number(plain.type) or pa.types.is_temporal(plain.type):
        return plain.cast(pa.string())
    return pa.nulls(len(plain), pa.string())


def _real(plain: pa.Array) -> pa.Array:
    if pa.types.is_string(plain.type):
        trimmed = pc.utf8_trim_whitespace(plain)
        plain = _where(pc.match_substring_regex(trimmed, NUMBER), trimmed)
    elif not _is_number(plain.type):
        return pa.nulls(len(plain), pa.float64())
    number = plain.cast(pa.float64(), safe=False)
    return _where(pc.is_finite(number), number)


def _integer(plain: pa.Array) -> pa.Array:
    number = _real(plain)
    integral = pc.and_(pc.equal(pc.floor(number), number), pc.less(pc.abs(number), 2.0**63))
    rounded = _where(integral, number).cast(pa.int64(), safe=False)
    if pa.types.is_integer(plain.type):
        return _where(integral, plain).cast(pa.int64(), safe=False)
    if pa.types.is_string(plain.type):
        # Through a float, a whole number beyond 2 ** 53 would lose its last digits.
        trimmed = pc.utf8_trim_whitespace(plain)
        whole = _where(pc.and_(integral, pc.match_substring_regex(trimmed, WHOLE)), trimmed)
        return pc.coalesce(whole.cast(pa.decimal128(19)).cast(pa.int64()), rounded)
    return rounded


def _boolean(plain: pa.Array) -> pa.Array:
    number = _real(plain)
    result = _where(pc.or_(pc.equal(number, 0.0), pc.equal(number, 1.0)), number).cast(pa.bool_())
    if pa.types.is_string(plain.type):
        words = _words(plain)
        result = pc.if_else(pc.is_in(words, TRUE), True, pc.if_else(pc.is_in(words, FALSE), False, result))
    return result


def _time(plain: pa.Array) -> pa.Array:
    kind = ARROW_TYPES["time"]
    if pa.types.is_timestamp(plain.type):
        zoned = plain if plain.type.tz else pc.assume_timezone(plain, "UTC")
        return zoned.cast(kind, safe=False)
    if pa.types.is_date(plain.type):
        return pc.assume_timezone(plain.cast(pa.timestamp("us")), "UTC")
    if pa.types.is_string(plain.type):
        known = _where(_known(plain, "time"), pc.utf8_trim_whitespace(plain)).to_pandas()
        times = pd.to_datetime(known, utc=True, format="ISO8601", errors="coerce")
        return pa.array(times, from_pandas=True).cast(kind, safe=False)
    seconds = _real(plain)
    sensible = pc.less(pc.abs(seconds), 1e10)
    return pc.round(pc.multiply(_where(sensible, seconds), 1e6)).cast(pa.int64()).cast(kind)


CASTS = {"text": _text, "json": _text, "integer": _integer, "real": _real, "boolean": _boolean, "time": _time}
