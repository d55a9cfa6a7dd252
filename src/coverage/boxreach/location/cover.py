"""Maximal covering: merged demand, HiGHS, and an answer that is checked before it is believed."""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, hstack, vstack
from scipy.sparse import eye_array as eye

from boxreach.errors import Fault, InputError
from boxreach.location.models import GroupLimit, Solution, Status

# Numbers in the solver are floats; two plans whose weights differ by less than this share are one.
_SAME = 1e-9


def max_cover(
    cover: csr_array,
    weights: npt.NDArray[np.float64],
    *,
    sites: int,
    limits: Sequence[GroupLimit] = (),
    later: Sequence[GroupLimit] = (),
    later_sites: int = 0,
    seconds: float = 60.0,
) -> Solution:
    """Choose sites that cover the most weight: the maximal covering location problem.

    Maximise the sum of w_j y_j subject to y_j <= sum of x_i over the sites i that cover j,
    sum of x_i = p, x_i in {0, 1}, 0 <= y_j <= 1 (Church and ReVelle, 1974), with limits on groups
    of sites. Demand with the same covering sites is merged first, which changes no answer.

    Parameters
    ----------
    cover
        Sites by demand; what is stored covers, whatever its value.
    weights
        Weight of each demand, 0 or more.
    sites
        How many to choose, exactly.
    limits
        Limits that this choice keeps.
    later, later_sites
        Limits that must still be within reach of so many more sites chosen afterwards.
    seconds
        How long the solver may take; what it has then is returned with a valid bound.

    Returns
    -------
    Solution

    Examples
    --------
    >>> cover = csr_array(np.array([[1, 1, 0], [0, 1, 1], [0, 0, 1]]))
    >>> max_cover(cover, np.array([5.0, 1.0, 4.0]), sites=1)  # doctest: +ELLIPSIS
    Solution(status='optimal', objective=6.0, bound=6.0, sites=array([0]))
    """
    count = cover.shape[0]
    if not 0 <= sites <= count or not (weights >= 0).all():
        raise InputError(
            Fault(f"{sites} of {count} sites, least weight {min(weights, default=0):g}",
                  advice="choose from 0 to all sites; weights are 0 or more")
        )  # fmt: skip
    merged, merged_weights = _merge_demand(cover, weights)
    chosen, bound, proven = _solve(
        merged, merged_weights, sites, limits, later, later_sites, seconds
    )
    if chosen is None:
        return Solution("infeasible", 0.0, 0.0, np.empty(0, dtype=np.int64))
    objective = covered_weight(cover, weights, chosen)
    if (weights % 1 == 0).all():
        # Whole weights add up to whole numbers, so what the bound has beyond one is solver dust.
        bound = float(np.floor(bound * (1 + _SAME)))
    status: Status = "feasible"
    if proven and objective >= bound * (1 - _SAME):
        status, bound = "optimal", objective
    return Solution(status, objective, max(bound, objective), chosen)


def covered_weight(
    cover: csr_array, weights: npt.NDArray[np.float64], chosen: npt.NDArray[np.int64]
) -> float:
    """Return the weight of the demand that the chosen sites cover, each counted once."""
    covered = np.unique(cover[chosen].indices)
    return float(weights[covered].sum())


def _merge_demand(
    cover: csr_array, weights: npt.NDArray[np.float64]
) -> tuple[csr_array, npt.NDArray[np.float64]]:
    """Merge demand that the same sites cover; drop what none covers or what weighs nothing.

    The lists of covering sites themselves are compared, not hashes of them.
    """
    columns = csc_array(cover)
    columns.sort_indices()
    merged: dict[bytes, float] = {}
    for demand in np.flatnonzero((np.diff(columns.indptr) > 0) & (weights > 0)):
        key = columns.indices[columns.indptr[demand] : columns.indptr[demand + 1]].tobytes()
        merged[key] = merged.get(key, 0.0) + float(weights[demand])
    sets = [np.frombuffer(key, dtype=columns.indices.dtype) for key in merged]
    indptr = np.append(0, np.cumsum([len(one) for one in sets], dtype=np.int64))
    indices = np.concatenate(sets) if sets else np.empty(0, dtype=np.int32)
    by_demand = csr_array(
        (np.ones(len(indices)), indices, indptr), shape=(len(sets), cover.shape[0])
    )
    return csr_array(by_demand.T), np.array(list(merged.values()))


def _solve(
    cover: csr_array,
    weights: npt.NDArray[np.float64],
    sites: int,
    limits: Sequence[GroupLimit],
    later: Sequence[GroupLimit],
    later_sites: int,
    seconds: float,
) -> tuple[npt.NDArray[np.int64] | None, float, bool]:
    """Return the chosen sites (None if there are none), a bound, and whether it is proven."""
    matrix, lower, upper, columns = _constraints(cover, sites, limits, later, later_sites)
    count, demand = cover.shape
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = columns, matrix.shape[0]
    model.sense_ = highspy.ObjSense.kMaximize
    model.col_cost_ = np.concatenate([np.zeros(count), weights, np.zeros(columns - count - demand)])
    model.col_lower_ = np.zeros(columns)
    slack = np.full(columns - count - demand, float(count))
    model.col_upper_ = np.concatenate([np.ones(count + demand), slack])
    model.row_lower_, model.row_upper_ = lower, upper
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = matrix.indptr
    model.a_matrix_.index_ = matrix.indices
    model.a_matrix_.value_ = matrix.data
    kinds = [highspy.HighsVarType.kInteger] * count
    model.integrality_ = kinds + [highspy.HighsVarType.kContinuous] * (columns - count)
    solver = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("time_limit", float(seconds)),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 1e-6),
        ("threads", 1),
        ("random_seed", 0),
    ):
        solver.setOptionValue(option, value)
    solver.passModel(model)
    solver.run()
    info, status = solver.getInfo(), solver.getModelStatus()
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        if status == highspy.HighsModelStatus.kTimeLimit:
            message = f"the solver found no plan within {seconds:g} seconds; allow it more"
            raise TimeoutError(message)
        return None, 0.0, False
    value = np.asarray(solver.getSolution().col_value[:count])
    # With no integer left to decide, HiGHS solves an LP and reports no MIP bound.
    bound = info.mip_dual_bound if np.isfinite(info.mip_dual_bound) else float(weights.sum())
    if count == 0:
        bound = 0.0
    proven = status == highspy.HighsModelStatus.kOptimal
    return np.flatnonzero(value > 0.5).astype(np.int64), float(bound), proven


def _constraints(
    cover: csr_array,
    sites: int,
    limits: Sequence[GroupLimit],
    later: Sequence[GroupLimit],
    later_sites: int,
) -> tuple[csr_array, npt.NDArray[np.float64], npt.NDArray[np.float64], int]:
    """Return matrix and bounds of the rows over site, demand and shortfall variables."""
    count, demand = cover.shape
    short = len(later)
    blocks = [
        _row_block([csr_array(-cover.T), eye(demand, format="csr"), _zeros(demand, short)]),
        _row_block([csr_array(np.ones((1, count))), _zeros(1, demand), _zeros(1, short)]),
    ]
    lower, upper = [np.full(demand, -np.inf), [sites]], [np.zeros(demand), [sites]]
    for limit in limits:
        members = csr_array(limit.members[None, :].astype(float))
        blocks.append(_row_block([members, _zeros(1, demand), _zeros(1, short)]))
        lower.append([limit.at_least])
        upper.append([np.inf if limit.at_most is None else limit.at_most])
    for number, limit in enumerate(later):
        members = csr_array(limit.members[None, :].astype(float))
        one = csr_array(([1.0], ([0], [number])), shape=(1, short))
        blocks.append(_row_block([members, _zeros(1, demand), one]))
        lower.append([limit.at_least])
        upper.append([np.inf])
    if short:
        blocks.append(_row_block([_zeros(1, count), _zeros(1, demand), csr_array(np.ones((1, short)))]))
        lower.append([0])
        upper.append([later_sites])
    matrix = csr_array(vstack(blocks, format="csr"))
    return matrix, np.concatenate(lower), np.concatenate(upper), count + demand + short


def _row_block(parts: list[csr_array]) -> csr_array:
    return csr_array(hstack(parts, format="csr"))


def _zeros(rows: int, columns: int) -> csr_array:
    return csr_array((rows, columns))
