"""What a plan asks of its tables is checked before anything is computed."""

import geopandas as gpd
from shapely import LineString, Point, box

from boxreach.cli.plan import Plan
from boxreach.cli.plan_checks import _apart_faults, _total_faults
from boxreach.cli.plan_tables import Tables


def asked_of(**tables):
    """Return a plan, and tables of which none is there but those given."""
    rest = dict.fromkeys(set(Tables.__dataclass_fields__) - set(tables))
    files = {"boxes": "b.csv", "communities": "c.csv", "roads": "r.gpkg", "areas": "a.gpkg"}
    files["rivers"] = "w.gpkg"
    return Plan(inputs=files), Tables(**tables, **rest)


def test_an_area_called_total_is_found_though_only_the_communities_name_it():
    """The table on which people are counted does not hide what the communities say."""
    tables = {
        name: gpd.GeoDataFrame({"governorate": [said]}, geometry=[Point(44, 33)], crs=4326)
        for name, said in (("communities", "total"), ("cells", "Ninewa"))
    }
    faults = _total_faults(*asked_of(**tables))
    assert [fault.file for fault in faults] == ["c.csv"]


def test_rivers_far_from_all_roads_are_refused():
    """They would stop nobody, and nothing would say so; those without a shape are told else."""
    line = gpd.GeoSeries([LineString([(43, 36), (44, 36)])], crs=4326)
    roads = gpd.GeoDataFrame(geometry=line)
    rivers = gpd.GeoDataFrame(geometry=line.translate(60))
    (fault,) = _apart_faults(*asked_of(roads=roads, rivers=rivers))
    assert str(fault).startswith("w.gpkg: it lies at 103.0 to 104.0 E")
    assert not _apart_faults(*asked_of(roads=roads, rivers=rivers.iloc[:0]))


def test_roads_far_from_all_areas_are_refused():
    """They would only widen the study area, and every place would be off road."""
    areas = gpd.GeoDataFrame({"name": ["Ninewa"]}, geometry=[box(41, 35, 44, 37)], crs=4326)

    def told(lon, lat):
        line = LineString([(lon, lat), (lon + 0.5, lat + 0.5)])
        roads = gpd.GeoDataFrame(geometry=[line], crs=4326)
        return [str(one) for one in _apart_faults(*asked_of(roads=roads, areas=areas))]

    assert told(43, 36) == told(44.5, 36) == []
    (fault,) = told(103, 36)
    assert fault.startswith("a.gpkg: it lies at 41.0 to 44.0 E, 35.0 to 37.0 N, far from all roads")
    assert "r.gpkg (103.0 to 103.5 E, 36.0 to 36.5 N); give both" in fault
