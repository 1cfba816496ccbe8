"""When the infrastructure fails a run: the reason in words, and no more runs of a model that cannot be called."""

from __future__ import annotations

from dataclasses import dataclass, field

from tenacity import RetryError

from inspect_horizon.errors import HorizonError, SpendCapExceeded

STRIKES = 3
"""Runs of a model that have to fail in a row before no more of them are begun; one may be bad luck."""


class RunFailed(HorizonError):
    """The infrastructure failed a run; Inspect logs `message` as it stands."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


def explained(error: Exception, model: str) -> RunFailed:
    """The failure of a run in words that are the same for every run that it befalls.

    Args:
        error: What ended the run.
        model: As the user named it.
    """
    if isinstance(error, RetryError):
        last = error.last_attempt
        said = str(last.exception()).strip().partition("\n")[0][:300]
        return RunFailed(
            f"{model} gave no answer in {last.attempt_number} tries ({said})\n"
            "  fix: see that the network and the provider are up, then run the same command again"
        )
    return RunFailed(str(error) if isinstance(error, HorizonError) else f"{type(error).__name__}: {error}")


@dataclass(eq=False, slots=True)
class Outages:
    """Models whose runs keep failing in this process; what is not begun is missing and costs nothing."""

    _strikes: dict[str, int] = field(default_factory=dict)
    _reasons: dict[str, RunFailed] = field(default_factory=dict)

    def check(self, model: str) -> None:
        """Raise if runs of a model are no longer begun.

        Raises:
            RunFailed: The reason that the last of its runs failed for.
        """
        if self._strikes.get(model, 0) >= STRIKES:
            raise RunFailed(self._reasons[model].message)

    def succeeded(self, model: str) -> None:
        """A run of the model came to its end, whatever its answer was worth."""
        self._strikes.pop(model, None)

    def failed(self, model: str, error: Exception, reason: RunFailed) -> None:
        """A run of the model failed; errors of the task's own code say nothing about the model."""
        if isinstance(error, RetryError | HorizonError) and not isinstance(error, SpendCapExceeded):
            self._strikes[model] = self._strikes.get(model, 0) + 1
            self._reasons[model] = reason
