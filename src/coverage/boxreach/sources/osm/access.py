"""What the tags of OpenStreetMap mean for a response vehicle: where it may drive, and which way.

Every rule stands in ``access.toml`` with its reason; this module only applies them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import nan
from typing import Any, NamedTuple, TypeAlias

from boxreach.columns import is_bridge
from boxreach.sources.osm import limits

_TABLES: dict[str, Any] = tomllib.loads(
    files(__package__).joinpath("access.toml").read_text(encoding="utf-8")
)

Tags: TypeAlias = dict[str, str]


class Access(NamedTuple):
    """What a value of an access key means.

    Attributes
    ----------
    group
        The row of the table it stands in: open, limited, private, farm or closed.
    passes
        Whether a patrol drives in.
    note
        What is counted about it; blank if nothing is.
    told
        The tag that decided, as ``key=value``; blank where none did.
    """

    group: str
    passes: bool
    note: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """What a way is to a response vehicle.

    Attributes
    ----------
    driven
        Whether the vehicle drives on it, in at least one direction.
    why
        Why it does not, in a word or a tag for the report; blank where it does.
    road_class
        The value of ``highway``, lower case; of a way that tags open to vehicles, the class it
        drives like.
    surface
        From ``surface``, else from ``tracktype``; blank where neither says.
    oneway
        ``""`` both ways, ``"forward"`` or ``"backward"``, seen along the direction of drawing.
    limit_kmh, limit_back_kmh
        The legal limit with and against the direction of drawing, NaN where not known; a back
        limit of NaN means the same as the other.
    name, ref
        The local name and the road's number.
    bridge
        The value of ``bridge``, like "yes" or "viaduct"; blank where the way is none.
    notes
        What is kept, but worth counting: "ford", "conditional tags", "unreadable maxspeed".
    """

    driven: bool
    why: str = ""
    road_class: str = ""
    surface: str = ""
    oneway: str = ""
    limit_kmh: float = nan
    limit_back_kmh: float = nan
    name: str = ""
    ref: str = ""
    bridge: str = ""
    notes: tuple[str, ...] = ()


class _ShutError(Exception):
    """No vehicle drives here; the message is the reason for the report."""


def _values(groups: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(some) for one in groups for key, some in one["tags"].items()}


def _directed(modes: list[str], direction: str) -> tuple[str, ...]:
    """Return the access keys for one direction, the one that decides first."""
    return tuple(key for mode in reversed(modes) for key in (f"{mode}:{direction}", mode))


_MODES: list[str] = _TABLES["modes"]["order"]
_BOTH = tuple(reversed(_MODES))
_OPENING = tuple(one for one in _BOTH if one in _TABLES["modes"]["opening"])
_OPENS_ONLY = frozenset(_TABLES["modes"]["opens_only"])
_FORWARD, _BACKWARD = _directed(_MODES, "forward"), _directed(_MODES, "backward")
_ONE_DIRECTION = frozenset({*_FORWARD, *_BACKWARD} - {*_MODES})
_ACCESS = {
    value: Access(one["name"], one["passes"], one["note"])
    for one in _TABLES["access"]
    for value in one["values"]
}
_DRIVEN = frozenset(_TABLES["classes"]["driven"]["values"])
_NEVER = frozenset(_TABLES["classes"]["never"]["values"])
_OPENED: dict[str, str] = _TABLES["classes"]["opened"]["as"]
_SHUT = _values(_TABLES["shut"])
_LIFECYCLE = {f"{one}:highway": one for one in _TABLES["lifecycle"]["prefixes"]}
_HARMLESS_WORKS = frozenset(_TABLES["construction"]["open"])
_IMPLIED = [(*one["tag"].split("="), one["implies"]) for one in _TABLES["implied"]]
_ONEWAY = _TABLES["oneway"]
_DIRECTIONS = {
    value: direction
    for name, direction in (("forward", "forward"), ("backward", "backward"), ("both", ""))
    for value in _ONEWAY[name]
}
_CIRCLING = _values(_ONEWAY["implied"])
_BARRIERS = {value: one["stops"] for one in _TABLES["barriers"] for value in one["values"]}
_LOCKED = frozenset(_TABLES["nodes"]["locked"]["values"])
_NODE_KEYS = frozenset({"barrier", "locked", *_MODES, *_TABLES["nodes"]["others"]}) | {
    value.split("=")[0] for value in _BARRIERS if "=" in value
}
_WAY_KEYS = frozenset(
    {"highway", "surface", "tracktype", "construction"}
    | {*_FORWARD, *_BACKWARD, *_ONEWAY["keys"], *_SHUT, *_LIFECYCLE, *_CIRCLING, *limits.KEYS}
    | {key for one in _TABLES["noted"] for key in one["tags"]}
    | {key for key, _, _ in _IMPLIED}
)
_CONDITIONAL = frozenset(
    f"{key}:conditional" for key in {*_FORWARD, *_BACKWARD, *_ONEWAY["keys"], *limits.KEYS}
)
_GRADES = frozenset({"grade1", "grade2", "grade3", "grade4", "grade5"})
_TOLD = _WAY_KEYS | _CONDITIONAL


def read_way(tags: Mapping[str, str]) -> Way:
    """Say what a way is to a response vehicle.

    Parameters
    ----------
    tags
        The tags of the way.

    Returns
    -------
    Way
        Whether and in which directions it is driven, its class, surface, limits and names, and
        whether it is a bridge.

    Examples
    --------
    >>> way = read_way({"highway": "primary", "oneway": "-1", "maxspeed": "60"})
    >>> way.driven, way.road_class, way.oneway, way.limit_kmh
    (True, 'primary', 'backward', 60.0)
    >>> read_way({"highway": "service", "motor_vehicle": "no"}).why
    'motor_vehicle=no'
    """
    way = _judge(tuple([one for one in tags.items() if one[0] in _TOLD]))
    if not way.driven:
        return way
    name = tags.get("name") or tags.get("official_name") or tags.get("name:en") or ""
    ref = tags.get("ref") or tags.get("int_ref") or ""
    bridge = tags.get("bridge", "").strip()
    if not (name or ref or is_bridge(bridge)):
        return way
    return Way(
        True, "", way.road_class, way.surface, way.oneway, way.limit_kmh, way.limit_back_kmh,
        name.strip(), ref.strip(), bridge if is_bridge(bridge) else "", way.notes,
    )  # fmt: skip


def blocks(tags: Mapping[str, str]) -> bool:
    """Say whether a node on a road stops a response vehicle.

    Parameters
    ----------
    tags
        The tags of the node.

    Examples
    --------
    >>> blocks({"barrier": "gate"}), blocks({"barrier": "bollard"})
    (False, True)
    >>> blocks({"barrier": "bollard", "motor_vehicle": "yes"})
    False
    """
    told = tuple([one for one in tags.items() if one[0] in _NODE_KEYS])
    return bool(told) and _stops(told)


@lru_cache(maxsize=1 << 16)
def _judge(told: tuple[tuple[str, str], ...]) -> Way:
    """Judge a way by the tags that matter; few combinations of them occur, so each is kept."""
    tags = {key: value.strip().lower() for key, value in told}
    conditional = ("conditional tags",) if not _CONDITIONAL.isdisjoint(tags) else ()
    for key, value, implied in _IMPLIED:
        if tags.get(key) == value:
            tags = implied | tags
    try:
        road_class, class_notes = _read_class(tags)
        _check_passable(tags)
        oneway, direction_notes = _read_directions(tags | {"highway": road_class})
    except _ShutError as shut:
        return Way(False, str(shut), tags.get("highway", ""), notes=conditional)
    limit_kmh, limit_back_kmh, limit_notes = limits.read_limits(tags)
    return Way(
        driven=True,
        road_class=road_class,
        surface=_read_surface(tags),
        oneway=oneway,
        limit_kmh=limit_kmh,
        limit_back_kmh=limit_back_kmh,
        notes=(*class_notes, *direction_notes, *limit_notes, *_read_notes(tags), *conditional),
    )


def _read_class(tags: Tags) -> tuple[str, list[str]]:
    """Return the class a way is driven as, or raise with the reason why it is not."""
    if "highway" not in tags:
        route = tags.get("route", "")
        gone = next((_LIFECYCLE[key] for key in tags if key in _LIFECYCLE), "no class")
        raise _ShutError(route if route in _SHUT["route"] else gone)
    classes = [one.strip() for one in tags["highway"].split(";")]
    notes = ["several classes"] if len(classes) > 1 else []
    road_class = next((one for one in classes if one in _DRIVEN), classes[0])
    if road_class in _DRIVEN:
        return road_class, notes
    if road_class in _NEVER:
        raise _ShutError(road_class)
    opening, _ = _find_access(tags, _OPENING)
    if opening.told and opening.passes:
        return _OPENED.get(road_class, "road"), [*notes, "opened to vehicles"]
    raise _ShutError(road_class if road_class in _OPENED else "unknown class")


def _check_passable(tags: Tags) -> None:
    for key, values in _SHUT.items():
        if tags.get(key) in values:
            raise _ShutError(tags[key] if key == "route" else f"{key}={tags[key]}")
    if tags.get("construction", "no") not in _HARMLESS_WORKS:
        raise _ShutError("construction")


def _read_directions(tags: Tags) -> tuple[str, list[str]]:
    """Return the direction a way is driven in, or raise with the reason why in none."""
    oneway, notes = _read_oneway(tags)
    forward, strange = _find_access(tags, _BOTH)
    backward = forward
    if not _ONE_DIRECTION.isdisjoint(tags):
        forward, strange = _find_access(tags, _FORWARD)
        backward, strange_back = _find_access(tags, _BACKWARD)
        strange |= strange_back
    ways = {"forward": forward, "backward": backward}
    if oneway:
        ways = {oneway: ways[oneway]}
    open_ways = {direction: one for direction, one in ways.items() if one.passes}
    if not open_ways:
        raise _ShutError(next(iter(ways.values())).told)
    notes += dict.fromkeys(one.note for one in open_ways.values() if one.note)
    if strange:
        notes.append("unknown access value")
    return next(iter(open_ways)) if len(open_ways) == 1 else "", notes


_UNTOLD = Access("untold", True)


def _find_access(tags: Tags, keys: tuple[str, ...]) -> tuple[Access, bool]:
    """Return what the first readable key says, and whether one before it was not readable."""
    strange = False
    for key in keys:
        if key in tags:
            access = _read_access(tags[key])
            if access and (access.passes or key not in _OPENS_ONLY):
                return access._replace(told=f"{key}={tags[key]}"), strange
            strange |= key not in _OPENS_ONLY
    return _UNTOLD, strange


def _read_access(value: str) -> Access | None:
    if ";" not in value:
        return _ACCESS.get(value)
    known = [_ACCESS[one] for part in value.split(";") if (one := part.strip()) in _ACCESS]
    return min(known, key=lambda one: one.passes, default=None)


def _read_oneway(tags: Tags) -> tuple[str, list[str]]:
    notes: list[str] = []
    for key in reversed(_ONEWAY["keys"]):
        value = tags.get(key)
        if value in _DIRECTIONS:
            return _DIRECTIONS[value], notes
        if value in _ONEWAY["changing"]:
            return "", [_ONEWAY["changing_note"]]
        if value is not None:
            notes = [_ONEWAY["unknown_note"]]
    implied = any(tags.get(key) in values for key, values in _CIRCLING.items())
    return "forward" if implied else "", notes


def _read_surface(tags: Tags) -> str:
    surface = tags.get("surface", "").split(";")[0].strip().replace(" ", "_")
    grade = tags.get("tracktype", "")
    return surface or (grade if grade in _GRADES else "")


def _read_notes(tags: Tags) -> list[str]:
    return [
        one["note"]
        for one in _TABLES["noted"]
        if any(
            (value := tags.get(key)) is not None
            and value not in one["except"]
            and ("*" in values or value in values)
            for key, values in one["tags"].items()
        )
    ]


@lru_cache(maxsize=4096)
def _stops(told: tuple[tuple[str, str], ...]) -> bool:
    tags = {key: value.strip().lower() for key, value in told}
    access, _ = _find_access(tags, _BOTH)
    barrier = tags.get("barrier")
    if barrier is None:
        alone = not any(key in tags for key in _TABLES["nodes"]["others"])
        return alone and not access.passes
    if not access.passes:
        return True
    if access.group == "open":
        return False
    if tags.get("locked") in _LOCKED:
        return True
    hard = _BARRIERS.get(f"{barrier}={tags.get(barrier)}", _BARRIERS.get(barrier, True))
    return hard and access.group != "limited"
