"""HOW MUCH: budgets, grids, prices, and the ledger that holds every run to them."""

from inspect_horizon.budgets.budget import KINDS, Budget, BudgetKind
from inspect_horizon.budgets.grid import Grid, built_in_grids
from inspect_horizon.budgets.usage import Usage

__all__ = ["KINDS", "Budget", "BudgetKind", "Grid", "Usage", "built_in_grids"]
