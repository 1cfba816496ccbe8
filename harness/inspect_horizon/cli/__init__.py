"""The command `horizon`: each subcommand is a thin module, imported when it is called."""

from __future__ import annotations

import importlib
import io
import sys

import click

from inspect_horizon.cli.saying import echo, say
from inspect_horizon.errors import ConfigError, HorizonError, IncompleteError, UsageError

COMMANDS = {
    "sweep": ("sweep", "Run a budget sweep, or finish one."),
    "plan": ("plan", "Show what a sweep would run and could cost."),
    "watch": ("watch", "Follow a sweep from another terminal."),
    "suites": ("suites", "List, show, make and check suites of tasks."),
    "frontier": ("frontier", "Show the horizon that each budget buys."),
    "plot": ("plot", "Draw a figure for a page or a slide."),
    "report": ("report", "Write one interactive page that shows all of a study."),
    "serve": ("serve", "Serve that page, and keep it up with a sweep."),
    "decompose": ("decompose", "Take apart what lies between two horizons."),
    "trend": ("trend", "Show how horizons change over release dates."),
    "strategies": ("strategies", "Show which model, strategy and number of tries is best at each spend."),
    "laws": ("laws", "Show which scaling laws success follows, and forecasts scored."),
    "calibrate": ("calibrate", "Show how far the frontier's numbers can be trusted on your tasks."),
    "gap": ("gap", "Show how far ladders are from budgets run one by one."),
    "baseline": ("baseline", "Time yourself at a task of a suite."),
    "collect": ("collect", "Rebuild tables from Inspect logs."),
    "import": ("import_", "Bring in runs from a CSV, JSONL or Parquet file."),
    "spend": ("spend", "Show where the money went."),
    "prices": ("prices", "Show what a model is charged at."),
    "explain": ("explain", "Show the arithmetic of one run's cost."),
    "overshoot": ("overshoot", "Show by how much runs exceeded their budgets."),
    "reprice": ("reprice", "Work out a study's dollars at other prices."),
    "reconcile": ("reconcile", "Compare a study with its provider's own account."),
    "export": ("export", "Write the runs as CSV, JSONL or Parquet."),
}


class LazyGroup(click.Group):
    """Knows its commands by name and imports one only when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"inspect_horizon.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """From the table above, so that `--help` imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="inspect-horizon", prog_name="horizon")
def group() -> None:
    """How long a task can an AI agent do, for what budget, compared with a human?"""


def main() -> None:
    """Run the command; expected errors are a sentence and an exit code, never a traceback.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 finished but incomplete, 130 interrupted.
    """
    try:
        group(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except (click.Abort, KeyboardInterrupt):
        say("\nstopped; nothing that was paid for is lost. Run the same command again to go on")
        sys.exit(130)
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(file=shown)
        echo(shown.getvalue(), err=True, nl=False)
        sys.exit(2)
    except HorizonError as error:
        say(f"error: {error}")
        sys.exit(_exit_code(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _exit_code(error: HorizonError) -> int:
    if isinstance(error, UsageError | ConfigError):
        return 2
    return 3 if isinstance(error, IncompleteError) else 1
