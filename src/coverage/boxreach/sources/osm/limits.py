"""The legal speed limit of a way, from OpenStreetMap's maxspeed tags."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from math import isnan, nan
from typing import NamedTuple

_TABLES = tomllib.loads(files(__package__).joinpath("limits.toml").read_text(encoding="utf-8"))

_PARTS = re.compile(r"[;|]|,(?!\d(?!\d))")
"""Lists are parted by ; or | or a comma, but a comma before one last digit is a decimal comma."""

_FIGURE = re.compile(r"(\d{1,4}(?:[.,]\d{1,3})?)\s*([a-z/]*)")
_ZONE = re.compile(r"(?:([a-z]{2})(?:-[a-z0-9]{1,3})?:)?(?:zone:?)?(\d{1,3})")
_CODE = re.compile(r"([a-z]{2})(-[a-z0-9]{1,3})?:([a-z_]+)")

_FALLBACKS = ("maxspeed:type", "source:maxspeed", "zone:maxspeed")
"""Read where maxspeed is missing, the most telling first; only zones count, never the source."""

KEYS = frozenset({"maxspeed", "maxspeed:forward", "maxspeed:backward", *_FALLBACKS})
"""The keys that `read_limits` looks at."""


class Limit(NamedTuple):
    """A speed limit as far as it can be read.

    Attributes
    ----------
    kmh
        Kilometres an hour; NaN where no figure is known.
    note
        What is to be counted about it; blank if nothing is.
    """

    kmh: float
    note: str = ""


_BLANK = Limit(nan)
_UNREADABLE = Limit(nan, "unreadable maxspeed")
_UNKNOWN_ZONE = Limit(nan, "unknown maxspeed zone")


class Limits(NamedTuple):
    """The limits of a way, in the direction of drawing and against it.

    Attributes
    ----------
    limit_kmh, limit_back_kmh
        Kilometres an hour; NaN where not known. A back limit of NaN means the same as the other.
    notes
        What is to be counted, each once.
    """

    limit_kmh: float
    limit_back_kmh: float
    notes: tuple[str, ...]


@lru_cache(maxsize=4096)
def read_limit(text: str) -> Limit:
    """Read one value of maxspeed. It never raises: what cannot be read is NaN, with a note.

    Parameters
    ----------
    text
        A figure with or without a unit (km/h, mph, knots), in any script's digits; a list of
        them, of which the lowest counts; ``none``, ``walk``, ``signals``; or a country's zone.

    Examples
    --------
    >>> read_limit("30 mph").kmh, read_limit("50;70").kmh, read_limit("DE:urban").kmh
    (48.28, 50.0, 50.0)
    >>> read_limit("fast")
    Limit(kmh=nan, note='unreadable maxspeed')
    """
    parts = [part.strip() for part in _PARTS.split(text.lower()) if part.strip()]
    if len(parts) == 1:
        return _read_part(parts[0])
    known = [limit.kmh for part in parts if not isnan((limit := _read_part(part)).kmh)]
    return Limit(min(known), "several maxspeeds") if known else _UNREADABLE


def read_limits(tags: Mapping[str, str]) -> Limits:
    """Read the limits of a way from its tags.

    ``maxspeed:forward`` and ``maxspeed:backward`` speak before ``maxspeed``; where all three are
    missing, a zone in ``maxspeed:type``, ``source:maxspeed`` or ``zone:maxspeed`` does.

    Examples
    --------
    >>> read_limits({"maxspeed": "80", "maxspeed:backward": "60"})
    Limits(limit_kmh=80.0, limit_back_kmh=60.0, notes=())
    """
    text = tags.get("maxspeed")
    both = _read_fallback(tags) if text is None else read_limit(text)
    ahead, back = tags.get("maxspeed:forward"), tags.get("maxspeed:backward")
    if ahead is None and back is None:
        return Limits(both.kmh, nan, (both.note,) if both.note else ())
    forward = both if ahead is None else read_limit(ahead)
    backward = both if back is None else read_limit(back)
    notes = tuple({limit.note: None for limit in (forward, backward) if limit.note})
    same = forward.kmh == backward.kmh
    return Limits(forward.kmh, nan if same else backward.kmh, notes)


def _read_part(part: str) -> Limit:
    if figure := _FIGURE.fullmatch(part):
        factor = _TABLES["units"].get(figure[2])
        return _bounded(float(figure[1].replace(",", ".")) * factor) if factor else _UNREADABLE
    word = _TABLES["words"].get(part)
    if word is not None:
        return Limit(float(word.get("kmh", nan)), word["note"])
    return _read_zone(part) or _UNREADABLE


def _read_zone(part: str) -> Limit | None:
    """Read ``DE:urban``, ``DE:zone30``, ``zone30`` and the like; None where it is no zone."""
    if zone := _ZONE.fullmatch(part):
        imperial = (zone[1] or "").upper() in _TABLES["zones"]["mph"]
        return _bounded(float(zone[2]) * _TABLES["units"]["mph" if imperial else ""])
    code = _CODE.fullmatch(part)
    if code is None:
        return None
    country = _TABLES["same"].get(code[1].upper(), code[1].upper())
    region = country + (code[2] or "").upper()
    laws = _TABLES["country"].get(region) or _TABLES["country"].get(country, {})
    law = laws.get(code[3])
    return _UNKNOWN_ZONE if law is None else _read_part(str(law))


def _read_fallback(tags: Mapping[str, str]) -> Limit:
    for key in _FALLBACKS:
        text = tags.get(key)
        if text is not None and (zone := _read_zone(text.strip().lower())):
            return zone
    return _BLANK


def _bounded(kmh: float) -> Limit:
    reading = _TABLES["reading"]
    if reading["lowest_kmh"] <= kmh <= reading["highest_kmh"]:
        return Limit(round(kmh, 2))
    return _UNREADABLE
