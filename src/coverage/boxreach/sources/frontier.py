"""The frontier: lines cut into segments of a set length, with chainage from their north."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boxreach.arguments import number_faults, require_path
from boxreach.crs import GEOD, WGS84, Floats, to_wgs84
from boxreach.errors import DataWarning, Fault, FaultCollector, InputError
from boxreach.sources.areas import join_areas, locate_areas
from boxreach.sources.frontier_parts import (
    Part,
    cross_meridian,
    find_seam,
    join_parts,
    turn,
    turn_back,
    turn_shapes,
)
from boxreach.sources.line_changes import find_changes
from boxreach.sources.line_risk import find_risk, read_risk
from boxreach.sources.own_ground import tell_own_side
from boxreach.sources.segments import (
    NEAREST_CUT_KM,
    Course,
    Positions,
    chainage_ids,
    equal_cuts,
    geodesic_km,
    split_segments,
    steps_m,
)
from boxreach.sources.shapes import mend_outlines
from boxreach.sources.tabular import read_table, told_in_file
from boxreach.tables import AREAS, FRONTIER, RISK, require_table

_STATED_SHARE = 0.01
_SLIGHT_KM = 1e-6


def read_frontier(
    path: str | Path,
    *,
    segment_km: float = 1.0,
    areas: gpd.GeoDataFrame | None = None,
    layer: str | None = None,
    risk: str | gpd.GeoDataFrame | None = None,
    stated_km: float | None = None,
) -> gpd.GeoDataFrame:
    """Read a frontier and cut it into segments of equal geodesic length.

    Lines that join end to end are one part of it, wherever the file cuts them and in whatever
    direction it draws them. A part begins at its northern end, a ring at its northernmost point,
    from which it goes on westward. Between vertices the line is the geodesic.

    Parameters
    ----------
    path
        A layer of lines, in any CRS. Lines may cross the antimeridian, in longitudes beyond 180 or
        in parts that end at 180 and go on at -180.
    segment_km
        The longest a segment may be; those of one part have the same length, save where they are
        cut again: at the antimeridian, and where the governorate or the risk changes.
    areas
        The country's own areas. With them each segment gets its ``governorate``: the area that
        holds it, or the nearest one; ``own_side``: where the own ground lies, seen along the line,
        ``"left"`` or ``"right"``; and ``own_depth_km``: how far it goes inward, straight from the
        middle of the segment (50 at most).
    layer
        The layer to read, where a file has several.
    risk
        How much a kilometre counts: a column of numbers of the file, one a line; or areas with a
        column ``risk``, of which the highest counts where they overlap, and 1 outside of them. A
        stretch of less than 1 m has the risk of its surroundings.
    stated_km
        How long the line is said to be.

    Returns
    -------
    geopandas.GeoDataFrame
        A segment a row in EPSG:4326, index ``segment_id``, part after part from north to south by
        their northern ends; columns ``part`` (from 1), ``chainage_from_km``, ``chainage_to_km``
        (which run on over the parts; a gap between them adds nothing), ``km``, ``risk``, and with
        `areas` ``governorate``, ``own_side`` and ``own_depth_km``.

    Raises
    ------
    InputError
        With every place where a line has no length, crosses or touches itself or another, runs
        over it or branches; with every row whose risk is no number from 0; if the areas do not
        tell the own side; or if `segment_km` or `stated_km` is not above 0.

    Warns
    -----
    DataWarning
        Of each gap between parts, and of a length that is off the stated one by more than 1 %.
    """
    file = require_path(path).name
    _require_numbers(segment_km, stated_km)
    faults = FaultCollector()
    with faults.attempt():
        lines = _read_lines(path, layer, risk)
        seam = find_seam(lines)
        with told_in_file(path, layer):
            parts = join_parts(lines, seam=seam, file=file)
    with faults.attempt():
        risk_areas = read_risk(risk, file=file)
    faults.raise_any()
    _warn_of_gaps(parts, seam, file)
    parts, course, line = _cut(parts, seam, float(segment_km))
    _warn_of_length(float(line["km"].sum()), stated_km, file)
    by_step = _risk_by_step(parts, lines)
    own = None if areas is None else _turned_areas(areas, seam)
    line = _split(line, course, by_step, risk_areas, own, seam)
    if own is not None:
        line = join_areas(line, own, within_km=np.inf)
        line = tell_own_side(line, own.geometry.to_numpy(), file=file)
    return _placed(line, seam)


def _require_numbers(segment_km: object, stated_km: object) -> None:
    def above_0(one: float) -> bool:
        return 0 < one < np.inf

    advice = "give a length of a metre or more"
    faults = number_faults("segment_km", segment_km, lambda km: 1e-3 <= km < np.inf, advice)
    if stated_km is not None:
        faults += number_faults("stated_km", stated_km, above_0, "give a length above 0")
    if faults:
        raise InputError(*faults)


def _read_lines(path: str | Path, layer: str | None, risk: object) -> gpd.GeoDataFrame:
    """Read the lines as they were drawn, with their risk where a column says it."""
    if not isinstance(risk, str):
        return read_table(path, FRONTIER, layer=layer)
    schema = replace(FRONTIER, columns=(RISK,))
    return read_table(path, schema, layer=layer, columns={"risk": risk})


def _warn_of_gaps(parts: list[Part], seam: float, file: str) -> None:
    """Say how far each part begins from those before it, and where."""
    tips: list[tuple[float, float]] = []
    for number, part in enumerate(parts, start=1):
        ends = [(float(part.lon[at]), float(part.lat[at])) for at in (0, -1)]
        if tips:
            pairs = [(tip, end) for tip in tips for end in ends]
            tried = np.array([[*tip, *end] for tip, end in pairs]).T
            metres = GEOD.inv(*tried)[2]
            places = [_said(*one, seam) for one in pairs[int(np.argmin(metres))]]
            what = f"a gap of {metres.min() / 1000:.3f} km before part {number}"
            said = f"{what}, from {places[0]} to {places[1]}; it counts for no kilometre"
            warnings.warn(DataWarning(Fault(said, file)), stacklevel=3)
        tips += ends


def _said(lon: float, lat: float, seam: float) -> str:
    true = (float(turn_back(np.array([lon]), seam)[0]) + 180) % 360 - 180
    return f"longitude {true:.6f}, latitude {lat:.6f}"


def _warn_of_length(km: float, stated_km: float | None, file: str) -> None:
    if stated_km is not None and abs(km - stated_km) > _STATED_SHARE * stated_km:
        what = f"it is {km:,.1f} km long, and {stated_km:,.1f} km are stated"
        said = f"{what}: {km / stated_km - 1:+.1%}"
        warnings.warn(DataWarning(Fault(said, file)), stacklevel=3)


def _cut(
    parts: list[Part], seam: float, segment_km: float
) -> tuple[list[Part], Course, gpd.GeoDataFrame]:
    """Cut parts into segments; return them with vertices at the antimeridian, and their course."""
    meridian = np.inf if seam == 180 else float(turn(np.array([180.0]), seam)[0])
    crossed = [cross_meridian(part, meridian) for part in parts]
    parts = [part for part, _ in crossed]
    begin, kms, cuts = 0.0, [], []
    for part, meets in crossed:
        km = np.append(0.0, np.cumsum(steps_m(part.lon, part.lat))) / 1000
        fixed = km[meets & (km > _SLIGHT_KM) & (km < km[-1] - _SLIGHT_KM)]
        even = equal_cuts(km[-1], segment_km)[1:-1]
        apart = np.abs(even[:, None] - fixed).min(axis=1, initial=np.inf) >= NEAREST_CUT_KM
        cuts.append(begin + np.sort(np.append(even[apart], fixed)))
        kms.append(begin + km)
        begin += km[-1]
    lon, lat = (np.concatenate([getattr(one, name) for one in parts]) for name in ("lon", "lat"))
    owner = np.repeat(np.arange(len(parts)), [len(one.lon) for one in parts])
    course = Course(lon, lat, np.concatenate(kms), owner)
    pieces, part_of, start, end = course.cut(np.concatenate(cuts))
    line = gpd.GeoDataFrame(
        {
            "part": part_of + 1,
            "chainage_from_km": start,
            "chainage_to_km": end,
            "km": geodesic_km(pieces),
        },
        geometry=pieces,
        crs=WGS84,
    )
    return parts, course, line


def _risk_by_step(parts: list[Part], lines: gpd.GeoDataFrame) -> Floats:
    """Return the risk after each vertex of the course; that of an end is that before it."""
    if "risk" not in lines:
        return np.ones(sum(len(part.lon) for part in parts))
    risk = lines["risk"].to_numpy(dtype=float)
    return np.concatenate([risk[np.append(part.row, part.row[-1])] for part in parts])


def _turned_areas(areas: gpd.GeoDataFrame, seam: float) -> gpd.GeoDataFrame:
    """Return the own areas in degrees, as they lie where the seam lies at 180."""
    drawn = to_wgs84(areas, file="areas").rename(index=str)
    require_table(drawn, AREAS, file="areas")
    shapes = mend_outlines(drawn.geometry.to_numpy(), "areas", file="areas")
    return drawn.set_geometry(turn_shapes(shapes, seam), crs=WGS84)


def _split(
    line: gpd.GeoDataFrame,
    course: Course,
    by_step: Floats,
    risk_areas: gpd.GeoDataFrame | None,
    own: gpd.GeoDataFrame | None,
    seam: float,
) -> gpd.GeoDataFrame:
    """Return the segments, cut where risk or governorate change, with their risk."""
    cuts = [course.km[1:][by_step[1:] != by_step[:-1]]]
    if own is not None:
        cuts.append(find_changes(line, own.geometry.to_numpy(), partial(_name_at, own)))
    if risk_areas is not None:
        outlines = turn_shapes(risk_areas.geometry.to_numpy(), seam)
        risk_at = partial(find_risk, outlines, risk_areas["risk"].to_numpy())
        cuts.append(find_changes(line, outlines, risk_at))
    line = split_segments(line, np.concatenate(cuts)).drop(columns="segment_id")
    middle = ((line["chainage_from_km"] + line["chainage_to_km"]) / 2).to_numpy()
    if risk_areas is None:
        risk = by_step[np.searchsorted(course.km, middle, side="right") - 1]
    else:
        risk = risk_at(*Course.of(line).within(np.arange(len(line)), middle))
    line.insert(line.columns.get_loc("km") + 1, "risk", risk)
    return line


def _name_at(areas: gpd.GeoDataFrame, lon: Floats, lat: Floats) -> Positions:
    """Return a number for the name of the area that holds each place, or of the nearest one."""
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs=WGS84)
    position = locate_areas(places, areas, within_km=np.inf)
    return np.append(pd.factorize(areas["name"])[0], -1)[position]


def _placed(line: gpd.GeoDataFrame, seam: float) -> gpd.GeoDataFrame:
    """Return the finished segments with their ids, from -180 to 180."""
    cuts_km = np.append(line["chainage_from_km"], line["chainage_to_km"].iloc[-1])
    index = pd.Index(chainage_ids(cuts_km), name="segment_id", dtype=object)
    if seam == 180:
        return line.set_axis(index)
    shapes = line.geometry.to_numpy()
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    lon = turn_back(xy[:, 0], seam)
    first = np.searchsorted(owner, np.arange(len(line)))
    middle = (np.minimum.reduceat(lon, first) + np.maximum.reduceat(lon, first)) / 2
    lon -= 360 * np.ceil((middle - 180) / 360)[owner]
    placed = shapely.linestrings(np.column_stack([lon.clip(-180, 180), xy[:, 1]]), indices=owner)
    return line.set_axis(index).set_geometry(placed, crs=WGS84)
