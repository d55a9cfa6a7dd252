"""Points that are the centres of the cells of a grid, as grids written as x, y, z are."""

from __future__ import annotations

import numpy as np

from boxreach.crs import Floats, areas_km2

_SAME_PLACE_DEGREES = 1e-6
_OFF_LATTICE = 0.05
"""How far from its place on the lattice a point may lie, in steps: coordinates are rounded."""


def lattice_areas_km2(lon: Floats, lat: Floats) -> Floats | None:
    """Return the area of the cell around each point of a square lattice of degrees.

    None if the points lie on no such lattice, two on one place of it, or mostly far from each
    other, as any few points do on a lattice that is fine enough.

    Examples
    --------
    >>> lon, lat = np.meshgrid(44 + np.arange(3) / 120, 33 + np.arange(3) / 120)
    >>> lattice_areas_km2(lon.ravel(), lat.ravel()).round(2).tolist()[:2]
    [0.72, 0.72]
    """
    step_east, step_north = _step(lon), _step(lat)
    if not step_east or not step_north or abs(step_east / step_north - 1) > 0.01:
        return None
    place = np.column_stack([(lon - lon.min()) / step_east, (lat - lat.min()) / step_north])
    whole = np.rint(place).astype(np.int64)
    taken = whole[:, 0] * (whole[:, 1].max() + 2) + whole[:, 1]
    lonely = ~np.isin(taken + 1, taken)
    if np.abs(place - whole).max() > _OFF_LATTICE or len(np.unique(taken)) < len(taken):
        return None
    if lonely.mean() > 0.5:
        return None
    east, north = (
        np.array([-1, 1, 1, -1]) * step_east / 2,
        np.array([-1, -1, 1, 1]) * step_north / 2,
    )
    return areas_km2(lon[:, None] + east, np.clip(lat[:, None] + north, -90, 90))


def _step(values: Floats) -> float:
    """Return the step between neighbouring values, 0 if there are fewer than three."""
    steps = np.diff(np.unique(values))
    steps = steps[steps > _SAME_PLACE_DEGREES]
    if len(steps) < 2:
        return 0.0
    extent = float(values.max() - values.min())
    return extent / round(extent / float(steps.min()))
