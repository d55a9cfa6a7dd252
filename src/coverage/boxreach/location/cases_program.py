"""Several cases as one mixed-integer program: one choice, and a row for what each case comes to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array, hstack, vstack

from boxreach.location.cases import ONCE, Cases
from boxreach.location.program import Program
from boxreach.location.proof import write_program

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WHOLE = 1e4
"""What all of a loss is in the program, so that the solver's tolerances hide 1e-10 of it."""


@dataclass(frozen=True, eq=False)
class WrittenCases:
    """The program, and where things are in it.

    Attributes
    ----------
    program
        It maximises less what is lost of `top`, in parts of `WHOLE`. Its first rows are those of
        the demand.
    within
        The sites that are not barred: its first columns.
    rules, shares
        The first of the rows of the rules, and of those of the cases.
    """

    program: Program
    within: Integers
    rules: int
    shares: int

    def start(self, chosen: Integers) -> Floats:
        """Return a plan as values of the columns; what it does not tell is NaN."""
        values = np.full(len(self.program.gain), np.nan)
        values[: len(self.within)] = np.isin(self.within, chosen)
        return values

    def read(self, values: Floats) -> Integers:
        """Return the plan that values of the columns are."""
        return self.within[values[: len(self.within)] > 0.5]


def write_cases(
    cases: Cases, sure: Flags, *, top: float, most: float, least: Floats
) -> WrittenCases:
    """Return the cases as a program over the sites that are not barred.

    Maximise -u subject to sum_j w_kj y_j / top + u + (1 - least_k / top) z_k >= 1 for each case
    k, the columns and rows of `write_program`, and sum_k odds_k z_k at most what may be given up,
    where z_k, 0 or 1, tells whether case k is. A plan that comes to q loses u = 1 - q / top.

    Parameters
    ----------
    cases
        What to choose; by the worst case, or by a percentile.
    sure
        Sites that every plan has.
    top
        What no plan comes to more than, above 0.
    most
        No more than this share of it may be lost.
    least
        What every plan comes to in each case.
    """
    barred = cases.rows.column_upper < 1
    sets, criterion = cases.sets, cases.criterion
    part = write_program(
        sets, ONCE, cases.rows, sites=cases.sites, later_sites=0, barred=barred, sure=sure
    )
    within = np.flatnonzero(~barred)
    many, own = len(criterion.odds), len(part.gain)
    gives_up = criterion.spare > 0
    further = many + 1 if gives_up else 1
    wide = csr_array(part.matrix, copy=True)
    wide.resize((part.matrix.shape[0], own + further))
    bought = csr_array(cases.amounts * (WHOLE / top))
    blank = csr_array((many, len(within)))
    spared = np.diag(WHOLE * np.maximum(0.0, 1 - least / top)) if gives_up else np.zeros((many, 0))
    shares = hstack([blank, bought, csr_array(np.ones((many, 1))), csr_array(spared)])
    rows = [wide, csr_array(shares)]
    lower, upper = [part.row_lower, np.full(many, WHOLE)], [part.row_upper, np.full(many, math.inf)]
    if gives_up:
        entries = criterion.odds, (np.zeros(many, dtype=int), own + 1 + np.arange(many))
        rows.append(csr_array(coo_array(entries, shape=(1, own + further))))
        lower.append(np.array([-math.inf]))
        upper.append(np.array([criterion.spare * (1 + 1e-9)]))
    zeros, ones = np.zeros(further - 1), np.ones(further - 1)
    program = Program(
        gain=np.concatenate([np.zeros(own), [-1.0], zeros]),
        matrix=csr_array(vstack(rows, format="csr")),
        row_lower=np.concatenate(lower),
        row_upper=np.concatenate(upper),
        column_lower=np.concatenate([part.column_lower, [0.0], zeros]),
        column_upper=np.concatenate([part.column_upper, [WHOLE * min(1.0, most)], ones]),
        integer=np.concatenate([part.integer, [False], ones > 0]),
    )
    height = part.matrix.shape[0]
    return WrittenCases(program, within, height - len(cases.rows.lower), height)
