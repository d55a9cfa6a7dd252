"""What is left out of a page, or told only roughly, before it is handed on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from boxreach.arguments import flag_faults, number_faults, shown
from boxreach.errors import Fault, InputError

_KM_PER_DEGREE = 111.195
_MOST_KM = 100.0
_STEEPEST_LATITUDE = 89.0

_KEPT = (
    "name", "name_ar", "name_ckb", "name_kmr", "governorate", "district", "box_type", "vehicles",
    "officers", "cost_usd", "rank", "phase", "moved_from",
)  # fmt: skip
_KEPT_ENDINGS = ("_gained", "_covered")


@dataclass(frozen=True)
class Redaction:
    """What is withheld of a plan.

    Parameters
    ----------
    posts
        Leave out the border posts: where they are, what they are called, and what of the frontier
        they reach and see.
    round_km
        Round the places of boxes, those that stand and those proposed, to a grid of so many km;
        None leaves them where they are.

    Raises
    ------
    InputError
        If ``round_km`` is no number above 0 and up to 100, or nothing at all is withheld.

    Notes
    -----
    Ids and names are kept, and so are the minutes to every community: who knows the roads learns
    from those roughly where a box is, whatever its place is rounded to. A box that is named after
    the place it stands in, or bears its id, says so.

    Examples
    --------
    >>> Redaction(round_km=10)
    Redaction(posts=True, round_km=10)
    >>> Redaction(posts=False)
    Traceback (most recent call last):
    boxreach.errors.InputError: nothing is withheld; give posts=True or round_km
    """

    posts: bool = True
    round_km: float | None = None

    def __post_init__(self) -> None:
        faults = flag_faults("posts", self.posts)
        if self.round_km is not None:
            advice = f"give km above 0 and up to {_MOST_KM:g}, or None"
            faults += number_faults(
                "round_km", self.round_km, lambda km: 0 < km <= _MOST_KM, advice
            )
        elif not faults and not self.posts:
            faults.append(Fault("nothing is withheld", advice="give posts=True or round_km"))
        if faults:
            raise InputError(*faults)

    def blur(self, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return sites at rounded places, without the columns that tell their own.

        Each moves to the nearest point of a grid of ``round_km``, so by at most 0.71 of that. Of
        the columns only those stay that are known to tell no place.

        Parameters
        ----------
        sites
            Points in any CRS.

        Returns
        -------
        GeoDataFrame
            In the same order, with the same ids, in EPSG:4326; the sites themselves where
            `round_km` is None.

        Examples
        --------
        >>> site = gpd.GeoDataFrame(
        ...     {"name": ["Alpha"], "mgrs": ["38SMB4"]},
        ...     geometry=gpd.points_from_xy([44.123], [33.456]), crs=4326, index=["b1"],
        ... )
        >>> rough = Redaction(round_km=10).blur(site)
        >>> list(rough.columns), rough.get_coordinates().round(3).to_numpy().tolist()
        (['name', 'geometry'], [[44.086, 33.455]])
        """
        if self.round_km is None:
            return sites
        kept = [name for name in sites.columns if _tells_no_place(name)]
        places = shapely.get_coordinates(sites.to_crs(4326).geometry.to_numpy())
        return gpd.GeoDataFrame(
            sites[kept], geometry=gpd.points_from_xy(*self._round(places).T), crs=4326
        )

    def blur_point(self, lon: float, lat: float) -> tuple[float, float]:
        """Return where one place is rounded to, in degrees with six digits.

        Parameters
        ----------
        lon, lat
            Of the place, in degrees (EPSG:4326).

        Returns
        -------
        tuple of float
            Longitude and latitude; as they were given where `round_km` is None.

        Examples
        --------
        >>> Redaction(round_km=10).blur_point(44.123, 33.456)
        (44.086395, 33.454742)
        """
        if self.round_km is None:
            return lon, lat
        x, y = self._round(np.array([[lon, lat]]))[0]
        return round(float(x), 6), round(float(y), 6)

    def _round(self, places: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
        step = float(self.round_km or 0.0) / _KM_PER_DEGREE
        lat = np.rint(places[:, 1] / step) * step
        # a row of the grid is as wide as its own latitude lets it be
        narrow = step / np.cos(np.radians(np.clip(np.abs(lat), 0, _STEEPEST_LATITUDE)))
        return np.column_stack([np.rint(places[:, 0] / narrow) * narrow, lat])


def redaction_faults(value: object, name: str = "redact") -> list[Fault]:
    """Return the fault of an argument that is neither a redaction nor None.

    Examples
    --------
    >>> [str(one) for one in redaction_faults("posts")]
    ["redact is 'posts'; give boxreach.Redaction(), or None"]
    """
    if value is None or isinstance(value, Redaction):
        return []
    return [Fault(f"{name} is {shown(value)}", advice="give boxreach.Redaction(), or None")]


def _tells_no_place(column: object) -> bool:
    return column in _KEPT or str(column).endswith(_KEPT_ENDINGS)
