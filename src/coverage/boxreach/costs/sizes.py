"""How large a plan is: what was counted of it, and what a part of it told of the whole."""

from __future__ import annotations

import math
from dataclasses import dataclass

from boxreach.costs.sampling import Sampled
from boxreach.costs.work import Work

_ROWS_AT_ONCE, _ROUNDS = 5_000, 3
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

    @property
    def gap_rows(self) -> float:
        """Rows that the boxes that stand do not reach at the threshold of the proposal, about."""
        return self.people.missed * self.rows

    @property
    def spots(self) -> float:
        """Places among them at which one more box is tried, about."""
        if self.gap_rows <= _ROWS_AT_ONCE:
            return self.gap_rows
        squares = max(self.people.missed * self.squares, 1.0)
        circle = min(math.pi * self.gap_rows / squares, self.gap_rows)
        clusters = _CLUSTERS_BY_DENSITY / max(self._gap_density, 1e-9)
        first = min(squares, float(_ROWS_AT_ONCE))
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
        rounds = 1 if self.gap_rows <= _ROWS_AT_ONCE else _ROUNDS
        return most.linking * (_LESS_LINKED * rounds * self.gap_rows / max(most.rows, 1))

    def gap_walking(self) -> Work:
        """Return the work of searching along the roads from the spots."""
        most = self.options or self.people
        return most.walking * (self.spots / max(most.sites, 1))

    def counts(self) -> dict[str, float]:
        """Return the sizes by which constants are multiplied."""
        most = self.options
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
            "links": 0.0 if most is None else most.links,
            "straight": 0.0 if most is None else most.straight,
            "box_links": self.people.links,
            "gap_pairs": self.gap_pairs,
            "gap_straight": self.gap_straight,
            "gap_links": _LESS_LINKED * (most or self.people).links * self.people.missed,
            "segments": self.segments,
            "posts": self.posts,
        }
