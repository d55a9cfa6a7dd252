"""How fast vehicles drive: what each factor does, and that more speed never slows."""

import json
import re
import warnings
from contextlib import nullcontext
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from rasterio import Affine
from shapely import LineString, Polygon, box

import boxreach as br
from boxreach.sources.speed_zones import read_speed_zones
from boxreach.sources.terrain import Terrain
from boxreach.speeds import NOT_DRIVEN, SPEED_KMH, Slope, SpeedModel, assign_speeds, drop_undriven
from boxreach.speeds.table import TABLE, read_speed_file

CLASSES, SURFACES = sorted(TABLE.kmh), sorted(TABLE.surface_factor)
SEASONS = sorted(TABLE.season_factor)


def roads_of(*rows, **columns):
    """Roads from west to east along 33 N, a kilometre apart, with classes, or columns."""
    columns = {"road_class": list(rows)} | columns if rows else columns
    count = max(map(len, columns.values()))
    lines = [LineString([(44, 33 + n / 100), (44.1, 33 + n / 100)]) for n in range(count)]
    return gpd.GeoDataFrame(columns, geometry=lines, crs=4326)


def one_kmh(model=None, **row):
    """Return the speeds both ways of one road."""
    forward, backward = (model or SpeedModel()).assign(roads_of(**{k: [v] for k, v in row.items()}))
    return forward[0], backward[0]


# --- the shipped table -----------------------------------------------------------------------


def test_every_value_of_the_table_has_its_reason():
    """No number stands alone."""
    written = read_speed_file()
    entries = [
        one
        for name, section in written.items()
        for one in (section.values() if name != "season_factor" else
                    [kind for season in section.values() for kind in season.values()])
    ]  # fmt: skip
    assert len(entries) > 100
    assert all(set(one) == {"value", "reason"} and one["reason"] for one in entries)


def test_better_classes_are_not_slower():
    """The order of the classes is the order of the speeds, by day and by night."""
    order = ["motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential",
             "living_street"]  # fmt: skip
    for model in (SpeedModel(), SpeedModel(night=True)):
        forward, _ = model.assign(roads_of(*order))
        assert (np.diff(forward) < 0).all()


def test_what_is_driven_and_what_is_not_do_not_meet():
    """A class has a speed or is left out, never both."""
    assert not NOT_DRIVEN & set(SPEED_KMH)
    assert {"road", "rest_area", "services", "bridge_gap", "track"} <= set(SPEED_KMH)


def test_every_factor_of_a_season_names_a_surface_of_the_table():
    """A slip in the table cannot go unnoticed."""
    for factors in TABLE.season_factor.values():
        assert set(factors) <= set(SURFACES)
    assert set(TABLE.night_factor) <= set(CLASSES)


# --- factors ---------------------------------------------------------------------------------


def test_a_speed_is_that_of_the_class_times_its_factors():
    """Class, surface, season and night multiply."""
    model = SpeedModel(season="wet", night=True)
    kmh, _ = one_kmh(model, road_class="trunk", surface="gravel")
    factors = (TABLE.surface_factor["gravel"], TABLE.season_factor["wet"]["gravel"],
               TABLE.night_factor["trunk"])  # fmt: skip
    assert kmh == pytest.approx(80 * np.prod(factors))


def test_words_are_read_as_they_are_written():
    """Capitals and spaces, also in columns of categories, make no difference."""
    plain = SpeedModel().assign(roads_of("track", "trunk_link", surface=["sand", ""]))
    odd = roads_of(" Track", "TRUNK_link", surface=["Sand ", None])
    assert np.array_equal(SpeedModel().assign(odd), plain)
    assert np.array_equal(SpeedModel().assign(odd.astype({"road_class": "category"})), plain)


def test_rain_turns_a_track_without_a_surface_to_mud():
    """A blank surface means asphalt on a trunk road and earth on a track."""
    wet = SpeedModel(season="wet")
    assert one_kmh(wet, road_class="track")[0] == 15
    assert one_kmh(wet, road_class="trunk")[0] == pytest.approx(80 * 0.9)


def test_a_limit_slows_and_lifts_only_so_far():
    """Posted 60 makes a trunk road slower; posted 120 makes a track a quarter faster at most."""
    model = SpeedModel()
    assert one_kmh(road_class="trunk", limit_kmh=60.0)[0] == 60 * model.limit_factor
    assert one_kmh(road_class="track", limit_kmh=120.0)[0] == 30 * model.limit_lift


def test_a_limit_against_the_direction_of_drawing_counts_that_way():
    """Blank, it is that of the other way."""
    forward, backward = SpeedModel().assign(
        roads_of("trunk", "trunk", limit_kmh=[80, 80], limit_back_kmh=[50, np.nan])
    )
    assert forward.tolist() == [72, 72]
    assert backward.tolist() == [45, 72]


def test_a_speed_of_its_own_replaces_the_model():
    """Neither night, nor zone, nor limit changes it."""
    zones = gpd.GeoDataFrame({"speed_kmh": [5.0]}, geometry=[box(43, 32, 45, 34)], crs=4326)
    model = SpeedModel(season="wet", night=True).replace(zones=zones)
    assert one_kmh(model, road_class="track", speed_kmh=77.0, limit_kmh=20.0) == (77, 77)


def test_unknown_classes_and_surfaces_are_counted():
    """They drive as unclassified and as if no surface were given, links of them too."""
    with pytest.warns(br.DataWarning) as heard:
        forward, _ = SpeedModel().assign(
            roads_of("goat", "goat_link", "track", surface=["", "lava", "lava"])
        )
    assert forward.tolist() == [40, 40, 30]
    said = [str(one.message) for one in heard]
    assert said == [
        "2 roads of unknown class (goat, goat_link) drive as unclassified",
        "2 roads of unknown surface (lava) drive as if none were given",
    ]


def test_what_cannot_be_driven_is_left_out_and_counted():
    """Footways are no roads."""
    with pytest.warns(br.DataWarning, match=r"2 roads .* \(footway, steps\)"):
        left = drop_undriven(roads_of("footway", "trunk", "steps"))
    assert left["road_class"].tolist() == ["trunk"]


def test_junctions_cost_nothing_unless_told():
    """A new road makes junctions; they must not slow those who pass."""
    roads = roads_of("trunk", "residential", "trunk_link")
    assert SpeedModel().junction_delays_s(roads).tolist() == [0, 0, 0]
    told = SpeedModel().replace(junction_s={"trunk": 4})
    assert told.junction_delays_s(roads).tolist() == [4, 0, 4]


# --- overriding ------------------------------------------------------------------------------


def test_all_that_is_wrong_with_a_model_is_said_at_once():
    """Names and ranges, with the nearest name that there is."""
    with pytest.raises(br.InputError) as caught:
        SpeedModel().replace(
            kmh={"trakc": 20, "trunk": -1},
            surface_factor={"gravle": 0.5},
            season="wett",
            season_factor={"wet": {"dirt": 7}, "dri": {}},
            night_factor={"trunk": float("nan")},
            natural_surface={"track": "graund"},
            link_factor="half",
            limit_lift=0.5,
            junction_s={"trunk": True},
            slope={"steepest": 45},
        )
    faults = caught.value.faults
    assert len(faults) == 12
    assert [fault.column for fault in faults] == [
        "kmh", "kmh.trunk", "surface_factor", "season", "season_factor", "season_factor.wet.dirt",
        "natural_surface.track", "night_factor.trunk", "link_factor", "limit_lift",
        "junction_s.trunk", "slope.steepest",
    ]  # fmt: skip
    assert sum("did you mean" in fault.advice for fault in faults) == 4


def test_replacing_keeps_what_is_not_named():
    """Also over two changes, and the model that was changed stays as it is."""
    first = SpeedModel().replace(kmh={"track": 20}, season_factor={"wet": {"dirt": 0.4}})
    second = first.replace(kmh={"trunk": 90}, season_factor={"wet": {"sand": 0.8}})
    assert (second.kmh["track"], second.kmh["trunk"], second.kmh["primary"]) == (20, 90, 65)
    wet = second.season_factor["wet"]
    assert (wet["dirt"], wet["sand"]) == (0.4, 0.8)
    assert first.kmh["trunk"] == SpeedModel().kmh["trunk"] == 80
    assert SpeedModel() == SpeedModel()
    assert first != second


def test_a_model_cannot_be_changed():
    """It is a value."""
    with pytest.raises(TypeError):
        SpeedModel().kmh["trunk"] = 1
    with pytest.raises(AttributeError):
        SpeedModel().night = True


def test_parameters_are_json_and_make_the_same_model():
    """What run.json records can be given again."""
    model = SpeedModel(season="wet", night=True).replace(kmh={"track": 20}, slope={"free": 0.01})
    said = json.loads(json.dumps(model.parameters()))
    assert said.pop("terrain") is None
    assert said.pop("zones") == 0
    assert SpeedModel().replace(**said) == model


def test_the_present_names_are_views_of_the_model():
    """Scripts of the first release go on."""
    roads = roads_of("trunk", "track", surface=["gravel", ""])
    assert np.array_equal(assign_speeds(roads), SpeedModel().assign(roads)[0])
    assert assign_speeds(roads, speeds_kmh={"track": 11}) == pytest.approx([56, 11])


# --- zones -----------------------------------------------------------------------------------


def zones_of(*rows):
    """Zones that all hold the first road, with speeds and factors."""
    speeds, factors = np.array(rows, dtype=float).T
    area = box(43.9, 32.99, 44.2, 33.001)
    return gpd.GeoDataFrame(
        {"speed_kmh": speeds, "speed_factor": factors}, geometry=[area] * len(rows), crs=4326
    )


@pytest.mark.parametrize(
    ("rows", "kmh"),
    [
        ([(45, None)], 45),
        ([(120, None)], 120),
        ([(None, 0.5)], 40),
        ([(60, None), (None, 0.5), (50, None)], 40),
    ],
)
def test_a_zone_gives_its_speed_to_the_roads_within_it(rows, kmh):
    """Where zones overlap the slowest holds, and outside nothing changes."""
    model = SpeedModel().replace(zones=zones_of(*rows))
    for way in model.assign(roads_of("trunk", "trunk")):
        assert way == pytest.approx([kmh, 80])


def test_zones_may_come_in_any_system():
    """They are brought to that of the roads."""
    zones = zones_of((40, None)).to_crs(32638)
    forward, _ = SpeedModel().replace(zones=zones).assign(roads_of("trunk"))
    assert forward == pytest.approx([40])


def test_a_road_has_the_speed_of_its_length_over_its_time():
    """A quarter of it at 20 km/h and the rest at 80 make 45.7."""
    zones = gpd.GeoDataFrame({"speed_kmh": [20.0]}, geometry=[box(44.075, 32, 45, 34)], crs=4326)
    forward, backward = SpeedModel().replace(zones=zones).assign(roads_of("trunk"))
    assert forward == backward == pytest.approx([1 / (0.25 / 20 + 0.75 / 80)])


def test_an_outline_that_crosses_itself_is_repaired():
    """And counted."""
    bow = Polygon([(44, 32.9), (44.1, 33.1), (44.1, 32.9), (44, 33.1)])
    zones = gpd.GeoDataFrame({"speed_kmh": [20.0]}, geometry=[bow], crs=4326)
    with pytest.warns(br.DataWarning, match="zones whose outline crosses itself were repaired: 0"):
        model = SpeedModel().replace(zones=zones)
    assert model.assign(roads_of("trunk"))[0] == pytest.approx([20])


def test_a_zone_has_one_speed(tmp_path):
    """Both or none is a fault, each with its feature."""
    zones_of((40, None), (40, 0.5), (None, None)).to_file(tmp_path / "zones.gpkg")
    with pytest.raises(br.InputError) as caught:
        read_speed_zones(tmp_path / "zones.gpkg")
    assert [(fault.feature, fault.what) for fault in caught.value.faults] == [
        (2, "it has both speeds"),
        (3, "it has no speed"),
    ]


# --- slope -----------------------------------------------------------------------------------


def ramp(grade):
    """A terrain that rises to the east by so much for each metre."""
    metres = 93_400 * 0.01
    grid = np.tile(np.arange(40) * grade * metres, (30, 1)).astype("float32")
    return Terrain(grid, Affine(0.01, 0, 43.9, 0, -0.01, 33.15), CRS.from_epsg(4326))


def test_uphill_is_slower_than_downhill_and_both_than_level():
    """By the formula, on a ramp of 10 %."""
    model = SpeedModel(terrain=ramp(0.10))
    forward, backward = model.assign(roads_of("trunk"))
    assert forward[0] == pytest.approx(80 * 0.79, rel=0.01)
    assert backward[0] == pytest.approx(80 * 0.86, rel=0.01)


@pytest.mark.parametrize("beyond", [False, True])
def test_level_and_unknown_ground_change_nothing(beyond):
    """A gentle ramp, and roads beyond the terrain, of which it is said."""
    far = Terrain(np.zeros((5, 5), "float32"), Affine(1, 0, 0, 0, -1, 5), CRS.from_epsg(4326))
    told = pytest.warns(br.DataWarning, match="along 100% of the roads")
    with told if beyond else nullcontext():
        forward, backward = SpeedModel(terrain=far if beyond else ramp(0.02)).assign(
            roads_of("trunk")
        )
    assert forward.tolist() == backward.tolist() == [80]


@pytest.mark.parametrize(("known", "share"), [(40, None), (15, 50), (0, 100)])
def test_it_is_said_on_how_much_of_the_roads_no_height_is_known(known, share):
    """They count as level there, and are quicker than they are."""
    terrain = ramp(0.1)  # the road lies in its columns 10 to 19
    terrain.grid_m[:, known:] = np.nan
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        SpeedModel(terrain=terrain).assign(roads_of("trunk"))
    said = [
        float(re.search(r"terrain: heights are not known along (\d+)%", str(one.message))[1])
        for one in heard
    ]
    assert said == ([] if share is None else [pytest.approx(share, abs=15)])


def test_a_road_without_length_is_level():
    """Two nodes at one place are no slope, and no reason to stop."""
    roads = roads_of("trunk").set_geometry([LineString([(44, 33), (44, 33)])])
    assert SpeedModel(terrain=ramp(0.1)).assign(roads)[0].tolist() == [80]


def test_a_hill_counts_although_both_ends_lie_equally_high():
    """A road is walked, not measured from end to end."""
    heights = 5000 - np.abs(np.arange(40) - 15) * 93.4  # its top lies in the middle of the road
    grid = np.tile(heights, (30, 1)).astype("float32")
    terrain = Terrain(grid, Affine(0.01, 0, 43.895, 0, -0.01, 33.15), CRS.from_epsg(4326))
    forward, backward = SpeedModel(terrain=terrain).assign(roads_of("trunk"))
    assert forward[0] == pytest.approx(backward[0], rel=0.02)
    assert forward[0] == pytest.approx(80 * 2 / (1 / 0.79 + 1 / 0.86), rel=0.02)


def test_the_drawing_of_a_line_the_other_way_swaps_its_speeds():
    """Nothing else depends on it."""
    roads = roads_of("trunk", limit_kmh=[80.0], limit_back_kmh=[50.0])
    other = roads.set_geometry(roads.geometry.reverse()).assign(limit_kmh=50.0, limit_back_kmh=80.0)
    model = SpeedModel(terrain=ramp(0.07))
    assert np.allclose(model.assign(roads), model.assign(other)[::-1])


@settings(deadline=None)
@given(st.floats(-2, 2), st.floats(0, 0.2), st.floats(0, 20), st.floats(0, 1))
def test_a_slope_never_speeds_up(grade, free, loss, steepest):
    """Whatever its values, the factor lies above 0 and at 1 at most."""
    factor = Slope(free, loss, loss, steepest).factor(np.array([grade]))[0]
    assert 0 < factor <= 1


# --- monotone --------------------------------------------------------------------------------

rows_of_roads = st.lists(
    st.tuples(
        st.sampled_from([*CLASSES, "trunk_link", "motorway_link", ""]),
        st.sampled_from(SURFACES),
        st.one_of(st.just(np.nan), st.floats(5, 140)),
    ),
    min_size=1,
    max_size=8,
)
factors = st.floats(0.05, 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "count", [pytest.param(30, id="quick"), pytest.param(1000, id="all", marks=pytest.mark.heavy)]
)
def test_raising_a_speed_or_a_factor_never_makes_a_road_slower(count):
    """Each of them, in every season, by day and night, with limits, slopes and zones."""

    @settings(max_examples=count)
    @given(
        rows=rows_of_roads,
        season=st.sampled_from(SEASONS),
        night=st.booleans(),
        name=st.sampled_from(CLASSES),
        surface=st.sampled_from(SURFACES),
        values=st.lists(factors, min_size=7, max_size=7),
        raised=st.integers(0, 6),
        by=st.floats(1, 1.9),
        zone=st.one_of(st.none(), factors),
    )
    def raise_one(rows, season, night, name, surface, values, raised, by, zone):
        def model(values):
            kmh, surface_factor, season_factor, night_factor, link, limit, lift = values
            return SpeedModel(season=season, night=night, terrain=ramp(0.08)).replace(
                kmh={name: kmh * 100},
                surface_factor={surface: surface_factor},
                season_factor={season: {surface: season_factor}},
                night_factor={name: night_factor},
                link_factor=link,
                limit_factor=limit,
                limit_lift=1 + lift,
                zones=zones_of((None, zone)) if zone else None,
            )

        classes, surfaces, limits = zip(*rows, strict=True)
        roads = roads_of(road_class=classes, surface=surfaces, limit_kmh=limits)
        before = model(values).assign(roads)
        values[raised] *= by
        after = model(values).assign(roads)
        for was, now in zip(before, after, strict=True):
            assert (now >= was * (1 - 1e-12)).all()

    raise_one()


@pytest.mark.slow
@settings(deadline=None)
@given(rows=rows_of_roads, by=st.floats(1, 3))
def test_raising_a_limit_never_makes_a_road_slower(rows, by):
    """What is posted higher is driven at least as fast."""
    classes, surfaces, limits = zip(*rows, strict=True)
    roads = roads_of(road_class=classes, surface=surfaces, limit_kmh=limits)
    before, _ = SpeedModel().assign(roads)
    after, _ = SpeedModel().assign(roads.assign(limit_kmh=roads["limit_kmh"] * by))
    assert (after >= before).all()


@pytest.mark.slow
@settings(deadline=None)
@given(rows=rows_of_roads, data=st.data())
def test_the_order_of_the_roads_changes_nothing(rows, data):
    """A road's speed is its own."""
    classes, surfaces, limits = zip(*rows, strict=True)
    roads = roads_of(road_class=classes, surface=surfaces, limit_kmh=limits)
    order = data.draw(st.permutations(range(len(rows))))
    forward, _ = SpeedModel(season="wet").assign(roads)
    assert SpeedModel(season="wet").assign(roads.iloc[order])[0].tolist() == forward[order].tolist()


def test_assigning_warns_of_nothing_that_the_table_knows():
    """All classes, their links and all surfaces are understood."""
    names = [*CLASSES, *(f"{name}_link" for name in CLASSES)]
    surfaces = [SURFACES[n % len(SURFACES)] for n in range(len(names))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forward, _ = SpeedModel().assign(roads_of(*names, surface=surfaces))
    assert (forward > 0).all()


# --- the page --------------------------------------------------------------------------------


def rows_of_page():
    """Return the rows of value and reason that docs/speeds.md shows, section by section."""
    page = (Path(__file__).parents[1] / "docs" / "speeds.md").read_text(encoding="utf-8")
    head = r"^\| [\w ]+ \| value \| reason \|\n\|[-:|]+\|\n"
    tables = re.findall(head + r"((?:\|.*\n)+)", page, re.MULTILINE)
    return [
        {
            name.replace("(blank)", ""): {"value": value, "reason": reason}
            for name, value, reason in re.findall(r"\| (.+?) \| (.+?) \| (.+) \|\n", table)
        }
        for table in tables
    ]


def written(value):
    """Write a value as the page does."""
    if isinstance(value, list):
        return ", ".join(value)
    return value if isinstance(value, str) else f"{value:g}"


def test_the_page_shows_the_table_as_it_is():
    """`docs/speeds.md` and speeds.toml say the same, values and reasons."""
    file = read_speed_file()
    seasons = file.pop("season_factor")
    sections = [*file.values(), *seasons.values()]
    expected = [
        {name: one | {"value": written(one["value"])} for name, one in section.items()}
        for section in sections
        if section
    ]
    shown = rows_of_page()
    assert len(shown) == len(expected)
    assert all(section in shown for section in expected)
