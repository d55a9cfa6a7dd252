"""`Comparison`: scenarios beside the base, in all, by area, place by place and box by box."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from boxreach.display import draw_figures

CHANGES = ("gained", "lost", "quicker", "slower", "same", "new", "gone")
"""What a scenario does to a place: it comes within reach or leaves it, is reached sooner or later
by a second or more, or not; or it is in the demand of one of the two alone."""

BOX_CHANGES = ("same", "lost", "new")
"""What a scenario does to a box; one that moves is lost where it stood and new where it stands."""

_HEAD = ["minutes", "boxes", "people", "within", "share", "gained", "lost", "net"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What scenarios change.

    People whom a place has in the base and in the scenario are gained or lost with its reach;
    people whom it has in one of the two alone have returned or left. So in every row ``gained`` -
    ``lost`` + ``returned_within`` - ``left_within`` is ``net``, how many more are within reach.
    Where it is not known how many people a place has, it counts for none.

    Attributes
    ----------
    table
        A row a scenario, the base first, index ``scenario``: ``minutes`` (the threshold),
        ``boxes``, ``people`` (in all), ``within`` (people within reach), ``share``, ``gained``,
        ``lost`` (people who come within reach and who leave it, against the base), ``net``,
        ``places_gained``, ``places_lost``, ``median_minutes`` (over people who have a way),
        ``slower_minutes`` (mean over people reached in both, more than in the base),
        ``returned``, ``left`` (people whom places have more than in the base, and fewer), and of
        these ``returned_within`` (reach) and ``left_within``.
    areas
        A row for each scenario and area, the base not among them: columns ``scenario``, ``area``,
        ``people``, ``within_before``, ``within_after``, ``gained``, ``lost``,
        ``returned_within``, ``left_within``, ``net``.
    places
        A row for each scenario and place (the base not among them), in the order of the demand:
        columns ``scenario``, ``community_id`` (or what the index of the demand is called),
        ``name``, ``area``, ``people_before``, ``people``, ``covered_before``, ``covered``,
        ``site_id_before``, ``site_id``, ``minutes_before``, ``minutes``, ``reason``, ``change``
        (of `CHANGES`), geometry.
    boxes
        A row for each scenario and box: ``scenario``, ``site_id``, ``name`` where boxes have one,
        ``people_before``, ``people`` (whose quickest box it is, within the threshold), ``change``
        (of `BOX_CHANGES`), geometry.
    unit
        What is counted: ``people``, or ``km`` of demand that has no people.
    by
        The column of areas.
    assumptions
        What changes, a row for each scenario and field of `Scenario` that says something: columns
        ``scenario``, ``field``, ``says`` (ids and numbers, as in `Scenario.changes`).
    """

    table: pd.DataFrame
    areas: pd.DataFrame
    places: gpd.GeoDataFrame
    boxes: gpd.GeoDataFrame
    unit: str = "people"
    by: str = "governorate"
    assumptions: pd.DataFrame | None = None

    @property
    def scenarios(self) -> list[str]:
        """The names of the scenarios, in their order, without the base."""
        return [str(one) for one in self.table.index[1:]]

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for name, row in zip(self.table.index, self.table.to_dict("records"), strict=True):
            boxes = "1 box" if row["boxes"] == 1 else f"{row['boxes']} boxes"
            line = (
                f"{name}: {row['within']:,.0f} of {row['people']:,.0f} {self.unit} within"
                f" {row['minutes']:g} minutes of {boxes}"
            )
            if name != self.table.index[0]:
                line += f"; {row['gained']:,.0f} gained, {row['lost']:,.0f} lost"
            yield line

    def _repr_html_(self) -> str:
        table = self.table[_HEAD].reset_index()
        return draw_figures("What if", {"counted": self.unit}, [table])
