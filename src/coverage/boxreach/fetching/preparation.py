"""The files of a plan, made of what came: names that are ours, and columns that readers know."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from boxreach.errors import Fault, InputError
from boxreach.exports.files import write_csv, write_geojson, write_json
from boxreach.fetching.folder import RECORD, hash_file
from boxreach.fetching.plan_text import Inputs, write_plan
from boxreach.routing import Progress
from boxreach.sources.downloads.cache import Kept
from boxreach.sources.downloads.catalogue import Catalogue
from boxreach.sources.downloads.offers import Offer, Offers, Role
from boxreach.sources.layers import read_frame
from boxreach.sources.osm.places import read_places
from boxreach.sources.terrain_tiles import join_tiles

_FILES: dict[Role, str] = {
    "roads": "roads.osm.pbf",
    "population": "population.tif",
    "areas": "areas.geojson",
    "districts": "districts.geojson",
    "terrain": "terrain.tif",
}
_BOXES = "site_id,name,lon,lat\r\n"


@dataclass(frozen=True)
class Delivery:
    """What came: what was offered, each file of it, and the catalogue that names its columns."""

    offers: Offers
    files: list[tuple[Offer, Kept]]
    catalogue: Catalogue

    def of(self, role: Role) -> list[tuple[Offer, Kept]]:
        """Return what came for a purpose."""
        return [(offer, kept) for offer, kept in self.files if offer.role == role]


def prepare(delivery: Delivery, folder: Path, tell: Progress) -> None:
    """Write into a folder what a plan needs, the plan, and the record of where all is from."""
    tell("preparing", 0, 4)
    for role in ("roads", "population"):
        ((_, kept),) = delivery.of(role)
        _link(kept.path, folder / _FILES[role])
    notes: dict[str, str] = dict.fromkeys(("roads", "population"), "as it came")
    areas = _write_areas(delivery, folder, "areas")
    notes["areas"] = "ids and names under our own columns, places to 0.1 m"
    if delivery.of("districts"):
        _write_areas(delivery, folder, "districts")
        notes["districts"] = notes["areas"]
    tell("preparing", 1, 4)
    places = _write_communities(folder, areas)
    notes["communities"] = "places of the extract that lie in the areas"
    tell("preparing", 2, 4)
    if tiles := delivery.of("terrain"):
        each = join_tiles([kept.path for _, kept in tiles], folder / _FILES["terrain"])
        notes["terrain"] = f"{len(tiles)} tiles joined, {each} cells a degree, means of theirs"
    tell("preparing", 3, 4)
    (folder / "boxes.csv").write_text(_BOXES, encoding="utf-8", newline="")
    sources: dict[str, dict[str, str]] = {
        role: _describe(delivery, role) for role in _FILES if delivery.of(role)
    }
    sources["communities"] = sources["roads"]
    sources["population"]["unit"] = delivery.catalogue.population.unit
    files: dict[str, str] = {str(role): name for role, name in _FILES.items()}
    files["communities"] = "communities.csv"
    inputs = {role: Inputs(files[role], **said) for role, said in sources.items()}
    write_plan(folder / "plan.toml", delivery.offers.country, inputs, places=places)
    _write_record(delivery, folder, {files[role]: one for role, one in notes.items()})
    tell("preparing", 4, 4)


def _link(path: Path, target: Path) -> None:
    """Put a file of the cache at a second place, without a second copy where that can be."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)


def _write_areas(delivery: Delivery, folder: Path, role: Role) -> gpd.GeoDataFrame:
    """Write areas with ids that are there once, and with names."""
    ((offer, kept),) = delivery.of(role)
    target, source = folder / _FILES[role], delivery.catalogue.boundaries
    _link(kept.path, target)  # the reader goes by names
    frame = read_frame(target)
    target.unlink()
    if not isinstance(frame, gpd.GeoDataFrame) or source.name not in frame:
        what = f"it has no outlines with a column {source.name}"
        raise InputError(Fault(what, offer.wanted.address, advice="check the catalogue"))
    frame = frame[~(frame.geometry.isna() | frame.geometry.is_empty)].reset_index(drop=True)
    ids = (
        pd.Series(frame.get(source.area_id, ""), index=frame.index)
        .fillna("")
        .astype(str)
        .str.strip()
    )
    unclear = (ids == "") | ids.duplicated(keep=False)
    ids = ids.mask(unclear, f"{role}-" + (frame.index + 1).astype(str))
    names = frame[source.name].fillna("").astype(str).str.split().str.join(" ")
    table = gpd.GeoDataFrame(
        {"area_id": ids, "name": names.mask(names == "", ids)},
        geometry=shapely.make_valid(shapely.force_2d(frame.to_crs(4326).geometry.to_numpy())),
        crs=4326,
    ).set_index("area_id")
    ground = table.geometry.map(_only_ground)
    table = table.set_geometry(gpd.GeoSeries(ground, index=table.index, crs=4326))
    table = table[~table.geometry.is_empty]
    if table.empty:
        what = "there is no area in it"
        raise InputError(Fault(what, offer.wanted.address, advice="check the catalogue"))
    write_geojson(target, table)
    return table


def _only_ground(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a shape, without what is left over where it was repaired."""
    parts = [one for one in shapely.get_parts(shape) if one.geom_type.endswith("Polygon")]
    return shape if shape.geom_type.endswith("Polygon") else shapely.union_all(parts)


def _write_communities(folder: Path, areas: gpd.GeoDataFrame) -> int:
    """Write the places of the extract that lie in the areas; return how many they are."""
    places = read_places(folder / _FILES["roads"])
    tree = shapely.STRtree(places.geometry.to_numpy())
    inside = tree.query(areas.geometry.to_numpy(), predicate="intersects")[1]
    places = places.iloc[sorted({*inside.tolist()})]
    if places.empty:
        what = "none of its places lies in the areas"
        advice = "extract and areas are of different countries; check the catalogue"
        raise InputError(Fault(what, _FILES["roads"], advice=advice))
    write_csv(folder / "communities.csv", places)
    return len(places)


def _describe(delivery: Delivery, role: Role) -> dict[str, str]:
    offer, kept = delivery.of(role)[0]
    said = f"{offer.title}. {offer.credit}"
    date = offer.date or _day(kept.stated.modified)
    return {"source": said, "licence": offer.licence, "date": date}


def _day(modified: str) -> str:
    """Return the day of a time as servers write it, blank where it is none."""
    try:
        return parsedate_to_datetime(modified).date().isoformat()
    except ValueError:
        return ""


def _write_record(delivery: Delivery, folder: Path, notes: dict[str, str]) -> None:
    """Write where each file is from, on which terms, and with which sums."""
    roles: dict[str, Role] = {name: role for role, name in _FILES.items()}
    roles["communities.csv"] = "roads"
    country, files = delivery.offers.country, []
    for path in sorted(folder.iterdir()):
        came = delivery.of(roles[path.name]) if path.name in roles else []
        written: dict[str, Any] = {"file": path.name, "sha256": hash_file(path)}
        if came:
            offer = came[0][0]
            written |= {key: getattr(offer, key) for key in ("title", "page", "licence")}
            written |= {key: getattr(offer, key) for key in ("licence_url", "credit")}
            written |= {"date": _describe(delivery, roles[path.name])["date"]}
            written |= {"made": notes.get(path.name, "")}
            written |= {"downloads": [_describe_download(*one) for one in came]}
        files.append(written)
    record = {
        "country": {"name": country.name, "iso2": country.iso2, "iso3": country.iso3},
        "fetched_on": datetime.now(UTC).date().isoformat(),
        "missing": list(delivery.offers.missing),
        "files": files,
    }
    write_json(folder / RECORD, record)


def _describe_download(offer: Offer, kept: Kept) -> dict[str, object]:
    measured, stated = kept.measured, kept.stated
    return {
        "url": offer.wanted.address,
        "bytes": measured.size_bytes,
        "md5": measured.md5,
        "sha256": measured.sha256,
        "etag": stated.etag,
        "modified": stated.modified,
    }
