"""What a failed call means: try again or not, after how long, and whether it can have been billed."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal

from inspect_ai.model import RetryDecision
from tenacity import RetryCallState, wait_exponential_jitter
from tenacity.wait import wait_base

from inspect_horizon.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TRANSIENT = {408, 409, 425, 500, 502, 503, 504, 520, 522, 524, 529}
MAYBE_BILLED = {408, 409, 499, 502, 504, 520, 522, 524}
"""A gateway gave up or lost touch; the model behind it may have gone on. Any other error reply is the provider's own
word that there is no completion."""
ERROR_REPLIES = {"HTTPStatusError", "APIStatusError", "ClientResponseError", "CustomLLMError"}
"""What httpx, OpenAI's client, aiohttp and a provider in this process raise once an error reply has been read."""
NETWORK_MODULES = {"httpx", "aiohttp", "httpcore"}
NEVER_CONNECTED = {
    *("ClientConnectorError", "ClientConnectorDNSError", "ClientConnectorSSLError", "ClientConnectorCertificateError"),
    *("ConnectionTimeoutError", "ConnectionRefusedError", "gaierror"),
}
CORE_CONNECT = {("httpcore", "ConnectError"), ("httpcore", "ConnectTimeout")}
LONGEST_WAIT_SECONDS = 600.0
REFUSALS: dict[str, Literal["model_length", "content_filter"]] = {
    "ContextWindowExceededError": "model_length",
    "context_length_exceeded": "model_length",
    "ContentPolicyViolationError": "content_filter",
    "content_policy_violation": "content_filter",
    "content_filter": "content_filter",
}
"""LiteLLM's classes, and the vendors' codes: which of those LiteLLM turns into its classes differs by its version."""


class StreamCut(Exception):
    """A streamed reply broke off: it was being written, so it can have been billed up to its bound."""


def status(error: BaseException) -> int | None:
    """The HTTP status of an error reply, or None where no reply came."""
    code = getattr(error, "status_code", None)
    return code if isinstance(code, int) else None


def causes(error: BaseException) -> Iterator[BaseException]:
    """What an error was raised from, outermost first, the error itself left out."""
    seen = error.__cause__ or error.__context__
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def replied(error: BaseException) -> bool:
    """Whether the provider itself answered with an HTTP error; LiteLLM gives a status to failures of any kind."""
    beneath = [type(cause) for cause in causes(error) if type(cause).__module__ != "litellm.exceptions"]
    return any(base.__name__ in ERROR_REPLIES for kind in beneath for base in kind.__mro__)


def shorten(error: BaseException) -> None:
    """Forget LiteLLM's frames where the failure is not LiteLLM's: drawing them takes Inspect seconds each time."""
    if replied(error) or network_trouble(error) or type(error).__name__ == "UnsupportedParamsError":
        for each in (error, *causes(error)):
            each.__traceback__ = None


def network_trouble(error: BaseException) -> bool:
    """Whether the network is behind it; LiteLLM dresses its own bugs up as connection errors, which are not."""
    if replied(error):
        return False
    return any(
        isinstance(cause, OSError | TimeoutError) or type(cause).__module__.partition(".")[0] in NETWORK_MODULES
        for cause in causes(error)
    )


def never_sent(error: BaseException) -> bool:
    """Whether no connection was made, so that nothing can have been billed.

    LiteLLM's transport reports every broken connection as httpx's `ConnectError`, also one that broke when the request
    had been read; only what lies beneath it tells the two apart.
    """
    chain = (error, *causes(error))
    if any(isinstance(cause, ConnectionResetError | BrokenPipeError) for cause in chain):
        return False
    return any(
        type(cause).__name__ in NEVER_CONNECTED or (type(cause).__module__, type(cause).__name__) in CORE_CONNECT
        for cause in chain
    )


def can_be_billed(error: BaseException) -> bool:
    """Whether the provider may charge for a call that ended like this; only a proof of the contrary says no.

    The proofs: no connection was made, an error reply came back, or the request was refused before it was sent. A reply
    that cannot be read is none: it was served.
    """
    code = status(error)
    if isinstance(error, StreamCut):
        return True
    if never_sent(error) or without_key(error):
        return False
    if code is None or code in MAYBE_BILLED or network_trouble(error):
        return True
    return not (replied(error) or 400 <= code < 500)


def refusal(error: BaseException) -> Literal["model_length", "content_filter"] | None:
    """Why the provider refuses the prompt itself, as Inspect's stop reason; None for any other failure."""
    body = getattr(error, "body", None)
    code = body.get("code") if status(error) == 400 and isinstance(body, dict) else None
    return REFUSALS.get(type(error).__name__) or REFUSALS.get(str(code))


def retry_decision(error: BaseException) -> RetryDecision:
    """Inspect's question to a provider: is it worth another try, and whose fault was it?"""
    kind, code = type(error).__name__, status(error)
    if isinstance(error, StreamCut):
        return RetryDecision.transient()
    if kind == "RateLimitError" or code == 429:
        return RetryDecision.no() if out_of_quota(error) else RetryDecision.rate_limit(retry_after(error))
    if kind == "APIConnectionError":
        return RetryDecision.transient() if network_trouble(error) else RetryDecision.no()
    if without_key(error):
        return RetryDecision.no()
    if kind in ("Timeout", "InternalServerError", "ServiceUnavailableError", "BadGatewayError"):
        return RetryDecision.transient(retry_after(error))
    return RetryDecision.transient(retry_after(error)) if code in TRANSIENT else RetryDecision.no()


def outage(error: BaseException) -> bool:
    """Whether the model cannot be called for now; one that only asks us to slow down is waited for."""
    decision = retry_decision(error)
    return decision.retry and decision.kind != "rate_limit"


def out_of_quota(error: BaseException) -> bool:
    """Whether the account is empty: waiting does not fill it."""
    text = str(error)
    return "insufficient_quota" in text or "exceeded your current quota" in text


def without_key(error: BaseException) -> bool:
    """Whether no key was found: OpenAI's client raises its plain base class, which LiteLLM calls a server error."""
    return any((type(cause).__module__, type(cause).__name__) == ("openai", "OpenAIError") for cause in causes(error))


def advice(error: BaseException, model: str, missing: Sequence[str]) -> ModelError | None:
    """The way out of a failure that only the user can mend; None where it is not one.

    Args:
        error: What the call raised.
        model: As the user named it.
        missing: Environment variables that the provider needs and that are not set.
    """
    code, said = status(error), str(error).strip().split("\n", 1)[0][:300]
    if without_key(error) or (code == 401 and missing):
        names = " and ".join(missing) or "the provider's API key"
        return ModelError(f"{model} cannot be called without a key", fix=f"set {names} in the environment")
    if code in (401, 403):
        return ModelError(f"the provider of {model} refuses the key ({said})", fix="check the key and what it may call")
    if code == 404:
        return ModelError(f"{model} was not found ({said})", fix="check the model's name and the base URL")
    if code == 402 or (code == 429 and out_of_quota(error)):
        return ModelError(
            f"the account for {model} is out of credit ({said})", fix="top it up, then run the same command again"
        )
    return None


def retry_after(error: BaseException | None) -> float | None:
    """Seconds that the provider asked to wait, from its reply's headers: at least 0, at most ten minutes."""
    headers: Any = getattr(error, "litellm_response_headers", None)
    if headers is None:
        headers = getattr(getattr(error, "response", None), "headers", None)
    if headers is None:
        return None
    for asked in (_number(headers.get("retry-after-ms"), 0.001), _number(headers.get("retry-after")), _until(headers)):
        if asked is not None:
            return min(max(asked, 0.0), LONGEST_WAIT_SECONDS)
    return None


def _number(text: str | None, scale: float = 1.0) -> float | None:
    try:
        value = float(text or "") * scale
    except ValueError:
        return None
    return None if math.isnan(value) else value


def _until(headers: Mapping[str, str]) -> float | None:
    """Seconds to the date in `Retry-After`, by the provider's own clock where the reply tells it, else by ours."""
    until = _date(headers.get("retry-after"))
    if until is None:
        return None
    return (until - (_date(headers.get("date")) or datetime.now(UTC))).total_seconds()


def _date(text: str | None) -> datetime | None:
    """A date as HTTP writes it."""
    try:
        date = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


class WaitAsAsked(wait_base):
    """As long as the provider asked for; otherwise exponentially, from a second to ten minutes."""

    def __init__(self) -> None:
        self._otherwise = wait_exponential_jitter(initial=1, max=LONGEST_WAIT_SECONDS, jitter=1)

    def __call__(self, retry_state: RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome is not None else None
        asked = retry_after(error)
        return self._otherwise(retry_state) if asked is None else asked
