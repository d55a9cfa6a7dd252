"""From tables and rules to a question on plain arrays; whatever is wrong is said at once."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from boxreach.arguments import number_faults, shown
from boxreach.box_types import BoxType
from boxreach.crs import on_sphere, point_distances_m
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.location import GroupLimit
from boxreach.location.models import Model
from boxreach.placement.aims import Aim, aim_of, name_kinds
from boxreach.placement.clauses import Clause, name_places
from boxreach.placement.question import (
    Question,
    count_by_value,
    order_of,
    stack_times,
)
from boxreach.placement.quotas import Quota, Relocation
from boxreach.routing import Times, TravelTimes
from boxreach.scratch import Scratch
from boxreach.tables import SITES, missing_faults, tidy

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

COST, CHAINAGE = "cost_usd", "chainage_from_km"
_MARK = "must_reach"
"""The column that may be missing: without it no community is marked."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a plan must keep to, as it was asked for; see `propose`."""

    quotas: tuple[Quota, ...] = ()
    relocation: Relocation | None = None
    fixed: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    apart_km: float | None = None
    must_reach: str | None = _MARK
    priority: str | None = None
    ties: str | None = None
    bonus: str | None = None
    weight: str = "people"


def pose_question(
    options: Times,
    model: Model,
    existing: TravelTimes | None,
    wishes: Wishes,
    scratch: Scratch | None,
) -> Question:
    """Return the question on plain arrays.

    Parameters
    ----------
    options, model, existing, wishes
        As in `boxreach.propose`.
    scratch
        Where pairs are kept that do not fit into memory, for options that are stored.

    Raises
    ------
    InputError
        If the tables do not fit each other, or a rule names what is not there.
    """
    aim = aim_of(model)
    _check(options, aim, existing, wishes)
    text = [*(column.name for column in SITES.columns), *(one.column for one in wishes.quotas)]
    candidates = tidy(options.sites.iloc[order_of(options.sites)], text)
    stands = candidates.iloc[:0]
    if existing is not None:
        stands = tidy(existing.sites.iloc[order_of(existing.sites)], text)
    weights, pull = _weigh(options.demand, wishes)
    asked = getattr(model, "minutes", None)
    minutes = float(options.cutoff_minutes if asked is None else asked)
    ms, covers = _find_pairs(options, existing, minutes, scratch)
    return Question(
        aim=aim,
        options=options,
        existing=existing,
        candidates=candidates,
        stands=stands,
        ms=ms,
        covers=covers,
        scratch=scratch,
        weights=weights,
        pull=pull,
        unit=wishes.weight,
        minutes=minutes,
        quotas=wishes.quotas,
        clauses=(
            *_serve_all(aim, pull, minutes),
            *_write_clauses(options, aim, candidates, stands, wishes),
        ),
        costs=_costs_of(candidates),
        ties=_merits(candidates, wishes.ties, len(stands), -np.inf),
        bonus=_merits(candidates, wishes.bonus, len(stands), 0.0),
        in_line=covers is None and _is_in_line(options.demand),
    )


def _weigh(demand: pd.DataFrame, wishes: Wishes) -> tuple[Floats, Floats]:
    """Return what is counted of each demand, and what the model is to weigh."""
    weights = demand[wishes.weight].to_numpy(dtype=float, na_value=np.nan)
    warn_unknown(weights, wishes.weight)
    weights = np.nan_to_num(weights)
    if wishes.priority is None:
        return weights, weights
    return weights, weights * demand[wishes.priority].to_numpy(dtype=float, na_value=1.0)


def _find_pairs(
    options: Times, existing: TravelTimes | None, minutes: float, scratch: Scratch | None
) -> tuple[csr_array | None, csr_array | None]:
    """Return the milliseconds of all pairs; of stored times only who reaches whom in time."""
    if isinstance(options, TravelTimes):
        return stack_times(options, existing), None
    assert scratch is not None  # noqa: S101 - stored times come with a place for what is big
    none = csr_array((0, len(options.demand)), dtype=np.int64)
    more = none if existing is None else existing.ms[order_of(existing.sites)]
    return None, options.within(minutes, more, scratch)


def _is_in_line(demand: pd.DataFrame) -> bool:
    """Tell whether demand stands in its order along a line."""
    return CHAINAGE in demand and bool(demand[CHAINAGE].is_monotonic_increasing)


def _serve_all(aim: Aim, pull: Floats, minutes: float) -> list[Clause]:
    """Return the rule that all demand is within reach, of models that ask for it."""
    if not aim.serves_all:
        return []
    wanted = np.flatnonzero(pull > 0).astype(np.int64)
    often = f" of {aim.serves} sites" if aim.serves > 1 else ""
    said = f"all demand is within {minutes:g} minutes{often}"
    return [Clause(said, must_cover=wanted, boxes=aim.serves)]


def _write_clauses(
    options: Times,
    aim: Aim,
    candidates: gpd.GeoDataFrame,
    stands: gpd.GeoDataFrame,
    wishes: Wishes,
) -> list[Clause]:
    """Return the rules one by one."""
    count, standing = len(candidates) + len(stands), len(stands)
    stood = np.arange(len(candidates), count)
    place = {one: at for at, one in enumerate([*candidates.index, *stands.index])}
    clauses = [_stay(stood, count, wishes.relocation)] if standing else []
    if standing and aim.sites is None and not aim.may_shrink:
        every = GroupLimit(np.ones(count, dtype=bool), at_least=standing)
        clauses.append(Clause("no site is given up for none", limits=(every,)))
    for quota in wishes.quotas:
        members = np.concatenate(
            [count_by_value(table, quota.column, quota.value) for table in (candidates, stands)]
        )
        limit = GroupLimit(members, quota.at_least, quota.at_most)
        clauses.append(Clause(str(quota), limits=(limit,), lasting=quota.every_phase))
    clauses += [
        Clause(f"site {one} is fixed", fixed=np.array([place[one]])) for one in wishes.fixed
    ]
    if wishes.forbidden:
        barred = np.array([place[one] for one in wishes.forbidden])
        said = f"{len(barred)} candidates are forbidden"
        clauses.append(Clause(said, forbidden=barred, lasting=True))
    for at in _must_reach(options, wishes.must_reach):
        name = name_places(options.demand.iloc[[at]])
        clauses.append(Clause(f"{name} must be reached", must_cover=np.array([at])))
    if wishes.apart_km is not None:
        apart = _near_pairs(candidates, stands, wishes.apart_km)
        said = f"sites stand at least {wishes.apart_km:g} km apart"
        clauses.append(Clause(said, apart=apart, lasting=True))
    move = None if wishes.relocation is None else wishes.relocation.cost_usd or 0.0
    return [*clauses, *aim.pay(_costs_of(candidates), standing, move)]


def _stay(stood: Integers, count: int, relocation: Relocation | None) -> Clause:
    """Return the rule that sites that stand keep their places, or most of them."""
    if relocation is None or relocation.at_most == 0:
        return Clause("the sites that stand stay", fixed=stood, lasting=True)
    members = np.zeros(count, dtype=bool)
    members[stood] = True
    limit = GroupLimit(members, at_least=max(0, len(stood) - relocation.at_most))
    return Clause(str(relocation), limits=(limit,), lasting=True)


def _must_reach(options: Times, column: str | None) -> Integers:
    """Return the positions of the demand that must be reached."""
    if column is None or column not in options.demand:
        return np.empty(0, dtype=np.int64)
    wanted = options.demand[column].to_numpy(dtype=bool, na_value=False)
    return np.asarray(np.flatnonzero(wanted), dtype=np.int64)


def _costs_of(sites: gpd.GeoDataFrame) -> Floats:
    """Return the US dollars of a box at each site; the programme's where nobody says."""
    usual = BoxType("box").cost_usd
    if COST not in sites:
        return np.full(len(sites), usual)
    return np.asarray(sites[COST].to_numpy(dtype=float, na_value=usual))


def _merits(
    candidates: gpd.GeoDataFrame, column: str | None, standing: int, least: float
) -> Floats | None:
    """Return what a column says of each candidate; what it does not say, and of others, least."""
    if column is None:
        return None
    said = candidates[column].to_numpy(dtype=float, na_value=np.nan)
    return np.append(np.where(np.isnan(said), least, said), np.full(standing, least))


def _near_pairs(candidates: gpd.GeoDataFrame, stands: gpd.GeoDataFrame, km: float) -> Integers:
    """Return the pairs of sites nearer to each other than that, but for two that stand."""
    both = [table.geometry for table in (candidates, stands)]
    lon, lat = (np.concatenate([getattr(one, axis) for one in both]) for axis in ("x", "y"))
    found = cKDTree(on_sphere(lon, lat)).query_pairs(km * 1000, output_type="ndarray")
    pairs: Integers = found.astype(np.int64).reshape(-1, 2)
    one, other = pairs.T
    near = point_distances_m(lon[one], lat[one], lon[other], lat[other]) < km * 1000
    return pairs[near & (pairs < len(candidates)).any(axis=1)]


def _check(options: Times, aim: Aim, existing: TravelTimes | None, wishes: Wishes) -> None:
    faults = weight_faults(options, wishes) + _column_faults(options, existing, wishes)
    minutes = getattr(aim.model, "minutes", None)
    for times in (options, existing):
        if times is not None and minutes is not None and minutes > times.cutoff_minutes:
            what = f"the times go up to {shown(times.cutoff_minutes)} of {shown(minutes)} minutes"
            faults.append(Fault(what, advice="compute travel_times with a higher cutoff"))
    if existing is not None and not existing.demand.index.equals(options.demand.index):
        faults.append(Fault("existing and options are times to different demand"))
    faults += _id_faults(options, existing, wishes) + _merit_faults(options, aim, wishes)
    tables = [("candidates", options.sites)]
    tables += [("existing", existing.sites)] if existing is not None else []
    for column in dict.fromkeys(quota.column for quota in wishes.quotas):
        faults += [
            Fault("a quota counts by it, and it is missing", name, column=column)
            for name, table in tables
            if column not in table and len(table)
        ]
    if wishes.apart_km is not None:
        faults += number_faults(
            "apart_km", wishes.apart_km, lambda km: 0 < km < 10_000, "give km above 0"
        )
    if not faults:
        faults += _price_faults(options, aim, wishes.relocation)
    if wishes.relocation is not None and not aim.of_cover:
        what = f"relocation with {aim.kind.__name__}"
        faults.append(Fault(what, advice="only models of cover let sites move"))
    if faults:
        raise InputError(*faults)


def _price_faults(options: Times, aim: Aim, relocation: Relocation | None) -> list[Fault]:
    """Return the fault of moves that cost more than what a budget could buy instead."""
    if relocation is None or relocation.cost_usd is None or not len(options.sites):
        return []
    if aim.budget is None:
        return []
    least = float(_costs_of(options.sites).min())
    if relocation.cost_usd <= least:
        return []
    what = f"a move costs {relocation.cost_usd:,.0f} US dollars, and a new site {least:,.0f}"
    return [Fault(what, column="relocation", advice="buy sites, or let a move cost less")]


def _id_faults(options: Times, existing: TravelTimes | None, wishes: Wishes) -> list[Fault]:
    standing = set() if existing is None else set(existing.sites.index)
    faults = [
        Fault(
            f"the id {one!r} is that of a site in existing too",
            "candidates",
            column="site_id",
            advice="give candidates ids of their own",
        )
        for one in sorted(set(options.sites.index) & standing, key=str)
    ]
    known = set(options.sites.index)
    for name, ids in (("fixed", wishes.fixed), ("forbidden", wishes.forbidden)):
        faults += [
            Fault(f"{one!r} is no candidate", name, advice="give ids of candidates")
            for one in ids
            if one not in known
        ]
    both = sorted(set(wishes.fixed) & set(wishes.forbidden), key=str)
    return faults + [Fault(f"{one!r} is fixed and forbidden", "fixed") for one in both]


def _column_faults(options: Times, existing: TravelTimes | None, wishes: Wishes) -> list[Fault]:
    """Return the faults of flags that are no truth values and of costs that are no amounts."""
    faults: list[Fault] = []
    flag = wishes.must_reach
    if flag not in {None, _MARK} and flag not in options.demand:
        names = list(map(str, options.demand.columns))
        faults += missing_faults([str(flag)], names, file="demand")
    if (
        flag is not None
        and flag in options.demand
        and not pd.api.types.is_bool_dtype(options.demand[flag].dropna())
    ):
        known = options.demand[flag].dropna()
        if not known.map(lambda one: isinstance(one, (bool, np.bool_))).all():
            advice = "give truth values, not words or numbers"
            faults.append(Fault("it holds no truth values", "demand", column=flag, advice=advice))
    for name, times in (("candidates", options), ("existing", existing)):
        if times is None or COST not in times.sites:
            continue
        costs = pd.to_numeric(times.sites[COST], errors="coerce")
        wrong = (costs.isna() & times.sites[COST].notna()) | (costs < 0) | np.isinf(costs)
        if wrong.any():
            what = f"a cost is {shown(times.sites[COST][wrong].tolist()[0])}"
            faults.append(Fault(what, name, column=COST, advice="give US dollars, 0 or more"))
    return faults


def _has_capacity(aim: Aim) -> bool:
    return getattr(aim.model, "capacity", None) is not None


def _merit_faults(options: Times, aim: Aim, wishes: Wishes) -> list[Fault]:
    """Return the faults of what decides between sites: of the model, and of the columns."""
    faults = []
    takes = {"ties": aim.takes_ties, "bonus": aim.covers}
    for name, column in (("ties", wishes.ties), ("bonus", wishes.bonus)):
        if column is None:
            continue
        if not takes[name]:
            kind = aim.kind.__name__ + " with a capacity" * _has_capacity(aim)
            advice = f"{name_kinds(of_cover=True)} have it, and SetCover has ties"
            faults.append(Fault(f"{name} with {kind}", advice=advice))
        if column not in options.sites:
            faults.append(Fault("the column is missing", "candidates", column=column))
            continue
        values = pd.to_numeric(options.sites[column], errors="coerce").to_numpy(float)
        wrong = (np.isnan(values) & options.sites[column].notna().to_numpy()) | np.isinf(values)
        least = -np.inf if name == "ties" else 0.0
        if (wrong | (values < least)).any():
            first = options.sites[column][wrong | (values < least)].tolist()[0]
            advice = "give numbers" if name == "ties" else "give numbers of 0 or more"
            faults.append(
                Fault(f"it holds {shown(first)}", "candidates", column=column, advice=advice)
            )
    return faults


def weight_faults(options: Times, wishes: Wishes) -> list[Fault]:
    """Return the faults of the columns by which demand is weighed."""
    faults = []
    for column in (wishes.weight, wishes.priority):
        if column is None:
            continue
        if column not in options.demand:
            faults.append(Fault("the column is missing", "demand", column=column))
            continue
        values: pd.Series[Any] = options.demand[column]
        if not pd.api.types.is_numeric_dtype(values) or values.dtype.kind == "c":
            what = f"it holds {values.dtype} values"
            faults.append(Fault(what, "demand", column=column, advice="give numbers"))
            continue
        known = values.dropna().to_numpy(dtype=float)
        wrong = {"a weight is below 0": known < 0, "a weight is infinite": np.isinf(known)}
        faults += [
            Fault(what, "demand", column=column) for what, found in wrong.items() if found.any()
        ]
    return faults


def warn_unknown(weights: Floats, weight: str) -> None:
    """Warn of demand whose weight is not known."""
    unknown = int(np.isnan(weights).sum())
    if unknown:
        warnings.warn(
            f"{unknown} of {len(weights)} demand rows have unknown {weight}; they do not pull a"
            " site to them",
            DataWarning,
            stacklevel=5,
        )
