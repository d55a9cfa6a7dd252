"""The rivers of Iraq, from GSHHG's file of binned segments."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import shapely

from recipe.files import Feature

# WDBII's classes: 0 double-lined rivers, 1 permanent major, 2 additional major, 3 additional
# rivers, 4 minor (the Great Zab among them). 5 to 7 run dry, 8 to 10 are canals: left out.
LARGEST_LEVEL = 4
MARGIN_DEGREES = 0.5
TOLERANCE_DEGREES = 0.003
SHORTEST_DEGREES = 0.02
# A bin is one degree wide; positions in it are 16-bit fractions.
FULL_SCALE = 65535.0


def draw_rivers(path: Path, iraq: shapely.Geometry) -> list[Feature]:
    """Return the rivers within half a degree of Iraq, merged within each level."""
    land = iraq.buffer(MARGIN_DEGREES)
    features: list[Feature] = []
    for level, segments in _read_segments(path, land.bounds).items():
        merged = shapely.line_merge(shapely.MultiLineString(segments))
        parts = shapely.get_parts(shapely.intersection(merged, land))
        lines = [
            shapely.simplify(part, TOLERANCE_DEGREES)
            for part in parts
            if part.length >= SHORTEST_DEGREES
        ]
        lines.sort(key=lambda line: list(line.coords))
        features.extend(({"level": level}, line) for line in lines)
    return features


def _read_segments(
    path: Path, bounds: tuple[float, float, float, float]
) -> dict[int, list[shapely.LineString]]:
    """Return the segments of the bins that touch the bounds, by level."""
    with h5py.File(path) as stored:
        table = {name: values[()] for name, values in stored.items()}
    first_segment = table["Id_of_first_segment_in_a_bin"]
    segments = table["N_segments_in_a_bin"]
    first_point = table["Id_of_first_point_in_a_segment"]
    points = table["N_points_for_a_segment"]
    levels = table["Hierarchial_level_of_a_segment"]
    lon = table["Relative_longitude_from_SW_corner_of_bin"].astype(np.uint16) / FULL_SCALE
    lat = table["Relative_latitude_from_SW_corner_of_bin"].astype(np.uint16) / FULL_SCALE
    west, south, east, north = (int(np.floor(bound)) for bound in bounds)
    found: dict[int, list[shapely.LineString]] = {level: [] for level in range(LARGEST_LEVEL + 1)}
    for bin_south in range(south, north + 1):
        for bin_west in range(west, east + 1):
            # Bins run from 90 N, 0 E along the rows.
            number = (89 - bin_south) * 360 + bin_west
            start = first_segment[number]
            for segment in range(start, start + segments[number]):
                if levels[segment] <= LARGEST_LEVEL:
                    span = slice(first_point[segment], first_point[segment] + points[segment])
                    line = np.column_stack([bin_west + lon[span], bin_south + lat[span]])
                    found[int(levels[segment])].append(shapely.LineString(line))
    return found
