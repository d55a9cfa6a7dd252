"""The covering model as HiGHS takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack, vstack
from scipy.sparse import eye_array as eye

from boxreach.location.rules import GroupLimit

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# The solver's tolerances are absolute; weights are brought to this size before it sees them.
_LARGEST_WEIGHT = 1e6


@dataclass(frozen=True, eq=False)
class Answer:
    """What the solver came to: sites if it found any, a bound on the weight they can cover."""

    chosen: Integers | None
    bound: float
    infeasible: bool = False


def solve_cover(
    cover: csr_array,
    weights: Floats,
    sites: int,
    limits: Sequence[GroupLimit],
    later_sites: int,
    start: Integers | None,
    seconds: float,
) -> Answer:
    """Solve the maximal covering problem; see `max_cover` for what is asked.

    Variables are the sites x, the demand y and, where more sites are to follow, the sites z of the
    whole: z_i >= x_i, sum of z_i = p + later, and the limits hold for z.
    """
    count, demand = cover.shape
    if count == 0:
        needed = sites + later_sites or any(limit.at_least for limit in limits)
        return Answer(np.empty(0, dtype=np.int64), 0.0, infeasible=bool(needed))
    scale = _LARGEST_WEIGHT / weights.max() if demand else 1.0
    whole = count if later_sites else 0
    matrix, lower, upper = _rows(cover, sites, limits, later_sites)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = count + demand + whole, matrix.shape[0]
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = np.concatenate([np.zeros(count), weights * scale, np.zeros(whole)])
    model.col_lower_ = np.zeros(count + demand + whole)
    model.col_upper_ = np.ones(count + demand + whole)
    model.row_lower_, model.row_upper_ = lower, upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = matrix.indptr
    model.a_matrix_.index_ = matrix.indices
    model.a_matrix_.value_ = matrix.data
    model.integrality_ = (
        [highspy.HighsVarType.kInteger] * count
        + [highspy.HighsVarType.kContinuous] * demand
        + [highspy.HighsVarType.kInteger] * whole
    )
    solver = _run(model, start, count, seconds)
    info, status = solver.getInfo(), solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return Answer(None, 0.0, infeasible=True)
    chosen = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        values = np.asarray(solver.getSolution().col_value[:count])
        chosen = np.flatnonzero(values > 0.5).astype(np.int64)
    # HiGHS reports an infinite bound where it had none yet.
    bound = info.mip_dual_bound / scale if np.isfinite(info.mip_dual_bound) else np.inf
    return Answer(chosen, float(bound))


def _run(
    model: highspy.HighsLp, start: Integers | None, count: int, seconds: float
) -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, setting in (
        ("output_flag", False),
        ("time_limit", float(seconds)),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 1e-6),
        ("threads", 1),
        ("random_seed", 0),
    ):
        solver.setOptionValue(option, setting)
    solver.passModel(model)
    if start is not None:
        values = np.zeros(count)
        values[start] = 1.0
        solver.setSolution(count, np.arange(count, dtype=np.int32), values)
    solver.run()
    return solver


def _rows(
    cover: csr_array, sites: int, limits: Sequence[GroupLimit], later_sites: int
) -> tuple[csr_array, Floats, Floats]:
    """Return the constraints over x, y and, where more sites are to follow, z."""
    count, demand = cover.shape
    whole = count if later_sites else 0
    one = csr_array(np.ones((1, count)))
    rows = [
        ([csr_array(-cover.T), eye(demand, format="csr"), _zeros(demand, whole)], -np.inf, 0.0),
        ([one, _zeros(1, demand), _zeros(1, whole)], sites, sites),
    ]
    if whole:
        same = eye(count, format="csr")
        rows.append(([-same, _zeros(count, demand), same], 0.0, np.inf))
        total = sites + later_sites
        rows.append(([_zeros(1, count), _zeros(1, demand), one], total, total))
    for limit in limits:
        members = csr_array(limit.members[None, :].astype(float))
        at_most = np.inf if limit.at_most is None else float(limit.at_most)
        parts = [members, _zeros(1, demand), _zeros(1, whole)]
        if whole:
            parts = [_zeros(1, count), _zeros(1, demand), members]
        rows.append((parts, float(limit.at_least), at_most))
    blocks = [csr_array(hstack(parts, format="csr")) for parts, _, _ in rows]
    heights = [block.shape[0] for block in blocks]
    lower = np.repeat([float(low) for _, low, _ in rows], heights)
    upper = np.repeat([float(high) for _, _, high in rows], heights)
    return csr_array(vstack(blocks, format="csr")), lower, upper


def _zeros(rows: int, columns: int) -> csr_array:
    return csr_array((rows, columns))
