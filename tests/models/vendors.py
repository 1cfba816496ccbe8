"""Asking the vendors' servers through the provider: models, keys, and the vendors' list prices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspect_ai.model import GenerateConfig, Model, get_model

from models.asking import KEY

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from support.vendors.loopback import Vendor

KEYS = ("ANTHROPIC", "GEMINI", "XAI", "DEEPSEEK", "OPENROUTER", "OPENAI", "MISTRAL", "HOSTED_VLLM")
PRICES = """
models:
  openai/gpt-5-mini:  # OpenAI, "Pricing": standard, flex and priority
    {input: 0.25, cache_read: 0.025, output: 2.00, max_output_tokens: 128000, tiers: {
      flex: {input: 0.125, cache_read: 0.0125, output: 1.00},
      priority: {input: 0.45, cache_read: 0.045, output: 3.60}}}
  openai/gpt-5: {input: 1.25, cache_read: 0.125, output: 10.00}  # the same page
  openai/gpt-4.1-mini: {input: 0.40, cache_read: 0.10, output: 1.60}  # the same page
  openai/gpt-audio:  # the same page: text and sound
    {input: 2.50, output: 10.00, audio_input: 32.00, audio_output: 64.00}
  anthropic/claude-sonnet-4-5:  # Anthropic, "Pricing": base, 5 minutes, 1 hour, hits and refreshes, output
    {input: 3.00, cache_write: 3.75, cache_write_1h: 6.00, cache_read: 0.30, output: 15.00, max_output_tokens: 64000,
     steps: [  # the same page, "Long context pricing": with the same multipliers for the cache
      {above: 200000, input: 6.00, cache_write: 7.50, cache_write_1h: 12.00, cache_read: 0.60, output: 22.50}]}
  anthropic/claude-haiku-4-5: {input: 1.00, cache_write: 1.25, cache_write_1h: 2.00, cache_read: 0.10, output: 5.00}
  gemini/gemini-2.5-pro:  # Google, "Gemini Developer API pricing": prompts to 200k tokens, and longer ones
    {input: 1.25, cache_read: 0.125, output: 10.00, steps: [
      {above: 200000, input: 2.50, cache_read: 0.25, output: 15.00}]}
  gemini/gemini-2.5-flash:  # the same page: text, image and video; audio
    {input: 0.30, cache_read: 0.03, output: 2.50, audio_input: 1.00, audio_cache_read: 0.10, tiers: {
      priority: {input: 0.54, cache_read: 0.054, output: 4.50}}}
  xai/grok-4: {input: 3.00, cache_read: 0.75, output: 15.00}  # xAI, "Models and pricing"
  deepseek/deepseek-chat: {input: 0.28, cache_read: 0.028, output: 0.42}  # DeepSeek, "Models and pricing"
  openrouter/openai/gpt-5-mini: {input: 0.25, cache_read: 0.025, output: 2.00}  # OpenRouter passes the price on
  openrouter/anthropic/claude-sonnet-4.5: {input: 3.00, cache_read: 0.30, cache_write: 3.75, output: 15.00}
"""
"""In dollars per million tokens; a file of their own keeps the tests from moving with LiteLLM's table."""


def price_file(folder: Path) -> Path:
    """A file with the vendors' prices."""
    path = folder / "vendors.yaml"
    path.write_text(PRICES, encoding="utf-8")
    return path


def set_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys for every vendor, worth nothing."""
    for vendor in KEYS:
        monkeypatch.setenv(f"{vendor}_API_KEY", KEY)


def at(
    vendor: Vendor, name: str, prices: Path, *, retries: int = 0, args: dict[str, Any] | None = None, **options: Any
) -> Model:
    """A model at a vendor's server; options are Inspect's and `args` what `-M` gives."""
    config = GenerateConfig(**{"max_retries": retries, "max_tokens": 3000, **options})
    more = {"prices": str(prices), **(args or {})}
    return get_model(f"litellm/{name}", base_url=vendor.url, config=config, memoize=False, **more)
