"""Lines of sight: closed forms, an oracle that samples profiles, holes, and terrain in parts."""

import math
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer
from rasterio import Affine
from shapely import LineString

import boxreach as br
from benchmarks.frontier import JOBS, PEERS, tabulate
from benchmarks.sight_land import make_heights
from benchmarks.sight_peers import edges
from boxreach.crs import WGS84
from boxreach.sight.rays import HIDDEN, SEEN, UNKNOWN, block_tops
from boxreach.sight.rays import look as look_past
from boxreach.sources import terrain_groups
from boxreach.sources.terrain import Terrain, placed

GEOD = Geod(ellps="WGS84")
REAL = Path(__file__).parents[2] / "shared" / "data" / "iraq"
CELL = 3e-4
CELL_M = 33.4
EARTH_M = 6_371_008.8
WEST, NORTH = 44.0, 33.3


def make_terrain(heights, west=WEST, north=NORTH, cell=CELL):
    """A grid in degrees from its north-western corner."""
    return Terrain(np.asarray(heights, "float32"), Affine(cell, 0, west, 0, -cell, north), WGS84)


def make_flat(rows=1000, columns=1000):
    return make_terrain(np.zeros((rows, columns)))


def look(grid, *way):
    return look_past(grid, block_tops(grid), *way)


def make_posts(*places):
    lon, lat = np.array(places, dtype=float).reshape(-1, 2).T
    ids = [f"p{one}" for one in range(len(lon))]
    return gpd.GeoDataFrame(index=ids, geometry=gpd.points_from_xy(lon, lat), crs=4326)


def make_line(start, end, segments=10):
    """Equal segments of the geodesic from one place to another."""
    azimuth, _, metres = GEOD.inv(*start, *end)
    cuts_m = np.linspace(0, metres, segments + 1)
    lon, lat, _ = GEOD.fwd(*(np.full(segments + 1, one) for one in (*start, azimuth)), cuts_m)
    points = list(zip(lon, lat, strict=True))
    pieces = [LineString(points[one : one + 2]) for one in range(segments)]
    return gpd.GeoDataFrame(
        {
            "chainage_from_km": cuts_m[:-1] / 1000,
            "chainage_to_km": cuts_m[1:] / 1000,
            "km": np.diff(cuts_m) / 1000,
        },
        index=[f"s{one}" for one in range(segments)],
        geometry=pieces,
        crs=4326,
    )


def write(path, terrain, **options):
    """Write a terrain as a tiled GeoTIFF."""
    rows, columns = terrain.shape
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "tiled": True}
    profile |= {"blockxsize": 64, "blockysize": 64, "nodata": -32768.0} | options
    with rasterio.open(
        path, "w", crs=terrain.crs.to_wkt(), transform=terrain.transform, height=rows,
        width=columns, **profile,
    ) as grid:  # fmt: skip
        grid.write(np.where(np.isnan(terrain.grid_m), -32768.0, terrain.grid_m), 1)
    return path


def make_rough(seed, rows=200, columns=200, high_m=12.0):
    """Hills with sharp edges, plain as the sea here and there."""
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0, high_m, (rows // 10 + 2, columns // 10 + 2))
    hills = np.kron(coarse, np.ones((10, 10)))[:rows, :columns]
    return make_terrain(hills + rng.uniform(0, 3, (rows, columns)))


def profile_above_m(terrain, start, end, sight, samples=4001):
    """The oracle: how far the ground stands above the line of sight, at many places on the way."""
    share = np.linspace(0, 1, samples)
    lon, lat = (start[at] + share * (end[at] - start[at]) for at in (0, 1))
    metres = share * GEOD.inv(*start, *end)[2]
    ground = terrain.heights_m(lon, lat) - metres**2 * (1 - sight.refraction) / (2 * EARTH_M)
    eye, target = ground[0] + sight.tower_m, ground[-1] + sight.target_m
    return np.max(ground - (eye + share * (target - eye)))


# Closed forms


@pytest.mark.parametrize(("tower_m", "target_m"), [(7.6, 1.7), (2.0, 0.0), (30.0, 10.0)])
def test_the_horizon_is_386_by_the_roots_of_the_heights(tower_m, target_m):
    """Km of metres, with the usual refraction."""
    sight = br.Sight(tower_m=tower_m, target_m=target_m)
    expected = 3.86 * (math.sqrt(tower_m) + math.sqrt(target_m))
    assert sight.horizon_km == pytest.approx(expected, rel=2e-3)
    assert br.Sight(refraction=1).horizon_km == math.inf


@pytest.mark.parametrize(("tower_m", "target_m"), [(7.6, 1.7), (2.0, 0.5), (1.0, 1.0)])
def test_flat_ground_is_seen_up_to_the_horizon_and_no_further(tower_m, target_m):
    """The line runs straight away from the post."""
    sight = br.Sight(tower_m=tower_m, target_m=target_m)
    flat, here = make_flat(30, 900), (44.001, 33.2955)
    line = make_line(here, (44.26, 33.2955), 24)
    found = br.see_line(flat, make_posts(here), line, sight=sight, within_km=30)
    far = found.chainage_km[found.seen.indices].max()
    assert far == pytest.approx(sight.horizon_km, abs=2 * CELL_M / 1000)
    assert found.seen.nnz == found.seen.indices.max() + 1


def test_flat_ground_within_range_is_all_seen():
    """Five kilometres by day, two by night, and nothing beyond."""
    post = (44.15, 33.15)
    line = make_line((44.14, 33.25), (44.14, 33.05))
    found = br.see_line(make_flat(), make_posts(post), line)
    away_km = GEOD.inv(*np.broadcast_arrays(*post, found.lon, found.lat))[2] / 1000
    assert np.array_equal(found.seen.indices, np.flatnonzero(away_km <= 5))
    assert np.array_equal(found.by_night().indices, np.flatnonzero(away_km <= 2))
    assert found.seen.data == pytest.approx(away_km[away_km <= 5])
    assert not found.unknown.nnz
    near = br.see_line(make_flat(), make_posts(post), line, within_km=1.5)
    assert np.array_equal(near.seen.indices, np.flatnonzero(away_km <= 1.5))


def test_a_ridge_hides_three_kilometres_to_within_a_cell():
    """Its shadow is 10/9 as long as itself, for it stands at a tenth of the way to the post."""
    row, column = 500, 450
    heights = np.zeros((1000, 1000))
    heights[row - 39 : row + 41, column + 8] = 100  # 81 cells from foot to foot
    lat = NORTH - (row + 1) * CELL
    line_lon, post_lon = (WEST + (column + east + 0.5) * CELL for east in (0, 80))
    line = make_line((line_lon, lat + 0.03), (line_lon, lat - 0.03))
    found = br.see_line(make_terrain(heights), make_posts((post_lon, lat)), line)
    hidden = np.setdiff1d(np.arange(len(found.lon)), found.seen.indices)
    assert np.array_equal(hidden, np.arange(hidden[0], hidden[-1] + 1))
    middle_km = found.chainage_km[hidden].mean()
    assert found.span_km[hidden].sum() == pytest.approx(3.0, abs=2 * CELL_M / 1000)
    for border_km, side in zip(found.changes_km(), (-1, 1), strict=True):
        assert border_km == pytest.approx(middle_km + side * 1.5, abs=CELL_M / 1000)
    flat = br.see_line(make_flat(), make_posts((post_lon, lat)), line)
    assert flat.seen.nnz == len(flat.lon)
    assert not len(flat.changes_km())


def test_ground_that_touches_the_line_of_sight_does_not_hide():
    """A hair more does."""
    sight = br.Sight(tower_m=10, target_m=10, refraction=1)
    heights = np.zeros((20, 100))
    line = make_line((44.029, 33.29745), (44.02901, 33.29745), 1)
    for high_m, seen in ((10.0, 1), (10.01, 0)):
        heights[:, 50] = high_m
        found = br.see_line(
            make_terrain(heights), make_posts((44.001, 33.29745)), line, sight=sight
        )
        assert found.seen.nnz == seen


# Oracles


ENDS = st.tuples(*[st.floats(0.5, 18.5)] * 4)


@pytest.mark.slow
@settings(deadline=None, max_examples=300)
@given(st.integers(0, 2**32), ENDS, st.floats(0, 30), st.floats(0, 30), st.floats(0, 5))
def test_a_verdict_is_that_of_a_profile_of_many_places(seed, ends, tower_m, target_m, drop_m):
    """Plain numpy: the bilinear surface, sampled."""
    rng = np.random.default_rng(seed)
    grid = rng.choice([0.0, 5.0, 20.0], (19, 19)) + rng.uniform(0, 10, (19, 19))
    grid = grid.astype("float32")
    column, row, to_column, to_row = ends
    share = np.linspace(0, 1, 4001)
    x, y = column + share * (to_column - column) - 0.5, row + share * (to_row - row) - 0.5
    left, top = np.clip(x.astype(int), 0, 17), np.clip(y.astype(int), 0, 17)
    x, y = x - left, y - top
    ground = (
        grid[top, left] * (1 - x) * (1 - y)
        + grid[top, left + 1] * x * (1 - y)
        + grid[top + 1, left] * (1 - x) * y
        + grid[top + 1, left + 1] * x * y
    )
    eye, target = ground[0] + tower_m, ground[-1] + target_m
    above = np.max(ground + drop_m * share * (1 - share) - eye - share * (target - eye))
    told = look(grid, column, row, to_column, to_row, eye, target, drop_m)
    assert told != UNKNOWN
    if told == SEEN:
        assert above <= 1e-4
    else:
        assert above > -0.05


@settings(deadline=None, max_examples=300)
@given(st.integers(0, 2**32), ENDS, st.floats(0, 30), st.floats(0, 5), st.floats(0, 0.3))
def test_whoever_sees_is_seen(seed, ends, high_m, drop_m, holes):
    """With both as high, the way back is the way there; holes too."""
    rng = np.random.default_rng(seed)
    grid = rng.uniform(0, 30, (19, 19)).astype("float32")
    grid[rng.random((19, 19)) < holes] = np.nan
    column, row, to_column, to_row = ends
    there, back = ((*ends[:2], *ends[2:]), (*ends[2:], *ends[:2]))
    land = Terrain(grid, Affine(1, 0, 0, 0, -1, 19), WGS84)
    here_m, there_m = (
        land.heights_m(np.array([column, to_column]), 19 - np.array([row, to_row])) + high_m
    )
    assert look(grid, *there, here_m, there_m, drop_m) == look(grid, *back, there_m, here_m, drop_m)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), ENDS, st.floats(0, 20), st.floats(0, 20))
def test_a_higher_tower_sees_no_less(seed, ends, tower_m, more_m):
    """Nor does a higher target hide."""
    grid = np.random.default_rng(seed).uniform(0, 30, (19, 19)).astype("float32")
    land = Terrain(grid, Affine(1, 0, 0, 0, -1, 19), WGS84)
    here_m, there_m = land.heights_m(
        np.array([ends[0], ends[2]]), 19 - np.array([ends[1], ends[3]])
    )
    if look(grid, *ends, here_m + tower_m, there_m, 0.0) == SEEN:
        assert look(grid, *ends, here_m + tower_m + more_m, there_m, 0.0) == SEEN
        assert look(grid, *ends, here_m + tower_m, there_m + more_m, 0.0) == SEEN


@pytest.mark.parametrize("seed", range(4))
def test_a_line_is_seen_as_the_oracle_sees_it(seed):
    """Over rough ground, with geodesic distances, curvature and refraction."""
    terrain, sight = make_rough(seed), br.Sight()
    places = [(44.03, 33.27), (44.018, 33.262), (44.0501, 33.28)]
    line = make_line((44.002, 33.295), (44.058, 33.245), 5)
    found = br.see_line(terrain, make_posts(*places), line, step_m=200)
    seen = found.seen.toarray() > 0
    assert 0.1 < seen.mean() < 0.9
    for post, sample in np.ndindex(seen.shape):
        to = found.lon[sample], found.lat[sample]
        above = profile_above_m(terrain, places[post], to, sight)
        assert above < 0.001 if seen[post, sample] else above > -0.05, (post, sample)


@pytest.mark.parametrize("seed", range(2))
def test_a_viewshed_and_a_line_tell_the_same(seed):
    """Of places at the centres of cells."""
    terrain = make_rough(seed)
    view = br.viewshed(terrain, 44.03, 33.27, within_km=2)
    rows, columns = np.nonzero(view.within)
    told = view.grid[rows, columns]
    assert 0.1 < view.share < 0.9
    assert view.share == pytest.approx(told.mean())
    some = np.arange(0, len(rows), 37)
    lon, lat = placed(view.transform, columns[some] + 0.5, rows[some] + 0.5)
    ends = [LineString([(x, y - 1e-9), (x, y + 1e-9)]) for x, y in zip(lon, lat, strict=True)]
    km = np.arange(len(ends), dtype=float)
    line = gpd.GeoDataFrame(
        {"chainage_from_km": km, "chainage_to_km": km + 1}, geometry=ends, crs=4326
    )
    found = br.see_line(terrain, make_posts((44.03, 33.27)), line)
    assert np.array_equal(found.seen.toarray()[0] > 0, told[some] > 0)


# Terrain in parts


@pytest.fixture
def small_parts(monkeypatch):
    """Windows of a few cells, so that a small grid has many."""
    monkeypatch.setattr(terrain_groups, "_CELLS", 3_000)


def scatter(terrain, count=30, seed=5):
    rng = np.random.default_rng(seed)
    rows, columns = terrain.shape
    return make_posts(
        *zip(
            WEST + rng.uniform(5, columns - 5, count) * CELL,
            NORTH - rng.uniform(5, rows - 5, count) * CELL,
            strict=True,
        )
    )


@pytest.mark.parametrize("holes", [False, True])
def test_terrain_read_in_parts_tells_what_the_whole_tells(holes, tmp_path, small_parts):
    """To the last pair, in any order of the posts."""
    whole = make_rough(1, 400, 400)
    if holes:
        whole.grid_m[np.random.default_rng(2).random(whole.shape) < 0.002] = np.nan
    path = write(tmp_path / "dem.tif", whole)
    posts = scatter(whole)
    line = make_line((44.01, 33.29), (44.11, 33.19), 30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if holes else "error", br.DataWarning)
        one = br.see_line(br.read_terrain(path), posts, line, within_km=1.5)
        other = br.see_line(br.open_terrain(path), posts[::-1], line, within_km=1.5)
        monkey = pytest.MonkeyPatch()
        with monkey.context() as patch:
            patch.setattr(terrain_groups, "_CELLS", 10**9)
            third = br.see_line(whole, posts, line, within_km=1.5)
    for found, turn in ((other, -1), (third, 1)):
        assert (one.seen != found.seen[::turn]).nnz == 0
        assert (one.unknown != found.unknown[::turn]).nnz == 0
        assert one.height_m == pytest.approx(found.height_m, nan_ok=True)
        assert one.post_height_m == pytest.approx(found.post_height_m[::turn], nan_ok=True)
    assert one.seen.nnz > 100
    assert (one.unknown.nnz > 0) == holes


def test_a_window_of_a_file_is_that_of_a_grid(tmp_path):
    """The same cells at the same place, and of a file no more is read."""
    whole = make_rough(3)
    opened = br.open_terrain(write(tmp_path / "dem.tif", whole))
    bounds = (44.01, 33.26, 44.02, 33.28)
    one, other = opened.window(bounds), whole.window(bounds)
    assert np.array_equal(one.grid_m, other.grid_m)
    assert one.transform.almost_equals(other.transform)
    assert one.shape == (70, 36)
    assert (opened.shape, opened.file) == (whole.shape, "dem.tif")
    assert opened.cell_m == whole.cell_m
    lon, lat = np.array([44.012, 44.0587, 50.0]), np.array([33.27, 33.25, 33.27])
    assert opened.heights_m(lon, lat) == pytest.approx(whole.heights_m(lon, lat), nan_ok=True)
    for land in (opened, whole):
        assert land.covers(lon, lat).tolist() == [True, True, False]
        with pytest.raises(br.InputError, match="does not meet"):
            land.window((10, 10, 11, 11))
        with pytest.raises(br.InputError, match="west, south, east and north"):
            land.window((1, 2, 3))


def test_heights_that_no_land_has_are_told_once_however_many_parts(tmp_path, small_parts):
    """And are holes."""
    whole = make_flat(300, 300)
    path = write(tmp_path / "dem.tif", whole)
    with rasterio.open(path, "r+") as grid:
        grid.write(
            np.full((4, 4), -9999, "float32"), 1, window=rasterio.windows.Window(100, 2, 4, 4)
        )
        grid.write(
            np.full((1, 2), -9999, "float32"), 1, window=rasterio.windows.Window(0, 250, 2, 1)
        )
    line = make_line((44.002, 33.299), (44.088, 33.2997), 9)
    with pytest.warns(br.DataWarning) as told:
        br.see_line(br.open_terrain(path), scatter(whole), line, within_km=1)
    said = [str(one.message) for one in told]
    assert sum("heights that no land has, most often -9999 m" in one for one in said) == 1
    assert sum("heights are not known" in one for one in said) == 1


@pytest.mark.parametrize(
    ("options", "what"),
    [({"crs": None}, "coordinate reference"), ({"count": 2}, "2 bands"), ({}, "no such file")],
)
def test_what_is_no_grid_is_refused_when_it_is_opened(options, what, tmp_path):
    """By name, before anything is read."""
    path = tmp_path / "dem.tif"
    if options:
        profile = {"driver": "GTiff", "height": 2, "width": 2, "count": 1, "dtype": "float32"}
        profile |= {"crs": 4326, "transform": Affine(1, 0, 44, 0, -1, 34)} | options
        with rasterio.open(path, "w", **profile):
            pass
    with pytest.raises(br.InputError, match=rf"dem\.tif.*{what}"):
        br.open_terrain(path)


def test_a_projected_grid_tells_the_same_horizon(tmp_path):
    """Columns and rows of any CRS, opened or held."""
    cells = Affine(30, 0, 400_000, 0, -30, 3_700_000)
    flat = Terrain(np.zeros((40, 600), "float32"), cells, CRS.from_epsg(32638))
    to = Transformer.from_crs(32638, 4326, always_xy=True)
    here, there = to.transform(400_100, 3_699_400), to.transform(417_900, 3_699_400)
    line = make_line(here, there, 18)
    opened = br.open_terrain(write(tmp_path / "dem.tif", flat))
    for terrain in (flat, opened):
        found = br.see_line(terrain, make_posts(here).to_crs(32638), line, within_km=20)
        far = found.chainage_km[found.seen.indices].max()
        assert far == pytest.approx(br.Sight().horizon_km, abs=0.06)


def test_sight_crosses_the_antimeridian(tmp_path, small_parts):
    """Where the grid does: a post west of it sees a line east of it."""
    for west in (179.97, -180.03):
        flat = make_terrain(np.zeros((100, 200)), west=west, north=10.0)
        opened = br.open_terrain(write(tmp_path / "dem.tif", flat))
        line = make_line((-179.99, 9.99), (-179.99, 9.975), 3)
        posts = make_posts((179.99, 9.98), (-179.985, 9.985))
        for terrain in (flat, opened):
            found = br.see_line(terrain, posts, line)
            assert found.seen.nnz == 2 * len(found.lon)
            assert found.seen.data.max() < 3
        view = br.viewshed(opened, 179.999, 9.985, within_km=1)
        assert view.share == 1


# What is not known


def test_a_hole_on_the_way_leaves_it_open_and_a_ridge_before_it_does_not():
    """What is hidden for certain is not unknown; what lies before the hole is seen."""
    heights = np.zeros((200, 200))
    heights[100:110, 100] = np.nan
    heights[115:125, 130] = 100
    heights[115:125, 100] = np.nan
    post = (WEST + 150.5 * CELL, NORTH - 112.5 * CELL)
    line = make_line(
        (WEST + 60.5 * CELL, NORTH - 60 * CELL), (WEST + 60.5 * CELL, NORTH - 160 * CELL)
    )
    with pytest.warns(
        br.DataWarning,
        match=r"terrain: heights are not known on 0\.0 km of the"
        r" frontier and at 0 of 1 posts; for 1 posts .* what they see of \d\.\d km",
    ):
        found = br.see_line(make_terrain(heights), make_posts(post), line)  # fmt: skip
    seen, unknown = found.seen.toarray()[0] > 0, found.unknown.toarray()[0]
    row = (NORTH - found.lat) / CELL
    through = np.interp(row, [0, 200], [0, 200])
    at_hole = 112.5 + (through - 112.5) * 50 / 90  # where the way passes the column of the hole
    at_ridge = 112.5 + (through - 112.5) * 20 / 90
    clear = (at_hole < 98) | ((at_hole > 112) & (at_ridge < 113))
    assert seen[clear].all()
    assert unknown[(at_hole > 101) & (at_hole < 109)].all()
    assert not (seen | unknown)[(at_ridge > 116) & (at_ridge < 124)].any()
    assert not (seen & unknown).any()


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 98), st.integers(1, 38), st.floats(0, 1), st.floats(0, 1))
def test_a_hole_just_behind_a_target_changes_nothing(column, row, east, south):
    """The centre of the last cell that is known is on known ground."""
    grid = np.zeros((40, 100), "float32")
    grid[:, column + 1 :] = np.nan
    here = 0.5 + east * max(column - 1, 0), 0.5 + south * 39
    assert look(grid, *here, column + 0.5, row + 0.5, 1.0, 1.0, 0.1) == SEEN


def test_posts_and_places_on_holes_are_told():
    """By kilometres and by posts."""
    heights = np.zeros((200, 200))
    heights[:, 40:60] = np.nan
    line = make_line(
        (WEST + 20 * CELL, NORTH - 100 * CELL), (WEST + 120 * CELL, NORTH - 100 * CELL)
    )
    posts = make_posts(
        (WEST + 50 * CELL, NORTH - 90 * CELL), (WEST + 100 * CELL, NORTH - 90 * CELL)
    )
    with pytest.warns(br.DataWarning, match=r"on 0\.6 km of the frontier and at 1 of 2 posts"):
        found = br.see_line(make_terrain(heights), posts, line)
    assert np.isnan(found.post_height_m).tolist() == [True, False]
    assert np.isnan(found.height_m).sum() == pytest.approx(21 * CELL * 93_300 / CELL_M, abs=1)
    unknown = found.unknown.toarray()
    assert unknown[0].all()
    assert unknown[1][np.isnan(found.height_m)].all()
    east = found.lon > WEST + 61 * CELL
    assert (found.seen.toarray()[1] > 0)[east].all()
    assert not unknown[1][east].any()


def test_terrain_that_ends_before_the_line_does_is_a_hole(tmp_path):
    """Posts and places beyond it are unknown, and counted."""
    flat = make_flat(100, 100)
    line = make_line((44.001, 33.29), (44.06, 33.29), 20)
    posts = make_posts((44.015, 33.285), (44.055, 33.285), (44.5, 33.285))
    opened = br.open_terrain(write(tmp_path / "dem.tif", flat))
    for terrain in (flat, opened):
        with pytest.warns(br.DataWarning, match=r"on 2\.8 km of the frontier and at 2 of 3 posts"):
            found = br.see_line(terrain, posts, line)
        inside = found.lon <= 44.03
        assert np.array_equal(found.seen.toarray()[0] > 0, inside)
        beyond = np.broadcast_arrays(44.055, 33.285, found.lon, found.lat)
        assert np.array_equal(found.unknown.toarray()[1], GEOD.inv(*beyond)[2] <= 5_000)
        assert not found.unknown.toarray()[2].any()


def test_terrain_that_misses_the_line_is_refused_by_name_and_extent(tmp_path):
    """Nothing could be told."""
    opened = br.open_terrain(write(tmp_path / "dem.tif", make_flat(100, 100)))
    line = make_line((40.0, 34.0), (40.5, 34.5))
    what = r"dem\.tif: it does not meet the frontier \(40\.0 to 40\.5 E, 34\.0 to 34\.5 N\)"
    with pytest.raises(br.InputError, match=what):
        br.see_line(opened, make_posts((40.0, 34.0)), line)


@pytest.mark.real
@pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/data/iraq")
def test_the_real_line_has_heights_and_is_told_that_its_cells_are_too_long():
    """The river lies low, Sinjar's plain higher."""
    line = br.read_frontier(REAL / "frontier_osm.geojson", segment_km=10)
    posts = make_posts((41.05, 34.4))
    with pytest.warns(br.DataWarning, match="cannot tell lines of sight"):
        found = br.see_line(br.open_terrain(REAL / "dem_5min.tif"), posts, line)
    assert len(found.lon) >= len(line)
    assert 150 < found.height_m.min() < 250
    assert 350 < found.height_m.max() < 900


def test_long_cells_cannot_tell_lines_of_sight():
    """Said, and answered all the same."""
    coarse = make_terrain(np.zeros((10, 10)), cell=0.02)
    line = make_line((44.02, 33.25), (44.02, 33.2))
    with pytest.warns(br.DataWarning, match=r"cells are 2,2\d\d m long and cannot tell lines of"):
        found = br.see_line(coarse, make_posts((44.03, 33.22)), line)
    assert len(found.lon) == len(line)
    with pytest.warns(br.DataWarning, match="cannot tell lines of sight"):
        br.viewshed(coarse, 44.03, 33.22)


# What is made of it


@pytest.fixture
def hilly():
    """A line among hills with some holes, seen by posts of which some are near."""
    terrain = make_rough(7, 300, 300)
    terrain.grid_m[np.random.default_rng(1).random(terrain.shape) < 0.001] = np.nan
    line = make_line((44.005, 33.295), (44.085, 33.215), 40)
    with pytest.warns(br.DataWarning, match="heights are not known"):
        return br.see_line(terrain, scatter(terrain, 12), line, step_m=20)


def test_samples_are_the_middles_of_equal_parts_no_longer_than_a_step(hilly):
    """Of each segment, on its geodesic."""
    for segment, row in enumerate(hilly.line.itertuples()):
        mine = hilly.segment == segment
        parts = math.ceil(row.km * 1000 / 20)
        assert mine.sum() == parts
        assert hilly.span_km[mine] == pytest.approx(row.km / parts)
        middle = row.chainage_from_km + (np.arange(parts) + 0.5) * row.km / parts
        assert hilly.chainage_km[mine] == pytest.approx(middle)
    start = np.full((2, len(hilly.lon)), np.array([[44.005], [33.295]]))
    metres = GEOD.inv(*start, hilly.lon, hilly.lat)[2]
    assert metres / 1000 == pytest.approx(hilly.chainage_km, abs=1e-6)


@pytest.mark.parametrize("night", [False, True])
def test_nothing_changes_between_the_chainages_of_changes(hilly, night):
    """And something does at each of them."""
    limit = 2 if night else 5
    away = np.array([
        GEOD.inv(*np.broadcast_arrays(post.x, post.y, hilly.lon, hilly.lat))[2] / 1000
        for post in hilly.posts.geometry
    ])  # fmt: skip
    seen = (hilly.seen.toarray() > 0) & (away <= limit)
    unknown = hilly.unknown.toarray() & (away <= limit)
    assert unknown.any()
    both = np.vstack([seen, unknown])
    change = np.flatnonzero((both[:, 1:] != both[:, :-1]).any(axis=0))
    borders = (hilly.chainage_km + hilly.span_km / 2)[change]
    assert hilly.changes_km(night=night) == pytest.approx(borders)
    assert np.array_equal(hilly.at(hilly.chainage_km, night=night).toarray(), seen)
    assert np.array_equal(hilly.unknown_at(hilly.chainage_km, night=night).toarray(), unknown)
    share = np.array([seen[:, hilly.segment == one].mean(axis=1) for one in range(40)]).T
    assert hilly.shares(night=night).toarray() == pytest.approx(share)
    joint = [seen[:, hilly.segment == one].any(axis=0).mean() for one in range(40)]
    assert hilly.joint(night=night) == pytest.approx(np.array(joint))


def test_places_beyond_the_line_are_seen_by_nobody():
    """Its ends are on it."""
    line = make_line((44.14, 33.2), (44.14, 33.19), 2)
    found = br.see_line(make_flat(), make_posts((44.15, 33.195)), line)
    end = line["chainage_to_km"].iloc[-1]
    places = np.array([-0.5, 0.0, 0.3, end, end + 0.5])
    assert found.at(places).toarray().tolist() == [[False, True, True, True, False]]
    assert found.at(np.array([])).shape == (1, 0)


def test_without_posts_nothing_is_seen():
    """The profile is told all the same."""
    line = make_line((44.14, 33.2), (44.14, 33.19), 2)
    found = br.see_line(make_flat(), make_posts(), line)
    assert found.seen.shape == (0, len(found.lon))
    assert (found.height_m == 0).all()
    assert found.joint().tolist() == [0, 0]


def test_a_post_on_the_line_sees_where_it_stands():
    """Not even a metre away."""
    line = make_line((44.14, 33.2), (44.14, 33.19), 2)
    samples = br.see_line(make_flat(), make_posts(), line)
    here = samples.lon[7], samples.lat[7]
    found = br.see_line(make_flat(), make_posts(here), line)
    assert found.seen[0, 7] == pytest.approx(1e-6)
    assert found.at(samples.chainage_km[7:8]).toarray().all()


def test_progress_is_told_up_to_all_posts(small_parts):
    """In order."""
    told = []
    posts = scatter(make_flat(300, 300), 20)
    br.see_line(
        make_flat(300, 300), posts, make_line((44.02, 33.28), (44.06, 33.25)), within_km=1,
        progress=lambda *one: told.append(one),
    )  # fmt: skip
    assert told[-1] == ("lines of sight", 20, 20)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_a_viewshed_is_drawn_as_areas():
    """As large as the cells that are seen; what is not known apart."""
    heights = np.zeros((200, 200))
    heights[90:110, 120] = 50
    heights[:, 70:75] = np.nan
    view = br.viewshed(
        make_terrain(heights), WEST + 100.5 * CELL, NORTH - 100.5 * CELL, within_km=2
    )
    drawn = view.polygons().set_index("state").geometry
    assert drawn.crs == 4326
    assert sorted(drawn.index) == ["seen", "unknown"]
    for state, cells in (("seen", view.grid == 1), ("unknown", np.isnan(view.grid))):
        assert drawn[state].is_valid
        assert drawn[state].area == pytest.approx(cells.sum() * CELL**2)
    assert (view.grid[~view.within] == 0).all()
    away = GEOD.inv(*np.full((2, 1), [[view.lon], [view.lat]]), *drawn["seen"].exterior.coords[0])
    assert away[2] < 2_100
    nothing = br.viewshed(make_flat(50, 50), 44.007, 33.293, within_km=0.001)
    assert math.isnan(nothing.share)
    assert nothing.polygons().empty


# What is refused


def test_all_that_is_wrong_is_said_at_once():
    """Of the heights and distances, and of the question."""
    with pytest.raises(br.InputError) as caught:
        br.Sight(tower_m=-1, target_m="x", day_km=0, night_km=math.nan, refraction=2)
    assert len(caught.value.faults) == 5
    line = make_line((44.14, 33.2), (44.14, 33.19)).drop(columns="chainage_to_km")
    with pytest.raises(br.InputError) as caught:
        br.see_line(make_flat(), make_posts((44.1, 33.2)), line, within_km=0, step_m=-1, progress=3)
    said = str(caught.value)
    for what in ("chainage_to_km", "within_km is 0", "step_m is -1", "progress is 3"):
        assert what in said


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"terrain": "dem.tif"}, "terrain is a path"),
        ({"posts": [1, 2]}, "posts: it is a list"),
        ({"line": None}, "line: it is None"),
        ({"sight": 7.6}, "sight is a float"),
    ],
)
def test_what_is_no_terrain_posts_or_line_is_refused(changed, what):
    """In words."""
    line = make_line((44.14, 33.2), (44.14, 33.19))
    asked = {"terrain": make_flat(), "posts": make_posts((44.1, 33.2)), "line": line} | changed
    with pytest.raises(br.InputError, match=what):
        br.see_line(**asked)


def test_a_viewshed_needs_a_place_on_known_ground():
    """Not beyond the grid, nor on a hole."""
    heights = np.zeros((50, 50))
    heights[20:30, 20:30] = np.nan
    land = make_terrain(heights)
    with pytest.raises(br.InputError, match=r"height at 44\.00750 E, 33\.29250 N is not known"):
        br.viewshed(land, 44.0075, 33.2925)
    with pytest.raises(br.InputError, match="does not meet"):
        br.viewshed(land, 10, 33.2925)
    with pytest.raises(br.InputError, match="2 faults"):
        br.viewshed(land, 500, 33.2925, within_km=-1)


def test_nothing_that_was_given_is_changed():
    """Neither the heights nor the tables."""
    terrain, posts = make_rough(1), make_posts((44.03, 33.27))
    line = make_line((44.002, 33.295), (44.058, 33.245), 5)
    before = terrain.grid_m.copy(), posts.copy(), line.copy()
    br.see_line(terrain, posts, line)
    br.viewshed(terrain, 44.03, 33.27, within_km=1)
    assert np.array_equal(terrain.grid_m, before[0])
    assert posts.equals(before[1])
    assert line.equals(before[2])


def test_hidden_and_seen_are_told_apart_by_the_kernel():
    """A wall between, or none."""
    grid = np.zeros((5, 9), "float32")
    assert look(grid, 0.5, 2.5, 8.5, 2.5, 1.0, 1.0, 0.0) == SEEN
    grid[:, 4] = 5
    assert look(grid, 0.5, 2.5, 8.5, 2.5, 1.0, 1.0, 0.0) == HIDDEN
    grid[2, 4] = np.nan
    assert look(grid, 0.5, 2.5, 8.5, 2.5, 1.0, 1.0, 0.0) == UNKNOWN
    assert look(grid, 0.5, 2.5, 8.5, 2.5, np.nan, 1.0, 0.0) == UNKNOWN


# The benchmark


@pytest.fixture
def figures():
    """What all jobs gave, all targets met."""
    land = {"km": 604.0, "segments": 6040, "cells": 1, "mb": 1.0}
    line = {"wall_s": 3.0, "cpu_s": 2.0, "peak_mb": 400.0, "posts": 3000, "samples": 24_160}
    line |= {"cell_m": 31.0, "unknown": 0}
    peer = {"wall_s": 0.01, "cpu_s": 0.01, "differs": 0.001, "beyond": 0.00001}
    views = {"wall_s": 0.05, "cpu_s": 0.05}
    reach = {"wall_s": 2.0, "cpu_s": 2.0, "peak_mb": 500.0, "posts": 3000, "pieces": 1, "pairs": 1}
    plan = {"wall_s": 5.0, "cpu_s": 5.0, "covered_km": 603.0, "total_km": 604.0, "gap": 0.0}
    jobs = [land, reach, plan | {"regret": 0.001}, line, views, *[peer] * len(PEERS)]
    return dict(zip(JOBS, jobs, strict=True))


def test_sight_is_held_against_its_targets(figures):
    """Time, memory and how many times as long another takes, each just met or missed."""
    _, reach, plan, line, *_ = JOBS
    peer = next(iter(PEERS))
    assert all(row.met is not False and row.agrees is not False for row in tabulate(figures))
    assert sum(row.met is True for row in tabulate(figures)) == 4
    for job, worse, missed in (
        (reach, {"wall_s": 5.1}, 1),
        (plan, {"wall_s": 10.1}, 1),
        (plan, {"gap": 1e-6}, 1),
        (line, {"wall_s": 60.1}, 2),
        (line, {"peak_mb": 1501.0}, 1),
        (peer, {"wall_s": 0.0099}, 1),
    ):
        told = tabulate(figures | {job: figures[job] | worse})
        assert sum(row.met is False for row in told) == missed
    told = tabulate(figures | {peer: figures[peer] | {"beyond": 0.001}})
    assert sum(row.agrees is False for row in told) == 2


def test_a_missing_peer_is_said_and_the_rest_is_told(figures):
    """As is a job that failed."""
    gone = {"failed": "xrspatial is not installed"}
    told = tabulate(figures | {next(iter(PEERS)): gone})
    assert sum(row.peer == gone["failed"] for row in told) == 2
    assert told[0].met
    assert tabulate({job: {"failed": "out of memory"} for job in JOBS})


def test_synthetic_ground_is_the_same_wherever_it_is_asked_for():
    """Parts of it fit together to the bit, and another seed is other ground."""
    x_m, y_m = np.arange(0.0, 3_000.0, 30), np.arange(90_000.0, 87_000.0, -30)
    whole = make_heights(x_m, y_m, 3)
    assert np.array_equal(whole[10:40, 50:], make_heights(x_m[50:], y_m[10:40], 3))
    assert 100 < whole.min() < whole.max() < 700
    assert np.abs(np.diff(whole)).max() < 15
    assert not np.array_equal(whole, make_heights(x_m, y_m, 4))


def test_an_edge_is_as_wide_as_the_cells_at_either_side_of_it():
    """Corners too."""
    seen = np.zeros((5, 5), dtype=bool)
    seen[2, 2] = True
    assert np.array_equal(edges(seen), np.pad(np.ones((3, 3), dtype=bool), 1))
    assert not edges(np.ones((4, 4), dtype=bool)).any()
