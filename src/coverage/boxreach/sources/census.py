"""Census tables: their rows matched by name to areas, level by level."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from boxreach.arguments import require_kind
from boxreach.columns import require_name_list
from boxreach.errors import Fault, InputError
from boxreach.sources.area_names import (
    KINDS_OF_AREA,
    AreaName,
    count_edits,
    edits_allowed,
    read_name,
)
from boxreach.sources.hierarchy import Hierarchy
from boxreach.tables import missing_faults

Scope = tuple[str, str]
"""A level and an area of it in which is looked; blank is everywhere."""


@dataclass(frozen=True)
class _Match:
    """The area of one level that a row was matched to."""

    area_id: str = ""
    how: str = "unmatched"
    within: str = ""


@dataclass(frozen=True)
class _Asked:
    """The name of one row at one level, and where to look for it, the narrowest first."""

    name: AreaName
    scopes: tuple[Scope, ...]


def match_areas(
    table: pd.DataFrame,
    levels: Mapping[str, gpd.GeoDataFrame],
    *,
    names: Mapping[str, str],
    prefixes: Sequence[str] = KINDS_OF_AREA,
) -> pd.DataFrame:
    """Match each row of a table of totals to an area, by the names of the areas it lies in.

    From the widest level down, each name is looked for within the area that was matched above it
    and then within the wider ones; first as it is written, then misspelt. Case, marks and letter
    variants (`boxreach.text.fold`), spaces, the Arabic article and words such as ``مركز قضاء`` do
    not count. In ``Tal (Hill)`` either name will do; ``Khalis / Salam`` within Khalis is Salam.

    A name is misspelt if it is one letter away (added, left out, another, or two swapped; two
    letters in names of eight and more) from one area to which no row is equal, and from no second
    one as closely. Names of less than four letters are never misspelt, and neither are numbers.
    Where two rows are as near to one area, neither is matched: a wrong area is worse than none.

    Parameters
    ----------
    table
        A row for each area that was counted, unique ids in the index.
    levels
        The areas of each level by its name, the widest level first, each from `read_areas`
        with ``name`` in the language of the table. An area lies in the one of the level above
        that holds a point inside it.
    names
        The column of the table that names the area of each level.
    prefixes
        Words before a name that only say what kind of area it is.

    Returns
    -------
    pandas.DataFrame
        Index of the table, with

        - ``area_id``, ``level``: the narrowest area that was matched; blank where none was;
        - ``how``: ``"exact"``, ``"near"`` or ``"unmatched"``, at the narrowest level;
        - ``said``, ``found``: the two names at that level;
        - ``within``: the level of the area in which it was found: the one above as a rule;
        - ``rows_of_area``: how many rows have that area at that level (0 where unmatched);
        - for each level ``{level}_id`` and ``{level}_how``.

    Raises
    ------
    InputError
        If a column or level is missing, or areas break their schema.

    Examples
    --------
    >>> from shapely import box
    >>> governorates = gpd.GeoDataFrame(
    ...     {"name": ["نينوى"]}, index=["n"], geometry=[box(0, 0, 2, 1)], crs=4326)
    >>> districts = gpd.GeoDataFrame(
    ...     {"name": ["مركز الموصل", "سنجار"]}, index=["m", "s"],
    ...     geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)], crs=4326)
    >>> counted = pd.DataFrame({"gov": ["نينوى"] * 2, "dis": ["مركز قضاء الموصل", "سنجارر"]})
    >>> matches = match_areas(counted, {"governorate": governorates, "district": districts},
    ...     names={"governorate": "gov", "district": "dis"})
    >>> matches[["area_id", "how"]].to_numpy().tolist()
    [['m', 'exact'], ['s', 'near']]
    """
    hierarchy = Hierarchy.of(levels)
    _require_table(table, hierarchy, names)
    words = tuple(require_name_list("prefixes", prefixes))
    said = {level: _text(table[names[level]]) for level in hierarchy.levels}
    found: dict[str, list[_Match]] = {}
    for level in hierarchy.levels:
        asked = _asked(level, said, found, words)
        found[level] = _match_level(level, asked, hierarchy, words)
    return _as_table(table.index, said, found, hierarchy)


def _require_table(table: pd.DataFrame, hierarchy: Hierarchy, names: Mapping[str, str]) -> None:
    require_kind(table, pd.DataFrame, "table", "give a table with a row for each counted area")
    require_kind(names, Mapping, "names", 'give columns by level, like {"governorate": "gov_ar"}')
    faults = missing_faults(hierarchy.levels, list(names), file="names")
    columns = [str(names[level]) for level in hierarchy.levels if level in names]
    faults += missing_faults(columns, list(table.columns.astype(str)), file="table")
    if table.index.has_duplicates or table.columns.has_duplicates:
        advice = "make the ids and the names of columns unique"
        faults.append(Fault("an id or a column stands twice", "table", advice=advice))
    if faults:
        raise InputError(*faults)


def _text(values: pd.Series[str]) -> list[str]:
    return values.astype(object).where(values.notna(), "").astype(str).tolist()


def _asked(
    level: str,
    said: Mapping[str, list[str]],
    found: dict[str, list[_Match]],
    words: tuple[str, ...],
) -> list[_Asked]:
    """Return what is asked of a level, given what was found of the wider ones."""
    asked = []
    for at, text in enumerate(said[level]):
        outer = frozenset(form for one in found for form in read_name(said[one][at], words).forms)
        inner_first = [(one, found[one][at].area_id) for one in reversed(found)]
        scopes = [scope for scope in inner_first if scope[1]] if found else [("", "")]
        asked.append(_Asked(read_name(text, words, outer=outer), tuple(scopes)))
    return asked


def _match_level(
    level: str, asked: list[_Asked], hierarchy: Hierarchy, words: tuple[str, ...]
) -> list[_Match]:
    """Return the match of each row at one level: exact ones first, then near ones."""
    areas = {
        area_id: read_name(str(name), words)
        for area_id, name in hierarchy.areas[level]["name"].items()
    }
    wanted = {scope for one in asked for scope in one.scopes}
    members = {scope: hierarchy.members(level, *scope) for scope in wanted}
    matches = [_exact(one, areas, members) for one in asked]
    for depth in range(max((len(one.scopes) for one in asked), default=0)):
        taken = {one.area_id for one in matches}
        free = {scope: [one for one in ids if one not in taken] for scope, ids in members.items()}
        open_rows = [
            at
            for at, one in enumerate(asked)
            if not matches[at].area_id and len(one.scopes) > depth
        ]
        for at, match in _near(open_rows, asked, depth, areas, free):
            matches[at] = match
    return matches


def _exact(
    asked: _Asked, areas: Mapping[str, AreaName], members: Mapping[Scope, list[str]]
) -> _Match:
    """Return the one area that is called so, in the narrowest scope that has one."""
    for scope in asked.scopes:
        for form in asked.name.forms:
            same = [one for one in members[scope] if form in areas[one].forms]
            alike = [one for one in same if areas[one].is_prefixed == asked.name.is_prefixed]
            for found in (alike, same):
                if len(found) == 1:
                    return _Match(found[0], "exact", scope[0])
    return _Match()


def _near(
    rows: Iterable[int],
    asked: list[_Asked],
    depth: int,
    areas: Mapping[str, AreaName],
    free: Mapping[Scope, list[str]],
) -> Iterable[tuple[int, _Match]]:
    """Yield the rows that are nearest to one area, unless others of another name are as near.

    Rows of one name are one: a district stands in the rows of all that lies in it.
    """
    alike: dict[tuple[AreaName, Scope], list[int]] = defaultdict(list)
    for at in rows:
        alike[asked[at].name, asked[at].scopes[depth]].append(at)
    claims: dict[str, list[tuple[int, list[int]]]] = defaultdict(list)
    for (name, scope), same in alike.items():
        near = sorted(
            (edits, one) for one in free[scope] if (edits := _edits(name, areas[one])) is not None
        )
        if near and (len(near) == 1 or near[0][0] < near[1][0]):
            claims[near[0][1]].append((near[0][0], same))
    for area_id, claimed in claims.items():
        claimed.sort()
        if len(claimed) == 1 or claimed[0][0] < claimed[1][0]:
            for at in claimed[0][1]:
                yield at, _Match(area_id, "near", asked[at].scopes[depth][0])


def _edits(one: AreaName, other: AreaName) -> int | None:
    """Return by how many letters two names differ; None if that is too many for one area."""
    best = None
    for form in one.forms:
        for there in other.forms:
            most = edits_allowed(form, there)
            edits = count_edits(form, there, most)
            if edits <= most and (best is None or edits < best):
                best = edits
    return best


def _as_table(
    index: pd.Index,
    said: Mapping[str, list[str]],
    found: dict[str, list[_Match]],
    hierarchy: Hierarchy,
) -> pd.DataFrame:
    last = hierarchy.levels[-1]
    reached = [
        next((level for level in reversed(found) if found[level][at].area_id), "")
        for at in range(len(index))
    ]
    ids = [found[level][at].area_id if level else "" for at, level in enumerate(reached)]
    counts = pd.Series([one.area_id for one in found[last]], dtype=object).value_counts()
    result = pd.DataFrame(
        {
            "area_id": ids,
            "level": reached,
            "how": [one.how for one in found[last]],
            "said": said[last],
            "found": [hierarchy.name(last, one.area_id) for one in found[last]],
            "within": [one.within for one in found[last]],
            "rows_of_area": [counts[one.area_id] if one.area_id else 0 for one in found[last]],
        },
        index=index,
    )
    for level, matches in found.items():
        result[f"{level}_id"] = [one.area_id for one in matches]
        result[f"{level}_how"] = [one.how for one in matches]
    return result
