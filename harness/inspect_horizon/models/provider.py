"""The Inspect model provider `litellm`: any model that LiteLLM can call, at exact dollars, within its run's budget."""

from __future__ import annotations

import asyncio
import functools
import logging
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import litellm
from inspect_ai.log import transcript
from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    ModelAPI,
    ModelCall,
    ModelCost,
    ModelOutput,
    ModelUsage,
    RetryDecision,
    ServedModelUsage,
    set_model_info,
)
from inspect_ai.util import LimitExceededError
from litellm.exceptions import AuthenticationError, BadRequestError

from inspect_horizon.budgets.budget import Budget
from inspect_horizon.budgets.measure import bound
from inspect_horizon.budgets.metering import Answer, Asked, Ticket, admit
from inspect_horizon.budgets.prices import FILES, price_book
from inspect_horizon.budgets.run import CURRENT, SAMPLES, Run
from inspect_horizon.errors import BudgetExceeded, ModelError
from inspect_horizon.models import embedded
from inspect_horizon.models.billed import read_cost, read_tier, read_usage
from inspect_horizon.models.bound import Prompt
from inspect_horizon.models.clerk import CLERKS
from inspect_horizon.models.convert import from_response, to_message, to_tool, to_tool_choice
from inspect_horizon.models.failures import WaitAsAsked, advice, can_be_billed, refusal, retry_decision, shorten
from inspect_horizon.models.info import model_info
from inspect_horizon.models.request import HIDDEN, asked_tier, options, smallest_output
from inspect_horizon.models.single_try import allow_one_try_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_ai.model import StopReason
    from inspect_ai.tool import ToolChoice, ToolInfo
    from tenacity.wait import wait_base

litellm.suppress_debug_info = True
litellm.telemetry = False
allow_one_try_only()
if "LITELLM_LOG" not in os.environ:
    logging.getLogger("LiteLLM").setLevel(logging.ERROR)  # it warns of every new event loop, and there is one an eval

COST = "horizon_cost_usd"
"""Where an output carries its exact dollars, in its metadata."""
NEARLY = 0.95
"""Of the time that Inspect allows an attempt; its clock starts a little earlier than ours."""
FALLBACK_MAX_TOKENS = 8192
"""For models whose table names no maximum; without one, some vendors' routes would ask for 64,000."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A call as Inspect asked for it, such that it can be asked again."""

    api: LiteLLMAPI
    messages: Sequence[ChatMessage]
    tools: Sequence[ToolInfo]
    config: GenerateConfig


class LiteLLMAPI(ModelAPI):
    """`litellm/openai/gpt-5-mini`, `litellm/anthropic/…`, `litellm/embedded/clerk-small`: one provider for all."""

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 - Inspect's own signature
        **model_args: Any,
    ) -> None:
        """Check that LiteLLM knows the provider, and that an embedded model exists.

        Args:
            model_name: LiteLLM's name of the model, provider first.
            base_url: Where to call it, if not at the vendor's.
            api_key: Normally None: keys come from the environment.
            config: Inspect's options for all calls.
            model_args: Passed on to LiteLLM as they are (`-M`), save `prices`: comma-separated price files.

        Raises:
            ModelError: LiteLLM knows no such provider, or there is no such embedded model.
        """
        super().__init__(model_name, base_url, api_key, [], config)
        check_name(model_name)
        files = [Path(part) for part in str(model_args.pop("prices", "") or "").split(",") if part]
        self.prices = price_book(*FILES.get(), *files)
        self.price = self.prices.find(model_name)
        self.model_args = model_args
        if self.price is not None:
            set_model_info(f"litellm/{model_name}", model_info(self.price))

    async def generate(
        self,
        input: list[ChatMessage],  # noqa: A002 - Inspect's own signature
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput | tuple[ModelOutput | Exception, ModelCall]:
        run = present_run()
        if run is None or run.observer is None or run.phase != "agent":
            return await self._generate(input, tools, tool_choice, config)
        call = Call(self, input, tools, config)
        run.observer.before(call)
        output = await self._generate(input, tools, tool_choice, config)
        await run.observer.after(call)
        return output

    async def _generate(
        self, messages: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput | tuple[ModelOutput | Exception, ModelCall]:
        run = present_run()
        asking = run is not None and run.asking
        request = self._request(messages, tools, "none" if asking else tool_choice, config)
        try:
            return await self._answer(request, tools, config.attempt_timeout)
        except Exception as error:
            refused = refusal(error)
            if refused is not None:
                return self._refused(refused, error, request)
            advised = advice(error, self.model_name, missing_keys(self.model_name))
            shorten(error)
            if advised is None:
                raise
            raise advised from error

    async def _answer(
        self, request: dict[str, Any], tools: list[ToolInfo], patience: float | None
    ) -> ModelOutput | tuple[ModelOutput | Exception, ModelCall]:
        run = present_run()
        if run is not None:
            return await self._within_budget(run, request, tools, patience)
        response = await self._call(request)
        answer = self._read(response)
        usd = answer.price.cost_usd(answer.usage, answer.tier) if answer.price and answer.usage else None
        return self._logged(self._output(response, tools, answer, usd), request, response.model_dump())

    def _read(self, response: Any) -> Answer:
        return Answer(
            usage=read_usage(response),
            price=self.prices.served(self.model_name, response.model),
            served_model=response.model,
            tier=read_tier(response),
            reported_usd=read_cost(response),
        )

    def _refused(
        self, reason: StopReason, error: Exception, request: dict[str, Any]
    ) -> ModelOutput | tuple[ModelOutput | Exception, ModelCall]:
        """A prompt too long or against the provider's rules is an outcome of the run, not a failure to run it."""
        output = ModelOutput.from_content(self.model_name, "", reason, error=str(error))
        return self._logged(output, request, {"error": str(error)})

    def _request(
        self, messages: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self.model_name,
            "messages": [to_message(message) for message in messages],
            "max_tokens": config.max_tokens or self.max_tokens(),
            **options(config),
            **self.model_args,
        }
        if tools:
            request["tools"] = [to_tool(tool) for tool in tools]
            request["tool_choice"] = to_tool_choice(tool_choice)
        if self.base_url:
            request["api_base"] = self.base_url
        if self.api_key:
            request["api_key"] = self.api_key
        return request

    async def _within_budget(
        self, run: Run, request: dict[str, Any], tools: list[ToolInfo], patience: float | None
    ) -> ModelOutput | tuple[ModelOutput | Exception, ModelCall]:
        """Reserve, clamp, call, settle."""
        deadline = math.inf if patience is None else anyio.current_time() + patience * NEARLY
        if self.model_name.startswith(f"{embedded.PROVIDER}/") and run.seed is not None:
            request["seed"] = run.seed
        if run.notice is not None and run.phase == "agent":
            request["messages"] = [*request["messages"], {"role": "user", "content": run.notice()}]
        prompt = Prompt(request)
        ticket = await self._admit(run, request, prompt)
        request["max_tokens"] = ticket.output_tokens // request.get("n", 1)
        response = await self._call_on(ticket, request, deadline)
        answer = self._read(response)
        output = self._output(response, tools, answer, ticket.answered(answer))
        usage = answer.usage
        if usage is not None:
            prompt.remember(run.anchors, to_message(output.message), usage.prompt_tokens, usage.output_tokens)
        return self._logged(output, request, response.model_dump())

    async def _admit(self, run: Run, request: dict[str, Any], prompt: Prompt) -> Ticket:
        asked = self._asked(request, prompt, run, self._wanted(run, request, prompt.bound(run.anchors)))
        try:
            return await admit(run, asked)
        except BudgetExceeded as error:
            if run.account is not None and run.account.lost > 0:
                raise ModelError(
                    f"calls that failed may have been billed and left too little of the budget ({error})",
                    fix="run the same command again; the attempt is kept, and its spend is counted as wasted",
                ) from error
            raise _limit(run, error) from error

    def most_for(self, run: Run, call: Call) -> float:
        """The most that a call could take out of its run's budget, in the unit of that budget."""
        account = run.account
        if account is None:
            return 0.0
        request = self._request(list(call.messages), list(call.tools), "none", call.config)
        asked = self._asked(request, Prompt(request), run, int(request["max_tokens"]))
        return bound(account.budget, asked, account.weights).at(asked.output_tokens)

    def _wanted(self, run: Run, request: dict[str, Any], prompt_tokens: int) -> int:
        """Tokens that the call is meant to be allowed to generate, before any budget clamps them."""
        wanted = int(request["max_tokens"])
        if run.phase != "agent" or run.account is None:  # nothing clamps it, and it holds its worst case of the cap
            wanted = min(wanted, FALLBACK_MAX_TOKENS)
        window = self.price.max_input_tokens if self.price else None
        if window is not None and wanted >= window:  # a vendor whose answers share the window with the prompt
            wanted = max(window - prompt_tokens, smallest_output(request))
        return wanted

    def _asked(self, request: dict[str, Any], prompt: Prompt, run: Run, wanted: int) -> Asked:
        choices = request.get("n", 1)
        return Asked(
            self.model_name,
            self.price,
            prompt.bound(run.anchors),
            wanted * choices,
            smallest_output(request) * choices,
            asked_tier(request),
            prompt.kinds,
            self.prices.parameters(self.model_name),
        )

    async def _call_on(self, ticket: Ticket, request: dict[str, Any], deadline: float) -> Any:
        try:
            return await self._call(request)
        except Exception as error:
            ticket.failed(f"{type(error).__name__}: {error}"[:500], billed=can_be_billed(error))
            raise
        except BaseException:
            timed_out = anyio.current_time() >= deadline
            reason = "no answer in the time allowed" if timed_out else "given up while under way"
            ticket.failed(reason, billed=True, wanted=timed_out)
            raise

    async def _call(self, request: dict[str, Any]) -> Any:
        """One request, without LiteLLM's own retries: Inspect's are the only ones."""
        return await litellm.acompletion(**request, num_retries=0, max_retries=0, _skip_mcp_handler=True)

    def _output(self, response: Any, tools: list[ToolInfo], answer: Answer, usd: float | None) -> ModelOutput:
        output = from_response(response, self.model_name, tools, answer.usage)
        if usd is not None and answer.price is not None:
            output.metadata = {COST: usd, "price_source": answer.price.source}
        return output

    def _logged(
        self, output: ModelOutput, request: dict[str, Any], response: dict[str, Any]
    ) -> ModelOutput | tuple[ModelOutput | Exception, ModelCall]:
        """The output with the raw call beside it for Inspect's log, without what may hold secrets."""
        if self.model_name.startswith(f"{embedded.PROVIDER}/"):
            return output
        hidden = HIDDEN | self.model_args.keys()
        shown = {key: value for key, value in request.items() if key not in hidden}
        return output, ModelCall.create(shown, response)

    def served_model_usage(self, output: ModelOutput) -> list[ServedModelUsage] | None:
        """Exact dollars, whatever the tariff: a million tokens at the dollars of the call."""
        usd = (output.metadata or {}).get(COST)
        if usd is None:
            return None
        cost = ModelCost(input=usd, output=0, input_cache_write=0, input_cache_read=0)
        return [ServedModelUsage(f"litellm/{self.model_name}", ModelUsage(input_tokens=1_000_000), cost)]

    def max_tokens(self) -> int:
        """As many as the model can generate: what a call may cost is then bounded by its budget alone."""
        return self.price.max_output_tokens if self.price and self.price.max_output_tokens else FALLBACK_MAX_TOKENS

    async def count_text_tokens(self, text: str) -> int:
        """LiteLLM's count, which needs no network."""
        return int(await asyncio.to_thread(litellm.token_counter, model=self.model_name, text=text))

    def should_retry(self, ex: Exception) -> RetryDecision:
        return retry_decision(ex)

    def retry_wait(self) -> wait_base:
        return WaitAsAsked()

    def is_auth_failure(self, ex: Exception) -> bool:
        return isinstance(ex.__cause__ or ex, AuthenticationError)

    def connection_key(self) -> str:
        return f"{self.initial_api_key}/{self.base_url}/{self.model_name}"


def present_run() -> Run | None:
    """The run that a call belongs to; a scorer's is its sample's, whose transcript it shares with the agent."""
    return CURRENT.get() or SAMPLES.get(transcript())


@functools.cache
def check_name(model_name: str) -> None:
    """Raise unless LiteLLM knows the provider of this model.

    Raises:
        ModelError: The provider is unknown, or there is no such embedded model.
    """
    embedded.register()
    provider, _, name = model_name.partition("/")
    if provider == embedded.PROVIDER and name not in CLERKS:
        raise ModelError(f"there is no embedded model {name!r}", fix=f"choose one of {', '.join(CLERKS)}")
    try:
        litellm.get_llm_provider(model_name)
    except BadRequestError as error:
        raise ModelError(
            f"LiteLLM knows no provider for the model {model_name!r}",
            fix="write it as LiteLLM does, provider first, such as openai/gpt-5-mini or anthropic/claude-sonnet-4-5",
        ) from error


def missing_keys(model_name: str) -> list[str]:
    """Environment variables that the model's provider needs and that are not set."""
    if model_name.startswith(f"{embedded.PROVIDER}/"):
        return []
    return list(litellm.validate_environment(model_name).get("missing_keys") or [])


def _limit(run: Run, error: BudgetExceeded) -> LimitExceededError:
    account = run.account
    budget = account.budget if account else Budget(1.0, "tokens")
    spent = account.spent if account else 0.0
    kind = "cost" if budget.kind == "usd" else "token"  # Inspect knows no limit for the other kinds
    return LimitExceededError(kind, value=spent, limit=budget.amount, message=str(error))  # type: ignore[arg-type]
