"""What a failed call means: try again or not, after how long, and whether it can have been billed."""

from __future__ import annotations

import asyncio
from typing import Any

from inspect_ai.model import RetryDecision
from tenacity import RetryCallState, wait_exponential_jitter
from tenacity.wait import wait_base

TRANSIENT = {408, 409, 425, 500, 502, 503, 504, 520, 522, 524, 529}
MAYBE_BILLED = {408, 409, 499, 502, 504, 520, 522, 524}
"""A gateway gave up or lost touch; the model behind it may have gone on. Any other error reply is the provider's own
word that there is no completion."""
LONGEST_WAIT_SECONDS = 600.0


def status(error: BaseException) -> int | None:
    """The HTTP status of an error reply, or None where no reply came."""
    code = getattr(error, "status_code", None)
    return code if isinstance(code, int) else None


def network_trouble(error: BaseException) -> bool:
    """Whether the network is behind it; LiteLLM dresses its own bugs up as connection errors, which are not."""
    seen = error.__cause__ or error.__context__
    while seen is not None:
        module = type(seen).__module__.partition(".")[0]
        if isinstance(seen, OSError | TimeoutError | asyncio.TimeoutError) or module in ("httpx", "aiohttp", "httpcore"):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def never_sent(error: BaseException) -> bool:
    """Whether no connection was made, so that nothing can have been billed."""
    names = {"ConnectError", "ConnectTimeout", "ClientConnectorError", "ClientConnectorDNSError", "ConnectionRefusedError"}
    seen: BaseException | None = error
    while seen is not None:
        if type(seen).__name__ in names:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def can_be_billed(error: BaseException) -> bool:
    """Whether the provider may charge for a call that ended like this; only a proof of the contrary says no."""
    if never_sent(error):
        return False
    kind, code = type(error).__name__, status(error)
    if kind in ("APIConnectionError", "Timeout") or code is None:
        return True
    if network_trouble(error) and code >= 500:
        return True
    return code in MAYBE_BILLED or code < 400


def retry_decision(error: BaseException) -> RetryDecision:
    """Inspect's question to a provider: is it worth another try, and whose fault was it?"""
    kind, code = type(error).__name__, status(error)
    if kind == "RateLimitError" or code == 429:
        return RetryDecision.no() if out_of_quota(error) else RetryDecision.rate_limit(retry_after(error))
    if kind == "APIConnectionError":
        return RetryDecision.transient() if network_trouble(error) else RetryDecision.no()
    if kind in ("Timeout", "InternalServerError", "ServiceUnavailableError", "BadGatewayError"):
        return RetryDecision.transient(retry_after(error))
    return RetryDecision.transient(retry_after(error)) if code in TRANSIENT else RetryDecision.no()


def out_of_quota(error: BaseException) -> bool:
    """Whether the account is empty: waiting does not fill it."""
    text = str(error)
    return "insufficient_quota" in text or "exceeded your current quota" in text


def retry_after(error: BaseException | None) -> float | None:
    """Seconds that the provider asked to wait, from its reply's headers."""
    headers: Any = getattr(error, "litellm_response_headers", None)
    if headers is None:
        headers = getattr(getattr(error, "response", None), "headers", None)
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            value = float(headers[name]) * scale
        except (KeyError, TypeError, ValueError):
            continue
        return min(max(value, 0.0), LONGEST_WAIT_SECONDS)
    return None


class WaitAsAsked(wait_base):
    """As long as the provider asked for; otherwise exponentially, from a second to ten minutes."""

    def __init__(self) -> None:
        self._otherwise = wait_exponential_jitter(initial=1, max=LONGEST_WAIT_SECONDS, jitter=1)

    def __call__(self, retry_state: RetryCallState) -> float:
        error = retry_state.outcome.exception() if retry_state.outcome is not None else None
        asked = retry_after(error)
        return self._otherwise(retry_state) if asked is None else asked
