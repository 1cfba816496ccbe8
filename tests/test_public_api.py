"""What `inspect_horizon` promises is there, and what is there is written down for the type checker."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import inspect_horizon

CALLS = Path(__file__).parent / "typing" / "api.py"


@pytest.mark.parametrize("name", inspect_horizon.__all__)
def test_a_promised_name_is_there_and_stays_there(name: str) -> None:
    """Names are looked up in a table when they are used; `frontier` is the name of a package too, and of the function.

    To import a package puts it where the function is looked for: the second look would find the package.
    """
    importlib.import_module("inspect_horizon.frontier")
    for _ in range(2):
        assert getattr(inspect_horizon, name).__name__ == name


def test_no_other_name_is_offered() -> None:
    assert dir(inspect_horizon) == sorted(inspect_horizon.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Horizon'"):
        _ = inspect_horizon.Horizon


def test_the_type_checker_sees_a_call_of_everything_promised() -> None:
    imports = [node for node in ast.walk(ast.parse(CALLS.read_text())) if isinstance(node, ast.ImportFrom)]
    used = {alias.name for node in imports if node.module == "inspect_horizon" for alias in node.names}
    assert used == set(inspect_horizon.__all__)
