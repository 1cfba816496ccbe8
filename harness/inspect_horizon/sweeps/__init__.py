"""LAUNCH: specification → plan → run → resume."""
