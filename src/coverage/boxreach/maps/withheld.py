"""What a redaction leaves of a plan: the tables of the map before anything is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boxreach.maps.cases import Side
from boxreach.maps.columns import texts_of
from boxreach.redaction import Redaction

if TYPE_CHECKING:
    from boxreach.placement import Proposal

_OF_THE_LINE = ("chainage_from_km", "chainage_to_km", "km", "governorate", "part", "geometry")
"""What is told of the frontier where nothing may be told of posts."""
_STRAIGHT_DEGREES = 1e-6
"""A place at which a straight line is cut lies no further beside it: about 0.1 m."""
_ARABIC_DIGITS = str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫")


def withhold(
    redaction: Redaction,
    sides: Sequence[Side],
    posts: Proposal | None,
    line: gpd.GeoDataFrame | None,
) -> tuple[list[Side], Proposal | None, gpd.GeoDataFrame | None]:
    """Return the plans, the posts and the frontier as far as they may be told.

    What is withheld is not in what is returned, so that nothing that is made of it can hold it.
    """
    if redaction.posts:
        line = _bare_line(line if posts is None else posts.reach)
        posts = None
    return [_blur_side(side, redaction) for side in sides], posts, line


def ids_of_posts(sides: Sequence[Side], posts: Proposal | None) -> frozenset[str]:
    """Return the ids of posts that no box has."""
    if posts is None:
        return frozenset()
    tables = [side.boxes for side in sides]
    tables += [side.plan.sites for side in sides if side.plan is not None]
    boxes = {str(one) for table in tables if table is not None for one in table.index}
    return frozenset({*map(str, posts.sites.index), *map(str, posts.existing.index)} - boxes)


def hide_lines(
    redaction: Redaction, table: gpd.GeoDataFrame | None, posts: frozenset[str]
) -> gpd.GeoDataFrame | None:
    """Return the ground that sites reach, or ways from them, as far as they may be drawn.

    Those of posts go with the posts. Those of rounded boxes all go: each begins at its box.
    """
    if table is None or redaction.round_km is not None:
        return None
    if not redaction.posts or "site_id" not in table:
        return table
    return table[~table["site_id"].astype(str).isin(posts)]


def _bare_line(line: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return the line by governorate, without the places at which posts cut it."""
    if line is None or not len(line):
        return line
    bare = line.rename_geometry("geometry") if line.geometry.name != "geometry" else line
    bare = bare[[name for name in bare.columns if name in _OF_THE_LINE]]
    bare = bare.sort_values("chainage_from_km", kind="stable").reset_index(drop=True)
    apart = pd.DataFrame({"part": bare.get("part", 1)}, index=bare.index)
    apart["governorate"] = texts_of(bare, "governorate")
    run = np.array((apart != apart.shift()).any(axis=1).cumsum(), dtype=np.int64)
    first = np.flatnonzero(np.diff(run, prepend=0))
    joined = bare.iloc[first].reset_index(drop=True)
    joined["chainage_to_km"] = bare["chainage_to_km"].groupby(run).last().to_numpy()
    joined["km"] = bare["km"].groupby(run).sum().to_numpy()
    shapes = [_join(some) for some in np.split(bare.geometry.to_numpy(), first[1:])]
    return joined.set_geometry(gpd.GeoSeries(shapes, crs=bare.crs))


def _join(pieces: npt.NDArray[np.object_]) -> shapely.Geometry:
    """Return pieces as one shape, in which no point is left at which a straight line was cut."""
    lines = shapely.get_parts(pieces)
    lines = lines[~shapely.is_empty(lines)]
    ends = {tuple(end) for line in lines for end in shapely.get_coordinates(line)[[0, -1]].tolist()}
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    return shapely.multilinestrings([_straighten(one, ends) for one in merged])


def _straighten(line: shapely.Geometry, ends: set[tuple[float, ...]]) -> shapely.Geometry:
    """Return a line without those of some points that lie between others on a straight line."""
    points = shapely.get_coordinates(line).tolist()
    kept = points[:1]
    for point, after in pairwise(points[1:]):
        if tuple(point) in ends:
            way = shapely.linestrings([kept[-1], after])
            if shapely.distance(way, shapely.points(point)) < _STRAIGHT_DEGREES:
                continue
        kept.append(point)
    return shapely.linestrings([*kept, points[-1]])


def _blur_side(side: Side, redaction: Redaction) -> Side:
    if redaction.round_km is None:
        return side
    boxes = None if side.boxes is None else redaction.blur(side.boxes)
    plan = side.plan
    if plan is not None:
        # how far boxes move would tell where they were
        plan = replace(
            plan,
            sites=redaction.blur(plan.sites),
            existing=redaction.blur(plan.existing),
            moves=pd.DataFrame(),
        )
    return replace(side, boxes=boxes, plan=plan)


def tell_withheld(
    redaction: Redaction | None, catalogue: Mapping[str, Mapping[str, str]], digits: str
) -> list[dict[str, str]]:
    """Return the sentences, in every language, that say what was left out or rounded."""
    if redaction is None:
        return []
    found = []
    if redaction.posts:
        found.append({code: said["redacted_posts"] for code, said in catalogue.items()})
    if redaction.round_km is not None:
        km = f"{redaction.round_km:g}"
        written = {code: km.translate(_ARABIC_DIGITS) for code in ("ar", "ckb") if digits == "arab"}
        found.append(
            {
                code: said["redacted_places"].replace("{km}", written.get(code, km))
                for code, said in catalogue.items()
            }
        )
    return found
