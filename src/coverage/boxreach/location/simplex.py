"""A linear program that is solved again and again, each time with other limits of its columns."""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt

from boxreach.location.program import Program, load_program, run_solver, scale_of

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Corner:
    """Where the simplex method came to rest.

    Attributes
    ----------
    values
        Of each column.
    row_prices
        What one more of each row's limit is worth.
    basis
        Where to go on from, for limits that differ little.
    """

    values: Floats
    row_prices: Floats
    basis: highspy.HighsBasis


class Simplex:
    """The dual simplex method on one program, its first columns held within limits that change.

    Nothing need be whole. Its numbers are those of a solver, so nothing is proven by them.

    Parameters
    ----------
    program
        What to maximise. All its limits may be met at once, whatever those given later.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> knapsack = Program(
    ...     gain=np.array([5.0, 4.0]), matrix=csr_array([[2.0, 4.0]]),
    ...     row_lower=np.array([-np.inf]), row_upper=np.array([4.0]),
    ...     column_lower=np.zeros(2), column_upper=np.ones(2), integer=np.zeros(2, dtype=bool),
    ... )
    >>> simplex = Simplex(knapsack)
    >>> simplex.solve(np.zeros(2), np.ones(2), seconds=10.0).values.tolist()
    [1.0, 0.5]
    >>> simplex.solve(np.zeros(1), np.zeros(1), seconds=10.0).values.tolist()
    [0.0, 1.0]
    """

    def __init__(self, program: Program) -> None:
        self._scale = scale_of(program)
        self._solver = load_program(program, self._scale, np.inf, seed=0)
        for option, setting in (("solver", "simplex"), ("presolve", "off")):
            self._solver.setOptionValue(option, setting)

    def solve(
        self,
        low: Floats,
        high: Floats,
        *,
        seconds: float,
        basis: highspy.HighsBasis | None = None,
    ) -> Corner | None:
        """Return the best corner within limits, or None if time ends before.

        Parameters
        ----------
        low, high
            Limits of the first columns.
        seconds
            When to stop.
        basis
            Where to start from.
        """
        solver = self._solver
        solver.changeColsBounds(len(low), np.arange(len(low), dtype=np.int32), low, high)
        if basis is not None:
            solver.setBasis(basis)
        solver.setOptionValue("time_limit", solver.getRunTime() + max(0.0, seconds))
        run_solver(solver)
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        found = solver.getSolution()
        return Corner(
            np.array(found.col_value, dtype=np.float64),
            np.array(found.row_dual, dtype=np.float64) / self._scale,
            solver.getBasis(),
        )
