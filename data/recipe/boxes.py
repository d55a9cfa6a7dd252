"""Fifty illustrative boxes, ten in each of five governorates; real positions are not public."""

from __future__ import annotations

from typing import Any

import shapely
from pyproj import Geod

from recipe.governorates import GOVERNORATES
from recipe.towns import Town, find_governorate

OFFSET_KM = 1.5
# Side of a city: bearing, then the words before and after its name in each language.
SIDES = {
    "north": (0.0, "شمال", "باکووری"),
    "east": (90.0, "شرق", "ڕۆژهەڵاتی"),
    "south": (180.0, "جنوب", "باشووری"),
    "west": (270.0, "غرب", "ڕۆژئاوای"),
}
# By governorate: GeoNames id of the town, and the side of it where the box stands ("" = centre).
PLACES: dict[str, tuple[tuple[int, str], ...]] = {
    "Ninewa": (
        (99072, "east"),
        (99072, "west"),
        (90393, ""),  # Tal Afar
        (448149, ""),  # Sinjar
        (99524, ""),  # Baaj
        (92430, ""),  # Al-Hamdaniya
        (90353, ""),  # Tel Kaif
        (99003, ""),  # Qayyarah
        (99413, ""),  # Hatra
        (98293, ""),  # Shaikhan
    ),
    "Kirkuk": (
        (94787, "north"),
        (94787, "east"),
        (94787, "south"),
        (94787, "west"),
        (390188, ""),  # Hawija
        (90220, ""),  # Daquq
        (90199, ""),  # Taza Khurmatu
        (97001, ""),  # Dibis
        (98697, ""),  # Al-Riyadh
        (95224, ""),  # Al-Abbasi
    ),
    "Salah al-Din": (
        (90150, ""),  # Tikrit
        (91597, ""),  # Samarra
        (98112, ""),  # Balad
        (97783, ""),  # Baiji
        (91057, ""),  # Shirqat
        (90026, ""),  # Tuz Khurmatu
        (99759, ""),  # Dujail
        (99768, ""),  # Al-Dawr
        (6871926, ""),  # Al-Alam
        (99560, ""),  # Al-Awja
    ),
    "Diyala": (
        (97990, "north"),
        (97990, "east"),
        (97990, "south"),
        (97990, "west"),
        (94591, ""),  # Khanaqin
        (99062, ""),  # Muqdadiyah
        (99169, ""),  # Khalis
        (98109, ""),  # Balad Ruz
        (93709, ""),  # Mandali
        (94298, ""),  # Kifri
    ),
    "Anbar": (
        (98717, "north"),
        (98717, "south"),
        (99454, ""),  # Fallujah
        (95788, ""),  # Hit
        (96309, ""),  # Haditha
        (95886, ""),  # Haqlaniyah
        (6765385, ""),  # Ana
        (92004, ""),  # Rawa
        (92138, "east"),  # Al-Qaim: its point is 1.2 km from Syria
        (98677, ""),  # Rutba
    ),
}


def place_boxes(towns: list[Town], outlines: list[shapely.Geometry]) -> list[dict[str, Any]]:
    """Return the rows of boxes.csv; stop if one lies outside its governorate."""
    by_id = {town.geonameid: town for town in towns}
    codes = {governorate.name: governorate.area_id[3:] for governorate in GOVERNORATES}
    rows = []
    for governorate, places in PLACES.items():
        for number, (geonameid, side) in enumerate(places, start=1):
            row = _describe_box(by_id[geonameid], side)
            found = find_governorate(row["lon"], row["lat"], outlines)
            if found != governorate:
                message = f"boxes: {row['name']} lies in {found}, not in {governorate}"
                raise SystemExit(message)
            site_id = f"box-{codes[governorate]}-{number:02d}"
            rows.append({"site_id": site_id, "governorate": governorate, **row})
    return rows


def _describe_box(town: Town, side: str) -> dict[str, Any]:
    """Return a box at a town's point, or at a stated distance to one side of it."""
    row: dict[str, Any] = {
        "name": town.name,
        "name_ar": town.name_ar,
        "name_ckb": town.name_ckb,
        "lon": town.lon,
        "lat": town.lat,
        "note": "illustrative position",
    }
    if side:
        bearing, side_ar, side_ckb = SIDES[side]
        lon, lat, _ = Geod(ellps="WGS84").fwd(town.lon, town.lat, bearing, OFFSET_KM * 1000)
        row |= {
            "name": f"{town.name} {side}",
            "name_ar": f"{side_ar} {town.name_ar}",
            "name_ckb": f"{side_ckb} {town.name_ckb}",
            "lon": round(lon, 5),
            "lat": round(lat, 5),
            "note": f"illustrative position, {OFFSET_KM} km {side} of the town's point",
        }
    return row
