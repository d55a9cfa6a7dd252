"""How large a plan is: what was counted of it, and what a part of it told of the whole."""

from __future__ import annotations

import math
from dataclasses import dataclass

from boxreach.costs.sampling import Sampled
from boxreach.costs.what_if import WhatIfCost
from boxreach.costs.work import Work
from boxreach.routing.linking import ROWS_A_TURN, ROWS_AT_ONCE

_FEW_LEFT_OUT, _ROUNDS = 5_000, 3
"""Where more are left out than these, spots for one more box are tried in so many rounds."""

_MOST_MORE = 5_000
_CLUSTERS_BY_DENSITY, _OF_A_CIRCLE = 2.3, 0.75
"""In further rounds the places within a kilometre of the best spot of each cluster are tried."""

_LESS_LINKED, _LESS_NEAR = 0.92, 0.68
"""Places that are left out are thinly settled: so many of the links, and of the times."""


@dataclass(frozen=True)
class Sizes:
    """How large a plan is.

    Attributes
    ----------
    roads, nodes
        Of the network.
    communities, rows
        Places, and rows on which people are counted.
    boxes, new_boxes, candidates
        Boxes that stand, those to be proposed, and where they may stand.
    segments, posts, post_candidates
        Pieces of the frontier, posts to be proposed, and where they may stand; 0 where none is.
    languages
        Of map and report.
    squares
        Squares of a kilometre in which somebody lives.
    base_mb
        Memory that is held when all is read and the network is built.
    places, people, options
        Times from the boxes to the communities and to the rows, and from the candidates.
    catchments
        Of cells that are counted at communities: the search for which; None where none is.
    what_if
        Where something is asked that is another way.
    """

    roads: int
    nodes: int
    communities: int
    rows: int
    boxes: int
    new_boxes: int
    candidates: int
    segments: float
    posts: int
    languages: int
    squares: int
    base_mb: float
    places: Sampled
    people: Sampled
    options: Sampled | None
    catchments: Sampled | None = None
    what_if: WhatIfCost | None = None

    @property
    def gap_rows(self) -> float:
        """Rows that the boxes that stand do not reach at the threshold of the proposal, about."""
        return self.people.missed * self.rows

    @property
    def spots(self) -> float:
        """Places among them at which one more box is tried, about."""
        if self.gap_rows <= _FEW_LEFT_OUT:
            return self.gap_rows
        squares = max(self.people.missed * self.squares, 1.0)
        circle = min(math.pi * self.gap_rows / squares, self.gap_rows)
        clusters = _CLUSTERS_BY_DENSITY / max(self._gap_density, 1e-9)
        first = min(squares, float(_FEW_LEFT_OUT))
        return min(first + min(_OF_A_CIRCLE * clusters * circle, _MOST_MORE), self.gap_rows)

    @property
    def gap_pairs(self) -> float:
        """Times from spots to rows that are left out, about."""
        return self._gap_density * self.spots * self.gap_rows

    @property
    def gap_straight(self) -> float:
        """Ways straight over open ground from spots to such rows, about."""
        most = self.options or self.people
        share = most.straight / max(most.sites * most.rows, 1)
        return share * self.spots * self.gap_rows

    @property
    def _gap_density(self) -> float:
        """The share of the rows that are left out that one of their spots has in time."""
        most = self.options or self.people
        return _LESS_NEAR * most.pairs / max(most.sites * most.rows, 1)

    def gap_linking(self) -> Work:
        """Return the work of linking what is left out to its spots."""
        most = self.options or self.people
        rounds = 1 if self.gap_rows <= _FEW_LEFT_OUT else _ROUNDS
        return most.linking * (_LESS_LINKED * rounds * self.gap_rows / max(most.rows, 1))

    def gap_walking(self) -> Work:
        """Return the work of searching along the roads from the spots."""
        most = self.options or self.people
        return most.walking * (self.spots / max(most.sites, 1))

    @property
    def gap_links(self) -> float:
        """Ways from roads to rows that are left out, about."""
        return _LESS_LINKED * (self.options or self.people).links * self.people.missed

    def counts(self) -> dict[str, float]:
        """Return the sizes by which constants are multiplied."""
        most = self.options
        turn, gap_turn = share_of_turn(self.rows), share_of_turn(self.gap_rows)
        links, straight = (0.0, 0.0) if most is None else (most.links, most.straight)
        return {
            "once": 1.0,
            "roads": self.roads,
            "nodes": self.nodes,
            "communities": self.communities,
            "rows": self.rows,
            "gap_rows": self.gap_rows,
            "sites": self.boxes + self.new_boxes,
            "sheets": (self.new_boxes + self.posts) * self.languages,
            "texts": self.communities * self.languages,
            "candidates": self.candidates,
            "pairs": 0.0 if most is None else most.pairs,
            "links": links,
            "straight": straight,
            "turn_links": links * turn,
            "kept_links": links if turn == 1 else 0.0,
            "kept_straight": straight if turn == 1 else 0.0,
            "box_links": self.people.links,
            "box_turn_links": self.people.links * turn,
            "gap_pairs": self.gap_pairs,
            "gap_straight": self.gap_straight * gap_turn,
            "gap_links": self.gap_links,
            "gap_turn_links": self.gap_links * gap_turn,
            "cells": 0.0 if self.catchments is None else self.catchments.rows,
            "what_if_rows": 0.0 if self.what_if is None else self.rows,
            "what_if_pairs": 0.0 if self.what_if is None else self.what_if.pairs,
            "what_if_roads": 0.0 if self.what_if is None else self.what_if.roads,
            "what_if_places": 0.0 if self.what_if is None else self.what_if.scenarios * self.rows,
            "segments": self.segments,
            "posts": self.posts,
        }


def share_of_turn(rows: float) -> float:
    """Return the share of some rows that is linked to the roads at once.

    Examples
    --------
    >>> share_of_turn(65_536), share_of_turn(163_840)
    (1.0, 0.1)
    """
    return 1.0 if rows <= ROWS_AT_ONCE else ROWS_A_TURN / rows
