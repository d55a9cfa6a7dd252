"""What is asked of robustness, looked at before anything is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import geopandas as gpd
import numpy as np

from boxreach.arguments import kind_of, number_faults, range_faults, shown
from boxreach.crs import Floats, to_wgs84
from boxreach.errors import Fault, InputError
from boxreach.network import RoadNetwork
from boxreach.routing import TravelTimes
from boxreach.routing.times import places_of
from boxreach.scenarios.conditions import ALL, OFF_ROAD, road_classes
from boxreach.scenarios.draws import SpeedRange
from boxreach.scenarios.worlds import Uncertainty
from boxreach.sources.closures import closures_on
from boxreach.speeds.checks import season_faults
from boxreach.speeds.table import SEASONS, TABLE
from boxreach.suggestions import suggest
from boxreach.tables import CLOSURES, require_table
from boxreach.workers import client_faults

_MOST_DRAWS = 100_000


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked, checked.

    Attributes
    ----------
    plans
        Travel times by the name of the plan.
    uncertainty
        What is not sure.
    closures
        Those that may hold, if any.
    """

    plans: dict[str, TravelTimes]
    uncertainty: Uncertainty
    closures: gpd.GeoDataFrame | None

    @property
    def base(self) -> TravelTimes:
        """The times of the first plan, whose network and demand are those of all."""
        return next(iter(self.plans.values()))


def read_asked(
    plans: object,
    *,
    minutes: object,
    speeds: object,
    correlation: object,
    seasons: object,
    closures: object,
    populations: object,
    candidates: object,
    draws: object,
    seed: object,
    progress: object,
    client: object = None,
) -> Asked:
    """Return what is asked of `boxreach.scenarios.robustness`.

    Raises
    ------
    InputError
        Everything that is wrong with it, at once.
    """
    times, faults = _read_plans(plans)
    if faults:
        raise InputError(*faults)
    faults += _times_faults(times, candidates, minutes)
    by_season, more = _read_speeds(speeds, seasons)
    faults += more
    faults += _class_faults(by_season, times)
    faults += _correlation_faults(correlation, times)
    faults += _season_faults(seasons)
    if populations is not None and (not isinstance(populations, Mapping) or not populations):
        what = f"populations is {kind_of(populations)}"
        faults.append(Fault(what, advice="give columns or tables of people by name"))
    elif populations is not None:
        faults += _name_faults("populations", populations)
    faults += _count_faults("draws", draws, 1, _MOST_DRAWS)
    faults += _count_faults("seed", seed, 0, 2**63 - 1)
    if progress is not None and not callable(progress):
        faults.append(Fault(f"progress is {shown(progress)}", advice="give a function"))
    faults += client_faults(client)
    table, probabilities, more = _read_closures(closures, next(iter(times.values())).network)
    if faults + more:
        raise InputError(*faults, *more)
    uncertainty = Uncertainty(
        speeds=by_season,
        correlation=correlation,  # type: ignore[arg-type]
        seasons=dict(seasons or {}),  # type: ignore[call-overload]
        closure_ids=() if table is None else tuple(table.index.astype(str)),
        probabilities=probabilities,
        populations=tuple(map(str, populations or ())),  # type: ignore[call-overload]
    )
    return Asked(times, uncertainty, table)


def _read_plans(plans: object) -> tuple[dict[str, TravelTimes], list[Fault]]:
    advice = "give what travel_times returned for the sites of a plan, or such by name"
    given = {"plan": plans} if isinstance(plans, TravelTimes) else plans
    if not isinstance(given, Mapping) or not given:
        return {}, [Fault(f"plans is {kind_of(plans)}", advice=advice)]
    faults = [
        Fault(f"plan {name!r} is {kind_of(one)}", advice=advice)
        for name, one in given.items()
        if not isinstance(one, TravelTimes)
    ]
    return dict(given), _name_faults("plans", given) + faults


def _name_faults(what: str, named: Mapping[Any, object]) -> list[Fault]:
    """Return the fault of each name that is no text, or says nothing."""
    return [
        Fault(f"{what} names one {shown(name)}", advice="give names that are texts")
        for name in named
        if not isinstance(name, str) or not name.strip()
    ]


def _times_faults(
    plans: Mapping[str, TravelTimes], candidates: object, minutes: object
) -> list[Fault]:
    """Return what keeps times from being measured beside each other, and at the threshold."""
    base = next(iter(plans.values()))
    named: dict[str, Any] = {f"plan {name!r}": one for name, one in plans.items()}
    faults = []
    if candidates is not None and not isinstance(candidates, TravelTimes):
        what = f"candidates is {kind_of(candidates)}"
        faults.append(Fault(what, advice="give what travel_times returned for candidates"))
    elif candidates is not None:
        named["candidates"] = candidates
    for name, one in named.items():
        alike = {
            "another network": one.network is base.network,
            "other demand": _same_places(one, base),
            "another direction": one.direction == base.direction,
            "other mobilise_minutes": one.mobilise_minutes == base.mobilise_minutes,
        }
        advice = "compute all times on one network, with one demand and the same options"
        faults += [
            Fault(f"its times are of {what}", name, advice=advice)
            for what, same in alike.items()
            if not same
        ]
    longest = base.cutoff_minutes
    advice = f"give minutes above {base.mobilise_minutes:g}, up to the cutoff, {longest:g}"
    shortest = base.mobilise_minutes
    return faults + number_faults("minutes", minutes, lambda one: shortest < one <= longest, advice)


def _same_places(one: TravelTimes, other: TravelTimes) -> bool:
    if not one.demand.index.equals(other.demand.index):
        return False
    pairs = zip(places_of(one.demand), places_of(other.demand), strict=True)
    return all(np.array_equal(*pair) for pair in pairs)


def _read_speeds(
    speeds: object, seasons: object
) -> tuple[dict[str, dict[str, SpeedRange]], list[Fault]]:
    """Return ranges by season, blank for all, and by class."""
    if speeds is None:
        return {"": {}}, []
    if not isinstance(speeds, Mapping):
        advice = "give ranges by class, like {'primary': (0.7, 1.1)}"
        return {"": {}}, [Fault(f"speeds is {kind_of(speeds)}", advice=advice)]
    by_season = speeds if speeds and all(isinstance(one, Mapping) for one in speeds.values()) else {
        "": speeds
    }  # fmt: skip
    faults = []
    if by_season is speeds:
        for name in speeds:
            faults += season_faults(name, "speeds")
            if not isinstance(seasons, Mapping) or name not in seasons:
                what = f"it is not said how likely the season {name!r} is"
                faults.append(Fault(what, column="seasons", advice="name it there too"))
    read: dict[str, dict[str, SpeedRange]] = {}
    for season, ranges in by_season.items():
        column = f"speeds.{season}" if season else "speeds"
        read[season] = {}
        for name, given in ranges.items():
            found = _read_range(given, f"{column}.{name}")
            if isinstance(found, SpeedRange):
                read[season][str(name)] = found
            else:
                faults += found
    return read, faults


def _read_range(given: object, column: str) -> SpeedRange | list[Fault]:
    if isinstance(given, SpeedRange):
        return given
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) not in {2, 3}:
        advice = "give a SpeedRange, or low and high, or low, mode and high"
        return [Fault(f"it is {shown(given)}", column=column, advice=advice)]
    low, *mode, high = given
    try:
        return SpeedRange(low, mode[0] if mode else None, high)
    except InputError as error:
        return [Fault(one.what, column=column, advice=one.advice) for one in error.faults]


def _class_faults(
    by_season: Mapping[str, Mapping[str, SpeedRange]], plans: Mapping[str, TravelTimes]
) -> list[Fault]:
    named = [name for ranges in by_season.values() for name in ranges]
    return _unknown_classes(named, plans, "speeds")


def _unknown_classes(
    named: Iterable[object], plans: Mapping[str, TravelTimes], column: str
) -> list[Fault]:
    network = next(iter(plans.values())).network
    known = {ALL, OFF_ROAD, *TABLE.kmh, *road_classes(network).words}
    return [
        Fault(f"{name!r} is no road class", column=column, advice=suggest(str(name), sorted(known)))
        for name in named
        if name not in known
    ]


def _correlation_faults(correlation: object, plans: Mapping[str, TravelTimes]) -> list[Fault]:
    if not isinstance(correlation, Mapping):
        return range_faults("correlation", correlation, 0, 1)
    return _unknown_classes(correlation, plans, "correlation") + [
        fault
        for name, one in correlation.items()
        for fault in range_faults(f"correlation of {name}", one, 0, 1)
    ]


def _season_faults(seasons: object) -> list[Fault]:
    if seasons is None:
        return []
    advice = f"give how likely each is, by {', '.join(SEASONS)}"
    if not isinstance(seasons, Mapping):
        return [Fault(f"seasons is {kind_of(seasons)}", advice=advice)]
    faults = [fault for name in seasons for fault in season_faults(str(name), "seasons")]
    for name, one in seasons.items():
        faults += number_faults(
            f"seasons of {name}", one, lambda chance: 0 <= chance < np.inf, "give 0 or more"
        )
    if not faults and not sum(seasons.values()) > 0:
        faults.append(Fault("no season is likely", column="seasons", advice=advice))
    return faults


def _count_faults(name: str, value: object, least: int, most: int) -> list[Fault]:
    advice = f"give a whole number from {least} to {most}"
    return number_faults(
        name, value, lambda one: isinstance(one, Integral) and least <= int(one) <= most, advice
    )


def _read_closures(
    closures: object, network: RoadNetwork
) -> tuple[gpd.GeoDataFrame | None, Floats, list[Fault]]:
    """Return closures of the day of a network, how likely each is, and what is wrong with them."""
    nothing = np.empty(0)
    if closures is None or (isinstance(closures, gpd.GeoDataFrame) and closures.empty):
        return None, nothing, []
    if not isinstance(closures, gpd.GeoDataFrame):
        advice = "give what read_closures returned, with a column probability"
        return None, nothing, [Fault(f"closures is {kind_of(closures)}", advice=advice)]
    try:
        table = to_wgs84(closures, file="closures")
        require_table(table, CLOSURES, file="closures")
    except InputError as error:
        return None, nothing, list(error.faults)
    advice = "give how likely each holds, from 0 to 1"
    if "probability" not in table:
        missing = Fault("the column is missing", "closures", column="probability", advice=advice)
        return None, nothing, [missing]
    given = table["probability"].tolist()
    wrong = [
        Fault(f"it is {shown(one)}", "closures", row, "probability", advice)
        for row, one in enumerate(given, start=1)
        if number_faults("probability", one, lambda chance: 0 <= chance <= 1, "")
    ]
    wrong += _slow_point_faults(table)
    if not wrong:
        table = closures_on(table, network.parameters["on"])
    if wrong or table.empty:
        return None, nothing, wrong
    return table, table["probability"].to_numpy(dtype=float), []


def _slow_point_faults(closures: gpd.GeoDataFrame) -> list[Fault]:
    """Return the fault of each point that slows: what it would close is two metres of road."""
    if "speed_factor" not in closures:
        return []
    slows = closures["speed_factor"].fillna(0).to_numpy(dtype=float) > 0
    points = slows & (closures.geom_type == "Point").to_numpy()
    advice = "draw the stretch that is slow as a line"
    return [
        Fault("a point slows no stretch that matters", "closures", int(row) + 1, "speed_factor",
              advice)
        for row in np.flatnonzero(points)
    ]  # fmt: skip
