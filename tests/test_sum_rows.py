"""What readers promise of rows that are sums of the others: nobody is counted twice in silence."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

import boxreach as br
from boxreach.sources.sum_rows import find_sums

HEAD = "community_id,name,lon,lat,people\n"
ROWS = "a,One,44.1,33,100\nb,Two,44.2,33,250\nc,Three,44.3,33,\n"
ADVICE = "take the row out, or all it counts is counted twice"


def write(folder, rows, head=HEAD):
    path = folder / "towns.csv"
    path.write_text(head + rows, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name",
    ["Total", "GRAND  TOTAL", "المجموع", "الإجمالي", "المجموع الكلي", "کۆی گشتی", "Giştî", "Sum"],
)
@pytest.mark.parametrize("by_id", [False, True])
def test_a_row_that_is_the_sum_of_the_others_is_refused(tmp_path, name, by_id):
    """Everybody would live twice, once in a place where nobody does."""
    row = f"{name},,44.2,33.2,350\n" if by_id else f"t,{name},44.2,33.2,350\n"
    with pytest.raises(br.InputError) as refused:
        br.read_communities(write(tmp_path, ROWS + row))
    (fault,) = refused.value.faults
    assert (fault.file, fault.row, fault.column, fault.advice) == ("towns.csv", 5, "people", ADVICE)
    assert fault.what == f"it is called {name!r}, and is the sum of all other rows"


def test_sums_of_parts_are_left_out_where_that_of_all_is_told(tmp_path):
    """A grand total below subtotals is a third of what stands in the table."""
    more = "s,Total Ninewa,44.2,33.1,350\nt,Grand total,44.2,33.2,350\n"
    with pytest.raises(br.InputError, match=r"row 6, .*'Grand total', and is the sum"):
        br.read_communities(write(tmp_path, ROWS + more))


@pytest.mark.parametrize("name", ["Total Ninewa", "Ninewa total", "مجموع نينوى", "Total"])
def test_what_is_called_a_sum_of_some_is_said(tmp_path, name):
    path = write(tmp_path, f"{ROWS}t,{name},44.2,33.2,90\n")
    with pytest.warns(br.DataWarning, match=f"row 5, .*{name}.*may be a sum of other rows") as said:
        assert len(br.read_communities(path)) == 4
    assert len(said) == 1


def test_a_row_without_such_a_name_that_equals_the_others_is_said(tmp_path):
    rows = "".join(f"c{n},,44.{n},33,{n + 10}\n" for n in range(6))
    with pytest.warns(br.DataWarning, match="row 8, .*as much as all other rows together"):
        br.read_communities(write(tmp_path, f"{rows}x,,44.8,33.2,75\n"))


def test_towns_of_other_names_are_no_sums(tmp_path):
    """Also where one is as large as the only other."""
    rows = "a,Totalabad,44.1,33,100\nb,Komar,44.2,33,100\nc,All Saints,44.3,33,7\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(br.read_communities(write(tmp_path, rows))) == 3


def test_each_column_of_people_is_looked_at(tmp_path):
    head = "community_id,name,lon,lat,residents,displaced\n"
    rows = "a,One,44.1,33,100,5\nb,Two,44.2,33,250,6\nt,Total,44.2,33.2,,11\n"
    with pytest.raises(br.InputError, match=r"row 4, column displaced: .*'Total', and is the sum"):
        br.read_communities(write(tmp_path, rows, head), layers=["residents", "displaced"])


@pytest.mark.parametrize("ending", ["csv", "gpkg", "parquet"])
def test_people_of_cells_and_weights_are_looked_at_too(tmp_path, ending):
    frame = gpd.GeoDataFrame(
        {"cell_id": ["a", "b", "Total"], "people": [4.0, 5.0, 9.0]},
        geometry=[Point(44, 33), Point(44.1, 33), Point(44.2, 33)], crs=4326,
    )  # fmt: skip
    path = tmp_path / f"cells.{ending}"
    if ending == "csv":
        plain = frame.assign(lon=frame.geometry.x, lat=33.0).drop(columns="geometry")
        plain.to_csv(path, index=False)
    elif ending == "gpkg":
        frame.to_file(path)
    else:
        frame.to_parquet(path)
    with pytest.raises(br.InputError, match="'Total', and is the sum of all other rows"):
        br.read_population(path)
    with pytest.raises(br.InputError, match="'Total', and is the sum of all other rows"):
        br.read_demand(path, unit="meals", weight="people", columns={"demand_id": "cell_id"})


def test_a_total_of_all_areas_is_not_spread_once_more():
    """It is matched to no area, and would go to all places."""
    areas = gpd.GeoDataFrame({"name": ["West", "East"]}, index=["w", "e"],
                             geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=4326)  # fmt: skip
    towns = gpd.GeoDataFrame(
        geometry=[Point(0.2, 0.5), Point(1.5, 0.5)], index=["a", "b"], crs=4326
    )
    counted = pd.DataFrame({"side": ["West", "East", "Total"], "people": [60.0, 40.0, 100.0]})
    matches = br.match_areas(counted, {"side": areas}, names={"side": "side"})
    with pytest.raises(br.InputError, match=rf"row 3, .*the sum of all other rows; {ADVICE}"):
        br.spread_totals(towns, matches, counted["people"], {"side": areas}, column="residents")


def test_of_a_long_table_only_the_largest_rows_are_looked_at():
    ids = np.array([f"c{n}" for n in range(100_000)], dtype=object)
    people = np.arange(100_000.0)
    people[500] = 0.0
    people[500] = people.sum()
    ids[0] = "Total of nobody"
    assert find_sums([ids], people).likely == (500,)
    ids[500] = "total"
    assert find_sums([ids], people).certain == (500,)
    assert find_sums([ids], people).likely == ()
