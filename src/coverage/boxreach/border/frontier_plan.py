"""`FrontierPlan`: proposed border posts, with all that is told of the line and of each post."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from boxreach.arguments import shown
from boxreach.errors import Fault, InputError
from boxreach.placement import Proposal


@dataclass(frozen=True, eq=False, repr=False)
class FrontierPlan(Proposal):
    """Posts in the order in which they help most, and the frontier as they reach, see and hold it.

    What is promised is a weak barrier: that each point of the line which is told as covered can be
    reached in time (and seen, where that is asked for), and not that nobody crosses.

    Attributes
    ----------
    reach
        The line in pieces, cut wherever what posts reach or see changes, from north to south. Index
        ``piece_id``; ``segment_id``, of which it is a piece; ``part``, ``chainage_from_km``,
        ``chainage_to_km``, ``km``, ``risk``, ``governorate``; ``covered``, what the plan counts:
        reached, and seen where that is asked for, by a post; ``reached``; ``sites_within``, by how
        many; ``site_id``, ``minutes`` and ``reason`` as of `reach`, the reason also ``UNSEEN``;
        with a terrain ``seen`` and ``seen_night``, how many posts see it by day and by night, and
        ``unknown``, whether heights on the way of a post that could see it are not known.
    segments
        The line in its own segments, index ``segment_id``: ``part``, ``chainage_from_km``,
        ``chainage_to_km``, ``km``, ``governorate``; ``covered_km``, ``backed_km`` (by as many posts
        as are asked for, where more than one is), ``reached_km``, ``seen_km``, ``seen_night_km``,
        ``unknown_km``; ``site_ids``, the posts that cover it, with spaces between; ``minutes``, the
        longest that any reached piece waits; ``reason``, that of the longest piece that is not
        covered, blank if all is.
    posts
        The posts that stand and those proposed, by chainage, index ``site_id``: ``rank`` (blank
        for those that stand), ``phase``, ``name``, ``kind``, ``governorate``, ``chainage_km``,
        ``setback_km``, ``mgrs``, ``height_m``; ``reach_from_km``, ``reach_to_km``, ``reached_km``,
        ``seen_km``, ``seen_night_km``; ``neighbours``, the ids of those within supporting minutes,
        with spaces between; ``nearest_site_id``, ``nearest_minutes``; ``crossing``; ``town``,
        ``town_km``, ``town_minutes``, ``water_km``, ``main_road_km``; ``defensibility`` and its
        parts ``relief_m``, ``visible_share_1km``, ``standoff_m``, ``approaches``. What is not
        known is blank.
    profile
        Height of the ground along the line: ``chainage_km``, ``height_m``; empty without terrain.
    crossings
        The crossings, index ``crossing_id``: their names, ``chainage_km``, ``line_km`` (how far
        from the line) and ``site_id`` and ``km`` of the post at it, blank where none is within
        2 km.
    facts
        Figures of the whole by name, each a number or None: ``covered_km``, ``backed_km``,
        ``reached_km``, ``seen_km``, ``seen_night_km``, ``unknown_km``, ``total_km``; ``groups`` (of
        posts that support each other), ``isolated`` (posts), ``support_minutes``;
        ``widest_hole_km`` with ``widest_hole_from_km``; ``widest_gap_minutes`` between neighbours
        along the line; ``intercept_km`` and ``beyond_posts_km``, the kilometres from which posts
        intercept in depth, and where no candidate could; ``shallow_km``, where the own ground is
        not so deep; ``cell_m``, the side of a cell of the terrain.
    asked
        What was asked for beside `model`, by the names of `propose_posts`.
    """

    segments: pd.DataFrame = field(default_factory=pd.DataFrame)
    posts: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)
    profile: pd.DataFrame = field(default_factory=pd.DataFrame)
    crossings: gpd.GeoDataFrame = field(default_factory=gpd.GeoDataFrame)
    facts: dict[str, float | None] = field(default_factory=dict)
    asked: dict[str, object] = field(default_factory=dict)

    def at_minutes(self, minutes: Iterable[float] = (15, 30, 60, 90)) -> pd.DataFrame:
        """Refuse: the pieces of the line are those of the plan's own minutes.

        Parameters
        ----------
        minutes
            Of which it is told that each needs a plan of its own.

        Raises
        ------
        InputError
            Always, and says what to do.
        """
        what = "a line is cut where what posts reach within their own minutes changes"
        advice = f"ask propose_posts for each of {shown(minutes)}"
        raise InputError(Fault(what, column="minutes", advice=advice))

    def summary(self) -> pd.DataFrame:
        """Return what the plan does, how good it is, and what is seen and held, as one row.

        Returns
        -------
        pandas.DataFrame
            The columns of `Proposal.summary`; then ``crossings`` and ``crossings_held``, how many
            of these have a post within 2 km, and all of `facts`, by their names. What is not known
            is blank.
        """
        held = int((self.crossings["site_id"] != "").sum()) if len(self.crossings) else 0
        facts = {name: math.nan if one is None else float(one) for name, one in self.facts.items()}
        counts = {"crossings": len(self.crossings), "crossings_held": held}
        return super().summary().assign(**counts, **facts)

    def __str__(self) -> str:
        """Say in a few lines what the plan does, how good it is, and what is seen and held."""
        facts = self.facts
        lines = [super().__str__()]
        if "seen_km" in facts:
            lines.append(
                f"  in sight by day {facts['seen_km']:,.0f} km, by night"
                f" {facts['seen_night_km']:,.0f} km, not known {facts['unknown_km']:,.0f} km"
            )
        if len(self.crossings):
            held = int((self.crossings["site_id"] != "").sum())
            lines.append(f"  {held} of {len(self.crossings)} crossings have a post within 2 km")
        if facts:
            lines.append(
                f"  {facts['isolated']:,.0f} posts have no other within"
                f" {facts['support_minutes']:g} minutes; the longest stretch that is open is"
                f" {facts['widest_hole_km']:,.1f} km"
            )
        return "\n".join(lines)
