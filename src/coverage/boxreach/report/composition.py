"""The report from what was computed: written as a pack of files, or rendered as one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxreach.languages import DEFAULT_LANGUAGES
from boxreach.redaction import Redaction
from boxreach.report.alternatives import Alternatives
from boxreach.report.choices import check_choices
from boxreach.report.pack import write_pack
from boxreach.report.page import render_page
from boxreach.report.placement_report import Handling
from boxreach.report.preparation import Extras, prepare_report
from boxreach.report.withheld import withhold

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from boxreach.placement import Proposal
    from boxreach.report.model import Text
    from boxreach.report.survey_rounds import Rounds
    from boxreach.routing import TravelTimes
    from boxreach.scenarios import Comparison, Criticality, Opening, Robustness

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
    boxes: gpd.GeoDataFrame | None = None,
    times: TravelTimes | None = None,
    roads: gpd.GeoDataFrame | None = None,
    rivers: gpd.GeoDataFrame | None = None,
    crossings: gpd.GeoDataFrame | None = None,
    formats: Sequence[str] | None = None,
    marking: Text | None = None,
    digits: str = "latn",
    redact: Redaction | None = None,
    sheets: bool = True,
    comparison: Comparison | None = None,
    criticality: Criticality | None = None,
    opening: Opening | None = None,
    robustness: Robustness | None = None,
    rounds: Rounds | None = None,
) -> tuple[Path, ...]:
    """Write the report as a pack of files into a folder, whole or not at all.

    Parameters
    ----------
    folder
        Where the pack goes; made if it is not there. An earlier pack in it is replaced as a whole,
        and a folder that holds anything else is refused.
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
    boxes
        The boxes that stand, of a report without a plan; else those of the plan.
    times
        What `boxreach.travel_times` returned, from all boxes and proposed sites to the
        communities. Without it they are searched on the roads that the plan was made on.
    roads, rivers
        Drawn on the small maps of the sheets, which name the nearest road and say how far water is.
    crossings
        Crossings of the frontier; those of the posts by default.
    formats
        Names of formats: ``html``, ``sheets``, ``pdf``, ``xlsx``, ``docx``, ``csv``, ``gpkg``,
        ``parquet``, ``geojson``, ``kml``, ``kmz``, ``gpx`` and ``json``, or ``all``. Without it
        those are written that need no extra: no PDF, which takes longer than all others together.
    marking
        How the report is marked, as ``"OFFICIAL"``, one text or one in each language. It stands at
        the head and foot of pages.
    digits
        ``latn`` for 0123, ``arab`` for ٠١٢٣ in the languages of Arabic script.
    redact
        What is withheld in every file; they say so.
    sheets
        Whether there is a sheet for each proposed site.
    comparison
        What `boxreach.scenarios.compare` returned: scenarios beside the base.
    criticality
        What `criticality` returned: what hangs on each road and on each site.
    opening
        What `opening_value` returned: what it is worth to open closed roads.
    robustness
        What `robustness` returned: what draws of speeds, closures and people come to.
    rounds
        What `compare_rounds` returned: two rounds of a survey.

    Returns
    -------
    tuple of Path
        The files of the pack, sorted.

    Raises
    ------
    InputError
        If an argument will not do; all that is wrong is said at once. Also if the tables contradict
        each other, if a format needs what is not installed, or if the folder is somebody else's.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import geopandas as gpd
    >>> communities = gpd.GeoDataFrame(
    ...     {"name": ["Alpha", "Beta"], "people": [1200, 300], "governorate": "West",
    ...      "threshold_minutes": 30.0, "covered": [True, False], "minutes": [12.5, 41.0],
    ...      "site_id": "b1", "reason": ["", "TOO_FAR"]},
    ...     geometry=gpd.points_from_xy([44.1, 44.6], [33.2, 33.4]), crs=4326, index=["c1", "c2"],
    ... )
    >>> with TemporaryDirectory() as folder:
    ...     files = write_report(
    ...         Path(folder) / "pack", communities, formats=["html", "json"], marking="OFFICIAL"
    ...     )
    >>> [file.name for file in files]
    ['report.html', 'report.json']
    """
    extras = Extras(curves, clusters, worst, quintiles, demand, merging, curve)
    alternatives = Alternatives(comparison, criticality, opening, robustness, rounds)
    check_choices(
        folder=folder,
        reach=reach,
        run=run,
        places={"boxes": boxes, "roads": roads, "rivers": rivers, "crossings": crossings},
        tables={"areas": areas, "left_out": left_out},
        extras=extras,
        plans={"plan": plan, "posts": posts},
        alternatives=alternatives,
        times=times,
        formats=formats,
        languages=languages,
        texts={"title": title, "marking": marking},
        digits=digits,
        redact=redact,
        sheets=sheets,
    )
    report = prepare_report(
        reach,
        plan,
        posts,
        areas=areas,
        left_out=left_out,
        run=run,
        title=title,
        extras=extras,
        boxes=boxes,
        times=times,
        roads=roads,
        rivers=rivers,
        crossings=crossings,
        handling=Handling(marking),
        sheets=sheets,
        alternatives=alternatives,
    )
    report = withhold(report, redact)
    return write_pack(folder, report, formats=formats, languages=languages, digits=digits)


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
    comparison: Comparison | None = None,
    criticality: Criticality | None = None,
    opening: Opening | None = None,
    robustness: Robustness | None = None,
    rounds: Rounds | None = None,
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
        alternatives=Alternatives(comparison, criticality, opening, robustness, rounds),
    )
    return render_page(report, tuple(languages))
