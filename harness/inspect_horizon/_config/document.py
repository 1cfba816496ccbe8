"""One file, or one row of a table: its values, the lines they stand at, and the check of a model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from inspect_horizon._config.complaints import explain
from inspect_horizon.errors import ConfigError, Problem

if TYPE_CHECKING:
    from pathlib import Path

    from inspect_horizon._config.model import Loc, M


@dataclass(frozen=True, slots=True)
class Document:
    """One file or one row of a table: plain values, and the lines they came from."""

    path: Path
    data: object
    node: yaml.Node | None = None
    """The YAML behind the data; None for a row of a table, which stands on one line."""
    row_line: int = 1
    within: Loc = ()
    """Where in its file this document is, to name its fields in full."""

    def line(self, *loc: int | str) -> int:
        """The line of a field, or of the deepest part of its path that is in the file."""
        if self.node is None:
            return self.row_line
        node, line = self.node, self.node.start_mark.line
        for part in loc:
            step = _child(node, part)
            if step is None:
                break
            node, line = step
        return line + 1

    def problem(self, loc: Loc, text: str, *, fix: str) -> Problem:
        """A problem to report at a field's line."""
        return Problem(self.path, self.line(*loc), text, fix)

    def items(self, key: str) -> list[Document]:
        """The members of a list in this document, each a document of its own."""
        step = _child(self.node, key)
        data = self.data.get(key) if isinstance(self.data, dict) else None
        if step is None or not isinstance(data, list) or not isinstance(step[0], yaml.SequenceNode):
            return []
        return [
            Document(self.path, value, node, within=(*self.within, key, index))
            for index, (value, node) in enumerate(zip(data, step[0].value, strict=True))
        ]

    def check(self, model: type[M], problems: list[Problem]) -> M | None:
        """The content as its model, or None with every problem added to `problems`."""
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            problems.extend(explain(self, model, error))
            return None

    def check_version(self, newest: int) -> None:
        """Refuse a file of a later format, whose other keys mean nothing here.

        Raises:
            ConfigError: `schema_version` is above `newest`.
        """
        version = self.data.get("schema_version") if isinstance(self.data, dict) else None
        if isinstance(version, int) and version > newest:
            text = f"schema_version is {version}; this version of inspect-horizon reads up to {newest}"
            fix = "update it (`pip install -U inspect-horizon`), or write the file in the older format"
            raise ConfigError([self.problem(("schema_version",), text, fix=fix)])


def _child(node: yaml.Node | None, part: int | str) -> tuple[yaml.Node, int] | None:
    """A node one step down, and the line (from 0) on which it is named."""
    if isinstance(node, yaml.MappingNode):
        found = [(value, key.start_mark.line) for key, value in node.value if key.value == str(part)]
        return found[-1] if found else None
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part].start_mark.line
    return None
