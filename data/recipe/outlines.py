"""The frontier and the countries, from time zone boundaries (OpenStreetMap)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely
from timezonefinder import TimezoneFinder

from recipe.files import FRONTIER_DECIMALS, Feature

# Time zones that are countries here: ISO code, names, zone.
COUNTRIES = (
    ("IQ", "Iraq", "العراق", "عێراق", "Asia/Baghdad"),
    ("IR", "Iran", "إيران", "ئێران", "Asia/Tehran"),
    ("JO", "Jordan", "الأردن", "ئوردن", "Asia/Amman"),
    ("KW", "Kuwait", "الكويت", "کوێت", "Asia/Kuwait"),
    ("SA", "Saudi Arabia", "المملكة العربية السعودية", "عەرەبستانی سعوودی", "Asia/Riyadh"),
    ("SY", "Syria", "سوريا", "سووریا", "Asia/Damascus"),
    ("TR", "Turkey", "تركيا", "تورکیا", "Europe/Istanbul"),
)
# 38-49.5 E, 28.5-38 N around Iraq, and 1.5 degrees on every side.
WINDOW = shapely.box(36.5, 27.0, 51.0, 39.5)
# The side of the triangle below which a vertex goes: about 1 km.
TOLERANCE_DEGREES = 0.01


def read_zone(folder: Path, zone: str) -> shapely.MultiPolygon:
    """Return a time zone's polygons, in degrees, as the package stores them."""
    finder = TimezoneFinder(bin_file_location=folder)
    polygons = finder.get_geometry(tz_name=zone, coords_as_pairs=True)
    shape = shapely.MultiPolygon(
        [(rings[0], rings[1:]) for rings in polygons] if polygons else None
    )
    # Stored as whole numbers of 1e-7 degrees; the division by the reader blurs the last bit.
    return shapely.transform(shape, lambda points: np.round(points, FRONTIER_DECIMALS))


def trace_frontier(folder: Path) -> Feature:
    """Return the line that Iraq and Syria share, from north to south."""
    iraq, syria = (read_zone(folder, zone) for zone in ("Asia/Baghdad", "Asia/Damascus"))
    line = shapely.line_merge(shapely.intersection(iraq.boundary, syria.boundary))
    if line.geom_type != "LineString":
        message = f"timezonefinder-data: Iraq and Syria share a {line.geom_type}, not one line"
        raise SystemExit(message)
    if line.coords[0][1] < line.coords[-1][1]:
        line = shapely.reverse(line)
    names = {
        "name": "Iraq–Syria frontier",
        "name_ar": "الحدود العراقية السورية",
        "name_ckb": "سنووری عێراق و سووریا",
    }
    return names, line


def draw_countries(folder: Path) -> list[Feature]:
    """Return Iraq and its neighbours inside the window, simplified along shared borders."""
    zones = [read_zone(folder, zone) for *_, zone in COUNTRIES]
    near = [shapely.intersection(zone, WINDOW.buffer(0.5)) for zone in zones]
    simple = shapely.coverage_simplify(near, TOLERANCE_DEGREES)
    return [
        (
            {"area_id": code, "name": name, "name_ar": name_ar, "name_ckb": name_ckb},
            shapely.intersection(outline, WINDOW),
        )
        for (code, name, name_ar, name_ckb, _), outline in zip(COUNTRIES, simple, strict=True)
    ]
