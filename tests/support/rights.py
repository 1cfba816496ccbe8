"""Folders that may only be read, also where the tests are run by root."""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DROP_FROM_BOUNDING_SET, OVERRIDE_RIGHTS = 24, 1
"""Linux's numbers, of `prctl` and of root's leave to write where nobody may."""


def mere_user() -> None:
    """Before a child is begun: take root's leave from it."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(DROP_FROM_BOUNDING_SET, OVERRIDE_RIGHTS, 0, 0, 0)


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Let nobody write to a folder, or to what is in it, until the block ends."""
    paths = [folder, *folder.rglob("*")]
    modes = [path.stat().st_mode for path in paths]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        yield
    finally:
        for path, mode in zip(paths, modes, strict=True):
            path.chmod(mode)
