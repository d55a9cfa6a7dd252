"""Risk along a frontier: how much its kilometres count, by areas."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from shapely import STRtree

from boxreach.arguments import kind_of
from boxreach.crs import Floats
from boxreach.errors import Fault, InputError
from boxreach.sources.layers import raw_layer
from boxreach.sources.raw_table import build_table
from boxreach.sources.segments import Shapes
from boxreach.sources.shapes import mend_outlines
from boxreach.tables import RISK_AREAS

_FILE = "risk"


def read_risk(risk: object, *, file: str) -> gpd.GeoDataFrame | None:
    """Return areas of risk, checked and in degrees; None where no areas say it.

    Parameters
    ----------
    risk
        What `boxreach.read_frontier` was given.
    file
        The file of the line, for the advice.

    Raises
    ------
    InputError
        With every row that is no area, or whose ``risk`` is no number from 0.
    """
    if risk is None or isinstance(risk, str):
        return None
    if not isinstance(risk, gpd.GeoDataFrame):
        advice = f"give the name of a column of {file}, or areas with a column risk"
        raise InputError(Fault(f"risk is {kind_of(risk)}", advice=advice))
    kept = risk[[name for name in ("risk", risk.active_geometry_name) if name in risk]]
    areas = build_table(raw_layer(kept, _FILE), RISK_AREAS)
    return areas.set_geometry(mend_outlines(areas.geometry.to_numpy(), "areas", file=_FILE))


def find_risk(areas: Shapes, risk: Floats, lon: Floats, lat: Floats) -> Floats:
    """Return the highest risk of the areas that hold each place, 1 where none does.

    Examples
    --------
    >>> areas = np.array([shapely.box(44, 33, 45, 34), shapely.box(44.5, 33, 46, 34)])
    >>> lon, lat = np.array([44.2, 44.7, 47]), np.full(3, 33.5)
    >>> find_risk(areas, np.array([0.5, 3.0]), lon, lat).tolist()
    [0.5, 3.0, 1.0]
    """
    area, place = STRtree(shapely.points(lon, lat)).query(areas, predicate="intersects")
    highest = np.full(len(lon), -1.0)
    np.maximum.at(highest, place, risk[area])
    return np.where(highest < 0, 1.0, highest)
