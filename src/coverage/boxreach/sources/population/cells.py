"""Cells of people, whatever kind of file they come from."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.crs import WGS84, Floats
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sources.population.units import CALLER, Unit

CELLS_AT_MOST = 10_000_000
"""So many demand points take about 4 GB."""

_CROWDED_PER_KM2 = 150_000.0
"""Nowhere do people of a whole layer live so close; the densest quarters of cities do."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells in which somebody lives.

    Attributes
    ----------
    lon, lat
        Where each is served, in degrees.
    people
        Persons in each, above 0.
    area_km2
        Of each on the ellipsoid; NaN for a point.
    ids
        Their names, as text.
    unit
        What the file held, and who says so.
    """

    lon: Floats
    lat: Floats
    people: Floats
    area_km2: Floats
    ids: npt.NDArray[np.object_]
    unit: Unit

    def to_table(self, file: str) -> gpd.GeoDataFrame:
        """Return the demand points, the total of their people in ``attrs``.

        Warns
        -----
        DataWarning
            If the file says that it holds densities, or people live closer than anywhere on earth.
        """
        if not len(self.people):
            raise InputError(Fault("there is nobody in it", file, advice="give counts of people"))
        self._warn(file, total := math.fsum(self.people.tolist()))
        table = gpd.GeoDataFrame(
            {"people": self.people, "area_km2": self.area_km2},
            index=pd.Index(self.ids, name="cell_id", dtype=object),
            geometry=gpd.points_from_xy(self.lon, self.lat),
            crs=WGS84,
        )
        table.attrs |= {
            "total_people": total,
            "unit": self.unit.name,
            "unit_said_by": self.unit.said_by,
        }
        return table

    def _warn(self, file: str, total: float) -> None:
        if self.unit.name == "density" and self.unit.said_by != CALLER:
            what = (
                f"its values are people per km² ({self.unit.said_by}); times the area of"
                f' each cell they are {total:,.0f} people; say unit = "count" if they are people'
            )
            warnings.warn(DataWarning(Fault(what, file)), stacklevel=4)
        known = self.area_km2 > 0
        people = self.people[known]
        if not len(people):
            return
        crowd = float(np.sum(people * (people / self.area_km2[known])) / np.sum(people))
        if crowd > _CROWDED_PER_KM2:
            other = "density" if self.unit.name == "count" else "count"
            what = (
                f"its people live {crowd:,.0f} to the km² on average, closer than anywhere"
                f' on earth; say unit = "{other}" if its values are no {_WORDS[self.unit.name]}'
            )
            warnings.warn(DataWarning(Fault(what, file)), stacklevel=4)


_WORDS = {"count": "people per cell", "density": "people per km²"}
