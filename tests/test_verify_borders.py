"""Places exactly on the border of closed ground: the run and `verify` judge them by one rule."""

import geopandas as gpd
import numpy as np
import pytest
from shapely import Polygon, affinity, box

import boxreach as br

pytestmark = pytest.mark.slow


def draw_areas(seed, digits):
    """Draw areas on the roads of the small plan, upright and turned."""
    random = np.random.default_rng(seed)
    for number in range(24):
        x, y = random.uniform(44.02, 44.48), random.uniform(33.06, 33.14)
        if number % 3 == 0:
            x, y = 44.25, random.uniform(33.1, 33.3)
        area = box(x - 0.006, y - 0.005, x + 0.006, y + 0.004)
        area = affinity.rotate(area, random.uniform(0, 90) if number % 2 else 0)
        yield Polygon(np.round(np.array(area.exterior.coords), digits))


@pytest.mark.parametrize(("digits", "off_road_km"), [(15, 10), (7, 0.6)])
def test_places_on_the_border_of_closed_ground_are_judged_alike(
    plan, cli, edit, tmp_path, digits, off_road_km
):
    """At corners and between them, with all digits of a float and with those that are kept."""
    edit(plan, "[network]", 'closures = "closed.geojson"\n[network]')
    edit(plan, 'population = "people.tif"\n', "")
    edit(plan, "off_road_km = 10", f"off_road_km = {off_road_km}")
    areas = [*draw_areas(5, digits)]
    shut = gpd.GeoDataFrame(geometry=areas, crs=4326)
    shut.to_file(plan.parent / "closed.geojson", COORDINATE_PRECISION=15)
    along = [one.exterior.interpolate(step / 16, normalized=True)
             for one in areas for step in range(16)]  # fmt: skip
    places = [*(place.coords[0] for place in along),
              *(corner for one in areas for corner in one.exterior.coords[:-1])]  # fmt: skip
    known = dict.fromkeys((round(x, digits), round(y, digits)) for x, y in places)
    rows = [f"c{n},{x!r},{y!r},10" for n, (x, y) in enumerate(known)]
    text = "\n".join(["community_id,lon,lat,people", *rows, ""])
    (plan.parent / "communities.csv").write_text(text, encoding="utf-8")
    code, _, message = cli("reach", plan, "-o", tmp_path / "out")
    assert code == 0, message
    found = br.verify(tmp_path / "out")
    assert found.passed, found.summary()
