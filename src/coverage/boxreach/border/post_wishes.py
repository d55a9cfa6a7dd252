"""What is asked of posts, and the tables it is asked of: checked, all faults at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import geopandas as gpd
import numpy as np
import pandas as pd

from boxreach.arguments import choice_faults, number_faults, range_faults, require_kind
from boxreach.border.line_sides import require_line
from boxreach.border.telling import Surroundings
from boxreach.crs import to_wgs84
from boxreach.errors import Fault, FaultCollector, InputError
from boxreach.location import BackupCover, MaxCover, SetCover
from boxreach.location.models import share_faults
from boxreach.sight import COARSE_M, is_coarse
from boxreach.sources.terrain import Terrain
from boxreach.sources.terrain_grid import TerrainFile
from boxreach.tables import point_faults

TABLES = ("candidates", "existing", "crossings")
_DAY_MINUTES = 1440


@dataclass(frozen=True, eq=False, kw_only=True)
class Wishes:
    """What is asked, by the names of `propose_posts`."""

    posts: int | None
    share: float | None
    each: int
    per_site: int
    minutes: float
    mobilise_minutes: float
    support_minutes: float
    phases: Sequence[int] | None
    defence_km: float

    def model(self) -> MaxCover | BackupCover | SetCover:
        """Return the model that answers them."""
        if self.posts is None:
            share = 1.0 if self.share is None else self.share
            return SetCover(minutes=self.minutes, share=share, boxes=self.each)
        if self.each > 1:
            return BackupCover(sites=self.posts, minutes=self.minutes, boxes=self.each)
        return MaxCover(sites=self.posts, minutes=self.minutes)

    def describe(self, see: str | None) -> dict[str, object]:
        """Return what a plan says it was asked."""
        return {
            "each": int(self.each),
            "per_site": int(self.per_site),
            "share": self.share,
            "see": see,
            "defence_km": float(self.defence_km),
            "support_minutes": float(self.support_minutes),
            "mobilise_minutes": float(self.mobilise_minutes),
        }

    def check(self, see: str | None, terrain: Terrain | TerrainFile | None) -> None:
        """Raise `InputError` with all that means nothing."""
        faults = self._count_faults() + self._share_faults() + _see_faults(see, terrain)
        for name, least in (("minutes", 1e-3), ("mobilise_minutes", 0), ("support_minutes", 1e-3)):
            faults += range_faults(name, getattr(self, name), least, _DAY_MINUTES)
        faults += number_faults(
            "defence_km", self.defence_km, lambda one: 0 <= one < np.inf, "give km, 0 or more"
        )
        if faults:
            raise InputError(*faults)

    def _count_faults(self) -> list[Fault]:
        def is_count(one: object, least: int) -> bool:
            return isinstance(one, Integral) and int(one) >= least

        faults = number_faults(
            "each", self.each, lambda one: is_count(one, 1), "give a whole number, 1 or more"
        )
        faults += number_faults(
            "per_site",
            self.per_site,
            lambda one: is_count(one, 1),
            "give a whole number, 1 or more",
        )
        if self.posts is not None:
            advice = "give a whole number, 0 or more"
            faults += number_faults("posts", self.posts, lambda one: is_count(one, 0), advice)
        return faults

    def _share_faults(self) -> list[Fault]:
        """Return the faults of a share, and of what goes with posts alone."""
        if self.share is None:
            none = Fault("neither posts nor a share is asked for", advice="give one of them")
            return [none] if self.posts is None else []
        faults = share_faults(self.share)
        if self.posts is not None:
            faults.append(Fault("posts and a share are asked for", advice="give one of them"))
        if self.phases is not None:
            faults.append(Fault("phases with a share", advice="give posts for phases"))
        if self.defence_km:
            advice = "give posts, or leave it at 0: the score tells equal plans apart"
            faults.append(Fault("defence_km with a share", advice=advice))
        return faults


def _see_faults(see: str | None, terrain: Terrain | TerrainFile | None) -> list[Fault]:
    if see is None:
        return []
    faults = choice_faults("see", see, ("day", "night"))
    if terrain is None:
        faults.append(Fault("see is given without terrain", advice="give terrain too"))
    elif is_coarse(terrain.cell_m):
        what = f"its cells are {terrain.cell_m:,.0f} m long and cannot tell what posts see"
        advice = f"give heights in cells of {COARSE_M:g} m or less, or leave see out"
        faults.append(Fault(what, terrain.file, advice=advice))
    return faults


def read_tables(
    line: gpd.GeoDataFrame,
    candidates: gpd.GeoDataFrame | None,
    existing: gpd.GeoDataFrame | None,
    crossings: gpd.GeoDataFrame | None,
    surroundings: Surroundings | None,
) -> tuple[gpd.GeoDataFrame, dict[str, gpd.GeoDataFrame]]:
    """Return the line and the tables that are given in EPSG:4326, or raise with all faults."""
    faults, tables = FaultCollector(), {}
    if surroundings is not None:
        with faults.attempt():
            require_kind(surroundings, Surroundings, "surroundings", "give Surroundings")
    with faults.attempt():
        line = require_line(line)
        faults.add(_line_faults(line))
    for name, table in zip(TABLES, (candidates, existing, crossings), strict=True):
        if table is not None:
            with faults.attempt():
                tables[name] = to_wgs84(table, file=name)
                faults.add(point_faults(tables[name], file=name))
    faults.raise_any()
    return line, tables


def _line_faults(line: gpd.GeoDataFrame) -> list[Fault]:
    """Return the faults of segments that say nothing of their risk, or are named twice."""
    advice = "read it with read_frontier"
    faults = []
    risk = pd.to_numeric(line["risk"], errors="coerce") if "risk" in line else None
    if risk is None or not (np.isfinite(risk) & (risk >= 0)).all():
        faults.append(Fault("a risk is no number from 0 on", "line", column="risk", advice=advice))
    if not line.index.is_unique:
        faults.append(Fault("the id of a segment stands twice", "line", advice=advice))
    return faults
