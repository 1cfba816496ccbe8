"""Which calls are the root agent's own: not those of sub-agents, and not summaries of its conversation.

Inspect puts every agent in a span of its own. A call with one agent's span above it, within the run, is the root
agent's; with several it is a sub-agent's. A summary is asked for within the root agent's span, but without its tools.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from inspect_ai.event import SpanBeginEvent
from inspect_ai.log import transcript
from inspect_ai.util import current_span_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspect_ai.tool import ToolInfo

SEVERAL = "several agents ran at the root of the run, and none of them is the one to ask"


@dataclass(eq=False, slots=True)
class Root:
    """The root agent of one run, as its calls show it."""

    base: str | None
    """The span in which the run itself began."""
    _agent: str | None = None
    _tools: frozenset[str] | None = None
    _chains: dict[str | None, tuple[str, ...]] = field(default_factory=dict)
    unclear: str | None = None
    """Why the root agent cannot be told, where it cannot."""

    def calls(self, tools: Sequence[ToolInfo]) -> bool:
        """Whether the present call is the root agent's."""
        agents = self._agents_above(current_span_id())
        if len(agents) > 1:
            return False
        agent, names = (agents[0] if agents else None), frozenset(tool.name for tool in tools)
        if self._tools is None:
            self._agent, self._tools = agent, names
        if agent != self._agent:
            self.unclear = SEVERAL
        return self.unclear is None and names == self._tools

    def _agents_above(self, span: str | None) -> tuple[str, ...]:
        if span not in self._chains:
            begun = {event.id: event for event in transcript().events if isinstance(event, SpanBeginEvent)}
            chain, above = [], span
            while above is not None and above != self.base and above in begun:
                if begun[above].type == "agent":
                    chain.append(above)
                above = begun[above].parent_id
            self._chains[span] = tuple(chain)
        return self._chains[span]
