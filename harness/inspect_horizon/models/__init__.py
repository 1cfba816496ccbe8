"""WHO: the LiteLLM provider and the embedded models."""

import os

# Both must be set before anything imports LiteLLM: else it asks the network for prices, and reads a .env file.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("LITELLM_MODE", "PRODUCTION")
