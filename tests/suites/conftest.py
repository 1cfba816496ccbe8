"""Warnings that Inspect causes in itself and that no test here can prevent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

INSPECTS_OWN = (
    "ignore:The 'initial' parameter is deprecated:DeprecationWarning",  # its use of tenacity
    "ignore:Unclosed <MemoryObject:ResourceWarning",  # streams it leaves to the garbage collector
)


def pytest_configure(config: pytest.Config) -> None:
    for line in INSPECTS_OWN:
        config.addinivalue_line("filterwarnings", line)
