"""`Case`: one state of roads, people and boxes that a plan is to hold in, beside others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, hstack, vstack

from boxreach.arguments import number_faults, shown
from boxreach.errors import Fault, InfeasibleError, InputError
from boxreach.location import CoverCase, MaxCover
from boxreach.location.criteria import read_criterion
from boxreach.placement.clauses import Clause, name_places
from boxreach.placement.posing import Wishes, warn_unknown, weight_faults
from boxreach.placement.question import MS_PER_MINUTE, Question, order_of
from boxreach.routing import TravelTimes

Floats = npt.NDArray[np.float64]

_ALONE = ("relocation", "ties", "bonus")
"""Wishes that plans for cases do not take."""
USUAL = "the usual roads"
"""What the times are called that a plan is made on beside its cases."""


@dataclass(frozen=True, eq=False)
class Case:
    """A state that a plan is to hold in: its travel times, how likely it is, and whom it counts.

    Parameters
    ----------
    name
        What it is called.
    options
        Times from the same candidates to the same demand, in that state.
    existing
        Times from the sites that stand; those that are missing are lost in that state.
    probability
        How likely it is beside the other cases, 0 or more; it need not be a share. A case of 0
        does not count, but whom the plan must reach it must reach in it too.
    weight
        The column of the demand of `options` that is covered; None for that of the plan.

    Raises
    ------
    InputError
        If the name says nothing, the times are none, or the probability means nothing.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, Point
    >>> from boxreach import MaxCover, build_network, propose, travel_times
    >>> from boxreach.placement import Case
    >>> road = gpd.GeoDataFrame({"speed_kmh": [60.0]}, crs=4326,
    ...                         geometry=[LineString([(44, 33), (44.5, 33), (45, 33)])])
    >>> towns = gpd.GeoDataFrame({"people": [100.0, 90.0]}, index=["west", "east"], crs=4326,
    ...                          geometry=[Point(44.2, 33), Point(44.7, 33)])
    >>> sites = gpd.GeoDataFrame(index=["a", "b"], crs=4326,
    ...                          geometry=[Point(44.2, 33), Point(44.45, 33)])
    >>> bridge = gpd.GeoDataFrame(geometry=[Point(44.48, 33)], crs=4326)
    >>> network = build_network(road)
    >>> usual = travel_times(network, sites, towns, cutoff=30)
    >>> down = travel_times(network.without(bridge), sites, towns, cutoff=30)
    >>> plan = propose(usual, MaxCover(sites=1, minutes=30), criterion="mean",
    ...                cases=[Case("usual", usual), Case("bridge down", down, probability=0.2)])
    >>> plan.cases["covered"].to_dict(), round(plan.objective, 1)
    ({'usual': 190.0, 'bridge down': 100.0}, 175.0)
    """

    name: str
    options: TravelTimes
    existing: TravelTimes | None = None
    probability: float = 1.0
    weight: str | None = None

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        faults = []
        if not isinstance(self.name, str) or not self.name.strip():
            advice = "give a text that says something"
            faults.append(Fault(f"name is {shown(self.name)}", advice=advice))
        for name, times in (("options", self.options), ("existing", self.existing)):
            if not isinstance(times, TravelTimes) and not (name == "existing" and times is None):
                advice = "give what travel_times() returned"
                faults.append(Fault(f"{name} is {shown(times)}", advice=advice))
        advice = "give a number of 0 or more"
        faults += number_faults("probability", self.probability, _is_amount, advice)
        if self.weight is not None and not isinstance(self.weight, str):
            advice = "give the name of a column of the demand"
            faults.append(Fault(f"weight is {shown(self.weight)}", advice=advice))
        if faults:
            raise InputError(*faults)


@dataclass(frozen=True, eq=False)
class PosedCase:
    """A case on plain arrays, beside the question it belongs to.

    Attributes
    ----------
    name, probability
        As the case says.
    ms
        Milliseconds from the sites of the question, in their order; nothing of those lost.
    weights, pull
        What is counted of each demand, and what the plan weighs: that times the priority.
    minutes
        Within how many minutes demand is covered.
    """

    name: str
    probability: float
    ms: csr_array
    weights: Floats
    pull: Floats
    minutes: float

    @property
    def cover(self) -> csr_array:
        """Who reaches whom within the minutes, as a matrix of ones."""
        pairs = self.ms.tocoo()
        near = pairs.data <= round(self.minutes * MS_PER_MINUTE)
        ones = np.ones(int(near.sum()), dtype=np.int8)
        row, column = pairs.coords
        return csr_array((ones, (row[near], column[near])), shape=self.ms.shape)

    def as_cover(self) -> CoverCase:
        """Return it as the location models take it."""
        return CoverCase(self.cover, self.pull, self.probability)


def check_cases(
    cases: Sequence[Case],
    criterion: str,
    asked: tuple[TravelTimes, object, TravelTimes | None, Wishes],
    stages: Mapping[str, object],
) -> None:
    """Raise `InputError` with all that is wrong with cases.

    Parameters
    ----------
    cases, criterion
        As `propose` takes them.
    asked
        Its options, model, existing sites and wishes.
    stages
        Arguments that plans for cases do not take, by name; nor do they take some of the wishes.
    """
    options, model, existing, wishes = asked
    if not isinstance(cases, list | tuple) or not all(isinstance(one, Case) for one in cases):
        raise InputError(Fault(f"cases is {shown(cases)}", advice="give a list of Case"))
    faults = read_criterion(criterion)[1]
    if not cases and criterion != "mean" and not faults:
        what = f"criterion is {criterion!r}, and there are no cases"
        faults.append(Fault(what, advice="give cases for it to judge by"))
    if cases:
        if not isinstance(model, MaxCover) or model.capacity is not None:
            kind = type(model).__name__ + (" with a capacity" * isinstance(model, MaxCover))
            faults.append(
                Fault(f"cases with {kind}", advice="only MaxCover without a capacity has them")
            )
        advice = "plan without cases, or leave it out"
        asked_too = {**stages, **{name: getattr(wishes, name) for name in _ALONE}}
        faults += [
            Fault(f"{name} with cases", advice=advice) for name, given in asked_too.items() if given
        ]
        names = pd.Series([case.name for case in cases])
        twice = names[names.duplicated()].unique().tolist()
        faults += [
            Fault(f"two cases are called {name!r}", "cases", advice="give each its own name")
            for name in twice
        ]
        if not any(case.probability > 0 for case in cases):
            advice = "give one above 0"
            faults.append(Fault("no case is likely", "cases", None, "probability", advice))
        minutes = getattr(model, "minutes", None)
        for case in cases:
            faults += _times_faults(case, options, existing, minutes)
            if case.weight is not None or case.options.demand is not options.demand:
                own = replace(wishes, weight=case.weight or wishes.weight, priority=None)
                where = f"case {case.name!r}: demand"
                found = weight_faults(case.options, own)
                faults += [replace(one, file=where) for one in found]
    if faults:
        raise InputError(*faults)


def _times_faults(
    case: Case, options: TravelTimes, existing: TravelTimes | None, minutes: float | None
) -> list[Fault]:
    """Return the faults of the times of a case beside those that the plan is made on."""
    where, faults = f"case {case.name!r}", []
    for name, times in (("options", case.options), ("existing", case.existing)):
        if times is None:
            continue
        if not times.demand.index.equals(options.demand.index):
            what = f"{name} are times to other demand than that of the plan"
            faults.append(Fault(what, where, advice="compute them to the same demand"))
        if times.direction != options.direction:
            what = f"{name} are times {times.direction}, and those of the plan {options.direction}"
            faults.append(Fault(what, where, advice="compute them in the same direction"))
        if minutes is not None and minutes > times.cutoff_minutes:
            known = f"{shown(times.cutoff_minutes)} of {shown(minutes)} minutes"
            what = f"the times of {name} go up to {known}"
            faults.append(Fault(what, where, advice="compute travel_times with a higher cutoff"))
    if set(case.options.sites.index) != set(options.sites.index) or (
        len(case.options.sites) != len(options.sites)
    ):
        what = "options are times from other candidates than those of the plan"
        faults.append(Fault(what, where, advice="compute them from the same candidates"))
    if existing is not None and case.existing is None:
        what = "sites stand, and existing is missing"
        faults.append(Fault(what, where, advice="give the times from them in that case"))
    stand = set() if existing is None else set(existing.sites.index)
    more = [] if case.existing is None else sorted(set(case.existing.sites.index) - stand, key=str)
    if more:
        what = f"{len(more)} sites stand that do not without it, {more[0]!r} among them"
        faults.append(Fault(what, where, advice="leave them out, or give them in existing too"))
    return faults


def pose_cases(question: Question, cases: Sequence[Case], wishes: Wishes) -> list[PosedCase]:
    """Return cases on plain arrays, sites in the order of the question.

    Raises
    ------
    InfeasibleError
        If someone who must be reached is out of reach of all candidates in a case.
    """
    factor = np.ones(len(question.weights))
    if wishes.priority is not None:
        said = question.options.demand[wishes.priority]
        factor = said.to_numpy(dtype=float, na_value=1.0)
    posed = []
    for case in cases:
        column = wishes.weight if case.weight is None else case.weight
        weights = case.options.demand[column].to_numpy(dtype=float, na_value=np.nan)
        if case.weight is not None:
            warn_unknown(weights, column)
        weights = np.nan_to_num(weights)
        usual = question.options
        assert isinstance(usual, TravelTimes)  # noqa: S101 - stored times have no cases
        ms = [_rows_of(case.options, usual)]
        if case.existing is not None and question.existing is not None:
            ms.append(_rows_of(case.existing, question.existing))
        stacked = csr_array(vstack(ms, format="csr"))
        odds = float(case.probability)
        posed.append(
            PosedCase(case.name, odds, stacked, weights, weights * factor, question.minutes)
        )
    _check_reach(question, posed)
    return posed


def _rows_of(times: TravelTimes, usual: TravelTimes) -> csr_array:
    """Return milliseconds from the sites of other times, in the order of their ids.

    From sites that are not there it is nothing.
    """
    ids = usual.sites.index.take(order_of(usual.sites))
    place = times.sites.index.get_indexer(ids)
    blank = csr_array((1, times.ms.shape[1]), dtype=times.ms.dtype)
    rows = csr_array(vstack([times.ms, blank], format="csr"))
    return csr_array(rows[np.where(place < 0, times.ms.shape[0], place)])


def _check_reach(question: Question, cases: Sequence[PosedCase]) -> None:
    """Raise `InfeasibleError` if a case leaves someone out whom the plan must reach."""
    problems = []
    barred = np.zeros(question.count, dtype=bool)
    for clause in question.clauses:
        barred[clause.forbidden] = True
    for case in cases:
        reached = np.unique(case.cover[np.flatnonzero(~barred)].indices)
        for clause in question.clauses:
            missed = np.setdiff1d(clause.must_cover, reached)
            if len(missed):
                problems.append(
                    f"in the case {case.name!r} no candidate reaches"
                    f" {name_places(question.options.demand.iloc[missed])} within"
                    f" {question.minutes:g} minutes, and each must be reached; add candidates"
                    " nearer to them, or do not ask for them"
                )
    if problems:
        raise InfeasibleError("\n".join(problems))


def with_usual(question: Question, cases: Sequence[PosedCase]) -> list[PosedCase]:
    """Return the cases, and where someone must be reached the usual roads as one that counts not.

    So who must be reached is, there and in every case.
    """
    if not any(len(clause.must_cover) for clause in question.clauses):
        return list(cases)
    usual = PosedCase(
        USUAL, 0.0, question.known_ms, question.weights, question.pull, question.minutes
    )
    return [*cases, usual]


def side_by_side(question: Question, cases: Sequence[PosedCase]) -> Question:
    """Return one question with the demand of all cases, to tell which rules conflict."""
    clauses: list[Clause] = []
    many = len(question.weights)
    for clause in question.clauses:
        if not len(clause.must_cover):
            clauses.append(clause)
            continue
        clauses += [
            replace(
                clause,
                said=clause.said + ("" if case.name == USUAL else f" in the case {case.name!r}"),
                must_cover=clause.must_cover + at * many,
            )
            for at, case in enumerate(cases)
        ]
    return replace(
        question,
        ms=csr_array(hstack([case.ms for case in cases], format="csr")),
        weights=np.concatenate([case.weights for case in cases]),
        pull=np.concatenate([case.pull for case in cases]),
        clauses=tuple(clauses),
        in_line=False,
    )


def _is_amount(value: float) -> bool:
    return 0 <= value < np.inf
