"""Synthetic countries: road networks of any size that look like those of OpenStreetMap.

Towns are street grids whose sizes follow a rank-size rule. Each is joined to the two nearest that
are larger, by a winding road whose class follows its rank. Farm tracks and service roads end
blind. Then every road is divided by shape nodes, until the country has exactly the nodes that were
asked for. Nothing is drawn but random numbers of a seeded generator, and coordinates are rounded
to 1e-7 degrees as OpenStreetMap's are, so a country is the same on every run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.webs import Web, drop_lone_nodes, join_webs, place_along, repeat_each

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CLASSES = (
    "motorway",
    "trunk",
    "primary",
    "secondary",
    "tertiary",
    "unclassified",
    "residential",
    "service",
    "track",
)
SPEED_KMH = np.array([105.0, 90.0, 75.0, 60.0, 50.0, 40.0, 30.0, 20.0, 20.0])
"""Km/h of each of `CLASSES`."""

_MOTORWAY, _TRUNK, _PRIMARY, _SECONDARY, _TERTIARY, _LANE, _STREET, _SERVICE, _TRACK = range(9)

# A country of Iraq's size and about its outline: 434,000 km2. Smaller ones are as densely settled.
_FULL_NODES = 3_000_000
_OUTLINE = np.array(
    [(39.0, 32.2), (38.8, 33.4), (41.0, 34.4), (41.4, 36.4), (42.4, 37.1), (44.8, 37.2),
     (45.4, 36.0), (46.2, 35.1), (45.5, 34.0), (46.1, 33.0), (47.7, 31.4), (48.0, 30.5),
     (48.4, 29.9), (47.7, 30.0), (46.5, 29.1), (44.7, 29.2), (42.1, 31.1)]
)  # fmt: skip
# Most people live along two rivers and below the mountains.
_VALLEYS = np.array(
    [[(42.4, 36.9), (43.2, 36.3)], [(43.2, 36.3), (44.4, 33.3)], [(44.4, 33.3), (47.6, 30.6)],
     [(41.2, 34.4), (44.4, 33.3)], [(43.0, 36.8), (45.4, 35.2)]]
)  # fmt: skip
_MIDDLE = np.array([44.0, 33.2])
_METRES_PER_DEGREE = 111_195.0

_NODES_PER_PLACE = 600
_STREET_SHARE = 0.53
"""Crossings of streets per node of the country."""


@dataclass(frozen=True, eq=False)
class Country:
    """A road network as plain arrays.

    Attributes
    ----------
    lon, lat
        Degrees of each node, WGS 84.
    place
        The town or village each node lies in, the largest is 0; -1 on the open road.
    tail, head
        Node numbers of the two ends of each edge.
    road_class
        The position in `CLASSES` of each edge.
    length_m
        Metres along each edge.
    forward_ms, backward_ms
        Milliseconds from tail to head and from head to tail; -1 where one may not drive so.
    """

    lon: Floats
    lat: Floats
    place: npt.NDArray[np.int32]
    tail: Integers
    head: Integers
    road_class: npt.NDArray[np.int8]
    length_m: Floats
    forward_ms: Integers
    backward_ms: Integers

    @property
    def way_count(self) -> int:
        """Number of directed edges."""
        return int((self.forward_ms >= 0).sum() + (self.backward_ms >= 0).sum())

    def digest(self) -> str:
        """Return a hash of every byte of the country."""
        whole = hashlib.sha256()
        for field in fields(self):
            whole.update(getattr(self, field.name).tobytes())
        return whole.hexdigest()

    def save(self, folder: Path) -> None:
        """Write each array into a folder, which must be there."""
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name))

    @classmethod
    def load(cls, folder: Path) -> Country:
        """Read what `save` wrote."""
        return cls(**{one.name: np.load(folder / f"{one.name}.npy") for one in fields(cls)})


@dataclass(frozen=True)
class _Places:
    """Towns and villages, the largest first: where, and crossings along a side of the grid."""

    x: Floats
    y: Floats
    side: Integers


def make_country(nodes: int, seed: int = 0) -> Country:
    """Make a synthetic country.

    Parameters
    ----------
    nodes
        How many nodes it has, exactly; at least 1,000.
    seed
        Countries of one seed and size are equal to the byte.

    Returns
    -------
    Country
        About 2.37 directed edges per node.

    Raises
    ------
    ValueError
        If the country is too small to hold towns.

    Examples
    --------
    >>> country = make_country(2_000)
    >>> len(country.lon), round(country.way_count / 2_000, 1)
    (2000, 2.4)
    """
    if nodes < 1_000:
        raise ValueError(f"{nodes} nodes are too few for a country; give at least 1000")
    random = np.random.Generator(np.random.PCG64(seed))
    places = _settle(nodes, random)
    streets, gates = _lay_streets(places, random)
    roads = _join_places(places, gates, streets, random)
    web = drop_lone_nodes(_add_spurs(join_webs(streets, roads), random))
    return _survey(_add_shape(web, nodes - len(web.x), random))


def _settle(nodes: int, random: np.random.Generator) -> _Places:
    """Choose where towns lie and how large they are; none lies in a larger one."""
    count = max(4, nodes // _NODES_PER_PLACE)
    size = 1.0 / (np.arange(count) + 1.5) ** 0.8
    size *= nodes * _STREET_SHARE / size.sum()
    side = np.maximum(2 * np.rint(np.sqrt(size * 4 / np.pi) / 2).astype(np.int64) + 1, 3)
    radius_m = side * 55.0
    x, y = np.empty(count), np.empty(count)
    shrink = min(1.0, np.sqrt(nodes / _FULL_NODES))
    found = 0
    while found < count:
        for at in np.column_stack(_scatter(count, shrink, random)):
            apart = np.hypot(x[:found] - at[0], y[:found] - at[1])
            if found < count and (apart > radius_m[:found] + radius_m[found]).all():
                x[found], y[found] = at
                found += 1
    return _Places(x, y, side)


def _scatter(count: int, shrink: float, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Return points inside the outline in metres, most of them in the valleys."""
    low, high = _OUTLINE.min(axis=0), _OUTLINE.max(axis=0)
    at = low + random.random((3 * count, 2)) * (high - low)
    valley = _VALLEYS[random.integers(0, len(_VALLEYS), 3 * count)]
    along = random.random((3 * count, 1))
    beside = random.normal(0.0, 0.6, (3 * count, 2))
    near = valley[:, 0] + along * (valley[:, 1] - valley[:, 0]) + beside
    at = np.where(random.random((3 * count, 1)) < 0.5, near, at)
    begin, end = _OUTLINE, np.roll(_OUTLINE, -1, axis=0)
    passes = (begin[:, 1] > at[:, 1:]) != (end[:, 1] > at[:, 1:])
    rise = np.where(end[:, 1] == begin[:, 1], 1.0, end[:, 1] - begin[:, 1])
    cut = begin[:, 0] + (at[:, 1:] - begin[:, 1]) / rise * (end[:, 0] - begin[:, 0])
    at = at[(passes & (at[:, :1] < cut)).sum(axis=1) % 2 == 1]
    lon, lat = (_MIDDLE + (at - _MIDDLE) * shrink).T
    x = (lon - _MIDDLE[0]) * _METRES_PER_DEGREE * np.cos(np.radians(lat))
    return x, lat * _METRES_PER_DEGREE


def _lay_streets(places: _Places, random: np.random.Generator) -> tuple[Web, Integers]:
    """Return the street grids, and the four ends of the main streets of each place."""
    side = places.side
    place, within = repeat_each(side * side)
    row, column = np.divmod(within, side[place])
    u, v = row - side[place] // 2, column - side[place] // 2
    width = random.uniform(0.8, 1.0, (2, len(side)))[:, place] * (side[place] / 2)
    inside = ((u / width[0]) ** 2 + (v / width[1]) ** 2 <= 1) | ((abs(u) < 2) & (abs(v) < 2))
    x, y = _lay_crossings(places, place, u, v, random)
    number = np.cumsum(inside) - 1
    streets = []
    for line, along, step in ((u, column, np.ones_like(side)), (v, row, side)):
        site = np.flatnonzero(inside & (along < side[place] - 1))
        site = site[inside[site + step[place[site]]]]
        other = site + step[place[site]]
        kind, oneway, kept = _name_streets(line[site], side[place[site]], random)
        tail, head = np.where(oneway < 0, other, site), np.where(oneway < 0, site, other)
        streets.append(np.stack([number[tail], number[head], kind, abs(oneway)])[:, kept])
    tail, head, kind, oneway = np.concatenate(streets, axis=1)
    gates = np.concatenate([_line_ends(place, inside & (line == 0)) for line in (u, v)])
    bend = random.normal(0.0, 0.04, len(tail))
    web = Web(x[inside], y[inside], place[inside], tail, head, kind, oneway, bend)
    return web, number[gates]


def _lay_crossings(
    places: _Places, place: Integers, u: Integers, v: Integers, random: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the metres of the crossing in row u and column v, counted from the middle."""
    turn = random.uniform(0, 2 * np.pi, len(places.x))
    ahead = (random.uniform(70, 120, len(places.x)) * [np.cos(turn), np.sin(turn)])[:, place]
    across, along = (one + random.uniform(-0.15, 0.15, len(place)) for one in (u, v))
    x = places.x[place] + across * ahead[0] - along * ahead[1]
    return x, places.y[place] + across * ahead[1] + along * ahead[0]


def _line_ends(place: Integers, on_line: npt.NDArray[np.bool_]) -> Integers:
    """Return the first and the last site of each place on a line."""
    site = np.flatnonzero(on_line)
    _, first, count = np.unique(place[site], return_index=True, return_counts=True)
    return np.stack([site[first], site[first + count - 1]])


def _name_streets(
    line: Integers, side: Integers, random: np.random.Generator
) -> tuple[Integers, Integers, npt.NDArray[np.bool_]]:
    """Return class, direction (0 both, 1 along, -1 against) and whether there is a street."""
    large, small = side >= 41, side < 13
    kind = np.full(len(line), _STREET)
    kind[random.random(len(line)) < 0.17] = _SERVICE
    kind[line % 8 == 0] = _TERTIARY
    kind[(line % 16 == 0) & large] = _SECONDARY
    kind[small & (line != 0) & (kind == _TERTIARY)] = _STREET
    kind[line == 0] = np.where(large, _PRIMARY, np.where(small, _LANE, _TERTIARY))[line == 0]
    main = kind <= _LANE
    oneway = np.where((line % 8 == 3) & (side >= 21) & ~main, np.where(line // 8 % 2, 1, -1), 0)
    return kind, oneway, main | (random.random(len(line)) < 0.77)


def _join_places(
    places: _Places, gates: Integers, streets: Web, random: np.random.Generator
) -> Web:
    """Return the roads between places, their crossings with farm tracks 2 to 3 km apart."""
    here, there, first = _neighbours(places)
    kind = _name_roads(here / len(places.x), first)
    dual = np.flatnonzero(kind <= _TRUNK)
    # A dual carriageway is two roads, one each way.
    here, there = np.append(here, there[dual]), np.append(there, here[dual])
    kind = np.append(kind, kind[dual])
    tail = _nearest_gate(gates[:, here], streets, places.x[there], places.y[there])
    head = _nearest_gate(gates[:, there], streets, places.x[here], places.y[here])
    length_m = np.hypot(streets.x[tail] - streets.x[head], streets.y[tail] - streets.y[head])
    bend = random.uniform(-0.12, 0.12, len(kind))
    count = (length_m / random.uniform(2_000, 3_000, len(kind))).astype(np.int64)
    oneway = (kind <= _TRUNK).astype(np.int64)
    bare = Web(streets.x, streets.y, streets.place, tail, head, kind, oneway, bend)
    return place_along(bare, count, random, bend_within=0.03)


def _neighbours(places: _Places) -> tuple[Integers, Integers, npt.NDArray[np.bool_]]:
    """Return each place with the two nearest that are larger, and whether it is the nearest."""
    here, there, first = [], [], []
    for begin in range(1, len(places.x), 500):
        rank = np.arange(begin, min(begin + 500, len(places.x)))
        larger = np.arange(rank[-1])
        away = np.hypot(
            places.x[rank, None] - places.x[larger], places.y[rank, None] - places.y[larger]
        )
        away[larger >= rank[:, None]] = np.inf
        for nth, near in enumerate(np.argsort(away, axis=1, kind="stable")[:, :2].T):
            good = np.isfinite(away[np.arange(len(rank)), near])
            here.append(rank[good])
            there.append(near[good])
            first.append(np.full(good.sum(), nth == 0))
    return np.concatenate(here), np.concatenate(there), np.concatenate(first)


def _name_roads(rank_share: Floats, first: npt.NDArray[np.bool_]) -> Integers:
    """Return the class of a road from the rank of the smaller of its two places."""
    limits = [0.006, 0.02, 0.08, 0.2, 0.5]
    kind = np.searchsorted(limits, rank_share, side="right")
    return np.where((kind == _LANE) & ~first, _TRACK, kind)


def _nearest_gate(gates: Integers, streets: Web, x: Floats, y: Floats) -> Integers:
    away = np.hypot(streets.x[gates] - x, streets.y[gates] - y)
    return np.asarray(gates[away.argmin(axis=0), np.arange(gates.shape[1])])


def _add_spurs(web: Web, random: np.random.Generator) -> Web:
    """Add farm tracks and service roads, which end blind."""
    rural = web.place < 0
    draw = random.random(len(web.x))
    root = np.flatnonzero(draw < np.where(rural, 0.6, 0.05))
    count, out = len(root), rural[root]
    turn = random.uniform(0, 2 * np.pi, count)
    length_m = np.where(out, random.uniform(300, 3_000, count), random.uniform(30, 90, count))
    return join_webs(
        web,
        Web(
            x=np.append(web.x, web.x[root] + length_m * np.cos(turn)),
            y=np.append(web.y, web.y[root] + length_m * np.sin(turn)),
            place=np.append(web.place, web.place[root]),
            tail=root,
            head=len(web.x) + np.arange(count),
            road_class=np.where(out, _TRACK, _SERVICE),
            oneway=np.zeros(count, dtype=np.int64),
            bend=random.uniform(-0.1, 0.1, count),
        ),
    )


def _add_shape(web: Web, count: int, random: np.random.Generator) -> Web:
    """Divide the roads by so many shape nodes: close in streets, sparse on the open road."""
    length_m = np.hypot(web.x[web.head] - web.x[web.tail], web.y[web.head] - web.y[web.tail])
    inside = (web.place[web.tail] >= 0) & (web.place[web.tail] == web.place[web.head])
    weight = length_m / np.where(inside, 120.0, 240.0) * random.uniform(0.4, 1.6, len(length_m))
    upto = np.rint(np.cumsum(weight) * (count / weight.sum())).astype(np.int64)
    return place_along(web, np.diff(upto, prepend=0), random, bend_within=0.0)


def _survey(web: Web) -> Country:
    """Turn metres into degrees, and lengths into times."""
    lat = web.y / _METRES_PER_DEGREE
    lon = _MIDDLE[0] + web.x / (_METRES_PER_DEGREE * np.cos(np.radians(lat)))
    lon, lat = np.round(lon, 7), np.round(lat, 7)
    middle = np.radians((lat[web.tail] + lat[web.head]) / 2)
    dx = (lon[web.head] - lon[web.tail]) * np.cos(middle)
    length_m = np.hypot(dx, lat[web.head] - lat[web.tail]) * _METRES_PER_DEGREE
    length_m = np.maximum(np.round(length_m, 2), 0.01)
    ms = np.rint(length_m * 3600 / SPEED_KMH[web.road_class]).astype(np.int64)
    return Country(
        lon=lon,
        lat=lat,
        place=web.place.astype(np.int32),
        tail=web.tail,
        head=web.head,
        road_class=web.road_class.astype(np.int8),
        length_m=length_m,
        forward_ms=ms,
        backward_ms=np.where(web.oneway == 0, ms, -1),
    )
