"""`viewshed`: the land that is seen from one place, for drawing."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from affine import Affine
from pyproj import CRS
from rasterio.features import shapes
from shapely.geometry import shape

from boxreach.arguments import range_faults, require_kind
from boxreach.crs import WGS84, Floats, on_sphere, transformer_between
from boxreach.errors import Fault, InputError
from boxreach.sight.model import Sight
from boxreach.sight.questions import require_terrain, tell_coarse, within_faults
from boxreach.sight.rays import SEEN, UNKNOWN, Ends, ends_at, judge
from boxreach.sources.terrain import Terrain, placed
from boxreach.sources.terrain_grid import TerrainFile
from boxreach.sources.terrain_groups import bounds_of, distances_m


@dataclass(frozen=True, eq=False)
class Viewshed:
    """The land that is seen from one place, on the cells of the terrain.

    Attributes
    ----------
    lon, lat
        The place, in degrees.
    grid
        By cell, rows from the top: 1 where a target at its centre is seen, 0 where it is not, NaN
        where it cannot be told as heights on the way are not known.
    within
        The cells whose centres are near enough; the others are 0.
    transform
        From column and row to the coordinates of `crs`.
    crs
        Of the grid.
    """

    lon: float
    lat: float
    grid: npt.NDArray[np.float32]
    within: npt.NDArray[np.bool_]
    transform: Affine
    crs: CRS

    @property
    def share(self) -> float:
        """Share of the cells near enough that are seen, of those that can be told; NaN of none."""
        told = self.within & ~np.isnan(self.grid)
        return float(self.grid[told].mean()) if told.any() else float("nan")

    def polygons(self) -> gpd.GeoDataFrame:
        """Return the land in EPSG:4326 along the sides of cells, for drawing only.

        Returns
        -------
        geopandas.GeoDataFrame
            One row a state that occurs: ``state``, ``"seen"`` or ``"unknown"``, and its area.
        """
        states = {1: "seen", 2: "unknown"}
        coded = np.where(np.isnan(self.grid), 2, self.grid).astype(np.uint8)
        drawn = [
            (states[int(code)], shape(outline))
            for outline, code in shapes(coded, mask=coded > 0, transform=self.transform)
        ]
        frame = gpd.GeoDataFrame(
            {"state": [state for state, _ in drawn]},
            geometry=[outline for _, outline in drawn],
            crs=self.crs,
        )
        return frame.dissolve("state", as_index=False).to_crs(WGS84)[["state", "geometry"]]


def viewshed(
    terrain: Terrain | TerrainFile,
    lon: float,
    lat: float,
    *,
    sight: Sight | None = None,
    within_km: float | None = None,
) -> Viewshed:
    """Tell which land is seen from one place, by the same lines of sight as `see_line`.

    Parameters
    ----------
    terrain
        From `read_terrain` or `open_terrain`.
    lon, lat
        The place, in degrees.
    sight
        How high and how far; `Sight()` if not said.
    within_km
        How far, instead of by day.

    Returns
    -------
    Viewshed
        Each cell about the place, seen or not, and the share that is seen.

    Raises
    ------
    InputError
        If an argument will not do, or the height of the place is not known.

    Warns
    -----
    DataWarning
        If the cells are too long to tell lines of sight.

    Examples
    --------
    >>> flat = Terrain(np.zeros((40, 40), "float32"), Affine(3e-4, 0, 44, 0, -3e-4, 33), WGS84)
    >>> viewshed(flat, 44.006, 32.994, within_km=0.5).share
    1.0
    """
    sight = Sight() if sight is None else sight
    require_terrain(terrain)
    require_kind(sight, Sight, "sight", "give a Sight")
    faults = range_faults("lon", lon, -180, 180) + range_faults("lat", lat, -90, 90)
    if faults := faults + within_faults(within_km):
        raise InputError(*faults)
    within_m = 1000 * (sight.day_km if within_km is None else within_km)
    tell_coarse(terrain.file, terrain.cell_m, stacklevel=2)
    here = np.array([lon], float), np.array([lat], float)
    part = terrain.window(bounds_of(*here, 1.01 * within_m))
    eyes = ends_at(part, *here, sight.tower_m)
    if np.isnan(eyes.height_m[0]):
        what = f"its height at {lon:.5f} E, {lat:.5f} N is not known"
        raise InputError(Fault(what, part.file, advice="give a place on known ground"))
    return _look(part, here, eyes, sight, within_m)


def _look(
    part: Terrain, here: tuple[Floats, Floats], eyes: Ends, sight: Sight, within_m: float
) -> Viewshed:
    row, column = np.indices(part.shape).reshape(2, -1) + 0.5
    x, y = placed(part.transform, column, row)
    lon, lat = transformer_between(part.crs, WGS84).transform(x, y)
    chords_m = np.linalg.norm(on_sphere(lon, lat) - on_sphere(*here), axis=1)
    near = np.flatnonzero(chords_m <= within_m)  # few that are not
    metres = distances_m(*here, lon[near], lat[near])
    near, metres = near[metres <= within_m], metres[metres <= within_m]
    height_m = part.grid_m.reshape(-1)[near] + sight.target_m
    targets = Ends(column[near], row[near], height_m.astype(np.float64))
    pairs = np.zeros(len(near), np.int64), np.arange(len(near))
    verdict = judge(part.grid_m, eyes, targets, *pairs, sight.drops_m(metres))
    grid = np.zeros(part.shape, np.float32)
    grid.reshape(-1)[near] = np.where(verdict == UNKNOWN, np.nan, verdict == SEEN)
    within = np.zeros(part.shape, dtype=bool)
    within.reshape(-1)[near] = True
    return Viewshed(float(here[0][0]), float(here[1][0]), grid, within, part.transform, part.crs)
