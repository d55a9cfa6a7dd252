"""Isochrones: the ground within so many minutes, as polygons for drawing and for nothing else."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from contourpy import FillType, contour_generator
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from boxreach.arguments import (
    choice_faults,
    flag_faults,
    is_number,
    number_faults,
    require_kind,
    shown,
)
from boxreach.crs import WGS84, Floats, point_distances_m, to_wgs84
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.extents import Bounds
from boxreach.network import RoadNetwork
from boxreach.routing import NEVER, Direction, Progress, travel_times
from boxreach.tables import SITES, demand_points, require_table

Integers = npt.NDArray[np.int64]

MOST_CELLS = 250_000
"""A grid has no more cells than this, however small they are wished."""

_FEWEST_CHOSEN, _MOST_CHOSEN = 10_000, 100_000
_CELLS_ACROSS_RANGE = 4
_LEAST_CELL_M = 10.0
_MOST_MINUTES = 24 * 60.0
_MS_PER_MINUTE = 60_000
_EARTH_M = 6_371_000.0
_DEGREE_M = (111_319.0, 110_574.0)
"""Metres that a degree of longitude on the equator has, and one of latitude anywhere, at least."""

# Distances are those on a sphere, edges have rounded times: what is out of reach is well out.
_MARGIN = 1.02


def isochrones(
    network: RoadNetwork,
    sites: gpd.GeoDataFrame,
    *,
    minutes: Sequence[float] = (15.0, 30.0, 60.0),
    cell_m: float | None = None,
    mobilise_minutes: float = 0.0,
    direction: Direction = "site_to_demand",
    each: bool = False,
    progress: Progress | None = None,
) -> gpd.GeoDataFrame:
    """Draw the ground that sites reach within so many minutes.

    The times are those of `travel_times`, to the points of a grid; the outlines are contours
    between these points. **They are for drawing.** Whether a place is covered is decided by the
    time at the place (`reach`), never by a polygon it lies in: an outline is as exact as the time
    that it takes to cross a cell over open ground, and does not see what fits between points.

    Parameters
    ----------
    network, sites, mobilise_minutes, direction
        As in `travel_times`.
    minutes
        The thresholds.
    cell_m
        How far apart the points of the grid are, in metres, at most. By default a quarter of the
        off-road range, but such that the grid over all that may be reached has about 10,000 cells
        at least and 100,000 at most; what was taken stands in ``attrs["cell_m"]`` of the result.
    each
        Whether every site has outlines of its own; else they are of all sites together.
    progress
        Called with what is done, how much of it, and out of how much.

    Returns
    -------
    geopandas.GeoDataFrame
        A row for each threshold in ascending order, with ``each`` for each site and threshold:
        ``minutes``, with ``each`` also ``site_id``, and a valid MultiPolygon in EPSG:4326, empty
        where less than half a cell is reached. Of one site, or of all, the outline of fewer
        minutes lies within that of more. Without sites there are no rows.

    Raises
    ------
    InputError
        If sites have no CRS or an id twice, a number is out of range, or the grid would have
        more than 250,000 cells.

    Examples
    --------
    >>> from boxreach.network import build_network
    >>> road = shapely.LineString([(44.0, 33.0), (44.3, 33.0)])
    >>> roads = gpd.GeoDataFrame({"speed_kmh": [60.0]}, index=["r"], geometry=[road], crs=4326)
    >>> box = gpd.GeoDataFrame(index=["s"], geometry=[shapely.Point(44.15, 33.0)], crs=4326)
    >>> drawn = isochrones(build_network(roads, off_road_km=2.0), box, minutes=[5, 10], cell_m=500)
    >>> drawn["minutes"].tolist()
    [5.0, 10.0]
    >>> bool(drawn.geometry.iloc[1].covers(drawn.geometry.iloc[0]))
    True
    """
    require_kind(network, RoadNetwork, "network", "give what build_network returned")
    thresholds = _check_arguments(minutes, cell_m, mobilise_minutes, direction, each)
    mobilise_minutes = float(mobilise_minutes)
    cell_m = None if cell_m is None else float(cell_m)
    sites = to_wgs84(sites, file="sites")
    if sites.empty:
        return _table([], [], np.empty(0, dtype=object) if each else None)
    require_table(sites, SITES, file="sites")
    longest = thresholds[-1]
    grid = _lay_grid(network, sites, longest - mobilise_minutes, cell_m)
    step_minutes = grid.cell_m * 0.06 / network.off_road_kmh
    # The nearest of all sites is told however far; what one site reaches, up to the cutoff.
    cutoff = longest + step_minutes if each else mobilise_minutes + 1.0
    times = travel_times(
        network,
        sites,
        grid.points(),
        cutoff=min(cutoff, _MOST_MINUTES),
        mobilise_minutes=mobilise_minutes,
        direction=direction,
        progress=progress,
    )
    rows = range(len(sites)) if each else [None]
    outlines = [
        grid.outline(ms, round(threshold * _MS_PER_MINUTE), step_minutes * _MS_PER_MINUTE)
        for ms in (times.nearest_ms if row is None else _row(times.ms, row) for row in rows)
        for threshold in thresholds
    ]
    site_ids = np.repeat(sites.index.to_numpy(), len(thresholds)) if each else None
    table = _table(thresholds * len(rows), outlines, site_ids)
    table.attrs["cell_m"] = grid.cell_m
    return table


def _check_arguments(
    minutes: Sequence[float],
    cell_m: float | None,
    mobilise_minutes: float,
    direction: str,
    each: bool,
) -> list[float]:
    """Return the thresholds in ascending order, each once."""
    several = isinstance(minutes, Sequence | np.ndarray) and not isinstance(minutes, str | bytes)
    given = list(minutes) if several else []
    numbers = [one for one in given if is_number(one) and 0 < one <= _MOST_MINUTES]
    faults = []
    if not numbers or len(numbers) < len(given):
        advice = "give a list of numbers above 0, up to 1440"
        faults.append(Fault(f"minutes is {shown(minutes)}", advice=advice))
    longest = max(numbers, default=_MOST_MINUTES)
    faults += number_faults(
        "mobilise_minutes",
        mobilise_minutes,
        lambda one: 0 <= one < longest,
        f"give minutes from 0 to below {longest:g}, the longest of minutes",
    )
    if cell_m is not None:
        advice = f"give {_LEAST_CELL_M:g} m or more, or leave it out"
        faults += number_faults("cell_m", cell_m, lambda one: _LEAST_CELL_M <= one < np.inf, advice)
    faults += choice_faults("direction", direction, get_args(Direction))
    faults += flag_faults("each", each)
    if faults:
        raise InputError(*faults)
    return [float(one) for one in sorted(set(numbers))]


def _table(
    minutes: list[float], outlines: list[shapely.MultiPolygon], site_ids: np.ndarray | None
) -> gpd.GeoDataFrame:
    columns = {"minutes": np.array(minutes, dtype=np.float64)}
    if site_ids is not None:
        columns["site_id"] = site_ids
    return gpd.GeoDataFrame(columns, geometry=outlines, crs=WGS84)


@dataclass(frozen=True, eq=False)
class _Grid:
    """Points on whole rows and columns, of which only those near to sites are asked for.

    ``lon`` and ``lat`` are the degrees of columns and rows. In degrees, as outlines are given, so
    that no projection moves one outline across another.
    """

    lon: Floats
    lat: Floats
    near: npt.NDArray[np.bool_]
    cell_m: float

    def points(self) -> gpd.GeoDataFrame:
        """Return the points that are near to sites, as a table of demand."""
        row, column = np.nonzero(self.near)
        index = pd.RangeIndex(len(row), name="cell_id")
        places = gpd.points_from_xy(self.lon[column], self.lat[row])
        return gpd.GeoDataFrame(index=index, geometry=places, crs=WGS84)

    def outline(self, ms: Integers, threshold_ms: int, step_ms: float) -> shapely.MultiPolygon:
        """Return the contour of a threshold through the times of the near points.

        It takes about `step_ms` from one point to the next over open ground. What differs from
        the threshold by more counts as so much, and so does what is not reached at all: where
        off-road range ends, the contour runs half-way between the points. More minutes move it
        outwards on every line from point to point, so outlines are nested. Times are whole, and
        it stands half a millisecond behind the threshold, so it passes through no point and
        touches itself nowhere: outlines are valid.
        """
        late = np.where(ms == NEVER, step_ms, ms - threshold_ms - 0.5)
        field = np.full(self.near.shape, step_ms)
        field[self.near] = late.clip(-step_ms, step_ms)
        lines = contour_generator(self.lon, self.lat, field, fill_type=FillType.OuterOffset)
        parts = [
            shapely.Polygon(rings[0], rings[1:])
            for points, starts in zip(*lines.filled(-2 * step_ms, 0.0), strict=True)
            for rings in [np.split(points, starts[1:-1])]
        ]
        # A single point well within reach makes half a cell; what is smaller is a sliver.
        cell = (self.lon[1] - self.lon[0]) * (self.lat[1] - self.lat[0])
        return shapely.MultiPolygon([one for one in parts if one.area > 0.499 * cell])


def _lay_grid(
    network: RoadNetwork, sites: gpd.GeoDataFrame, minutes: float, cell_m: float | None
) -> _Grid:
    """Lay a grid over all that may be reached, with a rim of what cannot."""
    lon, lat = demand_points(sites)
    radius_m = _farthest_m(network, minutes)
    west, south, east, north = _extent(network, lon, lat, radius_m)
    # Measured where a degree is longest, so that no cell is larger than it is said to be.
    equatorial, polar = np.clip(0.0, south, north), max(abs(south), abs(north))
    lon_m = _distance_m((west, equatorial), (west + 0.01, equatorial)) * 100
    lat_m = _distance_m((west, polar - 0.005), (west, polar + 0.005)) * 100
    width_m, height_m = (east - west) * lon_m, (north - south) * lat_m
    if cell_m is None:
        cell_m = _choose_cell_m(width_m, height_m, network.off_road_km * 1000)
    elif cell_m < (least := _cell_m(width_m, height_m, MOST_CELLS)):
        what = f"cell_m is {cell_m:g}, which makes more than {MOST_CELLS:,} cells"
        raise InputError(Fault(what, advice=f"give {np.ceil(least):g} m or more, or leave it out"))
    if cell_m > network.off_road_km * 1000:
        _warn_coarse(cell_m, network.off_road_km)
    columns = west + np.arange(-1, np.ceil(width_m / cell_m) + 2) * (cell_m / lon_m)
    rows = south + np.arange(-1, np.ceil(height_m / cell_m) + 2) * (cell_m / lat_m)
    on_grid = np.meshgrid(columns, rows)
    near_sites = cKDTree(_on_sphere(lon, lat)).query(
        _on_sphere(*(one.ravel() for one in on_grid)),
        distance_upper_bound=2 * np.sin(min(radius_m / _EARTH_M, np.pi) / 2),
    )
    near = np.isfinite(near_sites[0]).reshape(on_grid[0].shape)
    return _Grid(columns, rows, near, cell_m)


def _warn_coarse(cell_m: float, off_road_km: float) -> None:
    warnings.warn(
        f"the isochrones' cells of {cell_m:g} m are wider than off_road_km = {off_road_km:g}: what"
        " is reached along a road may fall between their points; give a smaller cell_m, or fewer"
        " sites at a time",
        DataWarning,
        stacklevel=4,
    )


def _farthest_m(network: RoadNetwork, minutes: float) -> float:
    """Return how far from its start one may be after so many minutes, at the highest speed."""
    ms = np.stack([network.forward_ms, network.backward_ms])
    metres = np.broadcast_to(network.edges.length_m, ms.shape)
    driven = ms >= 0
    # Half a millisecond more than a rounded time is no less than the time.
    fastest_kmh = np.max(metres[driven] / (ms[driven] + 0.5), initial=0.0) * 3600
    fastest_kmh = max(fastest_kmh, network.off_road_kmh, network.ground.fastest_kmh)
    return float(fastest_kmh / 60 * 1000 * minutes * _MARGIN)


def _extent(network: RoadNetwork, lon: Floats, lat: Floats, radius_m: float) -> Bounds:
    """Return the degrees within the radius of a site and in off-road range of a road or a site."""
    reached = _widen((lon.min(), lat.min(), lon.max(), lat.max()), radius_m)
    places = np.array([network.bounds, (lon.min(), lat.min(), lon.max(), lat.max())])
    ground = (*places[:, :2].min(axis=0), *places[:, 2:].max(axis=0))
    linked = _widen(ground, network.off_road_km * 1000 * _MARGIN)
    low = np.maximum(reached[:2], linked[:2])
    high = np.minimum(reached[2:], linked[2:])
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _widen(bounds: Bounds, metres: float) -> Bounds:
    west, south, east, north = bounds
    up = metres / _DEGREE_M[1]
    south, north = max(south - up, -89.0), min(north + up, 89.0)
    across = metres / (_DEGREE_M[0] * np.cos(np.radians(max(abs(south), abs(north)))))
    return west - across, south, east + across, north


def _choose_cell_m(width_m: float, height_m: float, range_m: float) -> float:
    """Return a size, in two digits, at which the off-road range is some cells wide if it can be."""
    coarsest, finest = (
        _cell_m(width_m, height_m, cells) for cells in (_FEWEST_CHOSEN, _MOST_CHOSEN)
    )
    chosen = np.clip(range_m / _CELLS_ACROSS_RANGE, max(finest, _LEAST_CELL_M), coarsest)
    return float(f"{chosen:.2g}")


def _cell_m(width_m: float, height_m: float, cells: int) -> float:
    """Return the size at which a grid has so many cells at most, its rim of up to 4 included.

    It solves (width + 4 size) (height + 4 size) = cells size**2.
    """
    a, b, c = cells - 16, 4 * (width_m + height_m), width_m * height_m
    return float((b + np.sqrt(b * b + 4 * a * c)) / (2 * a))


def _distance_m(one: tuple[float, float], other: tuple[float, float]) -> float:
    lon1, lat1, lon2, lat2 = np.array([*one, *other]).reshape(4, 1)
    return float(point_distances_m(lon1, lat1, lon2, lat2)[0])


def _on_sphere(lon: Floats, lat: Floats) -> Floats:
    east, north = np.radians(lon), np.radians(lat)
    return np.column_stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)]
    )


def _row(ms: csr_array, row: int) -> Integers:
    """Return a row of a sparse matrix of milliseconds, `NEVER` where nothing is stored."""
    stored = slice(ms.indptr[row], ms.indptr[row + 1])
    dense = np.full(ms.shape[1], NEVER, dtype=np.int64)
    dense[ms.indices[stored]] = ms.data[stored]
    return dense
