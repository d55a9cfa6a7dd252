"""Build ``data/iraq/roads.geojson`` from ``roads.csv`` and ``road_places.csv``.

Run ``python data/build_roads.py``: it reads the two tables, checks them, and writes one line
feature for every leg between two consecutive places. The same tables always give the same bytes.
``--check`` writes nothing and exits with 1 when the committed file is not what the tables give.
"""

import argparse
import csv
import json
import math
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from pyproj import Geod
from shapely.geometry import LineString, mapping

FOLDER = Path(__file__).resolve().parent / "iraq"
GEOD = Geod(ellps="WGS84")
DATE = "2026-11-20"
ROAD_CLASSES = ("motorway", "trunk", "primary", "secondary")
SURFACES = ("paved", "gravel")
KINDS = ("town", "junction", "crossing", "bend")
NOTE = (
    "Schematic, for demonstration: straight legs between towns, junctions and crossings of Iraq's "
    "main roads, written for this project. A leg's road length is its geodesic length times its "
    "winding_factor. Not a survey: do not navigate by it."
)


class Place(NamedTuple):
    """A named point where legs begin and end."""

    place_id: str
    name: str
    kind: str
    lon: float
    lat: float
    source: str


class Leg(NamedTuple):
    """A straight piece of one road between two consecutive places."""

    road_id: str
    road: dict[str, str]
    start: Place
    end: Place

    @property
    def winding_factor(self) -> float:
        """Road length over geodesic length, as the table states it."""
        return float(self.road["winding_factor"])

    @property
    def km(self) -> float:
        """Road length: the geodesic times the winding factor."""
        metres = GEOD.inv(self.start.lon, self.start.lat, self.end.lon, self.end.lat)[2]
        return float(metres) * self.winding_factor / 1000


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV as dictionaries, cells stripped."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: cell.strip() for key, cell in row.items()} for row in csv.DictReader(file)]


def read_places(path: Path) -> dict[str, Place]:
    """Return the places by id, in the order of the table."""
    places: dict[str, Place] = {}
    faults = []
    for line, row in enumerate(read_rows(path), start=2):
        place = Place(
            row["place_id"],
            row["name"],
            row["kind"],
            round(float(row["lon"]), 5),
            round(float(row["lat"]), 5),
            row["source"],
        )
        if place.place_id in places:
            faults.append(f"{path.name} row {line}: place_id {place.place_id} stands twice")
        if place.kind not in KINDS:
            faults.append(f"{path.name} row {line}: kind {place.kind!r} is none of {KINDS}")
        if not (38.5 < place.lon < 49 and 29 < place.lat < 37.5):
            faults.append(f"{path.name} row {line}: {place.place_id} lies outside Iraq")
        places[place.place_id] = place
    raise_faults(faults)
    return places


def read_legs(path: Path, places: dict[str, Place]) -> list[Leg]:
    """Return every leg of every road, numbered along its road."""
    legs: list[Leg] = []
    faults = []
    for line, row in enumerate(read_rows(path), start=2):
        stops = [row["from"], *filter(None, row["via"].split(";")), row["to"]]
        where = f"{path.name} row {line} ({row['road_id']})"
        faults += [f"{where}: unknown place {stop!r}" for stop in stops if stop not in places]
        faults += check_road(row, where)
        if not faults:
            legs += [
                Leg(f"{row['road_id']}-{number:02d}", row, places[start], places[end])
                for number, (start, end) in enumerate(pairwise(stops), start=1)
            ]
    raise_faults(faults + check_legs(legs, places))
    return legs


def check_road(row: dict[str, str], where: str) -> list[str]:
    """Return what is wrong with the attributes of one road."""
    faults = []
    if row["road_class"] not in ROAD_CLASSES:
        faults.append(f"{where}: road_class {row['road_class']!r} is none of {ROAD_CLASSES}")
    if row["surface"] not in SURFACES:
        faults.append(f"{where}: surface {row['surface']!r} is none of {SURFACES}")
    if not (1 <= float(row["winding_factor"]) < math.inf):
        faults.append(f"{where}: winding_factor {row['winding_factor']} is below 1")
    return faults


def check_legs(legs: list[Leg], places: dict[str, Place]) -> list[str]:
    """Return what is wrong with the network as a whole."""
    faults = []
    seen: dict[frozenset[str], str] = {}
    ids = set()
    for leg in legs:
        pair = frozenset((leg.start.place_id, leg.end.place_id))
        if len(pair) == 1:
            faults.append(f"{leg.road_id}: begins and ends at {leg.start.place_id}")
        if pair in seen:
            faults.append(f"{leg.road_id}: the same leg as {seen[pair]}")
        if leg.road_id in ids:
            faults.append(f"{leg.road_id}: stands twice")
        seen[pair] = leg.road_id
        ids.add(leg.road_id)
    components = split_components(legs)
    if len(components) > 1:
        faults.append(f"the network is in {len(components)} pieces: {components[1:]}")
    unused = sorted(set(places) - set().union(*components))
    if unused:
        faults.append(f"places on no road: {', '.join(unused)}")
    return faults


def split_components(legs: list[Leg]) -> list[list[str]]:
    """Return the connected components of the network as lists of place ids, largest first."""
    neighbours = defaultdict(set)
    for leg in legs:
        neighbours[leg.start.place_id].add(leg.end.place_id)
        neighbours[leg.end.place_id].add(leg.start.place_id)
    components = []
    left = dict.fromkeys(neighbours)
    while left:
        found = {next(iter(left))}
        border = set(found)
        while border:
            border = set().union(*(neighbours[place] for place in border)) - found
            found |= border
        components.append(sorted(found))
        for place in found:
            del left[place]
    return sorted(components, key=len, reverse=True)


def raise_faults(faults: list[str]) -> None:
    """Stop with every fault at once."""
    if faults:
        raise SystemExit("\n".join(faults))


def describe_leg(leg: Leg) -> dict[str, Any]:
    """Return the GeoJSON feature of a leg."""
    line = LineString([(leg.start.lon, leg.start.lat), (leg.end.lon, leg.end.lat)])
    return {
        "type": "Feature",
        "properties": {
            "road_id": leg.road_id,
            "road_class": leg.road["road_class"],
            "surface": leg.road["surface"],
            "oneway": leg.road["oneway"],
            "name": leg.road["name"],
            "ref": leg.road["ref"],
            "from_place": leg.start.place_id,
            "to_place": leg.end.place_id,
            "winding_factor": leg.winding_factor,
            "length_km": round(leg.km, 1),
            "schematic": True,
        },
        "geometry": mapping(line),
    }


def write_geojson(legs: list[Leg]) -> str:
    """Return the text of ``roads.geojson``: a header, then one feature a line."""
    head = {
        "type": "FeatureCollection",
        "name": "roads",
        "schematic": True,
        "note": NOTE,
        "date": DATE,
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
    }
    features = ",\n".join(json.dumps(describe_leg(leg), ensure_ascii=False) for leg in legs)
    return json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n' + features + "\n]}\n"


def build_text(folder: Path = FOLDER) -> str:
    """Return what ``roads.geojson`` should hold, from the two tables in a folder."""
    places = read_places(folder / "road_places.csv")
    return write_geojson(read_legs(folder / "roads.csv", places))


def main(arguments: list[str] | None = None) -> int:
    """Write the file, or with ``--check`` compare it."""
    parser = argparse.ArgumentParser(description="Build data/iraq/roads.geojson from its tables.")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if out of date")
    options = parser.parse_args(arguments)
    target = FOLDER / "roads.geojson"
    text = build_text()
    if options.check:
        return int(not target.exists() or target.read_text(encoding="utf-8") != text)
    target.write_text(text, encoding="utf-8", newline="\n")
    legs = read_legs(FOLDER / "roads.csv", read_places(FOLDER / "road_places.csv"))
    print(f"{target.name}: {len(legs)} legs, {sum(leg.km for leg in legs):,.0f} km")
    return 0


if __name__ == "__main__":
    sys.exit(main())
