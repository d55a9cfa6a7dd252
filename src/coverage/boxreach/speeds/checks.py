"""What the values of a `SpeedModel` may be; all that is wrong is said at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

from boxreach.arguments import kind_of, number_faults
from boxreach.errors import Fault
from boxreach.speeds.slope import Slope
from boxreach.speeds.table import TABLE
from boxreach.suggestions import suggest

Range = tuple[float, float]

KMH: Range = (0.1, 300)
FACTOR: Range = (0.01, 2)
LIFT: Range = (1, 10)
DELAY_S: Range = (0, 3600)
SLOPE: Mapping[str, Range] = {
    "free": (0, 0.5),
    "up_loss": (0, 20),
    "down_loss": (0, 20),
    "steepest": (0, 1),
}

_CLASSES, _SURFACES = list(TABLE.kmh), list(TABLE.surface_factor)


def by_class_faults(given: Mapping[str, float], column: str, within: Range) -> list[Fault]:
    """Return the faults of values by road class."""
    return _named_faults(given, column, within, _CLASSES, "road class")


def by_surface_faults(given: Mapping[str, float], column: str) -> list[Fault]:
    """Return the faults of factors by surface."""
    return _named_faults(given, column, FACTOR, _SURFACES, "surface")


def by_season_faults(given: Mapping[str, Mapping[str, float]], column: str) -> list[Fault]:
    """Return the faults of factors by season and surface."""
    faults = [fault for season in given for fault in season_faults(season, column)]
    for season, factors in given.items():
        if isinstance(factors, Mapping):
            faults += by_surface_faults(factors, f"{column}.{season}")
        else:
            what = f"it is {kind_of(factors)}"
            faults.append(Fault(what, column=f"{column}.{season}", advice="give values by name"))
    return faults


def season_faults(season: str, column: str) -> list[Fault]:
    """Return the fault of a season that is not known."""
    known = list(TABLE.season_factor)
    if season in known:
        return []
    return [Fault(f"{season!r} is no season", column=column, advice=suggest(str(season), known))]


def natural_faults(given: Mapping[str, str], column: str) -> list[Fault]:
    """Return the faults of surfaces by road class."""
    return [
        Fault(f"{name!r} is no road class", column=column, advice=suggest(str(name), _CLASSES))
        for name in given
        if name not in _CLASSES
    ] + [
        Fault(f"{surface!r} is no surface", column=f"{column}.{name}",
              advice=suggest(str(surface), _SURFACES))
        for name, surface in given.items()
        if surface not in _SURFACES
    ]  # fmt: skip


def slope_name_faults(given: Mapping[str, object]) -> list[Fault]:
    """Return the faults of names that a slope does not know."""
    return [
        Fault(f"{name!r} is no value of a slope", column="slope",
              advice=suggest(str(name), list(SLOPE)))
        for name in given
        if name not in SLOPE
    ]  # fmt: skip


def slope_faults(slope: Slope) -> list[Fault]:
    """Return the faults of how a slope slows."""
    return [
        fault
        for name, value in asdict(slope).items()
        for fault in range_faults(value, f"slope.{name}", SLOPE[name])
    ]


def range_faults(value: object, column: str, within: Range) -> list[Fault]:
    """Return the fault of a value that is no number of a range."""
    low, high = within
    advice = f"give a number from {low:g} to {high:g}"
    faults = number_faults("it", value, lambda number: low <= number <= high, advice)
    return [replace(fault, column=column) for fault in faults]


def _named_faults(
    given: Mapping[str, float], column: str, within: Range, known: list[str], kind: str
) -> list[Fault]:
    unknown = [name for name in given if name not in known]
    return [
        Fault(f"{name!r} is no {kind}", column=column, advice=suggest(str(name), known))
        for name in unknown
    ] + [
        fault
        for name, value in given.items()
        if name not in unknown
        for fault in range_faults(value, f"{column}.{name}", within)
    ]
