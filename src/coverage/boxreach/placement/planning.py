"""`propose`: phases that keep each other's sites, in order, each with its bound."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility import reach
from boxreach.errors import Fault, InputError
from boxreach.location import MaxCover, Solution
from boxreach.location.models import relative_gap
from boxreach.placement.proposal import Proposal, Quota
from boxreach.placement.question import Question, check_rules
from boxreach.routing import TravelTimes

Integers = npt.NDArray[np.int64]

_SAME = 1e-9
_NONE: Integers = np.empty(0, dtype=np.int64)


def propose(
    options: TravelTimes,
    model: MaxCover,
    *,
    existing: TravelTimes | None = None,
    quotas: Sequence[Quota] = (),
    phases: Sequence[int] | None = None,
    weight: str = "people",
    seconds: float = 60.0,
) -> Proposal:
    """Choose the sites that bring the most people within reach, and put them in order.

    Each phase keeps the sites of the phase before. Where the best sites of each phase can be found
    among those of the next, they are; else each phase is the best that can be made of the one
    before. Within a phase the sites are in the order in which the next one gains most; ties go to
    the lower id.

    Parameters
    ----------
    options
        Times from the candidates to the demand.
    model
        What to maximise: `MaxCover` with the number of new sites and the threshold.
    existing
        Times from the sites that stand to the same demand.
    quotas
        Limits on where sites stand; standing ones count. They hold for the whole plan, and what
        they ask `at_most` in every phase.
    phases
        Running totals of sites, standing ones counted, the last with all new sites:
        ``[50, 100]``. Totals that stand already are passed over.
    weight
        The column of the demand that is covered: ``people``, or ``km`` of a frontier.
    seconds
        How long each solve may take.

    Returns
    -------
    Proposal

    Raises
    ------
    InputError
        If the tables do not fit each other.
    InfeasibleError
        If no plan keeps the rules; it names those in the way.
    """
    task = Question(options, model, existing, tuple(quotas), weight)
    totals = _phase_totals(phases, task.standing, model.sites)
    check_rules(task)
    counts = [total - task.standing for total in totals]
    free = [task.solve(_NONE, count, model.sites, seconds) for count in counts]
    phased = _thin_out(task, free, seconds) or _build_up(task, free, seconds)
    order: list[int] = []
    rows = []
    for total, chosen, alone in zip(totals, phased, free, strict=True):
        new = np.setdiff1d(chosen, order)
        order += task.rank(order, new)
        rows.append(_phase_row(task, total, len(new), chosen, alone))
    return _finish(task, order, pd.DataFrame(rows).set_index("sites"), totals)


def _thin_out(task: Question, free: list[Solution], seconds: float) -> list[Integers] | None:
    """Return each phase as the best of the sites of the next one, if none loses by that.

    Often many plans are equally good at first, and only some of them lead to the best end.
    """
    phased = [free[-1].sites]
    for alone in free[-2::-1]:
        chosen = task.best_among(phased[0], len(alone.sites), seconds)
        if task.covered(chosen) < task.covered(alone.sites) * (1 - _SAME):
            return None
        phased.insert(0, chosen)
    return phased


def _build_up(task: Question, free: list[Solution], seconds: float) -> list[Integers]:
    """Return each phase as the best that keeps the sites of the one before."""
    phased = [free[0].sites]
    for alone in free[1:]:
        count, final = len(alone.sites), len(free[-1].sites)
        new = task.solve(phased[-1], count, final, seconds)
        phased.append(np.union1d(phased[-1], new.sites))
    return phased


def _phase_totals(phases: Sequence[int] | None, standing: int, new: int) -> list[int]:
    totals = [standing + new] if phases is None else list(phases)
    ahead = [total for total in totals if total > standing]
    last = totals[-1] if totals else None
    if totals != sorted(set(totals)) or last != standing + new:
        raise InputError(
            Fault(
                f"phases are {totals}, but {standing} sites stand and {new} are to come",
                column="phases",
                advice=f"give rising totals of all sites that end with {standing + new}",
            )
        )
    return ahead or [standing + new]


def _phase_row(
    task: Question, total: int, new: int, chosen: Integers, free: Solution
) -> dict[str, object]:
    objective = task.covered(chosen)
    bound = max(task.base + free.bound, objective)
    gap = relative_gap(objective, bound)
    proven = gap <= _SAME
    return {
        "sites": total,
        "new_sites": new,
        "objective": objective,
        "bound": objective if proven else bound,
        "gap": 0.0 if proven else gap,
        "status": "optimal" if proven else "feasible",
    }


def _finish(
    task: Question, order: list[int], phases: pd.DataFrame, totals: Sequence[int]
) -> Proposal:
    unit = task.weight
    running = np.array([task.covered(order[: count + 1]) for count in range(len(order))])
    total = float(task.weights.sum())
    sites = task.candidates.iloc[order]
    rank = np.arange(1, len(order) + 1)
    before = np.append(task.base, running)[:-1] if len(order) else running
    sites = sites.assign(
        rank=rank,
        phase=np.asarray(totals)[np.searchsorted(totals, rank + task.standing)],
        **{f"{unit}_gained": running - before, f"{unit}_covered": running},
        share_covered=running / total if total else 0.0,
    )
    together = pd.concat([task.stands, sites]) if task.standing else sites
    together.index.name = "site_id"
    reached = reach(
        task.options.from_sites(gpd.GeoDataFrame(together[["geometry"]], crs=sites.crs)),
        minutes=task.model.minutes,
    )
    return Proposal(
        sites=sites,
        existing=task.stands,
        reach=reached,
        phases=phases,
        unit=unit,
        minutes=float(task.model.minutes),
        total=total,
        quotas=task.quotas,
    )
