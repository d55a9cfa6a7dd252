"""The modelled population raster: governorate totals spread over 0.05 degree cells.

The rule, in full (data/README.md repeats it):

1. A cell belongs to the governorate whose outline holds the cell's centre.
2. A town's people lie around it: on the cell nearest to it and on the cells whose centre is
   within 1.5 radii, weighted by exp(-(distance / radius)²), the radius being that of a disc of
   8,000 people per km². Only cells of the town's own governorate count; a town more than 4 km
   from all of them (the outlines are approximations) leaves its people to rule 4.
3. Towns that hold more than 85 % of the governorate's total are scaled down to 85 %.
4. The rest lies by exp(-km to the nearest town / 10) on cells within 40 km of a town, plus
   exp(-km to the nearest main river / 5) on cells within 10 km of one: levels 0 to 3, since some
   of level 4 are wadis. The desert beyond is empty.
5. Each governorate is rounded to whole people by largest remainders, so that it sums to its
   total exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
import shapely
from pyproj import Transformer
from rasterio.transform import from_origin

from recipe.governorates import GOVERNORATES, PEOPLE_SOURCE
from recipe.towns import Town

CELL_DEGREES = 0.05
WEST, NORTH, COLUMNS, ROWS = 38.7, 37.45, 198, 169
NODATA = -9999
TOWN_PEOPLE_PER_KM2 = 8_000
TOWN_REACH_RADII = 1.5
LARGEST_TOWN_SHARE = 0.85
OUTLINE_ERROR_KM = 4.0
TOWN_DECAY_KM, TOWN_LIMIT_KM = 10.0, 40.0
RIVER_DECAY_KM, RIVER_LIMIT_KM = 5.0, 10.0
MAIN_RIVER_LEVEL = 3
KILOMETRES = Transformer.from_crs(
    "EPSG:4326", "+proj=laea +lat_0=33.2 +lon_0=43.8 +units=km", always_xy=True
)

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """The grid's cells, row by row from the north-west."""

    area: Integers  # position in GOVERNORATES, -1 outside all of them
    centre: Floats  # x, y in km
    pull: Floats  # weight for the people who are in no town


def spread_people(
    outlines: list[shapely.Geometry], towns: list[Town], rivers: list[shapely.Geometry]
) -> Integers:
    """Return the people of every cell, as a grid, `NODATA` outside the governorates."""
    cells = _lay_cells(outlines, towns, rivers)
    people = np.full(len(cells.area), NODATA, dtype=np.int64)
    for area, governorate in enumerate(GOVERNORATES):
        inside = np.flatnonzero(cells.area == area)
        own = [town for town in towns if town.governorate == governorate.name]
        in_towns = _place_towns(own, cells.centre[inside])
        limit = LARGEST_TOWN_SHARE * governorate.people
        in_towns *= min(1.0, limit / max(in_towns.sum(), 1.0))
        pull = cells.pull[inside]
        rest = pull * (governorate.people - in_towns.sum()) / pull.sum()
        people[inside] = round_to_total(in_towns + rest, governorate.people)
    return people.reshape(ROWS, COLUMNS)


def _lay_cells(
    outlines: list[shapely.Geometry], towns: list[Town], rivers: list[shapely.Geometry]
) -> Cells:
    """Return the grid with each cell's governorate and weight."""
    lon = WEST + CELL_DEGREES * (np.arange(COLUMNS) + 0.5)
    lat = NORTH - CELL_DEGREES * (np.arange(ROWS) + 0.5)
    degrees = np.column_stack([np.tile(lon, ROWS), np.repeat(lat, COLUMNS)])
    area = np.full(len(degrees), -1, dtype=np.int64)
    for number, outline in enumerate(outlines):
        area[shapely.contains_xy(outline, degrees)] = number
    centre = project(degrees)
    places = shapely.points(project(np.array([(town.lon, town.lat) for town in towns])))
    water = [shapely.transform(river, project) for river in rivers]
    pull = _weigh(centre, places, TOWN_DECAY_KM, TOWN_LIMIT_KM)
    pull += _weigh(centre, water, RIVER_DECAY_KM, RIVER_LIMIT_KM)
    return Cells(area, centre, pull)


def project(degrees: Floats) -> Floats:
    """Return longitudes and latitudes as kilometres on an equal-area plane."""
    return np.column_stack(KILOMETRES.transform(degrees[:, 0], degrees[:, 1]))


def _weigh(centres: Floats, others: object, decay_km: float, limit_km: float) -> Floats:
    """Return weights that fall off with the distance to the nearest of the others."""
    tree = shapely.STRtree(others)
    _, km = tree.query_nearest(shapely.points(centres), return_distance=True, all_matches=False)
    return np.where(km <= limit_km, np.exp(-km / decay_km), 0.0)


def _place_towns(towns: list[Town], centres: Floats) -> Floats:
    """Return the towns' people on the cells of their governorate."""
    people = np.zeros(len(centres))
    for town in towns:
        if town.people is None:
            continue
        km = np.hypot(*(centres - project(np.array([[town.lon, town.lat]]))).T)
        if km.min() > OUTLINE_ERROR_KM:
            continue
        radius_km = np.sqrt(town.people / (np.pi * TOWN_PEOPLE_PER_KM2))
        near = (km <= TOWN_REACH_RADII * radius_km) | (km == km.min())
        weight = np.where(near, np.exp(-((km / max(radius_km, 1.0)) ** 2)), 0.0)
        people += town.people * weight / weight.sum()
    return people


def round_to_total(shares: Floats, total: int) -> Integers:
    """Round shares to whole numbers that sum to the total, by largest remainders."""
    whole = np.floor(shares).astype(np.int64)
    missing = total - int(whole.sum())
    order = np.argsort(whole - shares, kind="stable")
    whole[order[:missing]] += 1
    return whole


def write_people(path: Path, people: Integers) -> None:
    """Write the grid as a GeoTIFF that says in its tags that it is modelled."""
    profile = {
        "driver": "GTiff",
        "width": COLUMNS,
        "height": ROWS,
        "count": 1,
        "dtype": "int32",
        "crs": "EPSG:4326",
        "transform": from_origin(WEST, NORTH, CELL_DEGREES, CELL_DEGREES),
        "nodata": NODATA,
        "compress": "deflate",
        "predictor": 2,
    }
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(people.astype(np.int32), 1)
        raster.set_band_description(1, "people per cell (modelled)")
        raster.update_tags(
            TITLE="People of Iraq, modelled",
            NOTE="Modelled: governorate totals spread by a stated rule (data/README.md); "
            "not a census and not a survey",
            SOURCE=f"{PEOPLE_SOURCE}; towns: GeoNames (CC BY 4.0); rivers: GSHHG (LGPL)",
            UNIT="people per cell",
        )
