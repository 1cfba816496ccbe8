"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

from tenacity import retry, retry_if_exception, stop_after_delay, wait_random_exponential

from inspect_horizon.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
PASSING = (errno.EINTR, errno.EAGAIN, errno.ESTALE, errno.EBUSY, errno.ETIMEDOUT)
"""What network file systems say when they are not ready, or have lost a file handle that they would find again."""
LONGEST_WAIT_SECONDS = 10.0


def _will_pass(error: BaseException) -> bool:
    cause = error.__cause__
    return isinstance(error, DataError) and isinstance(cause, OSError) and cause.errno in PASSING


trying_again = retry(
    retry=retry_if_exception(_will_pass),
    wait=wait_random_exponential(multiplier=0.05, max=1.0),
    stop=stop_after_delay(LONGEST_WAIT_SECONDS),
    reraise=True,
)
"""For a function that writes files with `replacing` and can be called again from its beginning."""


@trying_again
def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears whole or not at all.

    Raises:
        DataError: As `replacing` says.
    """
    with replacing(path) as handle:
        handle.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path` when the block ends and leaves no trace when it fails.

    It is written under a name that starts with a dot, in the folder of `path` (made if need be), and is on the disk
    before it gets its name. A kill leaves at most such a dot file, which no reader matches. A link is followed; what is
    no regular file, such as a device or a pipe, is written to as it stands.

    Raises:
        DataError: The disk is full, or the folder cannot be written; `path` is as it was.
    """
    path = path.resolve()
    if path.exists() and not path.is_file():
        with _written_to(path) as handle:
            yield handle
        return
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("wb") as handle:
                yield handle
                sync(handle)
            temporary.replace(path)
            _sync_folder(path.parent)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    except OSError as problem:
        raise _refusal(path, problem) from problem


@contextmanager
def _written_to(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("wb") as handle:
            yield handle
    except OSError as problem:
        raise _refusal(path, problem) from problem


def sync(handle: BinaryIO) -> None:
    """Wait until what was written is on the disk."""
    handle.flush()
    os.fsync(handle.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refusal(path: Path, problem: OSError) -> DataError:
    reason = (os.strerror(problem.errno) if problem.errno else str(problem)).lower()
    kept = "; the file that was there is unchanged" if path.is_file() else ""
    if problem.errno in FULL:
        fix = "free some space, or write to another disk, and run the same command again"
    else:
        fix = f"see that {path.parent} is a folder that you may write to, or choose another place"
    return DataError(f"{path} could not be written: {reason}{kept}", fix=fix)
