"""HOW IT IS SHOWN: the frontier as a table, as rows for machines, and as a figure."""

from inspect_horizon.report.plot import PlotFormat, plot_frontier
from inspect_horizon.report.rows import curve_rows
from inspect_horizon.report.table import frontier_table
from inspect_horizon.report.units import format_budget, format_interval, format_minutes, format_share, format_usd

__all__ = [
    "PlotFormat",
    "curve_rows",
    "format_budget",
    "format_interval",
    "format_minutes",
    "format_share",
    "format_usd",
    "frontier_table",
    "plot_frontier",
]
