"""For every test: what does not depend on the machine it runs on."""

from hypothesis import settings

import inspect_horizon.models  # noqa: F401 - LiteLLM never asks the network for prices, whatever is imported first

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
