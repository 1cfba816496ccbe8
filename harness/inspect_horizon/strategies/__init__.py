"""HOW IT IS SPENT: agents and solvers that turn a budget into an answer."""
