"""What a plan asks of its tables is checked before anything is computed."""

import geopandas as gpd
from shapely import Point

from boxreach.cli.plan import Plan
from boxreach.cli.plan_checks import _total_faults
from boxreach.cli.plan_tables import Tables


def test_an_area_called_total_is_found_though_only_the_communities_name_it():
    """The table on which people are counted does not hide what the communities say."""
    tables = {
        name: gpd.GeoDataFrame({"governorate": [said]}, geometry=[Point(44, 33)], crs=4326)
        for name, said in (("communities", "total"), ("cells", "Ninewa"))
    }
    rest = dict.fromkeys(set(Tables.__dataclass_fields__) - set(tables))
    files = {"boxes": "b.csv", "communities": "c.csv", "roads": "r.gpkg"}
    faults = _total_faults(Plan(inputs=files), Tables(**tables, **rest))
    assert [fault.file for fault in faults] == ["c.csv"]
