"""The towns: GeoNames's places in Iraq, each once, with names in three languages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from recipe.files import read_table
from recipe.governorates import GOVERNORATES

FOLDER = Path(__file__).parent
NAMES = FOLDER / "town_names.csv"
DOUBLES = FOLDER / "town_doubles.csv"


@dataclass(frozen=True)
class Town:
    """One place; ``people`` is None where GeoNames has no figure."""

    geonameid: int
    name: str
    name_ar: str
    name_ckb: str
    governorate: str
    people: int | None
    lon: float
    lat: float

    @property
    def community_id(self) -> str:
        """The id in towns.csv."""
        return f"gn-{self.geonameid}"


def choose_towns(places: dict[str, dict[str, Any]], outlines: list[shapely.Geometry]) -> list[Town]:
    """Return Iraq's towns by GeoNames id, without those that stand in it twice."""
    iraq = {int(key): place for key, place in places.items() if place["countrycode"] == "IQ"}
    names = {int(row["geonameid"]): row for row in read_table(NAMES)}
    doubles = {int(row["geonameid"]): int(row["kept"]) for row in read_table(DOUBLES)}
    if set(iraq) != set(names) | set(doubles) or set(names) & set(doubles):
        strays = sorted(set(iraq) ^ (set(names) | set(doubles)))
        message = f"{NAMES.name}, {DOUBLES.name}: not one row for each place in Iraq: {strays}"
        raise SystemExit(message)
    people = {key: place["population"] for key, place in iraq.items()}
    for double, kept in doubles.items():
        people[kept] = people[kept] or people[double]
    return [
        _make_town(geonameid, names[geonameid], iraq[geonameid], people[geonameid], outlines)
        for geonameid in sorted(names)
    ]


def _make_town(
    geonameid: int,
    names: dict[str, str],
    place: dict[str, Any],
    people: int,
    outlines: list[shapely.Geometry],
) -> Town:
    lon, lat = place["longitude"], place["latitude"]
    return Town(
        geonameid=geonameid,
        name=names["name"],
        name_ar=names["name_ar"],
        name_ckb=names["name_ckb"],
        governorate=names["governorate"] or find_governorate(lon, lat, outlines),
        people=people or None,  # GeoNames writes 0 for "unknown"
        lon=lon,
        lat=lat,
    )


def find_governorate(lon: float, lat: float, outlines: list[shapely.Geometry]) -> str:
    """Return the name of the governorate whose outline holds the point, or stop."""
    point = shapely.Point(lon, lat)
    for governorate, outline in zip(GOVERNORATES, outlines, strict=True):
        if outline.covers(point):
            return governorate.name
    message = f"{NAMES.name}: {lon}, {lat} lies in no governorate; name one in that column"
    raise SystemExit(message)


def describe_towns(towns: list[Town]) -> list[dict[str, Any]]:
    """Return the rows of towns.csv."""
    return [
        {
            "community_id": town.community_id,
            "name": town.name,
            "name_ar": town.name_ar,
            "name_ckb": town.name_ckb,
            "governorate": town.governorate,
            "people": "" if town.people is None else town.people,
            "lon": town.lon,
            "lat": town.lat,
        }
        for town in towns
    ]
