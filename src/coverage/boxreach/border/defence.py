"""`score_defence`: how well the ground about a post helps to hold it, by a stated convention."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import is_number, kind_of, range_faults, require_kind, shown
from boxreach.border.approaches import count_approaches
from boxreach.border.nearest_shapes import find_nearest_shapes
from boxreach.border.post_table import require_posts
from boxreach.crs import Floats, metres_per_degree, to_wgs84
from boxreach.errors import DataWarning, Fault, FaultCollector
from boxreach.network import RoadNetwork
from boxreach.sight import Sight, viewshed
from boxreach.sight.questions import tell_coarse
from boxreach.sources.terrain import Terrain
from boxreach.sources.terrain_grid import TerrainFile
from boxreach.sources.terrain_groups import bounds_of
from boxreach.suggestions import suggest
from boxreach.tables import Schema, place_faults

PARTS = ("relief", "visible", "standoff", "approaches")
"""What the score is the mean of."""

_HIGH_M = 20.0
_STANDOFF_M = 300.0
_STEPS = 20
_KNOWN_SHARE = 0.5
_BUILDINGS = Schema(
    "buildings",
    "building_id",
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"),
)


def score_defence(
    posts: gpd.GeoDataFrame,
    *,
    network: RoadNetwork,
    terrain: Terrain | TerrainFile | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    within_km: float = 1.0,
    weights: Mapping[str, float] | None = None,
    sight: Sight | None = None,
) -> pd.DataFrame:
    """Score how defensible each post is, from 0 to 1, as a convention to rank by.

    Each part has a score of its own, and ``defensibility`` is their weighted mean over the parts
    that are known, ``sum(weight * score) / sum(weight)``. It ranks posts of one plan whose parts
    are all known; it is no finding about any of them.

    ============== ====================== ================================================
    part           measured               score
    ============== ====================== ================================================
    ``relief``     ``relief_m``           ``0.5 + relief_m / 40``, within 0 to 1: 0.5 on
                                          flat ground, 1 from 20 m above it, 0 from 20 m
                                          below
    ``visible``    ``visible_share_1km``  the share itself
    ``standoff``   ``standoff_m``         ``standoff_m / 300``
    ``approaches`` ``approaches``         ``1 / (1 + approaches)``
    ============== ====================== ================================================

    Relief is the topographic position index: the height of the post above the mean of the ground
    about it (A. Weiss, Topographic position and landforms analysis, ESRI User Conference, 2001),
    here of points a twentieth of `within_km` apart. Standoff ends at 300 m, about as far as
    riflemen are trained to hit. Where these scores run from and to is a convention of boxreach.

    Parameters
    ----------
    posts
        Points with unique ids in the index.
    network
        From `build_network`; its roads are the approaches.
    terrain
        Heights; without them relief and view are not known, nor where less than half of the
        ground about a post is.
    buildings
        Buildings that stand: areas, or points; without them the standoff is not known. Rows
        without a shape are left out. A table without rows says that there are none.
    within_km
        The radius of what counts as about the post, 0.1 to 10.
    weights
        By part; those not named weigh 1, and what weighs 0 is left out.
    sight
        How high the tower is, and what it looks for; `Sight()` if not said. `within_km` takes the
        place of its distances.

    Returns
    -------
    pandas.DataFrame
        A row a post, in their order: ``defensibility``; ``relief_m``; ``visible_share_1km``, the
        share of the ground that the tower sees, named by `within_km`; ``standoff_m``, straight
        metres to the nearest building, 300 at most; ``approaches``, how many roads cross the
        circle; ``relief_score``, ``visible_score``, ``standoff_score``, ``approaches_score``;
        ``not_known``, the parts that are left out of the mean because they are not known, with
        spaces between.

    Raises
    ------
    InputError
        If an argument is not as it should be; all faults at once.

    Warns
    -----
    DataWarning
        If the cells of the terrain are too long to tell of ground so near, or lines of sight.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from boxreach.network import build_network
    >>> roads = gpd.GeoDataFrame(geometry=[LineString([(44, 33), (45, 33)])], crs=4326)
    >>> posts = gpd.GeoDataFrame(index=["a"], geometry=[Point(44.5, 33.001)], crs=4326)
    >>> huts = gpd.GeoDataFrame(geometry=[Point(44.5, 33.0)], crs=4326)
    >>> found = score_defence(posts, network=build_network(roads), buildings=huts)
    >>> found[["defensibility", "standoff_m", "approaches", "not_known"]].round(2)
       defensibility  standoff_m  approaches       not_known
    a           0.35       110.9           2  relief visible
    """
    require_kind(network, RoadNetwork, "network", "give what build_network returned")
    sight = Sight() if sight is None else sight
    posts, buildings, weigh = _require_arguments(
        posts, terrain, buildings, within_km, weights, sight
    )
    lon, lat = posts.geometry.x.to_numpy(), posts.geometry.y.to_numpy()
    within_m = 1000 * float(within_km)
    relief_m, visible = _look_about(terrain, lon, lat, within_m, sight)
    standoff_m = _measure_standoff(buildings, lon, lat)
    approaches = count_approaches(network, lon, lat, within_m=within_m)
    scores = {
        "relief": np.clip(0.5 + relief_m / (2 * _HIGH_M), 0, 1),
        "visible": visible,
        "standoff": standoff_m / _STANDOFF_M,
        "approaches": 1 / (1.0 + approaches),
    }
    return pd.DataFrame(
        {
            "defensibility": _weigh(scores, weigh),
            "relief_m": relief_m,
            f"visible_share_{within_km:g}km": visible,
            "standoff_m": standoff_m,
            "approaches": approaches,
            **{f"{part}_score": score for part, score in scores.items()},
            "not_known": _name_unknown(scores, len(posts)),
        },
        index=posts.index,
    )


def _require_arguments(
    posts: gpd.GeoDataFrame,
    terrain: Terrain | TerrainFile | None,
    buildings: gpd.GeoDataFrame | None,
    within_km: float,
    weights: Mapping[str, float] | None,
    sight: Sight,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None, dict[str, float]]:
    """Return posts and buildings in EPSG:4326 and the weight of each part, or raise."""
    faults = FaultCollector()
    with faults.attempt():
        posts = require_posts(posts)
    with faults.attempt():
        buildings = None if buildings is None else _require_buildings(buildings)
    faults.add(range_faults("within_km", within_km, 0.1, 10))
    if not isinstance(terrain, Terrain | TerrainFile | None):
        advice = "read it with read_terrain or open_terrain"
        faults.add([Fault(f"terrain is {kind_of(terrain)}", advice=advice)])
    if not isinstance(sight, Sight):
        faults.add([Fault(f"sight is {kind_of(sight)}", advice="give a Sight")])
    weigh = dict.fromkeys(PARTS, 1.0)
    faults.add(_weight_faults({} if weights is None else weights))
    faults.raise_any()
    return posts, buildings, weigh | dict(weights or {})


def _require_buildings(buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    buildings = to_wgs84(buildings, file="buildings")
    buildings = buildings[~(buildings.geometry.isna() | buildings.geometry.is_empty)]
    rows = np.arange(1, len(buildings) + 1)
    faults = FaultCollector()
    faults.add(place_faults(buildings, _BUILDINGS, file="buildings", rows=rows))
    faults.raise_any()
    return buildings


def _weight_faults(weights: object) -> list[Fault]:
    if not isinstance(weights, Mapping):
        advice = 'give weights by part, like {"relief": 2}'
        return [Fault(f"weights is {kind_of(weights)}", advice=advice)]
    faults = [
        Fault(f"weights has {shown(part)}", advice=suggest(str(part), list(PARTS)))
        for part in weights
        if part not in PARTS
    ] + [
        Fault(f"the weight of {part} is {shown(weight)}", advice="give a number from 0 up")
        for part, weight in weights.items()
        if not (is_number(weight) and 0 <= weight < np.inf)
    ]
    if not faults and not any((dict.fromkeys(PARTS, 1.0) | dict(weights)).values()):
        faults.append(Fault("every part weighs 0", advice="give one a weight above 0"))
    return faults


def _look_about(
    terrain: Terrain | TerrainFile | None,
    lon: Floats,
    lat: Floats,
    within_m: float,
    sight: Sight,
) -> tuple[Floats, Floats]:
    """Return how high each place lies above the ground about it, and the share that it sees."""
    relief_m, visible = np.full(len(lon), np.nan), np.full(len(lon), np.nan)
    if terrain is None:
        return relief_m, visible
    if terrain.cell_m > within_m / 2:
        what = f"{terrain.file}: cells of {terrain.cell_m:,.0f} m tell neither relief nor view"
        warnings.warn(f"{what} within {within_m:,.0f} m", DataWarning, stacklevel=3)
        return relief_m, visible
    tell_coarse(terrain.file, terrain.cell_m, stacklevel=3)
    on = np.flatnonzero(terrain.covers(lon, lat))
    about = (bounds_of(lon[[at]], lat[[at]], 1.1 * within_m) for at in on)
    for at, part in zip(on, terrain.windows(about), strict=True):
        relief_m[at] = _relief_m(part, lon[at], lat[at], within_m)
        if not np.isnan(relief_m[at]):
            visible[at] = _visible_share(part, lon[at], lat[at], within_m, sight)
    return relief_m, visible


def _relief_m(part: Terrain, lon: float, lat: float, within_m: float) -> float:
    """Return the height of a place above the mean of the ground about it, NaN if not known."""
    steps = np.arange(-_STEPS, _STEPS + 1) * (within_m / _STEPS)
    east, north = (one.ravel() for one in np.meshgrid(steps, steps))
    inside = np.hypot(east, north) <= within_m * (1 + 1e-9)
    east_m, north_m = metres_per_degree(np.array([lat]))
    height = part.heights_m(lon + east[inside] / east_m, lat + north[inside] / north_m)
    here = part.heights_m(np.array([lon]), np.array([lat]))[0]
    known = np.isfinite(height)
    return float(here - height[known].mean()) if known.mean() >= _KNOWN_SHARE else np.nan


def _visible_share(part: Terrain, lon: float, lat: float, within_m: float, sight: Sight) -> float:
    """Return the share of the ground about a place that its tower sees, NaN if not known."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # of long cells, which is told once
        seen = viewshed(part, float(lon), float(lat), sight=sight, within_km=within_m / 1000)
    told = ~np.isnan(seen.grid[seen.within])
    return seen.share if told.any() and told.mean() >= _KNOWN_SHARE else np.nan


def _measure_standoff(buildings: gpd.GeoDataFrame | None, lon: Floats, lat: Floats) -> Floats:
    """Return the metres to the nearest building, those farther off than what counts as that."""
    if buildings is None:
        return np.full(len(lon), np.nan)
    shapes = buildings.geometry.to_numpy()
    metres = find_nearest_shapes(lon, lat, shapes, within_m=_STANDOFF_M)[1]
    return np.asarray(np.where(np.isnan(metres), _STANDOFF_M, metres))


def _weigh(scores: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """Return the weighted mean of the scores that are known, NaN where none is that weighs."""
    table = np.column_stack([scores[part] for part in PARTS])
    weight = np.array([weights[part] for part in PARTS], dtype=float)
    known = np.where(np.isnan(table), 0.0, weight / weight.max())
    total = known.sum(axis=1)
    mean = np.full(len(table), np.nan)
    np.divide((np.nan_to_num(table) * known).sum(axis=1), total, out=mean, where=total > 0)
    return mean


def _name_unknown(scores: Mapping[str, Floats], count: int) -> npt.NDArray[np.object_]:
    return np.array(
        [" ".join(part for part in PARTS if np.isnan(scores[part][at])) for at in range(count)],
        dtype=object,
    )
