"""What a plan was asked for, and in what its objective is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boxreach.location import BackupCover, ExpectedCover, MaxCover, PCenter, PMedian, SetCover
from boxreach.report.model import Asked

if TYPE_CHECKING:
    from boxreach.placement import Proposal


def prepare_asked(plan: Proposal) -> Asked:
    """Prepare what was asked; a plan that does not say so reaches as much as can be."""
    weighted = is_weighted(plan)
    sites = getattr(plan.model, "sites", None)
    held = {} if sites is None else {"sites": sites - plan.reserve}
    kind, measure, figures = _ask(plan, "weighted" if weighted else plan.unit)
    more: list[str] = [name for name in ("budget", "capacity") if name in figures]
    if weighted and kind != "p_center":
        more.append("priority")
    return Asked(kind, measure, {"minutes": float(plan.minutes), **held, **figures}, tuple(more))


def _ask(plan: Proposal, counted: str) -> tuple[str, str, dict[str, float]]:
    """Return the kind of a question, the measure of its objective, and its own figures."""
    found: tuple[str, str, dict[str, float]] = ("max_cover", counted, {})
    match plan.model:
        case MaxCover() as model:
            rules = {"budget": model.budget, "capacity": model.capacity}
            figures = {name: float(most) for name, most in rules.items() if most is not None}
            kind = "budget" if model.sites is None else "max_cover"
            found = ("served" if "capacity" in figures else kind, counted, figures)
        case SetCover() as model:
            found = ("set_cover", "sites", {"share": model.share})
        case BackupCover() as model:
            found = ("backup_cover", counted, {"boxes": model.boxes})
        case ExpectedCover() as model:
            figures = {"busy": model.busy, "vehicles": model.vehicles}
            found = ("expected_cover", counted, figures)
        case PMedian():
            found = ("p_median", "minutes", {})
        case PCenter():
            found = ("p_center", "minutes", {})
    return found


def scale_of(plan: Proposal) -> float:
    """Return by what an objective is divided to be in its measure: of a median, to be a mean."""
    if not isinstance(plan.model, PMedian):
        return 1.0
    whole = plan.total if plan.question is None else float(plan.question.pull.sum())
    return whole or 1.0


def is_weighted(plan: Proposal) -> bool:
    """Tell whether a plan weighs people by a priority."""
    asked = plan.question
    return asked is not None and bool((asked.pull != asked.weights).any())
