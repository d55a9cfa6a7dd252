"""How close a site sheet has to be set, so that all it says stays on its one page."""

from __future__ import annotations

import math
from collections.abc import Iterable

from boxreach.report.model import Name
from boxreach.report.site_sheet import SiteSheet
from boxreach.report.wording import Wording

SCALES = (1.0, 0.92, 0.84, 0.76, 0.68)
"""Size of letters against their usual one, for each step of closeness."""

LONG = 90
"""Letters of a name of another place at most; a name of the site itself is written whole."""

_MAP_SHARES = (0.57, 0.54, 0.5, 0.45, 0.38)
_PAGE_PX, _WIDE_PX = 1043.0, 700.0
"""Height and width of the page, in px of CSS."""
_FRAME_PX, _NOTES_PX, _KEY_PX = 250.0, 85.0, 40.0
"""Height of head, position, signature and bands; of notes at least; and of the map's key."""
_LINE_PX, _LETTER_PX = 15.5, 5.9
_ROW_PX, _TABLE_PX = 18.0, 85.0
"""Height of a row of one line, and of all of a table beside its rows."""
_SMALL_LINE_PX, _ROOM = 7.0, 26
"""Height of one more line of a long name, and how many letters have room in a row."""
_HEADING_LINES = 1.9


def choose_closeness(sheet: SiteSheet, wording: Wording) -> int:
    """Return how close a sheet is to be set: 0 as usual, more for one that has more to say.

    Heights are estimated from the number of letters, with some to spare.
    """
    for step in range(len(SCALES)):
        if _height(sheet, wording, step) <= _PAGE_PX:
            return step
    return len(SCALES) - 1


def _height(sheet: SiteSheet, wording: Wording, step: int) -> float:
    scale = SCALES[step]
    share = _MAP_SHARES[step] if sheet.ground is not None else 0.0
    letters = _WIDE_PX * (0.97 - share) / (_LETTER_PX * scale)
    lines = sum(max(1, math.ceil(one / letters)) for one in _paragraphs(sheet, wording))
    facts = (lines + _HEADING_LINES * 4) * _LINE_PX * scale
    map_px = _WIDE_PX * share + _KEY_PX * scale
    served = _table([one.name for one in sheet.served], wording, scale, _ROOM * 1.35)
    missed = _table([one.name for one in sheet.missed], wording, scale, _ROOM)
    return _FRAME_PX * scale + _NOTES_PX + max(facts, map_px) + max(served, missed)


def _table(names: list[Name], wording: Wording, scale: float, room: float) -> float:
    if not names:
        return 0.0
    more = sum(len(wording.name(one)) > room for one in names)
    return (_TABLE_PX + _ROW_PX * len(names) + _SMALL_LINE_PX * more) * scale


def _paragraphs(sheet: SiteSheet, wording: Wording) -> Iterable[int]:
    """Yield about how many letters each paragraph beside the map has."""

    def long(name: Name | None) -> int:
        return min(LONG, len(wording.name(name))) if name is not None else 0

    if sheet.moved_from is not None:
        yield long(sheet.moved_from) + 40
    yield from [40] * sum(one is not None for one in (sheet.chainage_km, sheet.from_km))
    if sheet.approach is not None:
        yield long(sheet.approach.start) + 45
        yield from (min(LONG, len(leg.road)) + 44 for leg in sheet.approach.legs)
        yield 40
    yield min(LONG, len(sheet.road)) + 60
    for site in (sheet.support, *sheet.backed_up_by):
        yield (long(site.name) + len(site.site_id) + 30) if site is not None else 40
    for near in (sheet.town, sheet.water, sheet.crossing):
        if near is not None:
            yield long(near.name) + 46
