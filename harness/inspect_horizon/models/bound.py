"""An upper bound for the tokens of a prompt: the last call's reported size plus the bytes of what is new.

A byte-level tokenizer cannot make more tokens of a text than the text has bytes, so bytes bound what no call has
measured yet. What an earlier call of the same run reported is exact, and is used for the part they share.
"""

from __future__ import annotations

import json
from collections.abc import MutableMapping, Sequence
from typing import Any

MESSAGE_TOKENS = 16
"""For the marks around a message: its role, its name, its separators."""
REQUEST_TOKENS = 64
"""For what a vendor puts around the whole request, such as its own line on tool use."""
IMAGE_TOKENS = 20_000
"""No vendor's documentation charges more for one image or minute of audio."""


class Prompt:
    """A request's messages and tools, ready to be bounded against what the run has seen before."""

    def __init__(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]]) -> None:
        self._messages = messages
        self._tools = json.dumps(tools) if tools else ""
        self._fingerprints = [hash(self._tools)]
        for message in messages:
            self._fingerprints.append(_extend(self._fingerprints[-1], message))

    def bound(self, anchors: MutableMapping[int, int]) -> int:
        """The most tokens that the prompt can have, given the sizes already reported to this run."""
        for known in range(len(self._messages), 0, -1):
            reported = anchors.get(self._fingerprints[known])
            if reported is not None:
                return reported + sum(_bytes(message) for message in self._messages[known:])
        return REQUEST_TOKENS + len(self._tools.encode()) + sum(_bytes(message) for message in self._messages)

    def remember(
        self, anchors: MutableMapping[int, int], reply: dict[str, Any], prompt_tokens: int, output_tokens: int
    ) -> None:
        """Keep what a call reported: the size of this prompt, and of this prompt with the reply behind it."""
        anchors[self._fingerprints[-1]] = prompt_tokens
        anchors[_extend(self._fingerprints[-1], reply)] = prompt_tokens + output_tokens + MESSAGE_TOKENS


def _extend(fingerprint: int, message: dict[str, Any]) -> int:
    """A string keeps its hash, so a conversation that grows is not hashed anew."""
    content = message.get("content")
    rest = {key: value for key, value in message.items() if key not in ("role", "content")}
    return hash(
        (
            fingerprint,
            message["role"],
            content if isinstance(content, str) else json.dumps(content),
            json.dumps(rest, default=str) if rest else "",
        )
    )


def _bytes(message: dict[str, Any]) -> int:
    content = message.get("content")
    rest = {key: value for key, value in message.items() if key not in ("role", "content")}
    size = MESSAGE_TOKENS + (len(json.dumps(rest, default=str).encode()) if rest else 0)
    if isinstance(content, str):
        return size + len(content.encode())
    return size + sum(_part_bytes(part) for part in content or [])


def _part_bytes(part: dict[str, Any]) -> int:
    return len(part["text"].encode()) + MESSAGE_TOKENS if part["type"] == "text" else IMAGE_TOKENS
