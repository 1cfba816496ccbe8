"""The tables on disk: a folder a study, a folder a table in it, Parquet parts in that.

A table is always written as one part with row groups inside, so that whoever reads `runs/part-*.parquet`, with
whatever tool and at whatever moment, sees the old table or the new one. Readers take any number of parts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from inspect_horizon._config import refuse_newer
from inspect_horizon.errors import DataError
from inspect_horizon.runs.atomic import replacing, sync, trying_again
from inspect_horizon.runs.casting import conform
from inspect_horizon.runs.schema import (
    COLUMNS,
    SCHEMA_VERSION,
    TABLE_KEY,
    TABLES,
    VERSION_KEY,
    WRITER_KEY,
    Table,
    arrow_schema,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Frames: TypeAlias = pd.DataFrame | Callable[[], Iterable[pd.DataFrame]]
"""A table, whole or a frame at a time."""
PARTS = "part-*.parquet"
PART = "part-00000.parquet"
ROWS_PER_GROUP = 1 << 17
"""A reader can skip or stream groups; smaller ones compress worse."""


def write_table(folder: Path | str, table: Table, frame: pd.DataFrame) -> Path:
    """Replace one table of a results folder; `write_tables` replaces several together.

    Returns:
        The file that holds it.

    Raises:
        DataError: The frame is not such a table, or the disk is full; the old table is whole.
    """
    write_tables(folder, {table: frame})
    return Path(folder) / table / PART


def write_tables(
    folder: Path | str, tables: Mapping[Table, Frames], *, notes: Mapping[str, bytes] | None = None
) -> None:
    """Replace tables of a results folder: all of them are on the disk before the first takes its place.

    Args:
        folder: The results folder, made if need be.
        tables: Frames that `conform` to the table they are named for; of a table too long for memory, what makes its
            frames one by one, from the first again where the disk has to be tried again.
        notes: Other files of the folder to write with them, by name.

    Raises:
        DataError: A frame is not such a table, or the disk is full; the old tables are whole.
    """
    folder = Path(folder)
    parts = {table: _in_arrow(frames, table) for table, frames in tables.items()}
    _replace(folder, parts, notes or {})
    for table in tables:
        _drop_other_parts(folder / table)


def _in_arrow(frames: Frames, table: Table) -> Callable[[], Iterable[pa.Table]]:
    if isinstance(frames, pd.DataFrame):
        whole = to_arrow(frames, table)
        return lambda: (whole,)
    return lambda: (to_arrow(frame, table) for frame in frames())


@trying_again
def _replace(
    folder: Path, contents: Mapping[Table, Callable[[], Iterable[pa.Table]]], notes: Mapping[str, bytes]
) -> None:
    with ExitStack() as stack:
        for table, content in contents.items():
            handle = stack.enter_context(replacing(folder / table / PART))
            with pq.ParquetWriter(handle, arrow_schema(table), compression="zstd") as writer:
                for part in content():
                    writer.write_table(part, row_group_size=ROWS_PER_GROUP)
            sync(handle)
        for name, note in notes.items():
            handle = stack.enter_context(replacing(folder / name))
            handle.write(note)
            sync(handle)


def read_runs(path: Path | str) -> pd.DataFrame:
    """The runs table of a results folder or of a Parquet file, one row an attempt, with nullable types.

    Raises:
        DataError: There is no such table to be read.
    """
    return read_table(path, "runs")


def read_table(path: Path | str, table: Table) -> pd.DataFrame:
    """A table of a results folder, or of a single Parquet file, with nullable types and no column missing.

    Raises:
        DataError: The path does not exist or holds no such table; a part is damaged, has another schema or was
            written by a newer version.
    """
    frames = [_read_part(part, table) for part in _parts(Path(path), table)]
    return frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)


def tables_in(path: Path | str) -> tuple[Table, ...]:
    """Which tables a folder holds; none of them if it is no results folder."""
    return tuple(table for table in TABLES if any((Path(path) / table).glob(PARTS)))


def to_arrow(frame: pd.DataFrame, table: Table) -> pa.Table:
    """The frame as the table's Parquet files hold it.

    Raises:
        DataError: The frame does not conform, or a row has no key.
    """
    frame = conform(frame, table)
    _refuse_keyless(frame, table, source=f"the {table} table to be written")
    schema = arrow_schema(table)
    content = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    return content.replace_schema_metadata(schema.metadata)


def _refuse_keyless(frame: pd.DataFrame, table: Table, *, source: str) -> None:
    for column in COLUMNS[table]:
        if column.key and frame[column.name].isna().any():
            row = int(frame[column.name].isna().to_numpy().argmax())
            raise DataError(f"{source} has no {column.name} in row {row}", fix=f"give every row its {column.name}")


def _drop_other_parts(folder: Path) -> None:
    for part in folder.glob(PARTS):
        if part.name != PART:
            with suppress(FileNotFoundError):
                part.unlink()


def _parts(path: Path, table: Table) -> list[Path]:
    if path.is_file():
        return [path]
    parts = sorted((path / table).glob(PARTS))
    if parts:
        return parts
    if not path.exists():
        if remote := re.match(r"[a-z][a-z0-9+]+:/(?=[^/])", str(path)):
            url = f"{remote[0]}/{str(path)[remote.end() :]}"
            raise DataError(
                f"{url} is no folder of this machine",
                fix=f"bring its tables here with `horizon collect {url} --to results/NAME`, and name that folder",
            )
        raise DataError(f"{path} does not exist", fix=_choices_near(path))
    held = tables_in(path)
    if held:
        raise DataError(
            f"{path} holds no {table} table, only {', '.join(held)}",
            fix=f"rebuild a sweep's tables from its logs with `horizon collect {path}`; an import has no calls",
        )
    raise DataError(f"{path} is not a results folder: it holds no {table}/{PARTS}", fix=_choices_near(path))


def _choices_near(path: Path) -> str:
    """Which results folders above, beside or in this path could have been meant."""
    near = [path.parent, *path.parent.glob("*"), *path.glob("*")]
    found = sorted(str(folder) for folder in near if tables_in(folder))
    if found:
        return f"name a results folder, such as {', '.join(found[:5])}"
    return "name a folder that `horizon sweep`, `horizon collect` or `horizon import` has written"


def _read_part(part: Path, table: Table) -> pd.DataFrame:
    try:
        with pq.ParquetFile(part) as file:
            metadata = file.schema_arrow.metadata or {}
            _refuse_other(part, metadata, table)
            _refuse_lacking(part, file.schema_arrow.names, table)
            content = file.read()
        content.validate(full=True)  # text that is not UTF-8 is not noticed before somebody looks at it
        frame = content.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as problem:
        reason = str(problem).partition("\n")[0]
        raise DataError(
            f"{part} cannot be read as Parquet: {reason}",
            fix="rebuild it with `horizon collect`, import it again, or restore it from a copy",
        ) from problem
    frame = conform(frame, table, source=str(part))
    _refuse_keyless(frame, table, source=str(part))
    return frame


def _refuse_other(part: Path, metadata: Mapping[bytes, bytes], table: Table) -> None:
    name = metadata.get(TABLE_KEY, table.encode()).decode(errors="replace")
    if name != table:
        raise DataError(f"{part} holds a {name} table, not {table}", fix=f"name a {table} table or its results folder")
    version = metadata.get(VERSION_KEY, b"0").decode(errors="replace")
    if not version.isdecimal():
        raise DataError(
            f"{part} says that its format is {version!r}, which is no number",
            fix="rebuild it with `horizon collect`, import it again, or restore it from a copy",
        )
    writer = metadata.get(WRITER_KEY)
    refuse_newer(part, int(version), SCHEMA_VERSION, writer=writer.decode(errors="replace") if writer else None)


def _refuse_lacking(part: Path, names: list[str], table: Table) -> None:
    lacking = [column.name for column in COLUMNS[table] if column.key and column.name not in names]
    if lacking:
        raise DataError(
            f"{part} is not a {table} table: it has no {', '.join(lacking)}, only {', '.join(names[:8])}",
            fix=f"bring a foreign table in with `horizon import {part} --to results/NAME`",
        )
