"""`compare`: scenarios held against the base that they share."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.accessibility.divisions import By, Division, divide
from boxreach.accessibility.spread import NO_WAY, Order, spread_of
from boxreach.accessibility.sums import sums_of
from boxreach.arguments import kind_of, number_faults, require_kind, shown
from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.routing import Progress, TravelTimes
from boxreach.scenarios.comparison import Comparison
from boxreach.scenarios.differences import Difference, State, unit_faults, unit_of
from boxreach.scenarios.same_places import require_same_places
from boxreach.scenarios.scenario import BASE, Scenario
from boxreach.scenarios.variants import apply_scenario, misfits

Integers = npt.NDArray[np.int64]

_MS_PER_MINUTE = 60_000


def compare(
    times: TravelTimes,
    scenarios: Sequence[Scenario],
    *,
    minutes: float,
    by: By = "governorate",
    progress: Progress | None = None,
) -> Comparison:
    """Hold scenarios against the base: who gains and who loses reach, where, and from which box.

    All share the base; of each only what it changes is computed anew. Nothing that is given is
    changed.

    Parameters
    ----------
    times
        Of the base, from `travel_times`, with a cutoff of at least `minutes`.
    scenarios
        What changes; each stands alone, against the base.
    minutes
        The threshold of the base, and of scenarios that have none of their own; a place at
        exactly so many minutes is within reach.
    by
        What divides the country, as in `summarise`: a column of the demand, or polygons.
    progress
        Called with what is done, how much of it, and out of how much.

    Returns
    -------
    Comparison
        People and places by scenario and area, and each place that gains or loses reach.

    Raises
    ------
    InputError
        With all that is wrong with any of them, at once: names that stand twice, boxes to lose or
        closures to lift that there are not, thresholds beyond the cutoff, people that no column
        holds.

    Examples
    --------
    >>> import boxreach as br
    >>> demo = br.load_demo()
    >>> network = br.build_network(demo.roads, off_road_km=10, off_road_kmh=20)
    >>> times = br.travel_times(network, demo.boxes, demo.communities, cutoff=60)
    >>> lost = Scenario(name="one box less", lost=[demo.boxes.index[0]])
    >>> found = compare(times, [lost], minutes=30)
    >>> found.table[["boxes", "gained", "places_gained"]].rename_axis(None)
                  boxes  gained  places_gained
    base             50     0.0              0
    one box less     49     0.0              0
    """
    require_kind(times, TravelTimes, "times", "give what travel_times returned")
    _require_scenarios(times, scenarios, minutes, progress)
    tell = progress or (lambda *_: None)
    unit = unit_of(times.demand)
    base = State.of(BASE, times, float(minutes), unit)
    states = []
    for at, one in enumerate(scenarios):
        tell("scenarios", at, len(scenarios))
        threshold = float(minutes if one.minutes is None else one.minutes)
        after = apply_scenario(times, one)
        states.append(State.of(one.name, after, threshold, one.people or unit))
    tell("scenarios", len(scenarios), len(scenarios))
    said = [
        {"scenario": one.name, "field": name, "says": text}
        for one in scenarios
        for name, text in one.changes().items()
    ]
    assumptions = pd.DataFrame(said, columns=["scenario", "field", "says"])
    return compare_states(base, states, by=by, assumptions=assumptions)


def compare_states(
    base: State, states: Sequence[State], *, by: By, assumptions: pd.DataFrame | None = None
) -> Comparison:
    """Hold states against a base.

    Parameters
    ----------
    base, states
        The base, and what is held against it.
    by
        As in `compare`.
    assumptions
        What changes, as in `Comparison`.
    """
    for one in states:
        require_same_places(base.reached, one.reached, one.name)
    pairs = [Difference(base, one) for one in states]
    more = [(f"demand of {one.after.name}", one.only_after()) for one in pairs]
    division = divide(by, ("demand", base.reached), *more)
    members = [np.append(division.members[0], one) for one in division.members[1:]]
    of_areas = [
        _list_areas(pair, division, groups) for pair, groups in zip(pairs, members, strict=True)
    ]
    places = [
        _list_places(pair, division, groups) for pair, groups in zip(pairs, members, strict=True)
    ]
    return Comparison(
        table=_tabulate([Difference(base, base), *pairs]),
        areas=pd.concat(of_areas, ignore_index=True) if of_areas else pd.DataFrame(),
        places=_join(places),
        boxes=_join([_list_boxes(pair) for pair in pairs]),
        unit=unit_of(base.reached),
        by=division.label,
        assumptions=assumptions,
    )


def _require_scenarios(
    times: TravelTimes, scenarios: object, minutes: object, progress: object
) -> None:
    """Raise `InputError` with all that is wrong with the scenarios, or with another argument."""
    advice = 'give a list of scenarios, like [Scenario(name="bridge", closures=closures)]'
    if not isinstance(scenarios, list | tuple):
        raise InputError(Fault(f"scenarios is {kind_of(scenarios)}", advice=advice))
    longest = times.cutoff_minutes
    faults = number_faults(
        "minutes",
        minutes,
        lambda one: 0 < one <= longest,
        f"give minutes above 0, up to {longest:g}",
    )
    if progress is not None and not callable(progress):
        faults.append(Fault(f"progress is {shown(progress)}", advice="give a function"))
    faults += unit_faults(times.demand, None, "demand")
    names: list[str] = []
    for one in scenarios:
        if not isinstance(one, Scenario):
            faults.append(Fault(f"scenarios holds {kind_of(one)}", advice=advice))
            continue
        if one.name in names:
            what = f"two scenarios are called {shown(one.name)}"
            faults.append(Fault(what, advice="give each its own name"))
        names.append(one.name)
        faults += misfits(times, one)
        demand = times.demand if one.demand is None else one.demand
        if one.demand is not None or one.people is not None:
            people = one.people or unit_of(times.demand)
            faults += unit_faults(demand, people, f"scenario {one.name!r}, demand")
    if faults:
        raise InputError(*faults)


def _tabulate(pairs: Sequence[Difference]) -> pd.DataFrame:
    """Return a row for each state, the base, held against itself, first."""
    rows = []
    for pair in pairs:
        state, whole = pair.after, _whole(pair)
        people, within = whole["people"], whole["within_after"]
        rows.append(
            {
                "scenario": state.name,
                "minutes": state.minutes,
                "boxes": len(state.sites),
                "people": people,
                "within": within,
                "share": within / people if people > 0 else np.nan,
                "gained": whole["gained"],
                "lost": whole["lost"],
                "net": within - whole["within_before"],
                "places_gained": int((pair.change == "gained").sum()),
                "places_lost": int((pair.change == "lost").sum()),
                "median_minutes": _median_minutes(state),
                "slower_minutes": _slower_minutes(pair),
                **{name: whole[name] for name in
                   ("returned", "left", "returned_within", "left_within")},
            }
        )  # fmt: skip
    return pd.DataFrame(rows).set_index("scenario")


def _whole(pair: Difference) -> dict[str, float]:
    sums = {"people": pair.counts[1], **pair.sums}
    nowhere = np.zeros(len(pair.stay), dtype=np.int64)
    return {name: float(sums_of(nowhere, 1, each)[0]) for name, each in sums.items()}


def _median_minutes(state: State) -> float:
    """Return the median over people who have a way; NaN if nobody has."""
    has_way = state.ms != NO_WAY
    ms, weights = state.ms[has_way], state.counts[has_way]
    by_ms, groups = np.argsort(ms, kind="stable"), np.zeros(len(ms), dtype=np.int64)
    if not weights.sum() > 0:
        return np.nan
    order = Order.by_group(by_ms, groups, 1)
    return float(spread_of(ms, weights, groups, 1, order, by_ms)["median_minutes"][0])


def _slower_minutes(pair: Difference) -> float:
    """Return by how much people reached in both are reached later, on average."""
    (was, now), (then, later) = pair.covered, pair.ms
    both = was & now
    people = np.where(both, pair.stay, 0.0)
    if not people.sum() > 0:
        return np.nan
    slower = people @ np.where(both, later - then, 0)
    return float(slower / people.sum() / _MS_PER_MINUTE)


def _list_areas(pair: Difference, division: Division, groups: Integers) -> pd.DataFrame:
    """Return what changes in each area."""
    count = len(division.areas)

    def of(each: Floats) -> Floats:
        return sums_of(groups, count, each)[:-1]

    sums = {name: of(each) for name, each in pair.sums.items()}
    kept = ("gained", "lost", "returned_within", "left_within")
    return pd.DataFrame(
        {
            "scenario": pair.after.name,
            "area": division.areas,
            "people": of(pair.counts[1]),
            "within_before": sums["within_before"],
            "within_after": sums["within_after"],
            **{name: sums[name] for name in kept},
            "net": sums["within_after"] - sums["within_before"],
        }
    )


def _list_places(pair: Difference, division: Division, groups: Integers) -> gpd.GeoDataFrame:
    """Return what changes at each place."""
    table = pair.places()
    # An index may be called as one of the columns is.
    taken = {"scenario", "area", *table.columns}
    label = str(table.index.name or "community_id")
    label = "community_id" if label in taken else label
    table = table.rename_axis(label).reset_index()
    table.insert(0, "scenario", pair.after.name)
    areas = np.array(division.areas, dtype=object)[groups]
    table.insert(3 if "name" in table else 2, "area", areas)
    return table


def _list_boxes(pair: Difference) -> gpd.GeoDataFrame:
    """Return the boxes of both: those of the base in their order, then those that are new."""
    one, other = pair.before, pair.after
    here, there = one.sites, other.sites
    at = there.index.get_indexer(here.index)
    # What is called the same and stands elsewhere has moved.
    stays = (at >= 0) & (np.append(there.geometry, [None])[at] == here.geometry.to_numpy())
    new = np.setdiff1d(np.arange(len(there)), at[stays])
    rows = pd.concat([here, there.iloc[new].rename_axis(here.index.name)])
    after = np.where(stays, np.append(other.by_site, 0.0)[at], 0.0)
    nothing = np.zeros(len(new))
    return gpd.GeoDataFrame(
        {
            "scenario": other.name,
            "site_id": rows.index.to_numpy(),
            **({"name": rows["name"].to_numpy()} if "name" in rows else {}),
            "people_before": np.append(one.by_site, nothing),
            "people": np.append(after, other.by_site[new]),
            "change": np.append(np.where(stays, "same", "lost"), np.full(len(new), "new")).astype(
                object
            ),
        },
        geometry=rows.geometry.to_numpy(),
        crs=here.crs,
    )


def _join(tables: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    return (
        pd.concat(tables, ignore_index=True) if tables else gpd.GeoDataFrame(geometry=[], crs=4326)
    )
