"""`propose`: a plan under the rules of the programme, in order, phase by phase, with its proof."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility import reach
from boxreach.arguments import kind_of, number_faults
from boxreach.crs import mgrs_of
from boxreach.errors import Fault, InputError
from boxreach.location import Solution
from boxreach.location.models import Model, relative_gap
from boxreach.network import RoadNetwork, nearest_roads
from boxreach.placement.aims import AIMS, aim_of, name_kinds
from boxreach.placement.cases import Case, check_cases, pose_cases
from boxreach.placement.clauses import Clause
from boxreach.placement.conflicts import check_alone
from boxreach.placement.hedging import Hedge, list_cases, solve_for_cases
from boxreach.placement.memory import place_for_pairs, require_room, tell_full_disk
from boxreach.placement.moves import COLUMNS, list_moves, pair_moves
from boxreach.placement.order import Step, order_steps, running_cover
from boxreach.placement.phases import SAME, Phase, Phasing, plan_phases, relocate_fewest
from boxreach.placement.posing import Wishes, pose_question
from boxreach.placement.proposal import Proposal, Span
from boxreach.placement.question import Question
from boxreach.placement.quotas import Quota, Relocation
from boxreach.placement.solving import Effort, solve, try_to_solve
from boxreach.routing import StoredTimes, Times, TravelTimes

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def propose(
    options: Times,
    model: Model,
    *,
    existing: TravelTimes | None = None,
    quotas: Sequence[Quota] = (),
    phases: Sequence[int] | None = None,
    phase_moves: int = 0,
    relocation: Relocation | None = None,
    reserve: int = 0,
    fixed: Sequence[str] = (),
    forbidden: Sequence[str] = (),
    apart_km: float | None = None,
    must_reach: str | None = "must_reach",
    priority: str | None = None,
    ties: str | None = None,
    bonus: str | None = None,
    weight: str = "people",
    cases: Sequence[Case] = (),
    criterion: str = "mean",
    seconds: float = 60.0,
    seed: int = 0,
    memory_gb: float | None = None,
) -> Proposal:
    """Choose the sites that serve best by a model, and put them in order.

    Each phase keeps the sites of the phase before. Where the best sites of each phase can be found
    among those of the next, they are; else each phase is the best that can be made of the one
    before. Within a phase the sites are in the order in which the next one gains most; ties go to
    the lower id.

    Where the demand is in line (it has rising ``chainage_from_km``), each site reaches one run of
    it, and no rule ties sites to each other, `MaxCover` and `SetCover` are answered exactly, by
    intervals; else, and in all other cases, by search and bounds.

    Parameters
    ----------
    options
        Times from the candidates to the demand; of `MaxCover` without a capacity, `BackupCover`
        and `ExpectedCover` also those that `boxreach.store_travel_times` keeps on the disk. The
        plan is the same; without cases, ties and bonus, and where phases cannot be parts of each
        other, each is the best that keeps, or is kept by, the one beside it.
    model
        What to make large or small: `MaxCover`, `BackupCover`, `ExpectedCover`, `SetCover`,
        `PMedian` or `PCenter`. Its `sites` are new ones. A budget is in US dollars, of the
        candidates' column ``cost_usd``, and 250,000 where that says nothing.
    existing
        Times from the sites that stand to the same demand.
    quotas
        Limits on where sites stand; standing ones count. They hold for the whole plan, and what
        they ask `at_most` in every phase.
    phases
        Running totals of sites, standing ones counted, the last with all new sites:
        ``[50, 100]``. Totals that stand already are passed over. Of `MaxCover` with `sites` alone,
        `BackupCover` and `ExpectedCover`.
    phase_moves
        How many sites of a phase may move in the next one; what a move costs is told by
        `relocation`, which may allow none of those that stand.
    relocation
        How many of the sites that stand may move, and what a move costs.
    reserve
        How many of the model's sites are held back: they are not placed, and `Proposal` tells
        what they would bring.
    fixed, forbidden
        Ids of candidates that must, and must not, be chosen.
    apart_km
        How far sites stand from each other at least, in a straight line.
    must_reach
        The flag of the demand that must be within reach in the end, where there is one; None if it
        does not count.
    priority
        A column of the demand by which its weight is multiplied when sites are chosen; it changes
        nothing of what is counted.
    ties
        A column of the candidates, of models of cover without a capacity: of plans that differ in
        one site and come to the same, the one whose site has the higher value is taken, blank
        being the lowest, then the one with the lower id. Sites that a line does not need to be
        covered stand where they cover most a second time, whatever their value.
    bonus
        A column of the candidates, in units of the weight and 0 or more: what each chosen one adds
        to what `MaxCover` without a capacity, `BackupCover` or `ExpectedCover` make large; it
        changes nothing of what is counted.
    weight
        The column of the demand that is covered: ``people``, or ``km`` of a frontier.
    cases
        States that the plan is to hold in, of `MaxCover` without a capacity: it is chosen once for
        all of them, by what it covers in each. The times of `options` are then the usual roads, on
        which the plan is put in order, and count only as far as they are one of the cases. Rules
        hold in all cases and on the usual roads, `must_reach` among them. Plans for cases have no
        phases, relocation, reserve, ties or bonus.
    criterion
        What of the cases is made large: ``mean``, by their probabilities; ``worst``; or a
        percentile, such as ``p10``: what is covered, or more, in cases of 90 % probability. The
        plan is never worse by it than the plan on the usual roads.
    seconds
        How long each solve may take.
    seed
        Seed of random choices.
    memory_gb
        How much memory the process may take: with times that are on the disk, the lists that plans
        are made of become shorter with less; times in memory that take more are refused, with the
        figure. None for no limit.

    Returns
    -------
    Proposal
        Sites in order, what each gains, who is reached, with status, bound and gap of each phase.

    Raises
    ------
    InputError
        If the tables do not fit each other, an argument is not what it should be, or memory is
        too little, with the figure that it takes.
    InfeasibleError
        If no plan keeps the rules; it names those in the way.
    """
    began = time.perf_counter()
    _require_kinds(options, existing, relocation)
    _check_arguments(model, quotas, phases, phase_moves, reserve, seconds, seed)
    wishes = Wishes(
        quotas=tuple(quotas),
        relocation=relocation,
        fixed=tuple(fixed),
        forbidden=tuple(forbidden),
        apart_km=apart_km,
        must_reach=must_reach,
        priority=priority,
        ties=ties,
        bonus=bonus,
        weight=weight,
    )
    scratch = None
    if isinstance(options, StoredTimes):
        _check_stored(cases, wishes, memory_gb)
        scratch = place_for_pairs(options, model, memory_gb)
    else:
        if faults := _limit_faults(memory_gb):
            raise InputError(*faults)
        require_room(options, memory_gb)
        stages = {"phases": phases, "phase_moves": phase_moves, "reserve": reserve}
        check_cases(cases, criterion, (options, model, existing, wishes), stages)
    effort = Effort(float(seconds), int(seed))
    with tell_full_disk(scratch):
        question = pose_question(options, model, existing, wishes, scratch)
        if cases:
            hedge = Hedge(tuple(pose_cases(question, cases, wishes)), criterion)
            plan = _plan_for_cases(question, hedge, effort)
        else:
            found = _find_phases(question, phases, int(phase_moves), int(reserve), effort)
            plan = replace(
                _write_up(question, found, relocation),
                forgone=_forgo(question, found[-1], effort) if quotas else None,
                reserve_gain=_hold_back(question, found[-1], reserve, effort) if reserve else None,
            )
    plan = replace(plan, quotas=wishes.quotas, seed=effort.seed, model=model, reserve=int(reserve))
    return replace(plan, seconds=time.perf_counter() - began)


def _plan_for_cases(question: Question, hedge: Hedge, effort: Effort) -> Proposal:
    """Return the plan that holds in several cases."""
    sites = question.aim.sites
    total = None if sites is None else question.standing + int(sites)
    check_alone(question, total)
    found = solve_for_cases(question, hedge, total, effort)
    last = Phase(len(found.sites), found.sites, found.objective, found, found.bound)
    forgone = None
    if question.quotas:
        free = solve_for_cases(question, hedge, total, effort, clauses=_without_quotas(question))
        forgone = _gain_beyond(found, free)
    return replace(
        _write_up(question, [last], None),
        forgone=forgone,
        cases=list_cases(question, hedge, found),
        criterion=hedge.criterion,
        judged=hedge.words,
    )


def _require_kinds(options: object, existing: object, relocation: object) -> None:
    """Raise `InputError` for tables of times, or moves, that are something else."""
    times = "give what travel_times() returned"
    faults = [
        Fault(f"{name} is {kind_of(value)}", advice=advice)
        for name, value, kind, advice in (
            ("options", options, Times, times),
            ("existing", existing, TravelTimes | None, times),
            ("relocation", relocation, Relocation | None, "give a Relocation"),
        )
        if not isinstance(value, kind)
    ]
    if faults:
        raise InputError(*faults)


def _check_stored(cases: Sequence[Case], wishes: Wishes, memory_gb: float | None) -> None:
    """Raise `InputError` for what times on the disk cannot do, all at once."""
    given = {"cases": cases, "ties": wishes.ties, "bonus": wishes.bonus}
    advice = "give the times as travel_times returns them"
    faults = [
        Fault(f"{name} with times on the disk", column=name, advice=advice)
        for name, value in given.items()
        if value
    ]
    if faults := [*faults, *_limit_faults(memory_gb)]:
        raise InputError(*faults)


def _limit_faults(memory_gb: float | None) -> list[Fault]:
    if memory_gb is None:
        return []
    return number_faults("memory_gb", memory_gb, lambda one: 0 < one < 1e9, "give more than 0 GB")


def _check_arguments(
    model: Model,
    quotas: Sequence[Quota],
    phases: Sequence[int] | None,
    phase_moves: int,
    reserve: int,
    seconds: float,
    seed: int,
) -> None:
    if not isinstance(model, tuple(one.kind for one in AIMS)):
        advice = f"give {name_kinds(last='or')}"
        raise InputError(Fault(f"model is {model!r}", advice=advice))
    sites, faults = aim_of(model).sites, []
    phased = aim_of(model).covers and sites is not None
    for name, value in (("phases", phases), ("phase_moves", phase_moves), ("reserve", reserve)):
        if value and not phased:
            what = f"{name} with {type(model).__name__}"
            faults.append(Fault(what, advice="only models of cover with sites have them"))
    if isinstance(quotas, Quota) or not all(isinstance(one, Quota) for one in quotas):
        faults.append(Fault(f"quotas is {quotas!r}", advice="give a list of Quota"))
    whole = "give a list of whole numbers"
    if phases is not None and (
        isinstance(phases, str) or not all(isinstance(one, Integral) for one in phases)
    ):
        faults.append(Fault(f"phases is {phases!r}", advice=whole))
    for name, value in (("phase_moves", phase_moves), ("reserve", reserve), ("seed", seed)):
        advice = "give a whole number, 0 or more"
        faults += number_faults(
            name, value, lambda one: isinstance(one, Integral) and int(one) >= 0, advice
        )
    if not faults and phase_moves and (0 if phases is None else len(phases)) <= 1:
        what = "no phase follows another, so no site can move"
        advice = "give two phases, or take it out"
        faults.append(Fault(what, column="phase_moves", advice=advice))
    if not faults and reserve and reserve > (sites or 0):
        what = f"{reserve} of {sites} sites are to be held back"
        faults.append(Fault(what, column="reserve", advice="hold back no more than there are"))
    faults += number_faults("seconds", seconds, lambda one: one >= 0, "give 0 or more")
    if faults:
        raise InputError(*faults)


def _find_phases(
    question: Question,
    phases: Sequence[int] | None,
    moves: int,
    reserve: int,
    effort: Effort,
) -> list[Phase]:
    """Return the sites of each phase; of a model that tells their number itself, of one."""
    sites = question.aim.sites
    new = None if sites is None else int(sites) - reserve
    check_alone(question, None if new is None else question.standing + new)
    if new is None:
        chosen = solve(question, None, effort)
        if question.relocates:
            chosen = relocate_fewest(question, chosen, effort)
        return [Phase(len(chosen.sites), chosen.sites, chosen.objective, chosen, chosen.bound)]
    totals = _phase_totals(phases, question.standing, new)
    return plan_phases(question, Phasing(tuple(totals), moves, question.relocates), effort)


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


def _write_up(question: Question, found: list[Phase], relocation: Relocation | None) -> Proposal:
    """Return the plan in order: who moves where, what each site gains, who serves whom."""
    before, steps, moves, rows = question.stood, list[Step](), [], []
    cost_usd = None if relocation is None else relocation.cost_usd
    ends = []
    for phase in found:
        new, gone = np.setdiff1d(phase.chosen, before), np.setdiff1d(before, phase.chosen)
        order = order_steps(question, before, pair_moves(question, gone, new))
        moves.append(list_moves(question, phase.total, before, order, cost_usd))
        steps += order
        ends.append(len(steps))
        rows.append(_phase_row(question, phase, len(new) - len(gone)))
        before = phase.chosen
    table = _list_sites(question, found, steps, ends)
    stands = [one for one in before.tolist() if one in set(question.stood.tolist())]
    kept = question.stands.iloc[[one - len(question.candidates) for one in stands]]
    new = table[table.index.isin(question.ids[before]) & ~table.index.duplicated()]
    together = pd.concat([kept, new]) if len(kept) else new
    together.index.name = "site_id"
    reached = reach(
        question.options.from_sites(gpd.GeoDataFrame(together[["geometry"]], crs=table.crs)),
        minutes=question.minutes,
    )
    return Proposal(
        sites=table,
        existing=question.stands,
        reach=reached,
        phases=pd.DataFrame(rows).set_index("sites"),
        unit=question.unit,
        minutes=question.minutes,
        total=question.total,
        moves=pd.concat(moves) if any(map(len, moves)) else pd.DataFrame(columns=list(COLUMNS)),
        question=question,
        steps=tuple(steps),
        least_regret=found[-1].least_lost,
    )


def _list_sites(
    question: Question, found: list[Phase], steps: list[Step], ends: list[int]
) -> gpd.GeoDataFrame:
    """Return the chosen sites in order, with what each gains."""
    unit, total = question.unit, question.total
    running = running_cover(question, question.stood, steps)
    before = np.append(question.base, running)[:-1] if len(running) else running
    table = question.candidates.iloc[[one.site for one in steps]]
    rank = np.arange(1, len(steps) + 1)
    place = np.searchsorted(ends, rank)
    lon, lat = table.geometry.x.to_numpy(), table.geometry.y.to_numpy()
    table = _name_roads(question, table).assign(
        rank=rank,
        phase=np.array([one.total for one in found])[place] if len(rank) else rank,
        mgrs=mgrs_of(lon, lat),
        **{f"{unit}_gained": running - before, f"{unit}_covered": running},
        share_covered=running / total if total else 0.0,
    )
    if any(one.given_up >= 0 for one in steps):
        table["moved_from"] = [
            question.ids[one.given_up] if one.given_up >= 0 else "" for one in steps
        ]
    return table


def _name_roads(question: Question, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return sites with the nearest road of each, where there are roads."""
    network = question.options.network
    if not isinstance(network, RoadNetwork) or not len(sites):
        return sites
    roads = nearest_roads(network, sites.geometry.x.to_numpy(), sites.geometry.y.to_numpy())
    return sites.assign(**{str(name): roads[name].to_numpy() for name in roads})


def _phase_row(question: Question, phase: Phase, new: int) -> dict[str, object]:
    alone = phase.alone
    small = alone.sense == "min"
    bound = min(alone.bound, phase.objective) if small else max(alone.bound, phase.objective)
    least, most = (bound, phase.objective) if small else (phase.objective, bound)
    gap = relative_gap(least, most)
    proven = gap <= SAME
    best = phase.objective if proven else alone.objective
    return {
        "sites": phase.total,
        "new_sites": new,
        "covered": question.covered(phase.chosen),
        "objective": phase.objective,
        "bound": phase.objective if proven else bound,
        "gap": 0.0 if proven else gap,
        "status": "optimal" if proven else "feasible",
        "kept_bound": bound if small else max(min(phase.kept_bound, bound), phase.objective),
        "alone": best,
        "regret": abs(best - phase.objective),
    }


def _forgo(question: Question, last: Phase, effort: Effort) -> Span:
    """Return how much more the best plan comes to without the quotas than with them.

    Phases and their moves count in neither: what those cost is the regret of the phases.
    """
    total = None if question.counts_itself else last.total
    free = solve(replace(question, clauses=_without_quotas(question)), total, effort)
    return _gain_beyond(last.alone, free)


def _without_quotas(question: Question) -> tuple[Clause, ...]:
    """Return the rules but for the quotas."""
    said = {str(quota) for quota in question.quotas}
    return tuple(one for one in question.clauses if one.said not in said)


def _gain_beyond(kept: Solution, free: Solution) -> Span:
    """Return how much better the best is without some rules than with them."""
    small = kept.sense == "min"
    least = kept.bound - free.objective if small else free.objective - kept.bound
    most = kept.objective - free.bound if small else free.bound - kept.objective
    return Span(max(0.0, least), max(0.0, most))


def _hold_back(question: Question, last: Phase, reserve: int, effort: Effort) -> Span:
    """Return how much more so many further sites would come to, or as many as find a place."""
    placed = Clause("the sites of the plan stay", fixed=last.chosen)
    # The rules may leave no place for all of them beside the plan.
    for more in range(min(reserve, question.count - last.total), 0, -1):
        found = try_to_solve(question, last.total + more, effort, more=[placed])
        if found is not None:
            return _more_than(found, last.objective)
    return Span(0.0, 0.0)


def _more_than(solution: Solution, objective: float) -> Span:
    sign = -1.0 if solution.sense == "min" else 1.0
    # A solve that ran out of time may have found less than the plan has.
    found, limit = (
        max(0.0, sign * (end - objective)) for end in (solution.objective, solution.bound)
    )
    return Span(found, max(found, limit))
