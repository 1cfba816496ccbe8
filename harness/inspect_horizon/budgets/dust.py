"""How far sums of dollars may be off: they are not exact in binary."""

DUST = 1e-9
"""Share of a budget by which rounding may exceed it."""
