"""A validator's complaints in a user's words: what is wrong, at which field, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inspect_horizon._config.model import Loc, Model, field_at, keys_at
from inspect_horizon._config.spelling import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from inspect_horizon._config.document import Document
    from inspect_horizon.errors import Problem


def explain(document: Document, model: type[Model], error: ValidationError) -> Iterator[Problem]:
    """A validator's complaints, one for each field at the most."""
    complaints = _by_place(document, error)
    twins = {
        (*loc[:-1], meant)
        for loc, detail in complaints.items()
        if detail["type"] == "extra_forbidden" and (meant := _meant(model, loc))
    }
    for loc, detail in complaints.items():
        if detail["type"] == "extra_forbidden":
            yield document.problem(loc, f"unknown key {_name(document, loc)}", fix=_fix_unknown(model, loc))
        elif detail["type"] != "missing":
            text = f"{_name(document, loc) or _whole(document)} is {_shown(detail['input'])}; {_complaint(detail)}"
            yield document.problem(loc, text, fix=_fix_value(model, loc, detail))
        elif loc not in twins:  # a misspelt key is reported as unknown, not as missing too
            text = f"{_name(document, loc[:-1]) or _whole(document)} has no {loc[-1]}"
            yield document.problem(loc, text, fix=f"add {loc[-1]}: {_wanted(model, loc)}")


def _by_place(document: Document, error: ValidationError) -> dict[Loc, ErrorDetails]:
    """The complaints by field; of a union's alternatives the one that goes deepest into the value."""
    found: dict[Loc, ErrorDetails] = {}
    for detail in error.errors(include_url=False):
        found.setdefault(_place(document.data, detail), detail)
    owners = {loc[:depth] for loc in found for depth in range(len(loc))}
    return {loc: detail for loc, detail in found.items() if loc not in owners}


def _place(data: Any, detail: ErrorDetails) -> Loc:
    """A validator's path without the names of types that it puts in between."""
    place: list[int | str] = []
    names_key = detail["type"] in {"missing", "extra_forbidden"}
    for depth, part in enumerate(detail["loc"], start=1):
        inside = part in data if isinstance(data, dict) else isinstance(data, list) and isinstance(part, int)
        if inside:
            data = data[part]
        elif not (names_key and depth == len(detail["loc"])):
            continue
        place.append(part)
    return tuple(place)


def _whole(document: Document) -> str:
    return "the file" if document.node else "the row"


def _fix_unknown(model: type[Model], loc: Loc) -> str:
    guess = _meant(model, loc)
    if guess:
        return f"did you mean {guess}?"
    return f"remove it; the keys here are {', '.join(keys_at(model, loc[:-1]))}"


def _fix_value(model: type[Model], loc: Loc, detail: ErrorDetails) -> str:
    value = detail["input"]
    misread = detail["type"] == "string_type" and isinstance(value, (bool, int, float))
    if misread or hasattr(value, "isoformat"):
        return "put quotes around it, so that it is read as text"
    if detail["type"] == "model_type":
        return f"write keys with values: {', '.join(keys_at(model, loc))}"
    return f"write {_wanted(model, loc)}"


def _complaint(detail: ErrorDetails) -> str:
    """Pydantic's sentence, to stand after a semicolon."""
    if detail["type"] == "model_type":
        return "must be keys with values"
    message = detail["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    return message[:1].lower() + message[1:]


def _shown(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 200:
        return "a number of more than 60 digits"
    text = str(value) if isinstance(value, (int, float)) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _name(document: Document, loc: Loc) -> str:
    """A field as a user would point at it: tasks[2].human_minutes."""
    name = ""
    for part in (*document.within, *loc):
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name


def _wanted(model: type[Model], loc: Loc) -> str:
    field = field_at(model, loc)
    return (field.description if field else None) or "a value that fits; see the documentation of this file"


def _meant(model: type[Model], loc: Loc) -> str | None:
    return nearest(str(loc[-1]), keys_at(model, loc[:-1]))
