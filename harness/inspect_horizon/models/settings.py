"""What `-M` can say of this provider itself; everything else that it says is handed to LiteLLM."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspect_horizon.errors import ModelError

if TYPE_CHECKING:
    from inspect_horizon.models.caching import Ttl

TTLS: tuple[Ttl, ...] = ("5m", "1h")


@dataclass(frozen=True, slots=True)
class Settings:
    """How models are called."""

    prices: tuple[Path, ...] = ()
    """Price files beyond those of the run."""
    fallbacks: tuple[str, ...] = ()
    """Models to ask, in this order, while the one before cannot be reached."""
    cache_ttl: Ttl = "5m"
    """How long Claude is asked to keep the prompt."""
    stream: bool = False
    drop_params: bool = False
    """Whether options that a model does not take are left out, and noted, instead of ending the run."""

    @classmethod
    def taken_from(cls, model_args: dict[str, Any]) -> Settings:
        """The settings among the model's arguments, which are left with the others.

        Raises:
            ModelError: A setting has a value that it cannot have.
        """
        ttl = str(model_args.pop("cache_ttl", None) or "5m")
        if ttl not in TTLS:
            raise ModelError(f"a prompt cannot be cached for cache_ttl={ttl}", fix=f"write one of {', '.join(TTLS)}")
        return cls(
            prices=tuple(Path(part) for part in _list(model_args.pop("prices", None))),
            fallbacks=tuple(_list(model_args.pop("fallbacks", None))),
            cache_ttl=next(known for known in TTLS if known == ttl),
            stream=_flag("stream", model_args.pop("stream", None)),
            drop_params=_flag("drop_params", model_args.pop("drop_params", None)),
        )


def _list(value: Any) -> list[str]:
    """Comma-separated text; Inspect's command line has split it already."""
    parts = value if isinstance(value, list | tuple) else str(value or "").split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def _flag(name: str, value: Any) -> bool:
    if value in (None, True, False):
        return bool(value)
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise ModelError(f"{name}={value} is neither true nor false", fix=f"write -M {name}=true")
