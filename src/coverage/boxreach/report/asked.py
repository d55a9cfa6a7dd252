"""What a plan was asked for, and in what its objective is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boxreach.report.model import Asked

if TYPE_CHECKING:
    from boxreach.placement import Proposal


def prepare_asked(plan: Proposal) -> Asked:
    """Prepare what was asked; a plan that does not say so reaches as much as can be."""
    weighted = is_weighted(plan)
    sites = getattr(plan.model, "sites", None)
    held = {} if sites is None else {"sites": sites - plan.reserve}
    aim, own = plan.aim, {} if plan.model is None else plan.aim.figures
    more: list[str] = [name for name in ("budget", "capacity") if name in own]
    if weighted and aim.told != "p_center":
        more.append("priority")
    measure = aim.measure or ("weighted" if weighted else plan.unit)
    figures = {"minutes": float(plan.minutes), **held, **own}
    return Asked(aim.told, measure, figures, tuple(more))


def scale_of(plan: Proposal) -> float:
    """Return by what an objective is divided to be in its measure: of a median, to be a mean."""
    if not plan.aim.averages:
        return 1.0
    whole = plan.total if plan.question is None else float(plan.question.pull.sum())
    return whole or 1.0


def is_weighted(plan: Proposal) -> bool:
    """Tell whether a plan weighs people by a priority."""
    asked = plan.question
    return asked is not None and bool((asked.pull != asked.weights).any())
