"""What a file may hold, and what its fields are called and want."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, get_args

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

Loc = tuple[int | str, ...]
"""Where a field is: keys and positions from the top, as pydantic counts them."""


class Model(BaseModel):
    """What a file may hold: unknown keys are refused; a field's description completes the sentence "write …"."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


M = TypeVar("M", bound=Model)


def keys_at(model: type[Model], loc: Loc) -> list[str]:
    """The keys that may stand at a path."""
    inner = _inner_model(model, loc)
    return [field.alias or name for name, field in inner.model_fields.items()] if inner else []


def field_at(model: type[Model], loc: Loc) -> FieldInfo | None:
    """The deepest field of a model that a path runs through."""
    found, current = None, model
    for part in loc:
        fields = {field.alias or name: field for name, field in current.model_fields.items()}
        if isinstance(part, str) and part in fields:
            found = fields[part]
            current = _model_in(found.annotation) or current
    return found


def _inner_model(model: type[Model], loc: Loc) -> type[Model] | None:
    field = field_at(model, loc)
    return _model_in(field.annotation) if field else model


def _model_in(annotation: object) -> type[Model] | None:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation
    inner = (_model_in(part) for part in get_args(annotation))
    return next((found for found in inner if found), None)
