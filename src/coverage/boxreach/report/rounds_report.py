"""A report of what changed between two rounds alone, without a plan and without who is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from boxreach.report.alternatives import Alternatives, prepare_what_if
from boxreach.report.compared import Compared
from boxreach.report.details import Details
from boxreach.report.figures import text_of
from boxreach.report.model import Move, Name, Record
from boxreach.report.placement_report import Ground, Handling, PlacementReport, StandRow

if TYPE_CHECKING:
    from boxreach.report.survey_rounds import Rounds


@dataclass(frozen=True)
class Known:
    """What places, governorates and boxes are called, and where the boxes of the later round are.

    Attributes
    ----------
    places, areas, sites
        Names by ids; of governorates by their English names.
    boxes
        Those that stand in the later round.
    moves
        Those of them that should move.
    """

    places: Mapping[str, Name] = field(default_factory=dict)
    areas: Mapping[str, Name] = field(default_factory=dict)
    sites: Mapping[str, Name] = field(default_factory=dict)
    boxes: tuple[StandRow, ...] = ()
    moves: tuple[Move, ...] = ()


def known_from(reports: Sequence[PlacementReport]) -> Known:
    """Return what the reports of the rounds know, the last of them where they differ.

    Parameters
    ----------
    reports
        The earlier one first.
    """
    places: dict[str, Name] = {}
    areas: dict[str, Name] = {}
    sites: dict[str, Name] = {}
    for one in reports:
        ground = one.ground
        rows = () if one.areas is None else one.areas.rows
        named = [row.name for row in rows if row.name is not None]
        named += [row.governorate for row in ground.places]
        named += [row.governorate for row in ground.boxes]
        areas |= {name.text: name for name in named}
        places |= {row.community_id: row.name for row in ground.places}
        sites |= {row.site_id: row.name for row in ground.boxes}
    last = reports[-1] if reports else None
    plan = None if last is None else last.plan
    return Known(
        places,
        areas,
        sites,
        () if last is None else last.ground.boxes,
        () if plan is None else plan.price.moves,
    )


def prepare_rounds_report(
    rounds: Rounds, compared: Compared, known: Known, record: Record, handling: Handling
) -> PlacementReport:
    """Prepare a report of what changed between two rounds.

    Parameters
    ----------
    rounds
        What changed.
    compared
        What is compared.
    known
        Names, and the boxes of the later round.
    record
        How it was made.
    handling
        How it is to be handled.

    Raises
    ------
    InputError
        If a table lacks a column, or does not add up.
    """
    names = pd.DataFrame(
        [
            {"name": name.text} | {f"name_{code}": text for code, text in name.translations.items()}
            for name in known.places.values()
        ],
        index=list(known.places),
    )

    def namer(area: object) -> Name:
        return known.areas.get(text_of(area), Name(text_of(area)))

    told = prepare_what_if(Alternatives(rounds=rounds), names, known.sites, namer)
    if told is not None and not told.moves:
        told = replace(told, moves=known.moves)
    return PlacementReport(
        title=None,
        areas=None,
        gaps=None,
        plan=None,
        posts=None,
        strip=None,
        frontier=None,
        details=Details(),
        record=record,
        ground=Ground(boxes=known.boxes),
        handling=handling,
        what_if=told,
        compared=compared,
    )
