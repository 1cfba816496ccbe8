"""For every test: LiteLLM never asks the network for prices, in whatever order modules are imported."""

import inspect_horizon.models  # noqa: F401 - sets its environment
