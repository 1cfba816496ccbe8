"""Running a function of a suite's own Python file, as Inspect would: from its folder, its neighbours importable."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.util
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspect_horizon._config import nearest
from inspect_horizon.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType


def call(file: Path, name: str, arguments: Mapping[str, Any], *, seed: int | None) -> object:
    """What a function of a file returns.

    Args:
        file: Python code; it is imported once a process.
        name: The function.
        arguments: By keyword.
        seed: Passed too if the function takes an argument of this name, in place of the one in `arguments`.

    Raises:
        DataError: There is no such function, or it does not take the arguments; what it raises itself passes through.
    """
    file = file.resolve()
    with _standing_in(file.parent):
        function = _function(_module(file), file, name)
        return function(**_bound(function, f"{file.name}@{name}", arguments, seed))


@contextlib.contextmanager
def _standing_in(folder: Path) -> Iterator[None]:
    """Work in a folder and import from it; its modules are forgotten afterwards, since others have `helpers` too."""
    before = set(sys.modules)
    with contextlib.chdir(folder):
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path.remove(str(folder))
            for name in set(sys.modules) - before:
                if _bare_name(sys.modules[name], folder) == name:
                    del sys.modules[name]


def _bare_name(module: ModuleType, folder: Path) -> str | None:
    """The name that a module in the folder has for its neighbours."""
    file = Path(getattr(module, "__file__", None) or "/")
    if not file.is_relative_to(folder):
        return None
    parts = file.relative_to(folder).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _module(file: Path) -> ModuleType:
    name = f"_inspect_horizon_suite_{hashlib.sha256(str(file).encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise DataError(f"{file} is no Python module", fix="name a .py file in body")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]  # half a module must not be found the next time
        raise
    return module


def _function(module: ModuleType, file: Path, name: str) -> Callable[..., object]:
    function: Callable[..., object] | None = getattr(module, name, None)
    if callable(function):
        return function
    functions = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
    guess = nearest(name, functions)
    fix = f"did you mean {file.name}@{guess}?" if guess else "correct body in suite.yaml"
    raise DataError(f"{file} has no function {name}", fix=fix)


def _bound(
    function: Callable[..., object], body: str, arguments: Mapping[str, Any], seed: int | None
) -> dict[str, Any]:
    takes = inspect.signature(function).parameters
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in takes.values())
    for name in arguments:
        if name not in takes and not open_ended:
            raise DataError(f"{body} takes no argument {name}", fix=f"it takes {', '.join(takes) or 'no arguments'}")
    return dict(arguments) | ({"seed": seed} if seed is not None and "seed" in takes else {})
