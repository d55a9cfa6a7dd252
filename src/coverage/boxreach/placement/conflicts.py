"""Why no plan keeps the rules: the smallest set of them that no choice of sites keeps together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from boxreach.errors import InfeasibleError
from boxreach.location.program import Program, solve_program
from boxreach.placement.clauses import Clause, all_positions, merge_clauses, name_places
from boxreach.placement.question import Question
from boxreach.scratch import stages

Integers = npt.NDArray[np.int64]

_MOST_SETS = 500
"""So many sets of rules are tried by size; beyond, rules are left out one by one."""

_SECONDS = 5.0
_ROUNDING = 1e-9


def explain_conflict(question: Question, total: int | None) -> InfeasibleError:
    """Return the error that names which rules no choice of sites keeps together.

    Parameters
    ----------
    question
        What was asked.
    total
        How many sites there are to be, standing ones counted; None if any number will do.
    """
    check_alone(question, total)

    def keeps(clauses: Sequence[Clause]) -> bool:
        return _is_feasible(question, clauses, total)

    blocking, smallest = find_conflict(list(question.clauses), keeps)
    if not blocking:
        return InfeasibleError("no plan keeps all rules; which of them conflict was not found")
    new = "" if total is None else f" with {total - question.standing} new sites"
    lines = [f"no plan{new} keeps these rules together:"]
    lines += [f"- {clause.said}" for clause in blocking]
    lines += [
        "no fewer of the rules conflict"
        if smallest
        else "without any one of these the others can be kept"
    ]
    return InfeasibleError("\n".join(lines))


def check_alone(question: Question, total: int | None) -> None:
    """Raise `InfeasibleError` naming every rule that nothing can keep, whatever the others.

    Parameters
    ----------
    question, total
        As in `explain_conflict`.
    """
    problems = [*_unreachable(question), *_miscounted(question, total)]
    if problems:
        raise InfeasibleError("\n".join(problems))


def find_conflict(
    clauses: Sequence[Clause], keeps: Callable[[Sequence[Clause]], bool]
) -> tuple[list[Clause], bool]:
    """Return rules that cannot be kept together, none of which can be spared.

    Parameters
    ----------
    clauses
        The rules.
    keeps
        Tells whether some of them can be kept together.

    Returns
    -------
    tuple
        The rules, empty where all can be kept, and whether no smaller set conflicts: sets are
        tried by their size as long as there are few.
    """
    tried = 0
    for size in range(1, len(clauses) + 1):
        tried += comb(len(clauses), size)
        if tried > _MOST_SETS:
            break
        for some in combinations(clauses, size):
            if not keeps(some):
                return list(some), True
    else:
        return [], True
    left = list(clauses)
    if keeps(left):
        return [], False
    for clause in clauses:
        without = [one for one in left if one is not clause]
        if not keeps(without):
            left = without
    return left, False


def _is_feasible(question: Question, clauses: Sequence[Clause], total: int | None) -> bool:
    """Tell whether some choice of sites keeps rules; if in doubt, that it does."""
    rows = merge_clauses(clauses).rows(question.cover)
    count = question.count
    matrix, lower, upper = rows.matrix, rows.lower, rows.upper
    if total is not None:
        matrix = csr_array(vstack([matrix, csr_array(np.ones((1, count)))], format="csr"))
        lower, upper = np.append(lower, total), np.append(upper, total)
    for clause in clauses:
        if clause.boxes > 1:
            often = question.cover[:, clause.must_cover].T
            matrix = csr_array(vstack([matrix, often], format="csr"), dtype=np.float64)
            lower = np.append(lower, np.full(often.shape[0], float(clause.boxes)))
            upper = np.append(upper, np.full(often.shape[0], np.inf))
    program = Program(
        gain=np.zeros(count),
        matrix=matrix,
        row_lower=lower,
        row_upper=upper,
        column_lower=rows.column_lower,
        column_upper=rows.column_upper,
        integer=np.ones(count, dtype=bool),
    )
    if (rows.column_lower > rows.column_upper).any():
        return False
    return solve_program(program, seconds=_SECONDS).status != "infeasible"


def _unreachable(question: Question) -> list[str]:
    """Return whom no candidate reaches of those who must be, and what share cannot be."""
    aim = question.aim
    boxes = aim.serves
    barred = all_positions(question.clauses, "forbidden")
    often = _count_candidates(question, barred) if boxes > 1 else _count_candidates(question)
    near = often > 0
    missed = np.setdiff1d(all_positions(question.clauses, "must_cover"), np.flatnonzero(near))
    problems = []
    if len(missed):
        problems.append(
            f"no candidate reaches {name_places(question.options.demand.iloc[missed])} within"
            f" {question.minutes:g} minutes, and each must be reached; add candidates nearer to"
            " them, or do not ask for them"
        )
    rare = near & (often < boxes) & (question.pull > 0)
    if aim.share < 1:
        most = float(question.pull[often >= boxes].sum()) / max(float(question.pull.sum()), 1e-300)
        if most < aim.share * (1 - _ROUNDING):
            each = f" by {boxes} sites each" if boxes > 1 else ""
            problems.append(
                f"all candidates together reach {most:.4%} within {question.minutes:g} minutes"
                f"{each}, and {aim.share:.4%} are asked for"
            )
    elif rare.any():
        problems.append(
            f"fewer than {boxes} sites can reach {name_places(question.options.demand[rare])}"
            f" within {question.minutes:g} minutes, and {boxes} must; add candidates near them,"
            " or ask for fewer boxes"
        )
    return problems


def _count_candidates(question: Question, barred: Integers | None = None) -> Integers:
    """Return how many sites can reach each demand, those that are barred left out."""
    allowed = np.ones(question.count, dtype=bool)
    allowed[[] if barred is None else barred] = False
    cover = question.cover
    often = np.zeros(cover.shape[1], dtype=np.int64)
    for low, high in stages(cover.indptr, [cover.indices]):
        demand = cover.indices[cover.indptr[low] : cover.indptr[high]]
        counts = np.repeat(allowed[low:high], np.diff(cover.indptr[low : high + 1]))
        often += np.bincount(demand[counts], minlength=len(often))
    return often


def _miscounted(question: Question, total: int | None) -> list[str]:
    """Return the rules that fail by counting alone."""
    problems = []
    free = np.setdiff1d(np.arange(question.count), all_positions(question.clauses, "forbidden"))
    if total is not None and total > len(free):
        new, there = total - question.standing, len(free) - question.standing
        problems.append(f"{new} new sites are asked for, and there are {there} candidates")
    for clause in question.clauses:
        for limit in clause.limits:
            members = int(limit.members[free].sum())
            stands = int(limit.members[question.stood].sum())
            if limit.at_least > members:
                problems.append(
                    f"{clause.said}: {stands} stand, {limit.at_least - stands} more are needed,"
                    f" and there are {members - stands} candidates"
                )
            fixed = not question.relocates
            if limit.at_most is not None and stands > limit.at_most and fixed:
                problems.append(f"{clause.said}: {stands} stand already")
    return problems
