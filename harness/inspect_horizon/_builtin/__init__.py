"""The door to what ships with the package: `tasks/` and `budgets/`, wherever this install keeps them.

A wheel holds both folders below this one. In a checkout they stand at the top level, so that people find them; this
module then adds the checkout to its path, and `inspect_horizon._builtin.tasks` works in both.
"""

from pathlib import Path

_here = Path(__file__).resolve().parent
_checkout = _here.parents[2]

if not (_here / "tasks").is_dir():
    __path__.append(str(_checkout))

TASKS = next(Path(place, "tasks") for place in __path__ if Path(place, "tasks").is_dir())
"""The folder of the built-in suites."""
BUDGETS = TASKS.parent / "budgets"
"""The folder of the built-in grids and the price book."""
