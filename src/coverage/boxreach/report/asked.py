"""What a plan was asked for, and in what its objective is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boxreach.location import BackupCover, ExpectedCover, MaxCover, PCenter, PMedian, SetCover
from boxreach.report.model import Asked

if TYPE_CHECKING:
    from boxreach.placement import Proposal


def prepare_asked(plan: Proposal) -> Asked:
    """Prepare what was asked; a plan that does not say so reaches as much as can be."""
    model = plan.model
    weighted = _is_weighted(plan)
    figures: dict[str, float] = {"minutes": float(plan.minutes)}
    if (sites := getattr(model, "sites", None)) is not None:
        figures["sites"] = sites - plan.reserve
    more = ("priority",) if weighted else ()
    measure = "weighted" if weighted else plan.unit
    match model:
        case MaxCover():
            rules = {"budget": model.budget, "capacity": model.capacity}
            figures |= {name: float(most) for name, most in rules.items() if most is not None}
            more = (*(name for name in rules if name in figures), *more)
            kind = "budget" if model.sites is None else "max_cover"
            return Asked("served" if model.capacity else kind, measure, figures, more)
        case SetCover():
            return Asked("set_cover", "sites", figures | {"share": model.share}, more)
        case BackupCover():
            return Asked("backup_cover", measure, figures | {"boxes": model.boxes}, more)
        case ExpectedCover():
            figures |= {"busy": model.busy, "vehicles": model.vehicles}
            return Asked("expected_cover", measure, figures, more)
        case PMedian():
            return Asked("p_median", "minutes", figures, more)
        case PCenter():
            return Asked("p_center", "minutes", figures)
    return Asked("max_cover", measure, figures, more)


def scale_of(plan: Proposal) -> float:
    """Return by what an objective is divided to be in its measure: of a median, to be a mean."""
    if not isinstance(plan.model, PMedian):
        return 1.0
    whole = plan.total if plan.question is None else float(plan.question.pull.sum())
    return whole or 1.0


def _is_weighted(plan: Proposal) -> bool:
    asked = plan.question
    return asked is not None and bool((asked.pull != asked.weights).any())
