"""A mixed-integer program as HiGHS takes it, and an answer that is checked before it is given."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Literal

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
ProgramStatus = Literal["optimal", "feasible", "infeasible", "unknown"]

# The solver's tolerances are absolute; gains are brought to this size before it sees them.
_LARGEST_GAIN = 1e6
_AT_REST = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kUnknown)
# An interior point often comes to rest a little outside of its own tolerances, and says so.
_WHOLE = 1e-5
_LOOSE = 1e-6


@dataclass(frozen=True, eq=False, kw_only=True)
class Program:
    """Maximise gain @ x where the rows matrix @ x and the columns x keep their limits.

    Parameters
    ----------
    gain
        What one of each column adds. To minimise a cost, give it with its sign turned.
    matrix
        Rows by columns.
    row_lower, row_upper
        Limits of each row; infinity is none.
    column_lower, column_upper
        Limits of each column; those of integer columns are to be finite.
    integer
        Which columns take whole numbers only.
    """

    gain: Floats
    matrix: csr_array
    row_lower: Floats
    row_upper: Floats
    column_lower: Floats
    column_upper: Floats
    integer: Flags


@dataclass(frozen=True, eq=False)
class Answer:
    """What the solver came to.

    Attributes
    ----------
    values
        A value of each column that keeps all limits, whole where it must be; None if none was
        found.
    bound
        What no value of gain @ x can exceed, but for a share of 1e-9 that the solver's tolerances
        may hide; infinity where it had none yet.
    status
        ``optimal``: the solver proved `values`. ``infeasible``: it proved that there are none.
        ``feasible``: there may be better ones. ``unknown``: none was found, and none excluded.
    """

    values: Floats | None
    bound: float
    status: ProgramStatus


@dataclass(frozen=True, eq=False)
class Relaxation:
    """What a program comes to where nothing need be whole.

    Attributes
    ----------
    values
        Of each column.
    row_prices
        What one more of each row's limit is worth, about; from an interior point.
    """

    values: Floats
    row_prices: Floats


def relax_program(program: Program, *, seconds: float) -> Relaxation | None:
    """Solve a program as if nothing need be whole, by an interior point; None if time ends.

    Its numbers are those of a solver, so nothing is proven by them: they are prices to start from.

    Examples
    --------
    >>> knapsack = Program(
    ...     gain=np.array([5.0, 4.0]), matrix=csr_array([[2.0, 4.0]]),
    ...     row_lower=np.array([-np.inf]), row_upper=np.array([4.0]),
    ...     column_lower=np.zeros(2), column_upper=np.ones(2), integer=np.ones(2, dtype=bool),
    ... )
    >>> relaxed = relax_program(knapsack, seconds=10)
    >>> relaxed.values.round(3).tolist(), abs(relaxed.row_prices).round(3).tolist()
    ([1.0, 0.5], [1.0])
    """
    linear = replace(program, integer=np.zeros(len(program.gain), dtype=bool))
    scale = scale_of(program)
    solver = load_program(linear, scale, seconds, seed=0)
    solver.setOptionValue("solver", "ipm")
    solver.setOptionValue("run_crossover", "off")
    run_solver(solver)
    if solver.getModelStatus() not in _AT_REST:
        return None
    found = solver.getSolution()
    values = np.array(found.col_value, dtype=np.float64)
    prices = np.array(found.row_dual, dtype=np.float64) / scale
    known = len(values) == len(program.gain) and len(prices) == len(program.row_lower)
    return Relaxation(values, prices) if known and np.isfinite([*values, *prices]).all() else None


class _QuietHighs(highspy.Highs):
    """HiGHS without its banner, which the first of its methods prints if not silenced before."""

    def enableCallbacks(self) -> None:  # noqa: N802  (HiGHS calls it so, in its constructor)
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


def solve_program(
    program: Program, *, start: Floats | None = None, seconds: float, seed: int = 0
) -> Answer:
    """Solve a program with HiGHS on one thread, down to no gap.

    Parameters
    ----------
    program
        What to solve.
    start
        A first value of each column, NaN where it is not known; HiGHS completes it.
    seconds
        When to stop. HiGHS looks at the clock now and then, and may take longer.
    seed
        Seed of the solver's random choices.

    Returns
    -------
    Answer
        What was found until then, and what is proved of it.

    Examples
    --------
    >>> knapsack = Program(
    ...     gain=np.array([5.0, 4.0, 3.0]), matrix=csr_array([[2.0, 3.0, 1.0]]),
    ...     row_lower=np.array([-np.inf]), row_upper=np.array([4.0]),
    ...     column_lower=np.zeros(3), column_upper=np.ones(3), integer=np.ones(3, dtype=bool),
    ... )
    >>> solve_program(knapsack, seconds=10)
    Answer(values=array([1., 0., 1.]), bound=8.0, status='optimal')
    """
    if (program.column_lower > program.column_upper).any():
        return Answer(None, -np.inf, "infeasible")
    if (program.row_lower > program.row_upper).any():
        return Answer(None, -np.inf, "infeasible")
    if len(program.gain) == 0:
        return _solve_empty(program)
    began = time.perf_counter()
    answer = _solve(program, start, seconds, seed)
    if start is not None and answer.status == "optimal" and not _adds_up(program, answer):
        # HiGHS 1.16.0 may take a start for better than it is, and end the search with it.
        left = max(0.0, seconds - (time.perf_counter() - began))
        again = _solve(program, None, left, seed)
        bound = min(answer.bound, again.bound)
        answer = Answer(answer.values, bound, "feasible") if again.values is None else again
    if answer.status == "optimal" and not _adds_up(program, answer):
        return Answer(answer.values, answer.bound, "feasible")
    return answer


def _solve(program: Program, start: Floats | None, seconds: float, seed: int) -> Answer:
    scale = scale_of(program)
    solver = load_program(program, scale, seconds, seed)
    if start is not None:
        known = np.flatnonzero(~np.isnan(start)).astype(np.int32)
        solver.setSolution(len(known), known, start[known])
    run_solver(solver)
    return _read(program, solver, scale)


def run_solver(solver: highspy.Highs) -> None:
    """Run a solver, on one thread whatever else this process has set up."""
    if solver.run() == highspy.HighsStatus.kError:
        # Someone else in this process has set up the solver's threads, and not one of them.
        highspy.Highs.resetGlobalScheduler(True)
        solver.run()


def scale_of(program: Program) -> float:
    """Return by what gains are multiplied before the solver sees them."""
    largest = float(np.abs(program.gain).max())
    return _LARGEST_GAIN / largest if largest > 0 else 1.0


def _adds_up(program: Program, answer: Answer) -> bool:
    """Tell whether the values of a proven answer come to its bound."""
    if answer.values is None:
        return False
    size = float(np.abs(program.gain) @ np.abs(answer.values))
    return bool(program.gain @ answer.values >= answer.bound - _LOOSE * (1e-6 + size))


def _solve_empty(program: Program) -> Answer:
    """Answer for no columns, which HiGHS takes for no program at all."""
    if (program.row_lower <= 0).all() and (program.row_upper >= 0).all():
        return Answer(np.empty(0), 0.0, "optimal")
    return Answer(None, -np.inf, "infeasible")


def load_program(program: Program, scale: float, seconds: float, seed: int) -> highspy.Highs:
    """Return a solver that holds a program, its gains multiplied by a scale."""
    solver = _QuietHighs()  # type: ignore[no-untyped-call]
    for option, setting in (
        ("output_flag", False),
        ("time_limit", float(seconds)),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 1e-6),
        ("threads", 1),
        ("random_seed", seed),
    ):
        solver.setOptionValue(option, setting)
    matrix = csr_array(program.matrix, dtype=np.float64, copy=True)
    matrix.sum_duplicates()
    solver.passModel(
        matrix.shape[1],
        matrix.shape[0],
        matrix.nnz,
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMaximize),
        0.0,
        program.gain * scale,
        program.column_lower,
        program.column_upper,
        program.row_lower,
        program.row_upper,
        matrix.indptr.astype(np.int32),
        matrix.indices.astype(np.int32),
        matrix.data,
        program.integer.astype(np.int32),
    )
    return solver


def _read(program: Program, solver: highspy.Highs, scale: float) -> Answer:
    """Return what the solver says of itself, so far as it stands up to a check."""
    info, said = solver.getInfo(), solver.getModelStatus()
    if said == highspy.HighsModelStatus.kInfeasible:
        return Answer(None, -np.inf, "infeasible")
    proven = said == highspy.HighsModelStatus.kOptimal
    if program.integer.any():
        bound = info.mip_dual_bound
    else:
        bound = info.objective_function_value if proven else np.inf
    bound = float(bound) / scale if np.isfinite(bound) else np.inf
    values = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        values = _whole(program, np.array(solver.getSolution().col_value, dtype=np.float64))
    if values is None:
        return Answer(None, bound, "unknown")
    return Answer(values, bound, "optimal" if proven else "feasible")


def _whole(program: Program, values: Floats) -> Floats | None:
    """Return values brought to whole numbers and into their limits, or None if they break one."""
    values = np.clip(values, program.column_lower, program.column_upper)
    near = np.round(values)
    if (np.abs(values - near)[program.integer] > _WHOLE).any():
        return None
    values = np.where(program.integer, near, values)
    rows = program.matrix @ values
    slack = _LOOSE * (1 + abs(program.matrix) @ np.abs(values))
    kept = (rows >= program.row_lower - slack) & (rows <= program.row_upper + slack)
    return values if kept.all() else None
