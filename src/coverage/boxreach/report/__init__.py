"""The placement report: what to decide, why, and how sure one can be of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxreach.languages import DEFAULT_LANGUAGES
from boxreach.report.page import render_page
from boxreach.report.preparation import Extras, prepare_report

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from boxreach.placement import Proposal
    from boxreach.report.model import Text

__all__ = ["render_report", "write_report"]


def write_report(
    folder: str | Path,
    reach: gpd.GeoDataFrame,
    plan: Proposal | None = None,
    posts: Proposal | None = None,
    *,
    areas: pd.DataFrame | None = None,
    left_out: pd.DataFrame | None = None,
    languages: Sequence[str] = DEFAULT_LANGUAGES,
    run: Mapping[str, Any] | None = None,
    title: Text | None = None,
    curves: pd.DataFrame | None = None,
    clusters: gpd.GeoDataFrame | None = None,
    worst: pd.DataFrame | None = None,
    quintiles: pd.DataFrame | None = None,
    demand: pd.DataFrame | None = None,
    merging: object = None,
    curve: pd.DataFrame | None = None,
) -> Path:
    """Write ``report.html`` into a folder, whole or not at all, and return its path.

    Parameters
    ----------
    folder
        Where the report goes; made if it is not there.
    reach
        What `boxreach.reach` returned for the communities, for one threshold or for several,
        concatenated.
    plan
        The proposed boxes.
    posts
        The proposed border posts; of a `boxreach.border.FrontierPlan` all that it tells of the
        line, the posts and the crossings.
    areas
        What `boxreach.summarise` returned by governorate, its index as a column, for one
        threshold or for several, concatenated. Columns ``name_ar``, ``name_ckb`` and ``name_kmr``,
        where there are any, give the governorates' names to the whole report. What `summarise` says
        of minutes, boxes, further columns of people and ``must_reach`` is shown, as far as it
        is there. Blank people are unknown. Who must be reached and is not is named from the
        column ``must_reach`` of `reach`.
    left_out
        What `boxreach.gaps` returned at the threshold of the plan for that on which people are
        counted: columns ``reason`` and ``people``. Rows of several kinds are told apart by a
        column ``kind``, ``community`` or ``cell``, and people are those of the cells. Without
        it, people left out are those of the listed communities, and are called so.
    languages
        Codes of `boxreach.languages.LANGUAGES`; the first one is shown when the page opens.
    run
        What `run.json` holds: ``version``, ``command``, ``python``, ``libraries``, ``inputs``,
        ``parameters``, ``warnings`` and ``labels``, each of them optional. All of it is shown. A
        label is a text, or a mapping from languages to texts, or one of ``illustrative``,
        ``schematic`` and ``modelled``, for which the words are here. What it does not hold is
        left out.
    title
        A title instead of the usual one, the same or one in each language.
    curves
        What `boxreach.coverage_curves` returned by governorate.
    clusters
        The ``clusters`` of what `boxreach.cluster_gaps` returned. Columns ``nearest_community``,
        ``nearest_community_ar``, ``nearest_community_ckb`` and ``near_km``, where there are any,
        say after which community a cluster of population cells is called, and how far off it is.
        A column ``threshold_minutes`` says at what threshold they are left out.
    worst
        What `boxreach.worst_places` returned by governorate.
    quintiles
        What `boxreach.density_quintiles` returned.
    demand
        Demand other than people: columns ``layer``, ``unit``, ``area`` (a governorate, or
        ``total``), ``threshold_minutes``, ``total``, ``covered``, ``uncovered``, ``share``.
    merging
        How many rows were searched together: attributes ``rows``, ``searched`` and
        ``largest_change_minutes``.
    curve
        What `Proposal.curve` of the proposed boxes returned.
    """
    page = render_report(
        reach,
        plan,
        posts,
        areas=areas,
        left_out=left_out,
        languages=languages,
        run=run,
        title=title,
        curves=curves,
        clusters=clusters,
        worst=worst,
        quintiles=quintiles,
        demand=demand,
        merging=merging,
        curve=curve,
    )
    path = Path(folder) / "report.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(".report.html.unfinished")
    try:
        unfinished.write_bytes(page.encode())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return path


def render_report(
    reach: gpd.GeoDataFrame,
    plan: Proposal | None = None,
    posts: Proposal | None = None,
    *,
    areas: pd.DataFrame | None = None,
    left_out: pd.DataFrame | None = None,
    languages: Sequence[str] = DEFAULT_LANGUAGES,
    run: Mapping[str, Any] | None = None,
    title: Text | None = None,
    curves: pd.DataFrame | None = None,
    clusters: gpd.GeoDataFrame | None = None,
    worst: pd.DataFrame | None = None,
    quintiles: pd.DataFrame | None = None,
    demand: pd.DataFrame | None = None,
    merging: object = None,
    curve: pd.DataFrame | None = None,
) -> str:
    """Return the report as HTML; the parameters are those of `write_report`."""
    report = prepare_report(
        reach,
        plan,
        posts,
        areas=areas,
        left_out=left_out,
        run=run,
        title=title,
        extras=Extras(curves, clusters, worst, quintiles, demand, merging, curve),
    )
    return render_page(report, tuple(languages))
