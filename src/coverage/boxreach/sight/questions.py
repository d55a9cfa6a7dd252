"""What is asked of sight, looked at before it is answered."""

from __future__ import annotations

import warnings

from boxreach.arguments import kind_of, number_faults
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sight.model import FARTHEST_KM
from boxreach.sources.terrain import Terrain
from boxreach.sources.terrain_grid import TerrainFile

COARSE_M = 100.0
"""Longer cells tell no lines of sight, and no high points."""


def is_coarse(cell_m: float | None) -> bool:
    """Tell whether cells are too long for lines of sight; those of no terrain are not.

    To the metre: 100 m on a map of UTM are 100.04 on the ground.

    Examples
    --------
    >>> is_coarse(100.04), is_coarse(101), is_coarse(None)
    (False, True, False)
    """
    return cell_m is not None and round(cell_m) > COARSE_M


def require_terrain(terrain: object) -> None:
    """Raise `InputError` if an argument holds no heights."""
    if not isinstance(terrain, Terrain | TerrainFile):
        advice = "read it with read_terrain, or open it with open_terrain"
        raise InputError(Fault(f"terrain is {kind_of(terrain)}", advice=advice))


def within_faults(within_km: float | None) -> list[Fault]:
    """Return the fault of a distance that is not seen."""
    if within_km is None:
        return []
    advice = f"give km above 0, up to {FARTHEST_KM:g}"
    return number_faults("within_km", within_km, lambda km: 0 < km <= FARTHEST_KM, advice)


def tell_coarse(file: str, cell_m: float, *, stacklevel: int) -> None:
    """Warn of cells that are too long for lines of sight."""
    if is_coarse(cell_m):
        warnings.warn(
            f"{file}: its cells are {cell_m:,.0f} m long and cannot tell lines of sight, which"
            f" takes {COARSE_M:g} m or less",
            DataWarning,
            stacklevel=stacklevel + 1,
        )
