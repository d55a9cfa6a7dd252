"""Where border posts may stand: on the own side only, however the line winds, each with its why."""

import re
import time
import warnings
from functools import cache
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point, Polygon

import boxreach as br
from boxreach.border.line_sides import find_sides, require_line
from boxreach.candidates.screening import REASONS
from boxreach.crs import WGS84
from boxreach.errors import DataWarning, InfeasibleError, InputError
from boxreach.sources.chainage import find_chainages, place_on_line
from boxreach.sources.segments import cut_line
from boxreach.sources.terrain import Terrain

pytestmark = pytest.mark.slow

GEOD = Geod(ellps="WGS84")
CENTRE = (41.0, 35.0)
LAYERS = Path(__file__).parents[2] / "shared" / "data" / "iraq"
ANYWHERE = {"road_km": 1000.0}
QUICK = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def places(points, centre=CENTRE):
    """Return places from kilometres east and north of a centre, nearly as on a plane."""
    x, y = np.array(points, dtype=float).T
    azimuth = np.degrees(np.arctan2(x, y))
    count = len(x)
    lon, lat, _ = GEOD.fwd(
        np.full(count, centre[0]), np.full(count, centre[1]), azimuth, 1000 * np.hypot(x, y)
    )
    return np.column_stack([lon, lat])


def frontier(*parts, side="left", segment_km=1.0, **columns):
    """Cut parts, places from their northern ends on, as `read_frontier` does."""
    rows, begin_km = [], 0.0
    for number, part in enumerate(parts, start=1):
        pieces, cuts_km = cut_line(LineString(part), segment_km)
        for piece, low, high in zip(pieces, cuts_km[:-1], cuts_km[1:], strict=True):
            rows.append((number, begin_km + low, begin_km + high, high - low, piece))
        begin_km += cuts_km[-1]
    names = ["part", "chainage_from_km", "chainage_to_km", "km", "geometry"]
    frame = gpd.GeoDataFrame(pd.DataFrame(rows, columns=names), crs=4326)
    index = pd.Index([f"km-{one:09.3f}" for one in frame["chainage_from_km"]], name="segment_id")
    frame = frame.set_axis(index).assign(governorate="Ninewa", **columns)
    return frame if side is None else frame.assign(own_side=side)


def network_of(*lines, **build):
    """A network of roads through places; without any, one of a road that is far away."""
    drawn = [LineString(one) for one in lines] or [LineString([(44.0, 36.0), (44.1, 36.0)])]
    roads = gpd.GeoDataFrame({"road_class": ["primary"] * len(drawn)}, geometry=drawn, crs=4326)
    return br.build_network(roads, **build)


@cache
def far_off():
    """The network of a road that is far away, made when a test first asks."""
    return network_of()


def points_at(lonlat, prefix="p", **columns):
    index = pd.Index([f"{prefix}{one:03d}" for one in range(len(lonlat))], name="site_id")
    return gpd.GeoDataFrame(
        columns, index=index, geometry=gpd.points_from_xy(*np.asarray(lonlat).T), crs=4326
    )


def everything(found):
    """Return all candidates by id, with blank reasons for those that are kept."""
    return pd.concat([found.kept.assign(reason=""), found.dropped]).sort_index()


def listed(network, line, **options):
    """List candidates; where none is left, say so by an empty answer."""
    try:
        return br.candidate_posts(network, line, **(ANYWHERE | options))
    except InfeasibleError:
        return None


def straight_walks(line, kept):
    """Return the straight ways from a metre off the line to each candidate."""
    lonlat = np.column_stack([kept.geometry.x, kept.geometry.y])
    chainage = find_chainages(line, *lonlat.T)["chainage_km"]
    start = np.column_stack(place_on_line(line, chainage))
    metres = np.maximum(1000 * kept["setback_km"].to_numpy(), 1.0)[:, None]
    return shapely.linestrings(np.stack([start + (lonlat - start) / metres, lonlat], axis=1))


# --- Straight lines: closed forms ---------------------------------------------------------------

MERIDIAN = places([(0, 0)])[0]


def meridian(km):
    lon, lat, _ = GEOD.fwd(*MERIDIAN, 180, 1000 * km)
    return [tuple(MERIDIAN), (lon, lat)]


@pytest.mark.parametrize(("side", "east"), [("left", 1), ("right", -1)])
def test_a_straight_line_has_a_place_at_every_step_at_the_near_end_of_the_setback(side, east):
    """605 km in steps of 0.5 km: 1,211 places, each 300 m straight inward, on the own side."""
    line = frontier(meridian(605), side=side)
    found = br.candidate_posts(far_off(), line, kinds=["setback"], road_km=None)
    assert len(found.kept) == 1211
    assert found.dropped.empty
    assert found.kept["chainage_km"].tolist() == pytest.approx(np.arange(1211) / 2, abs=2e-3)
    assert (found.kept["setback_km"] == 0.3).all()
    lon, lat = found.kept.geometry.x.to_numpy(), found.kept.geometry.y.to_numpy()
    azimuth, _, metres = GEOD.inv(np.full(1211, MERIDIAN[0]), lat, lon, lat)
    assert metres == pytest.approx(300, abs=0.2)
    assert (np.sign(azimuth) == east).all()


def test_ids_follow_chainage_then_setback_over_kept_and_dropped():
    """They are counted from post-0001, and none is missing."""
    line = frontier(meridian(20))
    road = [(MERIDIAN[0] - 0.03, 34.9), (MERIDIAN[0] + 0.03, 34.9)]
    found = br.candidate_posts(network_of(road), line, road_km=5)
    both = everything(found)
    assert both.index.tolist() == [f"post-{one:04d}" for one in range(1, len(both) + 1)]
    order = both[["chainage_km", "setback_km"]]
    assert order.equals(order.sort_values(["chainage_km", "setback_km"]))
    assert found.kept.index.name == found.dropped.index.name == "site_id"
    assert found.kept.index.is_monotonic_increasing


def test_more_than_9999_candidates_have_wider_ids():
    """Ids sort as they follow each other."""
    line = frontier(meridian(103))
    found = br.candidate_posts(far_off(), line, kinds=["setback"], spacing_km=0.01, road_km=None)
    assert found.kept.index[0] == "post-00001"
    assert found.kept.index.is_monotonic_increasing


def test_points_on_a_road_that_crosses_the_line_stand_on_the_own_half_of_it_only():
    """Along it from 0.3 to 2 km inside; nearer ones and those across are dropped for that."""
    line = frontier(meridian(20))
    road = places([(-5, -10), (5, -10)])
    found = br.candidate_posts(network_of(road), line, kinds=["roads"], spacing_km=0.2)
    east_km = np.sign(found.kept.geometry.x - MERIDIAN[0]) * found.kept["setback_km"]
    assert east_km.between(0.3, 2.0).all()
    assert np.diff(np.sort(east_km)).max() <= 0.2 + 1e-3
    assert (found.kept["road_m"] < 1).all()
    assert set(found.dropped["reason"]) == {"FAR_SIDE", "NEAR_LINE"}
    across = found.dropped[found.dropped["reason"] == "FAR_SIDE"]
    assert (across.geometry.x < MERIDIAN[0]).all()
    assert (found.dropped["setback_km"] <= 2.0).all()


def test_each_reason_is_given_where_it_holds_and_the_first_of_several():
    """One point for each reason; two reasons hold at the same place, and the earlier is said."""
    line = frontier(meridian(20))
    where = {
        "kept": (1.0, -10), "FAR_SIDE": (-1.0, -10), "NEAR_LINE": (0.2, -10),
        "FAR_BACK": (2.5, -10), "GAP": (1.0, 0.9), "CLOSED": (1.0, -5), "OFF_ROAD": (1.0, -18),
        "OUTSIDE": (1.0, -15), "STANDING": (0.6, -10.4), "DUPLICATE": (1.0, -10),
    }  # fmt: skip
    closed = gpd.GeoDataFrame(
        {"reason": ["mines"]},
        index=pd.Index(["m"], name="closure_id"),
        geometry=[Polygon(places([(-2, -4), (-2, -6), (2, -6), (2, -4)]))],
        crs=4326,
    )
    road = places([(1.4, 2), (1.4, -16)])
    network = br.build_network(
        gpd.GeoDataFrame({"road_class": ["track"]}, geometry=[LineString(road)], crs=4326),
        closures=closed,
    )
    within = gpd.GeoDataFrame(
        {"name": ["Own"]},
        index=pd.Index(["1"], name="area_id"),
        geometry=[Polygon(places([(-9, 5), (9, 5), (9, -14), (-9, -14)])).union(
            Polygon(places([(-9, -16), (9, -16), (9, -25), (-9, -25)])))],
        crs=4326,
    )  # fmt: skip
    points = points_at(places([*where.values()]), status="x")
    found = br.candidate_posts(
        network,
        line,
        points=points,
        kinds=["points"],
        road_km=1.3,
        exclude=br.Exclusions(
            within=within,
            standing_km=0.1,
            boxes=points_at(places([where["STANDING"]])),
        ),
    )
    both = everything(found).set_index("point")["reason"]
    assert both.to_dict() == {
        one: "" if name == "kept" else name for one, name in zip(points.index, where, strict=True)
    }
    assert found.counts() == {one: 1 for one in REASONS if one in where}
    several = points_at(places([(-1.0, -5), (-0.1, -10), (2.5, 0.9), (1.0, -10)]))
    found = br.candidate_posts(network, line, points=several, kinds=["points"], road_km=1.3)
    reasons = everything(found).set_index("point")["reason"]
    assert reasons.to_dict() == {
        "p000": "CLOSED", "p001": "FAR_SIDE", "p002": "FAR_BACK", "p003": "",
    }  # fmt: skip


def test_own_ground_that_is_not_deep_keeps_posts_out_behind_it():
    """Where the own depth is 1 km, what lies 1.5 km back is not on own ground."""
    line = frontier(meridian(20), own_depth_km=1.0)
    points = points_at(places([(0.9, -10), (1.5, -10)]))
    found = br.candidate_posts(far_off(), line, points=points, kinds=["points"], road_km=None)
    assert found.kept["point"].tolist() == ["p000"]
    assert found.dropped["reason"].tolist() == ["FAR_SIDE"]


# --- Lines that wind: never across ---------------------------------------------------------------


@st.composite
def stars(draw):
    """A ring around the centre whose radius changes as it likes: bays, capes, tongues."""
    count = draw(st.integers(5, 24))
    radius = draw(st.lists(st.floats(1.0, 12.0, allow_nan=False), min_size=count, max_size=count))
    turn = 2 * np.pi * np.arange(count) / count
    ring = np.column_stack([np.sin(turn), np.cos(turn)]) * np.array(radius)[:, None]
    return places(ring[np.roll(np.arange(count), -int(ring[:, 1].argmax()))])


def around(count=400, km=14.0, seed=1):
    random = np.random.default_rng(seed)
    return places(random.uniform(-km, km, (count, 2)))


@QUICK
@given(ring=stars(), inside=st.booleans(), segment_km=st.sampled_from([0.3, 1.0, 7.0]))
def test_a_place_is_on_the_own_side_of_a_closed_line_just_if_the_polygon_says_so(
    ring, inside, segment_km
):
    """Shapely's point in polygon decides the same for places anywhere; no end, so no gap."""
    # Clockwise from the north the inside is on the right.
    line = frontier([*ring, ring[0]], side="right" if inside else "left", segment_km=segment_km)
    where = around()
    sides = find_sides(require_line(line), *where.T)
    clear = sides.setback_km > 0.02  # the polygon's edges are straight in degrees
    held = shapely.contains_xy(Polygon(ring), *where.T) == inside
    assert (sides.own == held)[clear].all()
    assert not sides.beyond.any()


@QUICK
@given(ring=stars(), inside=st.booleans(), low=st.sampled_from([0.0, 0.3, 0.9]))
def test_no_candidate_and_no_walk_to_it_is_across_a_winding_line(ring, inside, low):
    """Own ground holds all that is kept, and no straight way from the line to it meets the line."""
    line = frontier([*ring, ring[0]], side="right" if inside else "left")
    road = places([(-14, 0.4), (14, 1.1)])
    found = listed(
        network_of(road), line, setback_km=(low, 2.0), points=points_at(around(100)),
        crossings=points_at(ring[::3], prefix="c"),
    )  # fmt: skip
    if found is None:
        return
    kept = found.kept[found.kept["setback_km"] > 0.02]
    own = shapely.contains_xy(Polygon(ring), kept.geometry.x, kept.geometry.y) == inside
    assert own.all()
    assert found.kept["setback_km"].between(low, 2.0).all()
    whole = shapely.multilinestrings(line.geometry.to_numpy())
    assert not shapely.intersects(straight_walks(line, kept), whole).any()


@QUICK
@given(ring=stars(), inside=st.booleans(), cut=st.integers(0, 3))
def test_sides_hold_along_several_parts_and_nothing_stands_in_the_gaps(ring, inside, cut):
    """Two pieces are taken out of a ring: what is nearest to a piece left is as with the whole."""
    side = "right" if inside else "left"
    count = len(ring)
    whole = [*ring, ring[0]]
    middle = count // 2
    parts = [whole[cut % 2 + 1 : middle + 1], whole[middle + 1 :]]
    parts = [part for part in parts if len(part) > 1]
    line = require_line(frontier(*parts, side=side))
    where = around()
    sides = find_sides(line, *where.T)
    ends = np.array([end for part in parts for end in (part[0], part[-1])])
    metres = np.array([
        GEOD.inv(np.full(len(where), x), np.full(len(where), y), *where.T)[2] for x, y in ends
    ]).min(axis=0)  # fmt: skip
    at_end = metres / 1000 <= sides.setback_km + 1e-6
    assert not sides.beyond[~at_end].any()
    full = find_chainages(frontier(whole), *where.T)["line_m"].to_numpy() / 1000
    same = ~at_end & (np.abs(full - sides.setback_km) < 1e-6) & (full > 0.02)
    held = shapely.contains_xy(Polygon(ring), *where.T) == inside
    assert (sides.own == held)[same].all()
    found = listed(far_off(), line, points=points_at(where), kinds=["points", "setback"])
    if found is not None:
        x, y = found.kept.geometry.x.to_numpy(), found.kept.geometry.y.to_numpy()
        assert not find_sides(line, x, y).beyond.any()


def test_a_tongue_of_own_ground_has_posts_in_it_and_none_across():
    """1.2 km wide: 0.3 km back from both sides fits, 0.7 km back does not."""
    bend = [(0, 8), (0, -20), (1.2, -20), (1.2, 0.5)]
    ground = Polygon(places([*bend, (20, 0.5), (20, 20), (0, 20)]))
    line = frontier(places(bend))
    found = br.candidate_posts(far_off(), line, kinds=["setback"], road_km=None)
    assert found.kept.within(ground).all()
    assert len(found.kept) > 90
    narrow = br.candidate_posts(
        far_off(), line, kinds=["setback"], setback_km=(0.7, 2.0), road_km=None
    )
    assert narrow.kept.within(ground).all()
    in_tongue = narrow.kept.intersects(Polygon(places([(0, 0), (0, -20), (1.2, -20), (1.2, 0)])))
    assert not in_tongue.any()


def test_a_far_tongue_between_two_stretches_of_own_ground_holds_no_post():
    """Far ground 0.5 km wide reaches inward: places on both sides of it stay, none is in it."""
    bend = [(0, 10), (0, 0.25), (8, 0.25), (8, -0.25), (0, -0.25), (0, -10)]
    ground = Polygon(places([*bend, (0, -12), (20, -12), (20, 12), (0, 12)]))
    line = frontier(places(bend))
    random = np.random.default_rng(5).uniform((-2, -2), (9, 2), (600, 2))
    found = br.candidate_posts(far_off(), line, points=points_at(places(random)), road_km=None)
    assert found.kept.within(ground).all()
    beside = found.kept[found.kept["kind"] == "point"]
    assert (beside.geometry.y > CENTRE[1]).any()
    assert (beside.geometry.y < CENTRE[1]).any()


def test_nothing_stands_in_a_gap_nor_past_the_ends():
    """Two parts of a meridian with 10 km between them: posts lie beside the parts only."""
    south = places([(0, -30), (0, -50)])
    line = frontier(places([(0, 0), (0, -20)]), south)
    road = places([(1.0, 3), (1.0, -53)])
    found = br.candidate_posts(network_of(road), line)
    beside = found.kept.geometry.y.to_numpy()
    north_of = [places([(0, y)])[0][1] for y in (0, -20, -30, -50)]
    slack = 1e-5
    in_first = (beside <= north_of[0] + slack) & (beside >= north_of[1] - slack)
    in_second = (beside <= north_of[2] + slack) & (beside >= north_of[3] - slack)
    assert (in_first | in_second).all()
    assert in_first.any()
    assert in_second.any()
    assert "GAP" in found.counts()
    assert set(found.dropped["reason"]) == {"GAP"}
    ends = found.kept[found.kept["kind"] == "setback"].geometry.y
    for end in north_of:
        assert np.abs(ends - end).min() < 1e-5


def test_a_line_across_the_antimeridian_has_posts_on_both_sides_of_it():
    """Along the parallel of 70 degrees from 179 to -179, own ground in the south."""
    parts = [[(-179.0, 70.0), (-180.0, 70.0)], [(180.0, 70.0), (179.0, 70.0)]]
    line = frontier(parts[0], parts[1], side="left").assign(part=1)
    points = points_at([(179.9995, 69.99), (-179.9995, 69.99), (179.9995, 70.01)])
    road = [(179.5, 69.99), (179.999, 69.99)]
    found = br.candidate_posts(network_of(road), line, points=points, road_km=None)
    point = everything(found).set_index("point")["reason"]
    assert point[["p000", "p001", "p002"]].tolist() == ["", "", "FAR_SIDE"]
    assert (found.kept.geometry.y < 70.0).all()
    assert "GAP" not in found.counts()
    set_back = found.kept[found.kept["kind"] == "setback"]
    steps = np.diff(np.sort(set_back.geometry.x % 360))
    assert steps.max() < 0.02


# --- What changes nothing ------------------------------------------------------------------------


def table_of(found):
    both = everything(found)
    lonlat = np.column_stack([both.geometry.x, both.geometry.y])
    return both.drop(columns="geometry"), lonlat


CROOKED = [(0, 0), (3, -12), (-4, -25), (-1, -25.5), (2, -40)]


def crooked_line(drawn, tmp_path, **options):
    path = tmp_path / "line.geojson"
    gpd.GeoDataFrame(geometry=[LineString(drawn)], crs=4326).to_file(path)
    own = Polygon(places([*CROOKED, (40, -40), (40, 0)]))
    areas = gpd.GeoDataFrame({"name": ["Own"]}, index=["1"], geometry=[own], crs=4326)
    areas.index.name = "area_id"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*lie in no area", DataWarning)
        return br.read_frontier(path, areas=areas, **options)


def densify(drawn, parts=7):
    """Put vertices on the geodesics between those of a line."""
    dense = []
    for one, other in pairwise(drawn):
        azimuth, _, metres = GEOD.inv(*one, *other)
        steps = metres * np.arange(1, parts) / parts
        dense += [one, *(GEOD.fwd(*one, azimuth, step)[:2] for step in steps)]
    return [*dense, drawn[-1]]


@pytest.mark.parametrize("change", ["reversed", "denser", "both"])
def test_drawing_the_line_the_other_way_or_denser_changes_no_place(tmp_path, change):
    """Ids, kinds, reasons are the same, places to the decimetre they are rounded to."""
    drawn = [tuple(one) for one in places(CROOKED)]
    other = densify(drawn) if change != "reversed" else drawn
    other = other[::-1] if change != "denser" else other
    road = places([(-5, -20), (9, -21)])
    tables = [
        table_of(
            br.candidate_posts(
                network_of(road),
                crooked_line(one, tmp_path),
                road_km=30,
                crossings=points_at(places([(0.1, -19)]), prefix="c", name="Gate"),
            )
        )
        for one in (drawn, other)
    ]
    text = ["kind", "name", "governorate", "crossing", "reason"]
    assert tables[0][0][text].equals(tables[1][0][text])
    numbers = ["chainage_km", "setback_km"]
    assert np.abs(tables[0][0][numbers] - tables[1][0][numbers]).to_numpy().max() <= 1.1e-3
    assert np.abs(tables[0][1] - tables[1][1]).max() <= 2e-6


def test_where_a_ring_begins_changes_no_side():
    """Starting it elsewhere turns chainages, and no place from own to far."""
    ring = places([(0, 9), (7, 3), (2, 1), (6, -6), (-3, -8), (-1, 0), (-8, 4)])
    where = around(1000)
    sides = []
    for first in range(len(ring)):
        turned = np.roll(ring, -first, axis=0)
        line = frontier([*turned, turned[0]], side="right")
        sides.append(find_sides(require_line(line), *where.T))
    clear = sides[0].setback_km > 1e-4
    for one in sides[1:]:
        assert (one.own == sides[0].own)[clear].all()
        assert one.setback_km == pytest.approx(sides[0].setback_km, abs=1e-6)
        assert not one.beyond.any()


@pytest.mark.parametrize("first", [1, 3])
@pytest.mark.parametrize("way", [1, -1])
def test_where_a_ring_is_begun_and_which_way_it_is_drawn_changes_no_place(tmp_path, first, way):
    """An island of own ground, read from files that begin it elsewhere."""
    ring = places([(0, 9), (7, 3), (2, 1), (6, -6), (-3, -8), (-1, 0), (-8, 4)])
    areas = gpd.GeoDataFrame(
        {"name": ["Own"]},
        index=pd.Index(["1"], name="area_id"),
        geometry=[Polygon(ring)],
        crs=4326,
    )
    tables = []
    for turned in (ring, np.roll(ring, -first, axis=0)[::way]):
        path = tmp_path / "ring.geojson"
        drawn = LineString([*turned, turned[0]])
        gpd.GeoDataFrame(geometry=[drawn], crs=4326).to_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            line = br.read_frontier(path, areas=areas)
        tables.append(table_of(br.candidate_posts(far_off(), line, road_km=None)))
    assert len(tables[0][0]) > 100
    assert "GAP" not in set(tables[0][0]["reason"])
    assert tables[0][0][["kind", "reason"]].equals(tables[1][0][["kind", "reason"]])
    assert np.abs(tables[0][1] - tables[1][1]).max() <= 2e-6


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_changes_nothing(seed):
    """Points, crossings, roads and segments in any order: the same tables to the bit."""
    random = np.random.default_rng(seed)
    line = frontier(places([(0, 0), (2, -9), (0, -20)]), places([(1, -24), (0, -40)]))
    points = points_at(places(random.uniform((-2, -42), (4, 2), (60, 2))), name="own")
    points.loc[points.index[3:7], "geometry"] = Point(places([(2.2, -5)])[0])
    crossings = points_at(places([(0.5, -5), (0.5, -5), (0, -30)]), prefix="c")
    crossings = crossings.assign(name=["one", "two", "three"])
    roads = gpd.GeoDataFrame(
        {"road_class": ["primary", "track", "track"]},
        geometry=[LineString(places(one)) for one in ([(-3, -3), (5, -4)], [(1, 0), (1.5, -40)],
                                                      [(-1, -33), (4, -30)])],
        crs=4326,
    )  # fmt: skip
    tables = []
    for turn in range(2):
        mixed = [
            one.iloc[random.permutation(len(one))] if turn else one
            for one in (line, points, crossings, roads)
        ]
        found = br.candidate_posts(
            br.build_network(mixed[3]), mixed[0], points=mixed[1], crossings=mixed[2], road_km=3
        )
        tables.append(found)
    for name in ("kept", "dropped"):
        pd.testing.assert_frame_equal(getattr(tables[0], name), getattr(tables[1], name))
    assert (tables[0].dropped["reason"] == "DUPLICATE").sum() >= 3


@QUICK
@given(seed=st.integers(0, 10_000), road_km=st.sampled_from([0.5, 3.0, 1000.0]))
def test_each_candidate_is_kept_or_has_exactly_one_reason(seed, road_km):
    """The two tables divide all of them, and the reason is a known one."""
    random = np.random.default_rng(seed)
    knees = np.column_stack([random.uniform(-3, 3, 6), -8.0 * np.arange(6)])
    points = points_at(places(random.uniform((-6, -45), (6, 5), (50, 2))))
    found = listed(
        network_of(places([(-9, -11), (9, -14)])), frontier(places(knees)), points=points,
        road_km=road_km, spacing_km=1.5,
    )  # fmt: skip
    if found is None:
        return
    assert not set(found.kept.index) & set(found.dropped.index)
    both = everything(found)
    assert both.index.tolist() == [f"post-{one:04d}" for one in range(1, len(both) + 1)]
    assert set(both.loc[both["point"] != "", "point"]) == set(points.index)
    assert set(found.dropped["reason"]) <= set(REASONS)
    assert "reason" not in found.kept
    assert sum(found.counts().values()) == len(found.dropped)
    assert found.kept["setback_km"].between(0.3, 2.0).all()
    assert (found.kept["road_m"] <= 1000 * road_km).all()


# --- Crossings -----------------------------------------------------------------------------------


@QUICK
@given(
    knees=st.lists(st.floats(-2, 2, allow_nan=False), min_size=5, max_size=5),
    x=st.floats(-0.8, 2.5), y=st.floats(-17, -3),
)  # fmt: skip
def test_a_crossing_has_the_nearest_place_that_the_setback_allows(knees, x, y):
    """No place of a fine grid that would do is nearer by more than its spacing."""
    line = frontier(places([(one, -5.0 * at) for at, one in enumerate(knees)]))
    crossing = places([(x, y)])
    found = listed(far_off(), line, crossings=points_at(crossing, prefix="c"), kinds=["crossings"])
    steps = np.linspace(-2, 2, 81)
    grid = places([(x + east, y + north) for east in steps for north in steps])
    sides = find_sides(require_line(line), *grid.T)
    metres = GEOD.inv(*np.repeat(crossing, len(grid), axis=0).T, *grid.T)[2]
    usable = sides.own & ~sides.beyond & (sides.setback_km >= 0.3) & (sides.setback_km <= 2.0)
    usable &= metres <= 1990
    if found is None:
        assert not usable.any() or metres[usable].min() > 1900
        return
    (place,) = found.kept.geometry
    mine = GEOD.inv(*crossing[0], place.x, place.y)[2]
    assert mine <= 2000.5
    if usable.any():
        assert mine <= metres[usable].min() + 40
    assert found.kept["crossing"].tolist() == ["c000"]


def test_candidates_within_2_km_hold_the_nearest_crossing_and_have_its_names():
    """A point has its own name; what is farther than 2 km holds none, and has no name."""
    line = frontier(meridian(30))
    crossings = points_at(places([(0, -10), (0, -11)]), prefix="c")
    crossings = crossings.assign(name=["North", "South"], name_ar=["شمال", "جنوب"])
    points = points_at(places([(1, -9.9), (0.5, -10.9)]), name=["Old fort", None])
    found = br.candidate_posts(far_off(), line, crossings=crossings, points=points, road_km=None)
    kept = found.kept
    lonlat = np.column_stack([kept.geometry.x, kept.geometry.y])
    km = np.array([
        GEOD.inv(*np.repeat([[one.x, one.y]], len(kept), axis=0).T, *lonlat.T)[2] / 1000
        for one in crossings.geometry
    ])  # fmt: skip
    expected = np.where(km.min(axis=0) <= 2.0, crossings.index.to_numpy()[km.argmin(axis=0)], "")
    assert kept["crossing"].tolist() == expected.tolist()
    named = kept.set_index("point")
    assert named.loc["p000", ["name", "name_ar"]].tolist() == ["Old fort", ""]
    assert named.loc["p001", ["name", "name_ar"]].tolist() == ["South", "جنوب"]
    others = kept[kept["point"] == ""]
    names = others["crossing"].map({"c000": "North", "c001": "South", "": ""})
    assert others["name"].tolist() == names.tolist()
    assert (kept["kind"] == "crossing").sum() == 2


def test_a_crossing_that_no_place_is_near_to_is_told_by_what_is_wrong_with_itself():
    """30 km behind the line it is too far back, 30 km across on the far side."""
    line = frontier(meridian(30))
    crossings = points_at(places([(30, -10), (-30, -10)]), prefix="c")
    found = br.candidate_posts(far_off(), line, crossings=crossings, road_km=None)
    wrong = found.dropped[found.dropped["kind"] == "crossing"]
    assert wrong.set_index("crossing")["reason"].to_dict() == {
        "c000": "FAR_BACK", "c001": "FAR_SIDE",
    }  # fmt: skip


# --- Heights -------------------------------------------------------------------------------------


def hills(seed=0, cell=1 / 1200, size=(340, 120), waves=6):
    """Smooth hills about the northern 20 km of the meridian, 90 m cells."""
    random = np.random.default_rng(seed)
    rows, columns = size
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    grid = np.zeros(size)
    for _ in range(waves):
        east, north, shift = (*random.normal(0, 0.25, 2), random.uniform(0, 6))
        grid += 20 * np.sin(east * x + north * y + shift)
    west = MERIDIAN[0] - columns / 2 * cell
    transform = Affine(cell, 0, west, 0, -cell, MERIDIAN[1] + 0.05)
    return Terrain((grid + 300).astype("float32"), transform, WGS84, "hills.tif")


@pytest.mark.parametrize("seed", range(4))
def test_heights_are_the_cells_than_which_none_near_is_higher(seed):
    """By brute force over all cells: those kept or dropped are just the high ones in the strip."""
    terrain, line = hills(seed), frontier(meridian(20))
    found = br.candidate_posts(
        far_off(), line, terrain=terrain, kinds=["heights"], slope_deg=90, road_km=None
    )
    both = everything(found)
    grid = terrain.grid_m
    lat_m, lon_m = 110_940 / 1200, 111_320 * np.cos(np.radians(34.9)) / 1200
    down, across = int(np.ceil(500 / lat_m)), int(np.ceil(500 / lon_m))
    expected = []
    for row in range(grid.shape[0]):
        for column in range(grid.shape[1]):
            about = grid[max(row - down, 0) : row + down + 1,
                         max(column - across, 0) : column + across + 1]  # fmt: skip
            if grid[row, column] == about.max() and about.max() - about.min() >= 5:
                x, y = terrain.transform @ (column + 0.5, row + 0.5)
                expected.append((round(x, 6), round(y, 6)))
    expected = np.array(expected)
    near = find_chainages(line, *expected.T)["line_m"] <= 2000
    mine = {(one.x, one.y) for one in both.geometry}
    assert mine == {tuple(one) for one in expected[near.to_numpy()]}
    assert len(mine) > 10
    own = found.kept.geometry.x > MERIDIAN[0]
    assert own.all()
    heights = terrain.heights_m(both.geometry.x.to_numpy(), both.geometry.y.to_numpy())
    assert both["height_m"].to_numpy() == pytest.approx(heights, abs=0.06)


def test_a_flat_top_has_places_as_far_apart_as_was_asked_for():
    """A table mountain 3 km long: equally high everywhere, no two places nearer than 0.5 km."""
    grid = np.zeros((340, 120), dtype="float32")
    grid[120:153, 64:74] = 80.0
    table = Terrain(grid, hills().transform, WGS84, "table.tif")
    found = br.candidate_posts(
        far_off(),
        frontier(meridian(20)),
        terrain=table,
        kinds=["heights"],
        slope_deg=90,
        road_km=None,
    )
    lon, lat = found.kept.geometry.x.to_numpy(), found.kept.geometry.y.to_numpy()
    assert (found.kept["height_m"] == 80).all()
    one, other = np.triu_indices(len(lon), 1)
    assert GEOD.inv(lon[one], lat[one], lon[other], lat[other])[2].min() >= 499
    assert 6 <= len(lon) <= 20


def test_steep_ground_holds_no_post_and_slopes_are_written():
    """A plane that rises to the east at 10 degrees, and at 3."""
    line = frontier(meridian(10))
    for degrees, kept in ((10.0, False), (3.0, True)):
        rise = np.tan(np.radians(degrees)) * 111_320 * np.cos(np.radians(34.95)) / 1200
        grid = np.tile(rise * np.arange(120), (200, 1)).astype("float32")
        terrain = Terrain(grid, hills().transform, WGS84, "plane.tif")
        if not kept:
            with pytest.raises(InfeasibleError, match=r"21 candidates none is left: 21 STEEP"):
                br.candidate_posts(
                    far_off(), line, terrain=terrain, kinds=["setback"], road_km=None
                )
            continue
        found = br.candidate_posts(
            far_off(), line, terrain=terrain, kinds=["setback"], road_km=None
        )
        assert found.kept["slope_deg"].to_numpy() == pytest.approx(degrees, abs=0.05)
        assert len(found.kept) == 21


def test_heights_in_a_file_give_the_same_candidates_as_in_memory(tmp_path):
    """Read in parts where they are asked for, to the bit."""
    terrain, line = hills(), frontier(meridian(20))
    path = tmp_path / "hills.tif"
    rows, columns = terrain.grid_m.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=rows, width=columns, count=1, dtype="float32",
        crs="EPSG:4326", transform=terrain.transform,
    ) as file:  # fmt: skip
        file.write(terrain.grid_m, 1)
    found = [
        br.candidate_posts(far_off(), line, terrain=one, road_km=None, slope_deg=4)
        for one in (terrain, br.open_terrain(path))
    ]
    for name in ("kept", "dropped"):
        pd.testing.assert_frame_equal(getattr(found[0], name), getattr(found[1], name))
    assert set(found[0].kept["kind"]) == {"height", "setback"}


def test_terrain_that_misses_the_line_is_refused_by_name_and_extent():
    """The message says which file, and where the frontier lies."""
    away = Terrain(np.zeros((9, 9), "float32"), Affine(0.001, 0, 10, 0, -0.001, 50), WGS84, "x.tif")
    with pytest.raises(InputError, match=r"x\.tif: it does not meet the frontier \(41\.0"):
        br.candidate_posts(far_off(), frontier(meridian(10)), terrain=away)


def test_holes_and_coarse_cells_are_told():
    """Of what is not known nobody is dropped; cells of kilometres list no high points."""
    line = frontier(meridian(20))
    holes = hills()
    holes.grid_m[60:120] = np.nan
    with pytest.warns(DataWarning, match=r"at \d+ of \d+ candidates the slope"):
        found = br.candidate_posts(far_off(), line, terrain=holes, road_km=None)
    assert found.kept["slope_deg"].isna().any()
    assert found.kept["height_m"].isna().any()
    coarse = Terrain(
        np.zeros((30, 30), "float32"), Affine(0.08, 0, 40, 0, -0.08, 36), WGS84, "coarse.tif"
    )
    with pytest.warns(DataWarning, match=r"coarse\.tif: its cells are [\d,]+ m long"):
        found = br.candidate_posts(far_off(), line, terrain=coarse, road_km=None)
    assert set(found.kept["kind"]) == {"setback"}


# --- Arguments -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"setback_km": 0.5}, r"setback_km is 0\.5; give two distances"),
        ({"setback_km": (2, 1)}, "setback_km"),
        ({"setback_km": (-1, 1)}, "setback_km"),
        ({"setback_km": (0, float("nan"))}, "setback_km"),
        ({"spacing_km": 0}, "spacing_km is 0"),
        ({"road_km": -1}, "road_km is -1"),
        ({"slope_deg": 91}, "slope_deg is 91"),
        ({"kinds": "roads"}, "kinds is 'roads'"),
        ({"kinds": []}, "kinds is"),
        ({"kinds": ["ridges"]}, "a kind is 'ridges'"),
        ({"kinds": ["heights"]}, "there is no terrain"),
        ({"kinds": ["crossings"]}, "there is no crossings"),
        ({"terrain": "dem.tif"}, "terrain is a path or text"),
        ({"exclude": {}}, "exclude is a dict"),
        ({"points": 3}, "it is a int"),
    ],
)
def test_wrong_arguments_are_refused_by_name(options, message):
    """With what to give."""
    with pytest.raises(InputError, match=message):
        br.candidate_posts(far_off(), frontier(meridian(5)), **options)


def test_all_wrong_arguments_are_told_at_once():
    """The line, a limit and a kind."""
    with pytest.raises(InputError) as caught:
        br.candidate_posts(far_off(), points_at([(41, 35)]), spacing_km=-1, kinds=["x"])
    said = str(caught.value)
    assert "3 faults" in said
    assert re.search("spacing_km.*", said)
    assert "read it with read_frontier" in said


def test_the_stricter_of_two_limits_holds():
    """`exclude` may say less road and less slope, and never more."""
    line, road = frontier(meridian(10)), places([(1.3, 1), (1.3, -11)])
    strict = br.candidate_posts(
        network_of(road), line, road_km=5, exclude=br.Exclusions(road_km=0.5)
    )
    assert strict.kept["road_m"].max() <= 500
    loose = br.candidate_posts(
        network_of(road), line, road_km=0.5, exclude=br.Exclusions(road_km=5)
    )
    assert loose.kept["road_m"].max() <= 500


def test_a_line_that_does_not_know_its_side_has_candidates_on_it_and_says_so():
    """Without areas there is no inward: a warning, and no setback."""
    line = frontier(places(CROOKED), side=None)
    with pytest.warns(DataWarning, match="own side"):
        found = br.candidate_posts(far_off(), line, road_km=None)
    assert (found.kept["setback_km"] == 0).all()
    assert set(found.kept["kind"]) == {"setback"}
    assert found.kept["chainage_km"].diff().dropna().max() <= 0.501


def test_inputs_stay_as_they_are():
    """Tables of the caller are read, not written."""
    line = frontier(meridian(10))
    points, crossings = points_at(places([(1, -3)])), points_at(places([(0, -4)]), prefix="c")
    copies = [one.copy() for one in (line, points, crossings)]
    br.candidate_posts(far_off(), line, points=points, crossings=crossings, road_km=None)
    for one, copy in zip((line, points, crossings), copies, strict=True):
        pd.testing.assert_frame_equal(one, copy)


# --- Interception --------------------------------------------------------------------------------


@given(
    depth=st.floats(0.1, 50), setback=st.floats(0, 50), walker=st.floats(1, 20),
    vehicle=st.floats(1, 120), delay=st.floats(0, 600),
)  # fmt: skip
def test_the_reach_of_a_post_is_where_patrol_and_walker_arrive_together(
    depth, setback, walker, vehicle, delay
):
    """At the end of the reach both need the same time; where there is none the walker is first."""
    one = br.Intercept(depth, walker_kmh=walker, vehicle_kmh=vehicle, detect_minutes=delay)
    reach = one.reach_km(setback)
    walk = depth / walker * 60 - delay
    assert one.minutes == pytest.approx(walk, abs=1e-9)
    drive = np.hypot(reach, depth - setback) / vehicle * 60
    if reach > 0:
        assert drive == pytest.approx(walk, rel=1e-6, abs=1e-6)
    else:
        assert drive >= walk * (1 - 1e-12) - 1e-9
    assert one.spacing_km(setback) == 2 * reach


def test_delays_longer_than_the_walk_leave_nothing():
    """Posts alone cannot: no time, no reach."""
    late = br.Intercept(5, detect_minutes=40, mobilise_minutes=30)
    assert late.minutes == pytest.approx(-10)
    assert (late.reach_km(5.0), late.spacing_km(5.0)) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth_km": 0}, "depth_km"), ({"depth_km": 51}, "depth_km"),
        ({"walker_kmh": 0}, "walker_kmh"), ({"vehicle_kmh": float("nan")}, "vehicle_kmh"),
        ({"detect_minutes": -1}, "detect_minutes"), ({"mobilise_minutes": "5"}, "mobilise"),
    ],
)  # fmt: skip
def test_what_is_no_interception_is_refused(options, message):
    """Each by name."""
    with pytest.raises(InputError, match=message):
        br.Intercept(**({"depth_km": 5} | options))
    with pytest.raises(InputError, match="setback_km"):
        br.Intercept(5).reach_km(-1)


OPEN_GROUND = {"off_road_km": 60.0, "off_road_kmh": 30.0}


@pytest.mark.parametrize(("depth", "setback", "delay"), [(5, 1, 30), (5, 5, 40), (8, 0.5, 60)])
def test_on_open_ground_a_straight_line_is_held_as_far_as_the_closed_form_says(
    depth, setback, delay
):
    """Segment by segment, and minutes are those of the straight way."""
    line = frontier(meridian(60), own_depth_km=50.0)
    posts = points_at(places([(setback, -30.0)]))
    intercept = br.Intercept(depth, detect_minutes=delay)
    table = br.interceptions(network_of(**OPEN_GROUND), line, posts, intercept)
    along = line[["chainage_from_km", "chainage_to_km"]].mean(axis=1) - 30.0
    reach = intercept.reach_km(setback)
    clear = (along.abs() - reach).abs() > 0.02
    assert reach > 1
    assert (table["intercepted"] == (along.abs() <= reach))[clear].all()
    expected = np.hypot(along, depth - setback) * 2
    seen = expected < 60
    assert table["minutes"][seen].to_numpy() == pytest.approx(expected[seen].to_numpy(), rel=2e-3)
    assert not table["beyond"].any()
    assert set(table["site_id"]) == {"p000"}
    assert table.index.equals(line.index)


def test_the_quickest_post_is_named_and_row_order_changes_nothing():
    """Two posts share the line at its middle; segments in any order get the same answer."""
    line = frontier(meridian(40), own_depth_km=50.0)
    posts = points_at(places([(1, -10), (1, -30)]))
    network, one = network_of(**OPEN_GROUND), br.Intercept(4)
    table = br.interceptions(network, line, posts, one)
    middle = line[["chainage_from_km", "chainage_to_km"]].mean(axis=1)
    assert (table["site_id"] == np.where(middle < 20, "p000", "p001"))[
        (middle - 20).abs() > 1
    ].all()
    mixed = np.random.default_rng(0).permutation(len(line))
    again = br.interceptions(network, line.iloc[mixed], posts.iloc[::-1], one)
    pd.testing.assert_frame_equal(again.loc[table.index], table)
    assert again.index.equals(line.index[mixed])


def test_nobody_is_met_beyond_the_own_ground():
    """Shallow ground, and a bend that the walk would cross again, are beyond; no minutes there."""
    bend = [(0, 8), (0, -20), (1.2, -20), (1.2, 0.5), (9, 0.5)]
    line = frontier(places(bend), own_depth_km=50.0)
    deep = np.arange(len(line)) < 3
    line = line.assign(own_depth_km=np.where(deep, 2.0, 50.0))
    posts = points_at(places([(3, 3)]))
    table = br.interceptions(network_of(**OPEN_GROUND), line, posts, br.Intercept(3))
    middle = shapely.get_coordinates(
        shapely.line_interpolate_point(line.geometry.to_numpy(), 0.5, normalized=True)
    )
    # At the bottom the walk goes along the tongue, and may leave it or not.
    bottom = middle[:, 1] < places([(0, -19.98)])[0][1]
    tongue = shapely.contains_xy(
        Polygon(places([(-1, 0.49), (-1, -19.98), (2, -19.98), (2, 0.49)])), *middle.T
    )
    assert table["beyond"].to_numpy()[deep | tongue].all()
    assert not table["beyond"].to_numpy()[~(deep | tongue | bottom)].any()
    beyond = table[table["beyond"]]
    assert not beyond["intercepted"].any()
    assert (beyond["site_id"] == "").all()
    assert beyond["minutes"].isna().all()
    assert table["intercepted"].any()


def test_where_no_post_has_a_way_nobody_is_met():
    """Off-road range ends before the place: blank, and no minutes."""
    line = frontier(meridian(20), own_depth_km=50.0)
    posts = points_at(places([(1, -10)]))
    network = network_of(off_road_km=1.0, off_road_kmh=30.0)
    table = br.interceptions(network, line, posts, br.Intercept(5))
    assert not table["intercepted"].any()
    assert (table["site_id"] == "").all()
    assert table["minutes"].isna().all()
    assert not table["beyond"].any()


@pytest.mark.parametrize(("own_km", "posts"), [(3.0, 1), (50.0, 0)], ids=["ground", "posts"])
def test_without_ground_and_without_posts_there_is_an_answer_too(own_km, posts):
    """All beyond, or nobody to meet anyone."""
    line = frontier(meridian(5), own_depth_km=own_km)
    sites = points_at(places([(1, -3)])).iloc[:posts]
    table = br.interceptions(network_of(**OPEN_GROUND), line, sites, br.Intercept(4))
    assert table["beyond"].all() == (posts == 1)
    assert not table["intercepted"].any()
    assert (table["site_id"] == "").all()
    assert table["minutes"].isna().all()


def test_walks_across_the_antimeridian_are_straight():
    """Own ground lies east of 180 degrees."""
    lon = 179.99
    line = frontier([(lon, 60.2), (lon, 60.0)], own_depth_km=50.0)
    posts = points_at([(-179.9, 60.1)])
    road = [(-179.9, 60.2), (-179.9, 60.0)]
    table = br.interceptions(network_of(road), line, posts, br.Intercept(5))
    assert not table["beyond"].any()
    assert table["intercepted"].any()


def test_a_line_without_a_side_has_no_depth():
    """It is refused, and says how to read it."""
    line = frontier(meridian(10), side=None)
    with pytest.raises(InputError, match="read it with areas"):
        br.interceptions(far_off(), line, points_at(places([(1, -3)])), br.Intercept(3))


# --- The real line -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real():
    """The line in segments of 1 km with its governorates, and the roads of 2016."""
    if not LAYERS.is_dir():
        pytest.skip(f"the real data are not there: {LAYERS}")
    areas = br.read_areas(
        LAYERS / "admin_cod_ab_2019.gpkg",
        layer="adm1",
        columns={"area_id": "ADM1_PCODE", "name": "ADM1_EN"},
    )
    roads = br.read_roads(LAYERS / "roads_osm_2016.gpkg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        line = br.read_frontier(LAYERS / "frontier_osm.geojson", areas=areas)
        network = br.build_network(roads, bridge_m=3000)
    crossings = gpd.read_file(LAYERS / "crossings.geojson")
    crossings.index = pd.Index([f"crossing-{one + 1}" for one in range(len(crossings))])
    return areas, line, network, crossings


@pytest.mark.real
def test_on_the_real_line_no_candidate_is_across_nor_in_another_governorate(real):
    """In Iraq by the line, and in or nearest to Ninewa, Anbar and Dohuk."""
    areas, line, network, crossings = real
    found = br.candidate_posts(network, line, crossings=crossings, road_km=None)
    kept = found.kept
    assert len(kept) > 1000
    # Own ground by the line itself: it closes in the east, far from it.
    drawn = shapely.line_merge(shapely.multilinestrings(line.geometry.to_numpy()))
    north, south = drawn.coords[0][1], drawn.coords[-1][1]
    ground = Polygon([*drawn.coords, (50, south), (50, north)])
    assert ground.is_valid
    assert shapely.contains_xy(ground, kept.geometry.x, kept.geometry.y).all()
    assert not shapely.intersects(straight_walks(line, kept), drawn).any()
    nearest = gpd.sjoin_nearest(kept.to_crs(32637), areas.to_crs(32637)[["name", "geometry"]],
                                lsuffix="post", rsuffix="area")  # fmt: skip
    assert set(nearest["name_area"]) == {"Al-Anbar", "Ninewa", "Duhok"}
    assert set(kept["governorate"]) == {"Al-Anbar", "Ninewa", "Duhok"}
    assert kept["setback_km"].between(0.3, 2.0).all()
    assert (kept["kind"] == "crossing").sum() == len(crossings)
    assert set(kept.loc[kept["kind"] == "crossing", "crossing"]) == set(crossings.index)


@pytest.mark.real
def test_roads_of_2016_lie_near_to_few_of_them_and_each_other_one_says_so(real):
    """What the coarse roads cannot tell: within 1 km of a road there is next to no place."""
    _, line, network, crossings = real
    found = br.candidate_posts(network, line, crossings=crossings)
    assert (found.kept["road_m"] <= 1000).all()
    assert found.counts().keys() <= {"FAR_SIDE", "NEAR_LINE", "OFF_ROAD", "GAP", "DUPLICATE"}
    assert found.counts()["OFF_ROAD"] > len(found.kept)


@pytest.mark.real
def test_604_km_in_6040_segments_with_3000_candidates_are_listed_in_a_few_seconds(real):
    """Measured by the time of the processor, kernels compiled."""
    areas, _, network, _ = real
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        line = br.read_frontier(LAYERS / "frontier_osm.geojson", segment_km=0.1, areas=areas)
    options = {"spacing_km": 0.2, "road_km": 1000}
    br.candidate_posts(network, line.iloc[:50], **options)
    begin = time.process_time()
    found = br.candidate_posts(network, line, **options)
    assert len(found.kept) + len(found.dropped) > 3000
    assert time.process_time() - begin < 5
