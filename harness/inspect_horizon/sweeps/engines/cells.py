"""Cells of a sweep, done by one process: Inspect's `eval_set` in a folder of logs, booked in the sweep's ledger."""

from __future__ import annotations

import warnings
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from inspect_horizon.budgets.prices import priced_by
from inspect_horizon.errors import DataError, UsageError
from inspect_horizon.runs.finished import finished_runs
from inspect_horizon.sweeps.engines.heap import imports_left_alone
from inspect_horizon.sweeps.engines.strays import no_strays
from inspect_horizon.sweeps.scoring import within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from inspect_ai import Task
    from inspect_ai.log import EvalLog
    from inspect_ai.solver import TaskState

    from inspect_horizon.budgets.bookkeeper import Bookkeeper
    from inspect_horizon.sweeps.plan import Cell
    from inspect_horizon.sweeps.spec import Sweep

LITELLMS_LEFTOVERS = "coroutine .* was never awaited"
"""What an interrupt leaves of calls that LiteLLM had only just begun."""
DISK = "see that the disk has room and can be written, then run the same command again"
FLUSH_EMBEDDED = 16
"""Samples kept in memory before they are written; a lost embedded run costs nothing but its time."""
WRITES_OF_A_LOG = 500
"""At the most: Inspect reads the contents of a log anew and copies it each time it adds to it."""


def unfinished(cells: Iterable[Cell], folder: Path) -> list[Cell]:
    """Those of a sweep's cells that have runs which are not done, in the order given."""
    done = finished_runs(folder)
    return [cell for cell in cells if any(run not in done for run, _, _ in cell.run_ids())]


def do_cells(cells: Sequence[Cell], sweep: Sweep, logs: str, ledger: Bookkeeper) -> None:
    """Do what is missing of some cells.

    Args:
        cells: Those whose logs are in the folder, if they have any.
        sweep: What says how they are done.
        logs: The folder, or its URL.
        ledger: Where their calls are booked.

    Raises:
        KeyboardInterrupt: Inspect has noticed one.
        DataError: Inspect could not go on.
    """
    from inspect_ai import eval_set

    import inspect_horizon._registry  # noqa: F401 - Inspect would only log that it cannot be loaded, and go on without us
    from inspect_horizon.strategies.budgeted import booked_in

    with (
        no_strays(logs),
        booked_in(ledger),
        priced_by(sweep.prices),
        _in_words(logs),
        warnings.catch_warnings(),
        ExitStack() as heap,
    ):
        warnings.filterwarnings("ignore", LITELLMS_LEFTOVERS, RuntimeWarning)
        tasks = [_task(cell, sweep, ledger) for cell in cells]
        heap.enter_context(imports_left_alone())
        _, done = eval_set(
            tasks,
            log_dir=logs,
            log_dir_allow_dirty=True,
            retry_attempts=0,
            retry_immediate=False,
            retry_cleanup=False,
            fail_on_error=True,
            continue_on_fail=True,
            max_tasks=4,
            max_connections=sweep.max_connections,
            display="none",
            score_display=False,
            log_level="error",
            log_realtime=False,
            log_buffer=FLUSH_EMBEDDED if sweep.costs_nothing else flushed_every(max(cell.n_runs for cell in cells)),
            acp_server=False,
            ctl_server=False,
        )
    if len(done) < len(cells) or any(log.status == "cancelled" for log in done):
        raise KeyboardInterrupt  # Inspect has noticed one, and kept it to itself
    _refuse_broken(done, logs)


def flushed_every(runs: int) -> int:
    """How many finished runs of a cell are written to its log together; a kill loses up to so many, to be done again.

    Args:
        runs: Of the cell.
    """
    return -(-runs // WRITES_OF_A_LOG)


def _refuse_broken(done: Sequence[EvalLog], logs: str) -> None:
    """Errors of runs stay in the logs; an error of a whole task is of Inspect's own work, such as writing them."""
    broken = [log.error.message for log in done if log.error is not None]
    if broken:
        raise DataError(
            f"Inspect could not go on with {len(broken)} of {len(done)} tasks in {logs}: {broken[0]}",
            fix=DISK,
        )


@contextmanager
def _in_words(logs: str) -> Iterator[None]:
    """Say what keeps Inspect from writing its logs, which it does not put into words."""
    try:
        yield
    except OSError as error:
        raise DataError(f"Inspect could not go on in {logs}: {error.strerror or error}", fix=DISK) from error


def _task(cell: Cell, sweep: Sweep, ledger: Bookkeeper) -> Task:
    """The cell by its registered name, so that the log says which arguments make it again."""
    from inspect_ai import task_with
    from inspect_ai.model import GenerateConfig, get_model

    from inspect_horizon.sweeps.cell import cell as make

    model = get_model(
        f"litellm/{cell.model}",
        base_url=sweep.model_base_url,
        config=GenerateConfig(max_retries=sweep.max_retries, attempt_timeout=sweep.attempt_timeout),
        memoize=False,
    )
    made = make(**cell.arguments, model=cell.model)
    if not sweep.allow_local_sandbox:
        _refuse_local_sandbox(cell, made)
    cleanup = made.cleanup

    async def clean_up(state: TaskState) -> None:
        """Inspect calls this when a sample has been scored, or will not be."""
        try:
            if cleanup is not None:
                await cleanup(state)
        finally:
            ledger.scored(state.uuid)

    scorers = [within(sweep.score_timeout, scorer) for scorer in made.scorer or ()]
    return task_with(made, model=model, scorer=scorers or None, cleanup=clean_up)


def _refuse_local_sandbox(cell: Cell, made: Task) -> None:
    """Embedded models run what their own code says; what any other runs in the sandbox `local`, it runs right here.

    Raises:
        UsageError: A task of the cell would let it.
    """
    boxes = (made.sandbox, *(sample.sandbox for sample in made.dataset))
    if not cell.model.startswith("embedded/") and any(box is not None and box.type == "local" for box in boxes):
        raise UsageError(
            f"suite {cell.suite.name} has the sandbox local, in which commands of {cell.model} run on this machine "
            "with all that you may read and write",
            fix="use a suite with the sandbox docker, or pass --allow-local-sandbox where this machine is one to lose",
        )
