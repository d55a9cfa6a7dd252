"""Coordinate reference systems: one for data (EPSG:4326), one in metres for work.

Lengths that reach a reader are geodesic; the metric system only finds what is near.
"""

from __future__ import annotations

import warnings
from functools import lru_cache

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from mgrs import MGRS
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import ProjError

from boxreach.arguments import kind_of
from boxreach.errors import CRSError, DataWarning, Fault, InputError
from boxreach.shift_files import require_no_shift_file

WGS84 = CRS.from_epsg(4326)
GEOD = Geod(ellps="WGS84")

Floats = npt.NDArray[np.float64]

_SMALL_EARTH_M = 6_330_000.0
"""Less than any radius of curvature of the ellipsoid."""
_FARTHEST_LAT = 89.0
_SAME_ELLIPSOID_M = 1.0
_SAME_DEG = 1e-5


def to_wgs84(frame: gpd.GeoDataFrame, *, file: str = "") -> gpd.GeoDataFrame:
    """Return `frame` in EPSG:4326; what is no frame of shapes with a CRS is refused.

    Warns
    -----
    DataWarning
        If nobody knows how the datum of its system lies to WGS 84.
    """
    require_frame(frame, file=file)
    if frame.crs is None:
        raise CRSError(
            Fault(
                "the layer does not say its coordinate reference system",
                file=file,
                advice="set it in the file, or with GeoDataFrame.set_crs",
            )
        )
    if frame.crs == WGS84:
        return frame
    require_no_shift_file(frame.crs.to_wkt(), file)
    try:
        placed = frame.to_crs(WGS84)
    except ProjError as error:
        what = f"its coordinate reference system leads to no longitude and latitude ({error})"
        raise CRSError(Fault(what, file, advice="set the one it is in")) from error
    _warn_of_unknown_datum(frame, file)
    return placed


def is_datum_known(crs: CRS, x: float, y: float) -> bool:
    """Tell whether it is known how a system lies to WGS 84 at a place in it, to some metres.

    Where nobody says, places are taken for those of WGS 84 as they are: of the old maps of Iraq
    (Nahrwan 1967, or an ellipsoid alone) they come to lie some hundred metres off.

    Examples
    --------
    >>> [is_datum_known(CRS.from_epsg(one), 44.0, 33.0) for one in (4326, 4230, 4270)]
    [True, True, False]
    """
    ellipsoid = crs.ellipsoid
    if ellipsoid is None:
        return True
    axes = ellipsoid.semi_major_metre, ellipsoid.semi_minor_metre
    if axes[0] == axes[1] or np.allclose(axes, (GEOD.a, GEOD.b), rtol=0, atol=_SAME_ELLIPSOID_M):
        return True  # whatever it is called; latitudes on a sphere are meant as they are
    try:
        surely = Transformer.from_crs(crs, WGS84, always_xy=True, allow_ballpark=False)
    except ProjError:
        return False
    known, taken = (one.transform(x, y) for one in (surely, transformer_between(crs, WGS84)))
    return bool(np.allclose(known, taken, rtol=0, atol=_SAME_DEG, equal_nan=True))


def _warn_of_unknown_datum(frame: gpd.GeoDataFrame, file: str) -> None:
    west, south, east, north = frame.total_bounds
    if is_datum_known(frame.crs, (west + east) / 2, (south + north) / 2):
        return
    name = frame.crs.datum.name if frame.crs.datum else frame.crs.name
    what = f"how its datum lies to WGS 84 is not known ({name}): places may be 1 km off"
    advice = "save it in WGS 84, with a program that knows, or set the system it is in"
    warnings.warn(DataWarning(Fault(what, file, advice=advice)), stacklevel=4)


def require_frame(frame: object, *, file: str) -> None:
    """Raise `InputError` if something is no GeoDataFrame of shapes, or has a column twice."""
    if not isinstance(frame, gpd.GeoDataFrame):
        advice = "give a GeoDataFrame; what is in a file is read first, with a reader of boxreach"
        raise InputError(Fault(f"it is {kind_of(frame)}", file, advice=advice))
    if frame.columns.has_duplicates:
        twice = str(frame.columns[frame.columns.duplicated()][0])
        raise InputError(Fault("the column stands twice", file, None, twice, "keep one of them"))
    if frame.active_geometry_name is None:
        advice = "give a GeoDataFrame of points, lines or areas"
        raise InputError(Fault("it has no geometry", file, advice=advice))


def pole_faults(frame: gpd.GeoDataFrame, *, file: str) -> list[Fault]:
    """Return the fault of each row (EPSG:4326) too near to a pole for metres to be right.

    Near roads are looked for on planes about places, and a pole lies on none of these.

    Examples
    --------
    >>> two = gpd.GeoDataFrame(geometry=[shapely.Point(0, -89.5), shapely.Point(0, 85)], crs=4326)
    >>> [str(one) for one in pole_faults(two, file="boxes")]
    ['boxes, row 1: it lies within a degree of a pole; leave it out, as no distance is known there']
    >>> south = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, -89.5), (0, 5)])], crs=4326)
    >>> len(pole_faults(south, file="roads"))
    1
    """
    south_north = shapely.bounds(frame.geometry.to_numpy())[:, 1::2]
    lat = np.fmax.reduce(np.abs(south_north), axis=1)
    rows = (np.flatnonzero((lat > _FARTHEST_LAT) & (lat <= 90)) + 1).tolist()
    advice = "leave it out, as no distance is known there"
    return [Fault("it lies within a degree of a pole", file, row, advice=advice) for row in rows]


@lru_cache(maxsize=64)
def transformer_between(origin: CRS, target: CRS) -> Transformer:
    """Return what turns x and y of one system into those of another.

    It is kept: to make one takes longer than to turn the cells of a window.

    Examples
    --------
    >>> lon, lat = transformer_between(CRS.from_epsg(32638), WGS84).transform(500_000, 3_651_000)
    >>> round(lon, 2), round(lat, 2)
    (45.0, 33.0)
    """
    return Transformer.from_crs(origin, target, always_xy=True)


def metric_crs(bounds: tuple[float, float, float, float]) -> CRS:
    """Return a transverse Mercator system in metres centred on `bounds` (degrees).

    It is conformal, so the nearest point of a line is the nearest point on the ground; 500 km
    from its central meridian lengths are 0.3 % too long, which is why they are not used.
    """
    west, south, east, north = bounds
    return CRS.from_proj4(
        f"+proj=tmerc +lat_0={(south + north) / 2:.6f} +lon_0={(west + east) / 2:.6f}"
        " +k=1 +x_0=0 +y_0=0 +ellps=WGS84 +units=m +no_defs"
    )


def metric_stretch(bounds: tuple[float, float, float, float]) -> float:
    """Return by how much `metric_crs` makes lengths within `bounds` too long at most.

    The scale of the transverse Mercator projection of the sphere is 1 / sqrt(1 - B**2) with
    B = cos(latitude) sin(longitude from the central meridian).

    Examples
    --------
    >>> round(metric_stretch((39.0, 29.0, 49.0, 38.0)), 4)
    1.0029
    """
    west, south, east, north = bounds
    if east - west > 180:
        advice = "plan one side of the antimeridian at a time"
        raise CRSError(Fault("the layers span more than 180 degrees of longitude", advice=advice))
    nearest_equator = 0.0 if south <= 0 <= north else min(abs(south), abs(north))
    half_width = np.radians((east - west) / 2)
    return float(1 / np.sqrt(1 - (np.cos(np.radians(nearest_equator)) * np.sin(half_width)) ** 2))


def line_lengths_m(lines: npt.NDArray[np.object_]) -> Floats:
    """Return the geodesic length of each line (EPSG:4326) in metres.

    Examples
    --------
    >>> line = shapely.LineString([(44.0, 33.0), (45.0, 33.0)])
    >>> float(line_lengths_m(np.array([line]))[0].round(1))
    93452.9
    """
    coordinates, owner = shapely.get_coordinates(lines, return_index=True)
    if len(coordinates) < 2:
        return np.zeros(len(lines))
    lon, lat = coordinates.T
    steps = point_distances_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    same = owner[1:] == owner[:-1]
    weights = np.bincount(owner[1:][same], weights=steps[same], minlength=len(lines))
    return weights.astype(np.float64)


def point_distances_m(lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Floats:
    """Return the distances on the ellipsoid in metres between pairs of points in degrees.

    Up to 5 km by the radii of curvature at the mean latitude, which is off by less than a
    millimetre there (W. Torge, Geodesy, 2001, section 6.3); beyond it by the geodesic.

    Examples
    --------
    >>> here, there = (np.array([44.0]), np.array([33.0])), (np.array([44.01]), np.array([33.02]))
    >>> near = point_distances_m(*here, *there)
    >>> abs(near - GEOD.inv(*here, *there)[2]).max() < 1e-4
    np.True_
    """
    metres = _mean_latitude_distances_m(lon1, lat1, lon2, lat2)
    far = ~(metres <= _MEAN_LATITUDE_M)
    if far.any():
        metres[far] = GEOD.inv(lon1[far], lat1[far], lon2[far], lat2[far])[2]
    return metres


_MEAN_LATITUDE_M = 5_000.0


def _mean_latitude_distances_m(lon1: Floats, lat1: Floats, lon2: Floats, lat2: Floats) -> Floats:
    east_m, north_m = metres_per_degree((lat1 + lat2) / 2)
    return np.asarray(np.hypot((lon2 - lon1) * east_m, (lat2 - lat1) * north_m))


def metres_per_degree(lat: Floats) -> tuple[Floats, Floats]:
    """Return the metres of a degree of longitude and of latitude at each latitude.

    By the ellipsoid's radii of curvature in the prime vertical and in the meridian.
    """
    sine = np.sin(np.radians(lat))
    within = 1 - GEOD.es * sine**2
    prime_vertical = GEOD.a / np.sqrt(within)
    meridian = prime_vertical * (1 - GEOD.es) / within
    return np.radians(prime_vertical * np.sqrt(1 - sine**2)), np.radians(meridian)


def areas_km2(lon: Floats, lat: Floats) -> Floats:
    """Return the area on the ellipsoid of each ring, a row of vertices in degrees.

    Edges are straight in the cylindrical equal-area projection; of a cell of 50 km at 35 degrees
    the area within geodesics differs by some parts in 100,000, of one of 1 km by none that counts.

    Examples
    --------
    >>> degree = np.array([[44.0, 45.0, 45.0, 44.0]]), np.array([[33.0, 33.0, 34.0, 34.0]])
    >>> areas_km2(*degree).round(1).tolist()
    [10306.2]
    """
    east = np.radians((lon - lon[:, :1] + 180) % 360 - 180)
    north = _equal_area_m2(lat)
    north -= north[:, :1]
    twice = east * np.roll(north, -1, axis=1) - np.roll(east, -1, axis=1) * north
    return np.asarray(np.abs(twice.sum(axis=1)) / 2e6)


def polygon_areas_km2(polygons: npt.NDArray[np.object_]) -> Floats:
    """Return the area on the ellipsoid of polygons (EPSG:4326), holes taken out.

    Examples
    --------
    >>> polygon_areas_km2(np.array([shapely.box(44, 33, 45, 34)])).round(1).tolist()
    [10306.2]
    """
    fine = shapely.segmentize(polygons, 0.1)
    flat = shapely.transform(
        fine, lambda at: np.column_stack([np.radians(at[:, 0]), _equal_area_m2(at[:, 1])])
    )
    return np.asarray(shapely.area(flat) / 1e6)


def _equal_area_m2(lat: Floats) -> Floats:
    """Return the square metres per radian of longitude between the equator and each latitude.

    J. P. Snyder, Map Projections: A Working Manual, 1987, equation 3-12.
    """
    sine, e = np.sin(np.radians(lat)), np.sqrt(GEOD.es)
    share = sine / (1 - GEOD.es * sine**2) + np.arctanh(e * sine) / e
    return np.asarray(GEOD.a**2 * (1 - GEOD.es) / 2 * share)


def on_sphere(lon: Floats, lat: Floats) -> Floats:
    """Return places on a sphere a little too small, in metres: chords are no longer than ways.

    What is within a distance on the ellipsoid is within the same distance here, so it is found,
    with a little more, by a search in space.

    Parameters
    ----------
    lon, lat
        The places, in degrees.

    Returns
    -------
    numpy.ndarray
        A row x, y, z a place.

    Examples
    --------
    >>> on_sphere(np.array([0.0, 90.0]), np.array([0.0, 0.0])).round().tolist()
    [[6330000.0, 0.0, 0.0], [0.0, 6330000.0, 0.0]]
    """
    east, north = np.radians(lon), np.radians(lat)
    return _SMALL_EARTH_M * np.column_stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)]
    )


def mgrs_of(lon: Floats, lat: Floats) -> list[str]:
    """Return the MGRS reference of each place, to the metre, as maps and GPS units show it.

    Parameters
    ----------
    lon, lat
        The places, in degrees.

    Returns
    -------
    list of str
        Zone, square, easting and northing without spaces.

    Examples
    --------
    >>> mgrs_of(np.array([44.3615]), np.array([33.3128]))
    ['38SMB4056486146']
    """
    convert = MGRS().toMGRS
    return [str(convert(y, x)) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
