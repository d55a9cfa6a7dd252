"""What a redaction leaves of a plan: the tables of the map before anything is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from boxreach.maps.cases import Side
from boxreach.redaction import Redaction

if TYPE_CHECKING:
    from boxreach.placement import Proposal

_OF_THE_LINE = ("chainage_from_km", "chainage_to_km", "km", "governorate", "geometry")
"""What is told of the frontier where nothing may be told of posts."""
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
    if line is None:
        return None
    bare = line.rename_geometry("geometry") if line.geometry.name != "geometry" else line
    return bare[[name for name in bare.columns if name in _OF_THE_LINE]].reset_index(drop=True)


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
