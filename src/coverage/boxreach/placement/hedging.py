"""A plan that holds in several cases: chosen once, judged by all of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from boxreach.errors import BoxreachError
from boxreach.location import RobustSolution, robust_cover
from boxreach.placement.cases import PosedCase, side_by_side, with_usual
from boxreach.placement.clauses import Clause, merge_clauses
from boxreach.placement.conflicts import explain_conflict
from boxreach.placement.question import Question
from boxreach.placement.solving import Effort, try_to_solve

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Hedge:
    """What a plan is to hold in, and by what it is judged there.

    Attributes
    ----------
    cases
        On plain arrays.
    criterion
        ``mean``, ``worst`` or a percentile.
    """

    cases: tuple[PosedCase, ...]
    criterion: str

    @property
    def words(self) -> str:
        """By what the plan is judged, in words."""
        many = f"{len(self.cases)} cases" if len(self.cases) > 1 else "one case"
        if self.criterion == "mean":
            return f"on average over {many}"
        if self.criterion == "worst":
            return f"at the worst of {many}"
        return f"in all but {self.criterion[1:]} % of {many}"


def solve_for_cases(
    question: Question,
    hedge: Hedge,
    total: int | None,
    effort: Effort,
    *,
    clauses: Sequence[Clause] | None = None,
) -> RobustSolution:
    """Choose so many sites in all, standing ones counted, for all cases together.

    The plan on the usual roads is where the search begins, so that what comes out is no worse than
    that in what it is judged by.

    Parameters
    ----------
    question
        What is asked, on the usual roads.
    hedge
        The cases.
    total
        How many sites; None where the budget decides.
    effort
        How long each solve may take.
    clauses
        The rules, if not those of the question.

    Raises
    ------
    InfeasibleError
        If no choice keeps the rules in all cases; it names those in the way.
    """
    known = []
    with suppress(BoxreachError):
        usual = try_to_solve(question, total, effort)
        known += [] if usual is None else [usual.sites]
    cases = with_usual(question, hedge.cases)
    found = robust_cover(
        [case.as_cover() for case in cases],
        sites=total,
        criterion=hedge.criterion,
        rules=merge_clauses(question.clauses if clauses is None else clauses),
        known=known,
        seconds=effort.seconds,
        seed=effort.seed,
    )
    if found.status == "infeasible":
        raise explain_conflict(side_by_side(question, cases), total)
    return found


def list_cases(question: Question, hedge: Hedge, found: RobustSolution) -> pd.DataFrame:
    """Return what a plan comes to in each case; see `Proposal.cases`.

    Parameters
    ----------
    question, hedge
        What was asked.
    found
        The plan.
    """
    rows = []
    for case, value, most in zip(hedge.cases, found.values, found.most, strict=False):
        cover = case.cover
        before, after = (_reached(cover, some) for some in (question.stood, found.sites))
        whole = float(case.weights.sum())
        covered = float(case.weights[after].sum())
        rows.append(
            {
                "case": case.name,
                "probability": case.probability,
                "total": whole,
                "covered_before": float(case.weights[before].sum()),
                "covered": covered,
                "share_covered": covered / whole if whole else np.nan,
                "objective": float(value),
                "bound": float(most),
            }
        )
    return pd.DataFrame(rows).set_index("case")


def _reached(cover: csr_array, sites: Integers) -> Flags:
    """Tell which demand some sites cover."""
    reached = np.zeros(cover.shape[1], dtype=bool)
    reached[cover[sites].indices] = True
    return reached
