"""Google's generateContent.

Usage by its reference, `UsageMetadata`: `promptTokenCount` includes `cachedContentTokenCount`, thoughts are counted
beside the candidates, and the total is prompt + candidates + tool use + thoughts. Its price list bills thoughts as
output, and sound at a price of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.vendors.anthropic import halves
from support.vendors.loopback import Body, Counts, Said, Vendor, generated, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class GenerateContent:
    """The protocol."""

    def count(self, body: Body, said: Said) -> Mapping[str, Any]:
        prompt, thoughts = tokens({**body, "generationConfig": None}), tokens(said.thought)
        spoken = generated(said) - said.choices * thoughts
        return {
            "promptTokenCount": prompt,
            "candidatesTokenCount": spoken,
            "thoughtsTokenCount": thoughts,
            "totalTokenCount": prompt + spoken + thoughts,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
        }

    def counts(self, usage: Mapping[str, Any]) -> Counts:
        cached = usage.get("cachedContentTokenCount", 0)
        sound = _modality(usage.get("promptTokensDetails"), "AUDIO")
        cached_sound = _modality(usage.get("cacheTokensDetails"), "AUDIO")
        prompt = usage["promptTokenCount"] + usage.get("toolUsePromptTokenCount", 0)
        return {
            "input": prompt - cached - (sound - cached_sound),
            "cache_read": cached - cached_sound,
            "audio_input": sound - cached_sound,
            "audio_cache_read": cached_sound,
            "output": usage.get("candidatesTokenCount", 0),
            "reasoning": usage.get("thoughtsTokenCount", 0),
        }

    def answer(self, path: str, body: Body, said: Said, usage: Mapping[str, Any]) -> Body:
        name = path.rpartition("/models/")[2].partition(":")[0]
        assert name, path
        parts = [
            *([{"text": said.thought, "thought": True}] if said.thought else []),
            *([{"text": said.text}] if said.text else []),
            *(
                {"functionCall": {"name": name, "args": dict(arguments)}, "thoughtSignature": "c2lnbmVk"}
                for name, arguments in said.calls
            ),
        ]
        candidates = [
            {"index": n, "content": {"role": "model", "parts": parts}, "finishReason": said.stop or "STOP"}
            for n in range(said.choices)
        ]
        return {"candidates": candidates, "usageMetadata": dict(usage), "modelVersion": said.model or name}

    def stream(self, answer: Body) -> Sequence[tuple[str | None, Any]]:
        """Every piece repeats the usage so far; only the last is whole."""
        (candidate,) = answer["candidates"]
        events: list[tuple[str | None, Any]] = []
        for part in candidate["content"]["parts"]:
            for piece in halves(part["text"]) if "text" in part else (None,):
                shown = part if piece is None else {**part, "text": piece}
                usage = {"promptTokenCount": answer["usageMetadata"]["promptTokenCount"], "candidatesTokenCount": 1}
                usage["totalTokenCount"] = sum(usage.values())
                said = {"index": 0, "content": {"role": "model", "parts": [shown]}}
                events.append((None, {**answer, "candidates": [said], "usageMetadata": usage}))
        events[-1][1]["candidates"][0]["finishReason"] = candidate["finishReason"]
        events[-1][1]["usageMetadata"] = answer["usageMetadata"]
        return events


def _modality(details: Any, name: str) -> int:
    return sum(each["tokenCount"] for each in details or () if each["modality"] == name)


def gemini(think: Callable[[Body], Said] = lambda _: Said()) -> Vendor:
    """A server of the Gemini API."""
    return Vendor(GenerateContent(), think)
