"""How long a metre of each piece of road takes, or of each leg where speeds change along roads.

Slope and zones are taken for the legs that a road was given with. Noding divides roads at vertices
and changes no leg; what a crossing or a bridge puts into a leg shares what the whole leg has. So
the speed at a place of a road does not depend on the other roads that meet it.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from boxreach.crs import Floats
from boxreach.network.legs import count_parts, divide_legs
from boxreach.speeds import SpeedModel
from boxreach.speeds.walk import leg_lengths_m, mean_kmh

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

LINE = "line_given"
"""The column that says which of the lines that were given a piece is of; blank for bridges."""

_LONGEST_LEG_DEGREES = 0.04
_MS_PER_M_AT_1_KMH = 3_600.0


@dataclass(frozen=True, eq=False)
class PacedLines:
    """Pieces of road as they are timed.

    Attributes
    ----------
    xy, owner
        Longitude and latitude of their vertices, and whose they are. Long legs are divided, so that
        a leg is straight however one looks at it; so are legs where they enter a speed zone.
    pace
        As of `Edges`.
    kmh
        The speed of each piece in the direction of drawing.
    winding
        How many times as long each piece is as it is drawn.
    """

    xy: Floats
    owner: Longs
    pace: Floats
    kmh: Floats
    winding: Floats


def pace_lines(
    pieces: gpd.GeoDataFrame, model: SpeedModel, given: gpd.GeoDataFrame | None = None
) -> PacedLines:
    """Return pieces of roads with their paces.

    Parameters
    ----------
    pieces
        Noded roads in EPSG:4326, the pieces of a road one behind the other.
    model
        How fast one drives on them.
    given
        The roads before further vertices were put into them; both tables have the column `LINE`.
        Without it the pieces have the vertices that the roads were given with, and no others.
    """
    winding = np.ones(len(pieces))
    if "winding_factor" in pieces:
        winding = pieces["winding_factor"].fillna(1.0).to_numpy(dtype=float)
    xy, owner = shapely.get_coordinates(pieces.geometry.to_numpy(), return_index=True)
    if not model.varies:
        both = model.assign(pieces)
        xy, owner = divide_legs(xy, owner, _LONGEST_LEG_DEGREES)
        return PacedLines(xy, owner, _to_pace(both, winding), both[0], winding)
    own = np.ones(len(xy), dtype=bool) if given is None else _are_own(xy, owner, pieces, given)
    xy, owner, both = _assign_legs(xy, owner, own, pieces, model)
    begin = np.flatnonzero(owner[1:] == owner[:-1])
    of = owner[begin]
    metres = leg_lengths_m(np.hstack([xy[begin], xy[begin + 1]]))
    first = np.searchsorted(of, np.arange(len(pieces)))
    kmh = mean_kmh(of, metres, both[0], both[0][first])
    parts = count_parts(xy, owner, _LONGEST_LEG_DEGREES)[begin]
    pace = np.repeat(_to_pace(both, winding[of]), parts, axis=0)
    xy, owner = divide_legs(xy, owner, _LONGEST_LEG_DEGREES)
    return PacedLines(xy, owner, pace, kmh, winding)


def _to_pace(both_kmh: tuple[Floats, Floats], winding: Floats) -> Floats:
    return np.column_stack([winding * _MS_PER_M_AT_1_KMH / kmh for kmh in both_kmh])


def _are_own(xy: Floats, owner: Longs, pieces: gpd.GeoDataFrame, given: gpd.GeoDataFrame) -> Flags:
    """Tell which vertices of pieces their roads were given with; bridges have all of theirs."""
    line = pieces[LINE].fillna(-1).to_numpy(dtype=np.int64)[owner]
    known_xy, known = shapely.get_coordinates(given.geometry.to_numpy(), return_index=True)
    known = given[LINE].to_numpy()[known]
    both = np.concatenate([np.column_stack([known, known_xy]), np.column_stack([line, xy])])
    _, key = np.unique(both, axis=0, return_inverse=True)
    own: Flags = np.isin(key[len(known) :], key[: len(known)]) | (line < 0)
    return own


def _assign_legs(
    xy: Floats, owner: Longs, own: Flags, pieces: gpd.GeoDataFrame, model: SpeedModel
) -> tuple[Floats, Longs, tuple[Floats, Floats]]:
    """Return vertices with those at the borders of zones, and the km/h of each leg between them.

    Speeds are assigned to whole legs, from one own vertex to the next; what lies between the two
    takes its share of that.
    """
    at = np.arange(len(xy))
    begin = np.flatnonzero(owner[1:] == owner[:-1])
    before = np.maximum.accumulate(np.where(own, at, 0))[begin]
    after = np.minimum.accumulate(np.where(own, at, len(at) - 1)[::-1])[::-1][begin + 1]
    _, first, whole = np.unique(before, return_index=True, return_inverse=True)
    legs = np.hstack([xy[before[first]], xy[after[first]]])
    speeds = model.assign_legs(pieces, legs, owner[begin[first]])
    low = np.where(own[begin], 0.0, _share_of(xy[begin], legs[whole]))
    high = np.where(own[begin + 1], 1.0, _share_of(xy[begin + 1], legs[whole]))
    count = np.bincount(speeds.leg, minlength=len(legs))
    offset = np.cumsum(count) - count
    count = count[whole]
    leg = np.repeat(np.arange(len(begin)), count)
    part = np.arange(len(leg)) + (offset[whole] - np.cumsum(count) + count)[leg]
    # Of the parts of a whole leg those that meet the leg; one without length has the first.
    meets = (speeds.start[part] < high[leg]) & (speeds.end[part] > low[leg])
    meets |= (low >= high)[leg] & (speeds.start[part] == 0)
    leg, part = leg[meets], part[meets]
    starts = speeds.start[part] > low[leg]
    cut = legs[whole[leg[starts]]]
    place = xy[begin[leg]]
    place[starts] = np.round(
        cut[:, :2] + speeds.start[part][starts, None] * (cut[:, 2:] - cut[:, :2]), 7
    )
    # Between the parts stand the last vertices of pieces, from which no leg leads on.
    ends = np.flatnonzero(np.append(owner[1:] != owner[:-1], True))
    where = np.searchsorted(owner[begin[leg]], owner[ends], side="right")
    return (
        np.insert(place, where, xy[ends], axis=0),
        np.insert(owner[begin[leg]], where, owner[ends]),
        (speeds.forward_kmh[part], speeds.backward_kmh[part]),
    )


def _share_of(xy: Floats, legs: Floats) -> Floats:
    """Return at which share of their legs places lie."""
    course = legs[:, 2:] - legs[:, :2]
    squared = (course**2).sum(axis=1)
    along = ((xy - legs[:, :2]) * course).sum(axis=1)
    share = np.divide(along, squared, out=np.zeros(len(xy)), where=squared > 0)
    return np.asarray(np.clip(share, 0.0, 1.0))
