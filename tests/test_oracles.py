"""Roads, grids and placements drawn at random, held against what is worked out another way.

Nothing here asks the library for a part of the answer: graphs are cut by shapely in an azimuthal
projection and searched by scipy, people are added up as fractions, and placements enumerated. A
few of each by default; ``-m heavy`` holds 10,000 graphs, 500 grids and 2,000 placements a model.
"""

import math
import warnings
from fractions import Fraction
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import Geod, Transformer
from rasterio import Affine
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely import LineString, Point, box
from shapely.affinity import rotate

import boxreach as br
from boxreach.errors import BoxreachError
from boxreach.location import (
    CoverCase,
    GroupLimit,
    Rules,
    backup_cover,
    capacitated_cover,
    expected_cover,
    max_cover,
    p_center,
    p_median,
    robust_cover,
    set_cover,
)
from boxreach.routing import NEVER


def blocks(few, many, size):
    """Return numbers to draw from: a few by default, and all in blocks, one a test, when heavy."""
    heavy = [
        pytest.param(range(1000 + at, 1000 + at + size), id=f"heavy-{at}", marks=pytest.mark.heavy)
        for at in range(0, many, size)
    ]
    return pytest.mark.parametrize("numbers", [pytest.param(range(few), id="few"), *heavy])


# --- graphs --------------------------------------------------------------------------------------

MIDDLE = (44.02, 33.02)
TO_METRES = Transformer.from_crs(
    4326, f"+proj=aeqd +lon_0={MIDDLE[0]} +lat_0={MIDDLE[1]} +datum=WGS84", always_xy=True
)
CUTOFF = 20
OFF_ROAD_KMH = 15.0
CLOSE_MS = 100
"""Whole milliseconds for each edge, and the bend of a degree's straight line in metres."""

CLOSE_M = 1.0
"""What lies so near to a limit is left to chance, and drawn again."""


class DoubtError(Exception):
    """A place so near to a limit that two ways of measuring may differ over it."""


def draw_country(random):
    """Draw roads of single straight pieces, places about them, and areas that close or slow."""
    xy = 0.01 * np.stack(np.meshgrid(np.arange(5), np.arange(5), indexing="ij"), -1)
    xy += np.array([44, 33]) + random.normal(0, 0.001, xy.shape)
    ends = [
        ((i, j), (i + a, j + b))
        for i in range(5)
        for j in range(5)
        for a, b in ((1, 0), (0, 1), (1, 1))
        if i + a < 5 and j + b < 5 and random.random() < 0.6
    ] or [((0, 0), (1, 0))]
    table = gpd.GeoDataFrame(
        {
            "speed_kmh": random.choice([20.0, 50.0, 80.0], len(ends)),
            "oneway": random.choice(["", "", "yes", "-1"], len(ends)),
        },
        index=pd.Index([f"r{n}" for n in range(len(ends))], name="road_id"),
        geometry=[LineString([xy[one], xy[other]]) for one, other in ends],
        crs=4326,
    )
    places = [random.uniform((43.99, 32.99), (44.05, 33.05), (many, 2)) for many in (3, 8)]
    areas = []
    for _ in range(random.integers(0, 4)):
        x, y, wide, high = *random.uniform((44, 33), (44.04, 33.04)), *random.uniform(2e-4, 8e-3, 2)
        area = rotate(box(x, y, x + wide, y + high), random.uniform(0, 90))
        if not any(area.intersects(other) for other, _ in areas):
            areas.append((area, random.choice([0.0, 0.0, 0.25, 0.5])))
    return table, places, areas


def as_points(xy, prefix):
    """Return a table of points with ids."""
    index = pd.Index([f"{prefix}{n}" for n in range(len(xy))], name="id")
    return gpd.GeoDataFrame(index=index, geometry=shapely.points(xy), crs=4326)


def in_metres(shape):
    """Return a shape on the plane in which the graph is cut."""
    return shapely.transform(shape, TO_METRES.transform, interleaved=False)


def is_inside(shape, area):
    """Tell whether a shape enters an area; raise `DoubtError` where it all but does."""
    touches = shape.intersects(area.buffer(CLOSE_M))
    if touches != shape.intersects(area.buffer(-CLOSE_M)):
        raise DoubtError
    return touches


def within(metres, limit):
    """Tell which distances are within a limit; raise `DoubtError` where one all but is."""
    if (np.abs(metres - limit) < CLOSE_M).any():
        raise DoubtError
    return metres < limit


class Country:
    """A graph of our own: roads cut where places meet them and where areas begin and end."""

    def __init__(self, table, areas, range_m):
        self._lines = np.array([in_metres(one) for one in table.geometry])
        self._areas = [(in_metres(one), share) for one, share in areas]
        self._closed = [area for area, share in self._areas if share == 0]
        self._speeds, self._ways = table["speed_kmh"].to_numpy(), table["oneway"].tolist()
        self._range_m = range_m
        self._cuts = [{0.0, line.length} for line in self._lines]
        self._ways_off_road = []

    def link(self, spots, kind):
        """Join places to every road in range, where it is nearest and nothing closed between."""
        for number, spot in enumerate(spots):
            metres = shapely.distance(self._lines, spot)
            along = shapely.line_locate_point(self._lines, spot)
            for road in np.flatnonzero(within(metres, self._range_m)):
                if self._is_open(spot, self._lines[road].interpolate(along[road])):
                    self._cuts[road].add(along[road])
                    ends = (kind, number), self._name(road, along[road])
                    self._add_off_road(*(ends if kind == "site" else ends[::-1]), metres[road])

    def join(self, sites, demand):
        """Add the straight ways from place to place."""
        for i, one in enumerate(sites):
            for j, other in enumerate(demand):
                metres = one.distance(other)
                if within(np.array([metres]), self._range_m)[0] and self._is_open(one, other):
                    self._add_off_road(("site", i), ("demand", j), metres)

    def times(self, sites, demand):
        """Return milliseconds from each site to each demand; infinite where there is no way."""
        ends = [("site", n) for n in range(sites)] + [("demand", n) for n in range(demand)]
        number = {name: n for n, name in enumerate(ends)}
        edges = [*self._ways_off_road, *self._drive()]
        for one in edges:
            for name in one[:2]:
                number.setdefault(name, len(number))
        graph = np.full((len(number), len(number)), np.inf)
        for one, other, ms in edges:
            at = number[one], number[other]
            graph[at] = min(graph[at], max(ms, 1e-6))
        found = dijkstra(np.where(np.isinf(graph), 0, graph), indices=range(sites))
        return found[:, sites : sites + demand]

    def _is_open(self, one, other):
        return not any(is_inside(LineString([one, other]), area) for area in self._closed)

    def _add_off_road(self, one, other, metres):
        self._ways_off_road.append((one, other, metres * 3600 / OFF_ROAD_KMH))

    def _drive(self):
        for road, line in enumerate(self._lines):
            spots = set(self._cuts[road])
            for area, _ in self._areas:
                crossing = shapely.get_coordinates(line.intersection(area.boundary))
                spots |= {line.project(Point(one)) for one in crossing}
            for one, other in pairwise(sorted(spots)):
                middle = line.interpolate((one + other) / 2)
                share = min(
                    (share for area, share in self._areas if area.contains(middle)), default=1
                )
                if share == 0:
                    continue
                ms = (other - one) * 3600 / self._speeds[road] / share
                ends = self._name(road, one), self._name(road, other)
                if self._ways[road] != "-1":
                    yield *ends, ms
                if self._ways[road] != "yes":
                    yield *ends[::-1], ms

    def _name(self, road, along):
        """Return what a spot is called: by its corner, where it is one that roads share."""
        line = self._lines[road]
        if along in {0.0, line.length}:
            return tuple(np.round(line.coords[0 if along == 0 else -1], 3))
        return "on road", road, along


def work_out(table, areas, range_m, places):
    """Return the times of a graph of our own."""
    sites, demand = ([Point(TO_METRES.transform(*one)) for one in some] for some in places)
    country = Country(table, areas, range_m)
    country.link(sites, "site")
    country.link(demand, "demand")
    country.join(sites, demand)
    return country.times(len(sites), len(demand))


def work_out_both(table, areas, range_m, places, *, turned):
    """Return times with the areas and without; turned, those from demand to sites."""
    if turned:
        return [one.T for one in work_out_both(table, areas, range_m, places[::-1], turned=False)]
    return [work_out(table, some, range_m, places) for some in (areas, [])]


def is_same(found, expected):
    """Tell whether milliseconds are those that are expected, and missing where those are."""
    none = np.isinf(expected)
    close = np.abs(found - np.where(none, 0, expected)) <= CLOSE_MS
    return np.where(none, found == NEVER, close).all()


def check_graph(number):
    """Compare the times of a drawn country; False where it is too near to a limit to tell."""
    random = np.random.default_rng(number)
    table, places, areas = draw_country(random)
    km, turned = random.choice([0.4, 1.5, 4.0]), bool(random.random() < 0.5)
    try:
        expected, lifted = work_out_both(table, areas, km * 1000, places, turned=turned)
    except DoubtError:
        return False
    closures = gpd.GeoDataFrame(
        {"speed_factor": [share for _, share in areas]},
        index=pd.Index([f"x{n}" for n in range(len(areas))], name="closure_id"),
        geometry=[area for area, _ in areas], crs=4326,
    )  # fmt: skip
    network = br.build_network(
        table, closures=closures if areas else None, off_road_km=km, off_road_kmh=OFF_ROAD_KMH
    )
    sites, demand = as_points(places[0], "s"), as_points(places[1], "d")
    direction = "demand_to_site" if turned else "site_to_demand"
    times = br.travel_times(network, sites, demand, cutoff=CUTOFF, direction=direction)
    assert is_same(times.nearest_ms, expected.min(axis=0))
    assert is_same(times.lifted_ms, lifted.min(axis=0))
    found, pairs = np.full(expected.shape, NEVER), times.ms.tocoo()
    found[pairs.row, pairs.col] = pairs.data
    beyond = expected > CUTOFF * 60_000
    near = np.abs(np.where(np.isinf(expected), 0, expected) - CUTOFF * 60_000) <= CLOSE_MS
    assert is_same(np.where(near, NEVER, found), np.where(beyond | near, np.inf, expected))
    return True


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:closures that meet no road")
@blocks(25, 10_000, 100)
def test_times_are_those_of_a_graph_cut_by_shapely_and_searched_by_scipy(numbers):
    """One-way roads, areas that close or slow, ways over open ground, both directions."""
    drawn = 0
    for number in numbers:
        drawn += next(True for more in range(100) if check_graph(number + 1_000_000 * more))
    assert drawn == len(numbers)


# --- grids ---------------------------------------------------------------------------------------

GEOD = Geod(ellps="WGS84")


def draw_grid(random, path):
    """Write a grid of people of a random kind; return positions and people of populated cells."""
    kind = random.choice(["uint8", "int16", "uint16", "int32", "float32", "float64"])
    high, wide = random.integers(1, 25, 2)
    values = random.gamma(0.5, 40, (high, wide)) * (random.random((high, wide)) < 0.7)
    values.flat[random.integers(values.size)] = 7
    values = np.minimum(values, 120).astype(kind)
    nodata = None if random.random() < 0.3 else {"u": 121, "i": -1, "f": -99999}[values.dtype.kind]
    if nodata is not None:
        values[(random.random(values.shape) < 0.2) & (values != 7)] = nodata
    metric = random.random() < 0.5
    corner = Affine(900, 0, 400_000, 0, -900, 3_660_000) if metric else Affine(
        0.01, 0, 44, 0, -0.01, 33.2
    )  # fmt: skip
    place, crs = corner @ Affine.rotation(random.choice([0, 0, 25])), 32638 if metric else 4326
    profile = {"driver": "GTiff", "height": high, "width": wide, "count": 1, "dtype": kind}
    with rasterio.open(path, "w", **profile, crs=crs, transform=place, nodata=nodata) as grid:
        grid.write(values, 1)
    rows, columns = np.nonzero((values > 0) & (values != (-1 if nodata is None else nodata)))
    x, y = place @ (columns + 0.5, rows + 0.5)
    lonlat = np.column_stack(Transformer.from_crs(crs, 4326, always_xy=True).transform(x, y))
    return lonlat, [Fraction(float(one)) for one in values[rows, columns]]


def draw_strips(random, lonlat):
    """Cut the land into strips from north to south or from west to east, some without people."""
    axis = int(random.integers(2))
    low, high = lonlat[:, axis].min() - 0.05, lonlat[:, axis].max() + 0.05
    cuts = [low, *np.sort(random.uniform(low, high, random.integers(0, 6))), high]
    around = [lonlat[:, 1 - axis].min() - 0.05, lonlat[:, 1 - axis].max() + 0.05]
    strips = [
        box(one, around[0], other, around[1])
        if axis == 0
        else box(around[0], one, around[1], other)
        for one, other in pairwise(cuts)
    ]
    names = [f"strip {n}" for n in range(len(strips))]
    areas = gpd.GeoDataFrame(
        {"name": names}, index=pd.Index(names, name="area_id"), geometry=strips, crs=4326
    )
    return areas, np.searchsorted(cuts, lonlat[:, axis]) - 1


def is_nearly(found, expected):
    """Tell whether floats are fractions to a part in a thousand million, and the same in sum."""
    wrong = [abs(Fraction(float(one)) - other) > other * Fraction(1, 10**9) for one, other in zip(
        found, expected, strict=True
    )]  # fmt: skip
    total = sum(expected)
    return not any(wrong) and abs(Fraction(math.fsum(found)) - total) <= total * Fraction(1, 10**9)


def spread_exactly(totals, strip_of, people, strips):
    """Return what each cell gets: by its people; a total of no strip, or an empty one, by all."""
    everybody, shares = range(len(people)), [Fraction(0)] * len(people)
    for strip, total in totals:
        cells = [n for n in everybody if strip_of[n] == strip] or everybody
        whole = sum(people[n] for n in cells)
        for n in cells:
            shares[n] += Fraction(total) * people[n] / whole
    return shares


def check_grid(number, folder):
    """Compare sums of strips, totals that are spread, and people of the nearest places."""
    random = np.random.default_rng(number)
    path = folder / f"people_{number}.tif"
    lonlat, people = draw_grid(random, path)
    cells = br.read_population(path)
    assert is_nearly(cells["people"], people)
    areas, strip_of = draw_strips(random, lonlat)
    joined = br.join_areas(cells, areas, column="strip")
    sums = joined.groupby("strip")["people"].sum().reindex(areas["name"], fill_value=0.0)
    exact = [sum((p for p, one in zip(people, strip_of, strict=True) if one == n), Fraction(0))
             for n in range(len(areas))]  # fmt: skip
    assert is_nearly(sums, exact)

    told = [
        (int(one), int(random.integers(0, 10**6))) for one in random.integers(-1, len(areas), 6)
    ]
    matches = pd.DataFrame(
        {
            "area_id": ["" if one < 0 else areas.index[one] for one, _ in told],
            "level": ["" if one < 0 else "strip" for one, _ in told],
        }
    )
    totals = pd.Series([float(one) for _, one in told])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="no total came to")
        spread = br.spread_totals(
            cells, matches, totals, {"strip": areas}, column="moved", weight="people"
        )
    shares = spread_exactly(told, strip_of, people, len(areas))
    assert is_nearly(spread.places["moved"].fillna(0.0), shares)

    towns = random.uniform(lonlat.min(axis=0) - 0.02, lonlat.max(axis=0) + 0.02, (4, 2)).round(6)
    table = pd.DataFrame({"community_id": list("abcd"), "lon": towns[:, 0], "lat": towns[:, 1]})
    table.to_csv(folder / "towns.csv", index=False)
    found = br.read_communities(folder / "towns.csv", people=path)
    metres = np.array([
        GEOD.inv(*np.broadcast_arrays(*one, lonlat[:, 0], lonlat[:, 1]))[2] for one in towns
    ])  # fmt: skip
    apart = np.diff(np.sort(metres, axis=0)[:2], axis=0).min()
    if apart > 1:  # else a cell lies in the middle between two
        near = metres.argmin(axis=0)
        exact = [sum((p for p, one in zip(people, near, strict=True) if one == n), Fraction(0))
                 for n in range(4)]  # fmt: skip
        assert is_nearly(found["people"], exact)
    path.unlink()


@pytest.mark.slow
@blocks(10, 500, 50)
def test_people_are_added_up_and_spread_as_exact_fractions_are(tmp_path, numbers):
    """Any type, nodata, rotation and system; nobody is lost and nobody made."""
    for number in numbers:
        check_grid(number, tmp_path)


# --- placements ----------------------------------------------------------------------------------


class Drawn:
    """A drawn question, and what every choice of its sites comes to."""

    def __init__(self, number):
        random = self.random = np.random.default_rng(number)
        self.sites, self.demand = int(random.integers(1, 9)), int(random.integers(0, 13))
        self.possible = random.random((self.sites, self.demand)) < random.choice([0.2, 0.5, 1.0])
        self.minutes = random.integers(0, 7, self.possible.shape) * random.choice(
            [1.0, 0.25, 1 / 3]
        )
        if self.sites > 1:
            self.possible[-1], self.minutes[-1] = self.possible[0], self.minutes[0]
        self.weights = random.integers(0, 5, self.demand) * random.choice([1.0, 0.1, 1 / 3])
        self.choices = (np.arange(2**self.sites)[:, None] >> np.arange(self.sites) & 1).astype(bool)
        self.counts = self.choices.astype(int) @ self.possible.astype(int)

    def matrix(self, possible=None):
        """Return the possible pairs as a sparse matrix that stores zeros too."""
        possible = self.possible if possible is None else possible
        rows, columns = np.nonzero(possible)
        starts = np.append(0, np.cumsum(possible.sum(axis=1)))
        return csr_array((self.minutes[rows, columns], columns, starts), shape=possible.shape)

    def draw_rules(self, *, budget=False):
        """Draw a few rules of every kind; most draws leave some choice."""
        random, rules = self.random, {}
        if random.random() < 0.4:
            least = int(random.integers(0, 2))
            most = None if random.random() < 0.5 else int(random.integers(least, 4))
            rules["limits"] = (GroupLimit(random.random(self.sites) < 0.5, least, most),)
        for name, odds, below in (
            ("fixed", 0.2, self.sites),
            ("forbidden", 0.2, self.sites),
            ("must_cover", 0.2, self.demand),
        ):
            if below and random.random() < odds:
                rules[name] = random.integers(0, below, 1)
        if self.sites > 1 and random.random() < 0.3:
            rules["apart"] = np.array([random.choice(self.sites, 2, replace=False)])
        if budget or random.random() < 0.3:
            rules["costs"] = random.integers(0, 5, self.sites).astype(float)
            rules["budget"] = float(random.integers(1, 14))
        return Rules(**rules)

    def keeping(self, rules, *, sites=None, possibles=None):
        """Return which choices keep the rules, and have so many sites."""
        kept = np.ones(len(self.choices), dtype=bool)
        for limit in rules.limits:
            many = self.choices[:, limit.members].sum(axis=1)
            most = self.sites if limit.at_most is None else limit.at_most
            kept &= (many >= limit.at_least) & (many <= most)
        kept &= self.choices[:, rules.fixed].all(axis=1)
        kept &= ~self.choices[:, rules.forbidden].any(axis=1)
        for possible in [self.possible] if possibles is None else possibles:
            for one in rules.must_cover:
                kept &= self.choices[:, possible[:, one]].any(axis=1)
        for one, other in rules.apart:
            kept &= ~(self.choices[:, one] & self.choices[:, other])
        if rules.budget is not None:
            kept &= self.choices @ rules.costs <= rules.budget
        return kept if sites is None else kept & (self.choices.sum(axis=1) == sites)

    def draw_sites(self, rules):
        """Draw how many sites are chosen; None where the budget alone may decide."""
        if rules.budget is not None and self.random.random() < 0.4:
            return None
        return int(self.random.integers(0, min(self.sites, 4) + 1))

    def nearest(self):
        """Return the minutes from each choice to each demand; infinite where there is no way."""
        some = np.where(self.possible, self.minutes, np.inf)
        return np.where(self.choices[:, :, None], some, np.inf).min(axis=1, initial=np.inf)


def ask_cover(drawn):
    rules = drawn.draw_rules(budget=drawn.random.random() < 0.3)
    sites = drawn.draw_sites(rules)
    arguments = (max_cover, drawn.matrix(), drawn.weights)
    values = (drawn.counts >= 1) @ drawn.weights
    return arguments, {"sites": sites, "rules": rules}, values, drawn.keeping(rules, sites=sites)


def ask_backup(drawn):
    rules, boxes = drawn.draw_rules(), int(drawn.random.integers(1, 4))
    sites = int(drawn.random.integers(0, min(drawn.sites, 5) + 1))
    options = {"sites": sites, "boxes": boxes, "rules": rules}
    values = (drawn.counts >= boxes) @ drawn.weights
    arguments = (backup_cover, drawn.matrix(), drawn.weights)
    return arguments, options, values, drawn.keeping(rules, sites=sites)


def ask_expected(drawn):
    rules, vehicles = drawn.draw_rules(), int(drawn.random.integers(1, 4))
    sites, busy = (
        int(drawn.random.integers(0, min(drawn.sites, 4) + 1)),
        drawn.random.random() * 0.9,
    )
    options = {"sites": sites, "busy": busy, "vehicles": vehicles, "rules": rules}
    values = (1 - busy ** (drawn.counts * vehicles)) @ drawn.weights
    arguments = (expected_cover, drawn.matrix(), drawn.weights)
    return arguments, options, values, drawn.keeping(rules, sites=sites)


def ask_set_cover(drawn, share=1.0):
    rules, boxes = drawn.draw_rules(), int(drawn.random.integers(1, 3))
    enough = drawn.counts >= boxes
    if share < 1:
        fits = enough @ drawn.weights >= share * drawn.weights.sum() - 1e-9
    else:
        fits = enough[:, drawn.weights > 0].all(axis=1)
    costs = np.ones(drawn.sites) if rules.costs is None else rules.costs
    options = {"share": share, "boxes": boxes, "rules": rules}
    arguments = (set_cover, drawn.matrix(), drawn.weights)
    return arguments, options, drawn.choices @ costs, drawn.keeping(rules) & fits


def ask_partial_cover(drawn):
    return ask_set_cover(drawn, float(drawn.random.choice([0.1, 0.3, 0.5, 0.7, 0.9, 0.999])))


def ask_capacity(drawn):
    rules = drawn.draw_rules(budget=drawn.random.random() < 0.3)
    sites = drawn.draw_sites(rules)
    most = drawn.random.integers(0, 9, drawn.sites) * drawn.random.choice([1.0, 0.1])
    # The largest flow is the least cut: some sites at capacity, all that others reach in full.
    held, reached = drawn.choices @ most, (drawn.counts >= 1) @ drawn.weights
    inside = (drawn.choices[:, None, :] >= drawn.choices[None, :, :]).all(axis=2)
    cuts = np.where(inside, held[:, None] - held[None, :] + reached[None, :], np.inf)
    arguments = (capacitated_cover, drawn.matrix(), drawn.weights, most)
    options = {"sites": sites, "rules": rules}
    return arguments, options, cuts.min(axis=1), drawn.keeping(rules, sites=sites)


def ask_median(drawn):
    sites = int(drawn.random.integers(0, drawn.sites + 1))
    beyond = None if drawn.random.random() < 0.4 else float(drawn.random.integers(0, 7))
    rules, limit = drawn.draw_rules(), np.inf if beyond is None else beyond
    asks = drawn.weights > 0
    values = np.minimum(drawn.nearest(), limit)[:, asks] @ drawn.weights[asks]
    near = drawn.possible & (drawn.minutes <= limit)
    kept = drawn.keeping(rules, sites=sites, possibles=[near]) & np.isfinite(values)
    options = {"sites": sites, "beyond": beyond, "rules": rules}
    return (p_median, drawn.matrix(), drawn.weights), options, values, kept


def ask_center(drawn):
    sites, rules = int(drawn.random.integers(0, drawn.sites + 1)), drawn.draw_rules()
    values = drawn.nearest()[:, drawn.weights > 0].max(axis=1, initial=0.0)
    options = {"sites": sites, "weights": drawn.weights, "rules": rules}
    kept = drawn.keeping(rules, sites=sites) & np.isfinite(values)
    return (p_center, drawn.matrix()), options, values, kept


def ask_robust(drawn):
    rules = drawn.draw_rules(budget=drawn.random.random() < 0.3)
    sites, random = drawn.draw_sites(rules), drawn.random
    possibles = [drawn.possible & (random.random(drawn.possible.shape) < 0.8)
                 for _ in range(random.integers(1, 5))]  # fmt: skip
    odds = random.integers(1, 4, len(possibles)).astype(float)
    cases = [CoverCase(drawn.matrix(one), drawn.weights, odd)
             for one, odd in zip(possibles, odds, strict=True)]  # fmt: skip
    covered = np.array([(drawn.choices.astype(int) @ one.astype(int) >= 1) @ drawn.weights
                        for one in possibles])  # fmt: skip
    criterion = str(random.choice(["mean", "worst"]))
    values = odds @ covered / odds.sum() if criterion == "mean" else covered.min(axis=0)
    options = {"sites": sites, "criterion": criterion, "rules": rules}
    kept = drawn.keeping(rules, sites=sites, possibles=possibles)
    return (robust_cover, cases), options, values, kept


MODELS = {
    "max cover": ask_cover,
    "set cover": ask_set_cover,
    "partial cover": ask_partial_cover,
    "backup cover": ask_backup,
    "expected cover": ask_expected,
    "capacitated cover": ask_capacity,
    "p-median": ask_median,
    "p-center": ask_center,
    "robust cover": ask_robust,
}
UNPROVEN = ("backup cover", 0)
"""Where nothing can be covered and weights are no whole numbers, the bound may stay above 0."""

LEAST = {"set cover", "partial cover", "p-median", "p-center"}


def check_placement(model, number):
    """Solve to the end and without time: the one is the best of all, the other claims no more."""
    drawn = Drawn(number)
    (solve, *arguments), options, values, kept = MODELS[model](drawn)
    sign = -1 if model in LEAST else 1
    best = (sign * values)[kept].max(initial=-np.inf)
    close = 1e-8 * max(1.0, abs(best)) if kept.any() else 0
    for seconds in (60.0, 0.0):
        try:
            found = solve(*arguments, **options, seconds=seconds)
        except BoxreachError:
            assert seconds == 0
            continue
        if not kept.any():
            assert found.status == "infeasible" or seconds == 0
            continue
        chosen = int((1 << found.sites).sum())
        assert kept[chosen]
        assert found.objective == pytest.approx(values[chosen], rel=1e-9, abs=1e-9)
        assert sign * found.objective <= best + close
        assert sign * found.bound >= best - close
        if seconds or found.status == "optimal":
            assert sign * found.objective >= best - close
            assert found.status == "optimal" or (model, best) == UNPROVEN


@pytest.mark.slow
@blocks(20, 2_000, 250)
@pytest.mark.parametrize("model", MODELS)
def test_a_placement_is_the_best_of_all_choices_and_no_bound_is_below_it(model, numbers):
    """Rules of every kind; stopped at once, a bound may be wide and never wrong."""
    for number in numbers:
        check_placement(model, number)
