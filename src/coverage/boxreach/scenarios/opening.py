"""`Opening`: what it is worth to open closed roads and bridges, alone and together."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import heappop, heappush

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import number_faults, require_kind, table_faults
from boxreach.crs import WGS84, Floats
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.routing import TravelTimes
from boxreach.scenarios.differences import unit_faults
from boxreach.scenarios.losses import weights_of
from boxreach.scenarios.scenario import closure_faults
from boxreach.sources.closures import closures_on

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_MS_PER_MINUTE = 60_000


@dataclass(frozen=True, eq=False)
class Opening:
    """Closed roads and bridges by what opening them brings.

    Attributes
    ----------
    alone
        A row for each closure, most people first, ties by id; index ``closure_id``: what the
        closures say of themselves (``name``, ``reason``), ``people_regained`` if it alone is
        opened, ``places_regained``, ``quicker_minutes`` (people-weighted mean over those within
        reach before and after), ``cost_usd`` where the closures have it, geometry.
    together
        The order in which they help most, one after another (greedy): ``rank`` from 1 as index,
        ``closure_id``, ``people_gained`` by it, ``people_regained`` by all up to it. Where the
        next alone brings nobody, the pair that brings most comes next, both at one rank's gain;
        where no pair does, the order ends.
    minutes
        The threshold.
    within_closed, within_open
        People within reach with all closed, and with all open.
    """

    alone: gpd.GeoDataFrame
    together: pd.DataFrame
    minutes: float
    within_closed: float
    within_open: float


def opening_value(
    times: TravelTimes, closures: gpd.GeoDataFrame | None = None, *, minutes: float
) -> Opening:
    """Tell what it brings to open each closed road or bridge, alone and one after another.

    Parameters
    ----------
    times
        Times from the boxes on the network with its closures.
    closures
        Other closures in place of the network's, as they hold on its day.
    minutes
        The threshold, up to the cutoff of the times.

    Returns
    -------
    Opening
        Greedy choice is a sensible order, not always the best set of so many.

    Raises
    ------
    InputError
        If there is no closure, `minutes` is out of range, or the demand has neither ``people`` nor
        ``km``.

    Examples
    --------
    >>> import boxreach as br
    >>> from shapely import LineString, Point
    >>> roads = gpd.GeoDataFrame({"road_id": ["r"]},
    ...     geometry=[LineString([(44, 33), (44.1, 33)])], crs=4326).set_index("road_id")
    >>> closed = gpd.GeoDataFrame({"closure_id": ["bridge"]}, geometry=[Point(44.05, 33)], crs=4326)
    >>> box = gpd.GeoDataFrame({"site_id": ["b"]}, geometry=[Point(44, 33)], crs=4326)
    >>> town = gpd.GeoDataFrame(
    ...     {"community_id": ["c"], "people": [500]}, geometry=[Point(44.1, 33)], crs=4326)
    >>> network = br.build_network(roads, closures=closed.set_index("closure_id"), off_road_km=1)
    >>> times = br.travel_times(
    ...     network, box.set_index("site_id"), town.set_index("community_id"))
    >>> opening_value(times, minutes=30).alone["people_regained"].to_dict()
    {'bridge': 500.0}
    """
    require_kind(times, TravelTimes, "times", "give what travel_times returned")
    most = times.cutoff_minutes
    faults = number_faults(
        "minutes", minutes, lambda one: 0 < one <= most, f"give minutes above 0, up to {most:g}"
    )
    faults += unit_faults(times.demand, None, "demand") + table_faults("closures", closures)
    if isinstance(closures, gpd.GeoDataFrame) and len(closures):
        faults += closure_faults(closures, file="closures")
    if faults:
        raise InputError(*faults)
    day = times.network.parameters["on"]
    if closures is not None:
        times = times.under(closures, on=day)
    table = times.network.closures
    if table is not None:
        table = closures_on(table, day)
    if table is None or table.empty:
        raise InputError(Fault("there is no closure to open", advice="give closures"))
    openings = _Openings(times, table, weights_of(times.demand), round(minutes * _MS_PER_MINUTE))
    closed, every = openings.ends()
    return Opening(
        alone=openings.alone(),
        together=openings.together(),
        minutes=float(minutes),
        within_closed=openings.count(closed),
        within_open=openings.count(every),
    )


def ready_opening(times: TravelTimes, *, minutes: float) -> tuple[int, Callable[[int], bool]]:
    """Do all of `opening_value` but to open closures one by one.

    Parameters
    ----------
    times, minutes
        As in `opening_value`; the network has closures that hold on its day.

    Returns
    -------
    tuple
        How many closures there are, and what tells of the one of a number whether it alone brings
        anybody within reach.
    """
    table = closures_on(times.network.closures, times.network.parameters["on"])
    openings = _Openings(times, table, weights_of(times.demand), round(minutes * _MS_PER_MINUTE))
    closed, _ = openings.ends()
    return len(table), lambda one: openings.count(openings.within((one,)) & ~closed) > 0


def count_openings(closures: int, gains: float) -> float:
    """Return for how many choices of closures `opening_value` finds times, about.

    Parameters
    ----------
    closures
        How many there are.
    gains
        How many of them bring anybody within reach alone; so many rounds there are.

    Examples
    --------
    >>> count_openings(5, 0), count_openings(5, 2), count_openings(5, 3)
    (5.0, 9.0, 12.0)
    """
    # What is asked of each alone is the first round as well; of each further one fewer are left.
    further = max(gains - 1, 0)
    return closures + further * (closures - (further + 1) / 2)


class _Openings:
    """Who is within reach when some closures are opened."""

    def __init__(
        self, times: TravelTimes, table: gpd.GeoDataFrame, people: Floats, limit_ms: int
    ) -> None:
        self.times, self.table, self.people, self.limit_ms = times, table, people, limit_ms
        self._by_id = np.argsort(table.index.to_numpy(dtype=str), kind="stable")
        self._known: dict[frozenset[int], Flags] = {}

    def under(self, opened: tuple[int, ...]) -> Longs:
        """Return the milliseconds of each place from its quickest site when some are opened."""
        if not opened:
            return self.times.nearest_ms
        left = self.table.drop(self.table.index[list(opened)])
        with warnings.catch_warnings():
            # Said when the network was built.
            warnings.simplefilter("ignore", DataWarning)
            return self.times.under(left if len(left) else None).nearest_ms

    def within(self, opened: tuple[int, ...]) -> Flags:
        """Tell which places are within reach when some are opened."""
        asked = frozenset(opened)
        if asked not in self._known:
            self._known[asked] = self._near(self.under(opened))
        return self._known[asked]

    def ends(self) -> tuple[Flags, Flags]:
        """Tell which places are within reach when none is opened, and when all are."""
        return self.within(()), self.within(tuple(range(len(self.table))))

    def _near(self, ms: Longs) -> Flags:
        return np.asarray((ms >= 0) & (ms <= self.limit_ms))

    def count(self, places: Flags) -> float:
        """Return how many people some places have; nobody more where only digits would differ."""
        return math.fsum(self.people[places])

    def alone(self) -> gpd.GeoDataFrame:
        """Return what each closure brings alone."""
        closed, rows = self.under(()), []
        before = self._near(closed)
        for one in range(len(self.table)):
            ms = self.under((one,))
            near = self._known[frozenset((one,))] = self._near(ms)
            gained, both = near & ~before, near & before
            quicker = self.people[both] @ (closed[both] - ms[both])
            rows.append({
                "people_regained": self.count(gained),
                "places_regained": int(gained.sum()),
                "quicker_minutes": float(quicker / max(self.people[both].sum(), 1e-9))
                / _MS_PER_MINUTE,
            })  # fmt: skip
        told = [name for name in ("name", "reason", "cost_usd") if name in self.table]
        figures = pd.DataFrame(rows, index=self.table.index)
        frame = pd.concat([pd.DataFrame(self.table)[told], figures], axis=1)
        shaped = gpd.GeoDataFrame(frame, geometry=self.table.geometry.to_numpy(), crs=WGS84)
        shaped.index = shaped.index.rename("closure_id")
        ids = shaped.index.to_numpy(dtype=str)
        return shaped.iloc[np.lexsort((ids, -shaped["people_regained"].to_numpy()))]

    def together(self) -> pd.DataFrame:
        """Return the order in which they help most, one after another."""
        opened: tuple[int, ...] = ()
        start = now = self.within(())
        most = self.within(tuple(range(len(self.table))))
        rows: list[tuple[int, object, float, float]] = []
        while self.count(most & ~now) > 0:
            best, gain = self._next(opened, now)
            if not gain > 0:
                break
            opened += best
            now = self.within(opened)
            rank, regained = rows[-1][0] + 1 if rows else 1, self.count(now & ~start)
            rows += [(rank, self.table.index[one], gain, regained) for one in best]
        columns = ["rank", "closure_id", "people_gained", "people_regained"]
        return pd.DataFrame(rows, columns=columns).set_index("rank")

    def _next(self, opened: tuple[int, ...], now: Flags) -> tuple[tuple[int, ...], float]:
        """Return the closure that brings most besides those opened, or the pair if none does."""
        left = [int(one) for one in self._by_id if one not in opened]

        def gain(more: Iterable[int]) -> float:
            return self.count(self.within(opened + tuple(left[one] for one in more)) & ~now)

        gains = [gain((one,)) for one in range(len(left))]
        if max(gains, default=0.0) > 0:
            best = int(np.argmax(gains))
            return (left[best],), gains[best]
        pair, most = find_best_pair(len(left), gain)
        return tuple(left[one] for one in pair), most


def find_best_pair(
    count: int, gain: Callable[[Iterable[int]], float]
) -> tuple[tuple[int, ...], float]:
    """Return the pair out of so many things that gains most, the first of equals, and its gain.

    Halves of things are asked first: what a pair gains, all things of its halves gain at least, so
    halves that gain nothing, or less than a pair that is known, are not looked into (branch and
    bound, best bound first).

    Parameters
    ----------
    count
        Things are numbered from 0.
    gain
        What some things gain together; never less than some of them do.

    Returns
    -------
    tuple
        Two numbers, rising, and what they gain; no numbers and 0 where no pair gains anything.

    Examples
    --------
    >>> find_best_pair(50, lambda some: 500.0 * ({3, 41} <= set(some)))
    ((3, 41), 500.0)
    """
    heap: list[tuple[float, tuple[int, ...], range, range]] = []

    def ask(one: range, other: range) -> None:
        if one == other and len(one) < 2:
            return
        # The first pair in it: of equal bounds that with the first one is opened first.
        first = (one[0], other[1] if one == other else other[0])
        if (most := gain(sorted({*one, *other}))) > 0:
            heappush(heap, (-most, first, one, other))

    ask(range(count), range(count))
    while heap:
        bound, first, one, other = heappop(heap)
        if len(one) == len(other) == 1:
            return first, -bound
        for mine, theirs in _halve(one, other):
            ask(mine, theirs)
    return (), 0.0


def _halve(one: range, other: range) -> list[tuple[range, range]]:
    """Return the halves between which the pairs of one and another run of numbers lie."""
    if one == other:
        first, last = one[: len(one) // 2], one[len(one) // 2 :]
        return [(first, first), (first, last), (last, last)]
    if len(one) >= len(other):
        return [(one[: len(one) // 2], other), (one[len(one) // 2 :], other)]
    return [(one, other[: len(other) // 2]), (one, other[len(other) // 2 :])]
