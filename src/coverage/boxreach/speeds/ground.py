"""The shipped speeds over open ground, ``ground.toml``, and which of them each area has."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np

from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.sources.ground import SPEED_ADVICE, is_ground_speed
from boxreach.suggestions import suggest


def read_ground_file() -> dict[str, Any]:
    """Return ``ground.toml`` as it is written, reasons included.

    Examples
    --------
    >>> read_ground_file()["dune"]["kmh"]
    0
    """
    text = files("boxreach.speeds").joinpath("ground.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


_WRITTEN = read_ground_file()

GROUND_KMH: Mapping[str, float] = MappingProxyType(
    {name: float(one["kmh"]) for name, one in _WRITTEN.items()}
)
"""Km/h over open ground by its class; 0 where there is no way."""

_CLASS = {word: name for name, one in _WRITTEN.items() for word in (name, *one["also"])}


def class_faults(given: Mapping[str, float]) -> list[Fault]:
    """Return the faults of speeds by class of ground."""
    column = "off_road_class_kmh"
    unknown = [name for name in given if name not in GROUND_KMH]
    return [
        Fault(f"{name!r} is no class of ground", column=column,
              advice=suggest(str(name), list(GROUND_KMH)))
        for name in unknown
    ] + [
        Fault(f"it is {value!r}", column=f"{column}.{name}", advice=SPEED_ADVICE)
        for name, value in given.items()
        if name not in unknown and not is_ground_speed(value)
    ]  # fmt: skip


def assign_ground(
    areas: gpd.GeoDataFrame, class_kmh: Mapping[str, float], *, file: str = "ground"
) -> Floats:
    """Return the km/h of each area: its own, or that of its class.

    Parameters
    ----------
    areas
        A table of ground (see `boxreach.read_ground`).
    class_kmh
        Km/h by class, in place of those of `GROUND_KMH`.
    file
        Its name, for the messages.

    Raises
    ------
    InputError
        Every area of an unknown class that has no speed of its own.

    Examples
    --------
    >>> import shapely
    >>> areas = gpd.GeoDataFrame(
    ...     {"ground_class": ["Sand", "wood", "hummock"], "off_road_kmh": [None, None, 7]},
    ...     geometry=[shapely.box(44, 33, 45, 34)] * 3, crs=4326)
    >>> assign_ground(areas, {"sand": 6}).tolist()
    [6.0, 5.0, 7.0]
    """
    kmh = np.full(len(areas), np.nan)
    if "off_road_kmh" in areas:
        kmh = areas["off_road_kmh"].to_numpy(dtype=float, na_value=np.nan)
    if "ground_class" not in areas:
        return kmh
    known = {**GROUND_KMH, **class_kmh}
    said = areas["ground_class"].astype(object).fillna("").astype(str).str.strip()
    words = said.str.lower().str.replace(r"[\s-]+", "_", regex=True)
    faults = [
        Fault(f"{said.iloc[at]!r} is no class of ground", file, int(at) + 1, "ground_class",
              f"{suggest(words.iloc[at], list(_CLASS))}; or give it an off_road_kmh of its own")
        for at in np.flatnonzero(np.isnan(kmh) & ~words.isin(_CLASS).to_numpy())
    ]  # fmt: skip
    if faults:
        raise InputError(*faults)
    by_class = words.map(_CLASS).map(known).to_numpy(dtype=float)
    return np.where(np.isnan(kmh), by_class, kmh)
