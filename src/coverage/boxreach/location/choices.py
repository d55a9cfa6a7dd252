"""Choices of sites that keep the rules: as a program, as a check, and the first of equals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array, csr_array, vstack

from boxreach.location.arrays import prefer_first
from boxreach.location.program import Answer, Program, solve_program
from boxreach.location.rules import Rows, Rules

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Block:
    """Rows of a program over its first columns: lower <= matrix @ x <= upper."""

    matrix: csr_array
    lower: Floats
    upper: Floats


def count_block(count: int, sites: int) -> Block:
    """Return the row that asks for so many of the sites, exactly."""
    many = np.array([float(sites)])
    return Block(csr_array(np.ones((1, count))), many, many)


def cover_block(columns: csc_array) -> Block:
    """Return the rows that ask for a site that covers each demand (a column of sites)."""
    ones = np.ones(columns.nnz)
    matrix = csr_array((ones, columns.indices, columns.indptr), shape=columns.shape[::-1])
    demand = columns.shape[1]
    return Block(matrix, np.ones(demand), np.full(demand, np.inf))


def build_program(
    rows: Rows,
    blocks: Sequence[Block],
    gain: Floats,
    further_upper: Floats | None = None,
) -> Program:
    """Return a program over the sites, whole, and further columns from 0 up to a limit.

    Parameters
    ----------
    rows
        The rules over the sites.
    blocks
        Further rows, each over the first columns or all.
    gain
        Of the sites and the further columns.
    further_upper
        Limits of the further columns.
    """
    further = np.empty(0) if further_upper is None else further_upper
    every = [Block(rows.matrix, rows.lower, rows.upper), *blocks]
    width = len(rows.column_lower) + len(further)
    return Program(
        gain=gain,
        matrix=csr_array(vstack([_widen(one.matrix, width) for one in every], format="csr")),
        row_lower=np.concatenate([one.lower for one in every]),
        row_upper=np.concatenate([one.upper for one in every]),
        column_lower=np.concatenate([rows.column_lower, np.zeros(len(further))]),
        column_upper=np.concatenate([rows.column_upper, further]),
        integer=np.arange(width) < len(rows.column_lower),
    )


def _widen(matrix: csr_array, width: int) -> csr_array:
    """Return a matrix with empty columns added."""
    return csr_array((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], width))


def find_choice(
    rows: Rows, blocks: Sequence[Block], merit: Floats, *, seconds: float, seed: int
) -> Answer:
    """Look for a choice that keeps the rules, one of high merit if it can be had.

    Parameters
    ----------
    rows, blocks
        The rules over the sites, and more of them.
    merit
        What speaks for each site.
    seconds, seed
        As `solve_program` takes them.
    """
    return solve_program(build_program(rows, blocks, merit), seconds=seconds, seed=seed)


def allowed_next(rows: Rows, taken: Flags) -> Flags:
    """Tell which sites may be added to a choice; where rules still ask for some, only those.

    Parameters
    ----------
    rows
        The rules over the sites; no number in them is below 0.
    taken
        Whether each site is chosen.

    Examples
    --------
    >>> cover = csr_array((3, 0))
    >>> rules = Rules(apart=np.array([[0, 1]]))
    >>> allowed_next(rules.rows(cover), np.array([True, False, False])).tolist()
    [False, False, True]
    """
    held = rows.matrix @ taken.astype(np.float64)
    owner = np.repeat(np.arange(len(held)), np.diff(rows.matrix.indptr))
    sites, values = rows.matrix.indices, rows.matrix.data
    allowed = ~taken & (rows.column_upper > 0)
    allowed[sites[values > (rows.upper - held)[owner]]] = False
    missing = np.zeros(len(taken), dtype=bool)
    missing[sites[(held < rows.lower)[owner] & (values > 0)]] = True
    return allowed & missing if (allowed & missing).any() else allowed


def chosen_in(answer: Answer, count: int) -> Integers | None:
    """Return the sites that an answer chooses among the first columns; None if it has none."""
    if answer.values is None:
        return None
    return np.flatnonzero(answer.values[:count] > 0.5).astype(np.int64)


def first_of_equals(
    matrix: csr_array, chosen: Integers, rules: Rules, cover: csr_array
) -> Integers:
    """Swap chosen sites for the first ones that are the same to the demand and to the rules.

    Parameters
    ----------
    matrix
        Sites by demand, demand ascending in each row.
    chosen
        Positions of the chosen sites.
    rules
        Sites that count in other groups, cost something else, cover other demand that must be
        covered, or are fixed, forbidden or kept apart are not the same to them.
    cover
        All sites by all demand, for the rules.
    """
    alone = np.zeros(matrix.shape[0], dtype=bool)
    alone[np.concatenate([rules.fixed, rules.forbidden, rules.apart.ravel()])] = True
    costs = np.zeros(matrix.shape[0]) if rules.costs is None else rules.costs
    groups = np.array([limit.members for limit in rules.limits], dtype=bool)
    groups = groups.reshape(len(rules.limits), matrix.shape[0])
    must = np.zeros((len(rules.must_cover), matrix.shape[0]), dtype=bool)
    for number, demand in enumerate(rules.must_cover.tolist()):
        must[number, csc_array(cover[:, [demand]]).indices] = True

    def traits(site: int) -> tuple[float, bytes, bytes, int]:
        alike = groups[:, site].tobytes(), must[:, site].tobytes()
        return float(costs[site]), *alike, site if alone[site] else -1

    return prefer_first(matrix, chosen, traits)
