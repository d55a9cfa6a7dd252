"""What the sources of a catalogue offer of one country: which files, how long, on which terms."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import shapely

from boxreach.errors import BoxreachError
from boxreach.sources.downloads.addresses import require_address
from boxreach.sources.downloads.catalogue import Boundaries, Catalogue, Source
from boxreach.sources.downloads.connection import Connection, MissingError
from boxreach.sources.downloads.contents import Kind
from boxreach.sources.downloads.countries import Country
from boxreach.sources.downloads.transfer import Wanted, state

Role = Literal["roads", "population", "areas", "districts", "terrain"]

_INDEX_BYTES = 64_000_000
_OUTLINE_BYTES = 256_000_000
_AROUND_DEGREES = 0.05
"""Heights are wanted so far beyond the outline: roads go on across a border."""

_TILE = re.compile(r"\bCopernicus_DSM_COG_\d\d_([NS])(\d\d)_00_([EW])(\d\d\d)_00_DEM\b")
_ADVICE = "check the catalogue, or name another with --catalogue"


@dataclass(frozen=True)
class Offer:
    """A file that is offered of a country.

    Attributes
    ----------
    role
        What it is for.
    wanted
        What is to come, and from where.
    title, page, licence, licence_url, credit, date
        Who offers it, on which terms, and of when it is; the date is blank where nobody says.
    name
        What tells it from others of its role: the name of a tile.
    """

    role: Role
    wanted: Wanted
    title: str
    page: str
    licence: str
    licence_url: str
    credit: str
    date: str = ""
    name: str = ""

    @property
    def size_bytes(self) -> int | None:
        """Its length, None where the server does not say it."""
        return self.wanted.stated.size_bytes


@dataclass(frozen=True)
class Offers:
    """All that is offered of a country.

    Attributes
    ----------
    country
        Of which.
    files
        What there is.
    missing
        What there is not, in words.
    """

    country: Country
    files: tuple[Offer, ...]
    missing: tuple[str, ...] = ()

    def of(self, role: Role) -> list[Offer]:
        """Return what is offered for a purpose."""
        return [one for one in self.files if one.role == role]

    @property
    def size_bytes(self) -> int:
        """The length of all files of which it is known."""
        return sum(one.size_bytes or 0 for one in self.files)


@dataclass
class _Search:
    """A search for what is offered of one country."""

    connection: Connection
    catalogue: Catalogue
    country: Country
    tell: Callable[[str, int, int], None]
    missing: list[str] = field(default_factory=list)
    outline: str = ""

    def read_json(self, address: str, *, at_most_bytes: int = _INDEX_BYTES) -> Any:
        content = self.connection.read(address, at_most_bytes=at_most_bytes)
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            what = f"{address} gives no JSON"
            page = content.lstrip()[:1] == b"<"
            advice = "a page, perhaps one that asks to sign in, took its place" if page else _ADVICE
            raise BoxreachError(f"{what}; {advice}") from error

    def offer(self, role: Role, source: Source, address: str, kind: Kind, **more: str) -> Offer:
        stated = state(self.connection, address)
        sums = None if source.sum is None else source.sum.replace("{url}", address)
        wanted = Wanted(
            address, kind, source.at_most_bytes, stated, sums, sum_is_etag=source.sum_is_etag
        )
        terms = source.model_dump(
            include={"title", "page", "licence", "licence_url", "credit", "date"}
        )
        return Offer(role, wanted, **{**terms, **{key: one for key, one in more.items() if one}})


def find_offers(
    connection: Connection,
    catalogue: Catalogue,
    country: Country,
    *,
    tell: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
) -> Offers:
    """Ask the servers of a catalogue what they have of a country; no file is downloaded.

    Lists and a simplified outline are, for they say which files there are.

    Parameters
    ----------
    connection
        Asks the servers.
    catalogue
        Who offers what; without terrain no heights are asked for.
    country
        Of which.
    tell
        Hears how far it is.

    Raises
    ------
    BoxreachError
        If a server cannot be asked, or does not have the roads, the people or the areas.
    """
    search = _Search(connection, catalogue, country, tell)
    files: list[Offer] = []
    for step, find in enumerate((_find_roads, _find_population, _find_areas, _find_terrain)):
        tell("looking up", step, 4)
        files += find(search)
    tell("looking up", 4, 4)
    return Offers(country, tuple(files), tuple(search.missing))


def _find_roads(search: _Search) -> Iterator[Offer]:
    source = search.catalogue.roads
    address = search.country.address(source.file or "")
    if source.file is None:
        address = _choose_extract(search, str(source.index))
    yield search.offer("roads", source, address, "pbf")


def _choose_extract(search: _Search, index: str) -> str:
    """Return the extract of the fewest countries, this among them."""
    country = search.country
    listed = search.read_json(index)
    found: list[tuple[int, bool, str, str]] = []
    try:
        entries = [one["properties"] for one in listed["features"]]
        of_it = [one for one in entries if country.iso2 in one.get("iso3166-1:alpha2", ())]
        ids = {str(one["id"]) for one in of_it}
        for one in of_it:
            inside = str(one.get("parent")) in ids
            countries = len(one["iso3166-1:alpha2"])
            found.append((countries, inside, str(one["id"]), str(one["urls"]["pbf"])))
    except (KeyError, TypeError, AttributeError) as error:
        raise BoxreachError(f"{index} is no list of extracts; {_ADVICE}") from error
    if not found:
        raise MissingError(f"{index} lists no extract of {country.name}; {_ADVICE}")
    countries, _, name, address = min(found)
    if countries > 1:
        search.missing.append(
            f"no extract of {country.name} alone: {name} holds {countries} countries"
        )
    return require_address(address, index)


def _find_population(search: _Search) -> Iterator[Offer]:
    source = search.catalogue.population
    if source.file is None:
        raise BoxreachError(f"population.file is not in the catalogue; {_ADVICE}")
    yield search.offer("population", source, search.country.address(source.file), "tif")


def _find_areas(search: _Search) -> Iterator[Offer]:
    source = search.catalogue.boundaries
    levels: Sequence[tuple[Role, list[str]]] = (
        ("areas", source.areas),
        ("districts", source.districts),
    )
    for role, names in levels:
        offer = _first_level(search, source, role, names)
        if offer is not None:
            yield offer
        elif role == "areas":
            what = f"{source.title} has no areas of {search.country.name}"
            raise MissingError(f"{what} ({', '.join(names)}); {_ADVICE}")
        else:
            search.missing.append(f"no {role} of {search.country.name} ({', '.join(names)})")


def _first_level(
    search: _Search, source: Boundaries, role: Role, levels: list[str]
) -> Offer | None:
    """Return what is offered of the first level that there is; None where there is none."""
    for level in levels:
        try:
            terms, address, outline = _find_level(search, source, level)
            offer = search.offer(role, source, address, "json", **terms)
        except MissingError:
            continue
        search.outline = search.outline or outline
        return offer
    return None


def _find_level(search: _Search, source: Boundaries, level: str) -> tuple[dict[str, str], str, str]:
    """Return what is said of the areas of a level, their address and that of a simple outline."""
    if source.file is not None:
        address = search.country.address(source.file, level=level)
        return {}, address, address
    index = search.country.address(str(source.index), level=level)
    said = _read_level(search, index)
    terms = {
        "date": _one_line(str(said.get("boundaryYearRepresented") or "")),
        "credit": _credit(source, said),
        **_licence(source, said),
    }
    address = require_address(said["gjDownloadURL"], index)
    simple = said.get("simplifiedGeometryGeoJSON")
    return terms, address, require_address(simple, index) if isinstance(simple, str) else address


def _read_level(search: _Search, index: str) -> Mapping[str, Any]:
    said = search.read_json(index)
    if isinstance(said, list) and len(said) == 1:
        said = said[0]
    if not isinstance(said, dict) or not isinstance(said.get("gjDownloadURL"), str):
        raise BoxreachError(f"{index} does not say where the areas are; {_ADVICE}")
    return said


def _credit(source: Source, said: Mapping[str, Any]) -> str:
    by = _one_line(said.get("boundarySource"))
    return f"{source.credit}; {by}" if by else source.credit


def _licence(source: Source, said: Mapping[str, Any]) -> dict[str, str]:
    """Return the licence that a server names, and where its words are; nothing if it names none."""
    licence, words = _one_line(said.get("boundaryLicense")), _one_line(said.get("licenseSource"))
    if not licence:
        return {}
    known = words.startswith(("https://", "http://")) and " " not in words
    return {"licence": licence, "licence_url": words if known else source.page}


def _one_line(said: object) -> str:
    """Return what a server says in one line of a decent length."""
    return " ".join(said.split())[:300] if isinstance(said, str) else ""


def _find_terrain(search: _Search) -> Iterator[Offer]:
    source = search.catalogue.terrain
    if source is None:
        return
    if source.file is None or source.index is None:
        raise BoxreachError(f"terrain needs a file and an index in the catalogue; {_ADVICE}")
    listed = search.connection.read(source.index, at_most_bytes=_INDEX_BYTES)
    tiles = {
        found[0]: _tile_box(found) for found in _TILE.finditer(listed.decode("ascii", "replace"))
    }
    if not tiles:
        raise BoxreachError(f"{source.index} lists no tiles; {_ADVICE}")
    outline = _read_outline(search).buffer(_AROUND_DEGREES)
    names = sorted(name for name, box in tiles.items() if outline.intersects(box))
    for number, name in enumerate(names):
        search.tell("tiles of heights", number, len(names))
        address = search.country.address(source.file, tile=name)
        yield replace(search.offer("terrain", source, address, "tif"), name=name)
    if not names:
        search.missing.append(f"no tile of heights of {search.country.name}")


def _tile_box(found: re.Match[str]) -> shapely.Polygon:
    south = int(found[2]) * (1 if found[1] == "N" else -1)
    west = int(found[4]) * (1 if found[3] == "E" else -1)
    return shapely.box(west, south, west + 1, south + 1)


def _read_outline(search: _Search) -> shapely.Geometry:
    """Return the ground of all areas of a country."""
    drawn = search.read_json(search.outline, at_most_bytes=_OUTLINE_BYTES)
    try:
        shapes = [shapely.from_geojson(json.dumps(one["geometry"])) for one in drawn["features"]]
        ground: shapely.Geometry = shapely.union_all(shapely.make_valid(shapes))
    except (KeyError, TypeError, ValueError, shapely.GEOSException) as error:
        raise BoxreachError(f"{search.outline} holds no outlines; {_ADVICE}") from error
    return ground
