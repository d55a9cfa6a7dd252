"""What somebody may have meant who wrote a word that is not known."""

from __future__ import annotations

import difflib

_OTHER_NAMES = {
    "lon": ("longitude", "long", "lng", "x"), "lat": ("latitude", "y"),
    "people": ("population", "pop"), "name": ("name_en", "label"),
}  # fmt: skip
"""What others call a column of ours."""

_SHOWN, _COMPARED, _LONG = 30, 1_000, 60
"""How many words are listed and compared at most, and how much of one is shown."""


def suggest(wrong: str, known: list[str]) -> str:
    """Return a hint that names the nearest known word, or lists them all.

    Examples
    --------
    >>> suggest("minuts", ["minutes", "boxes"])
    'did you mean minutes?'
    >>> suggest("irak", ["Iran", "Iraq"])
    'did you mean Iraq?'
    >>> suggest("zzz", ["minutes", "boxes"])
    'known are: minutes, boxes'
    >>> suggest("lon", ["Latitude", "Longitude"])
    'did you mean Longitude?'
    """
    if not known:
        return "there are none"
    near = _nearest(wrong, known)
    if near:
        return f"did you mean {_short(near)}?"
    more = f" and {len(known) - _SHOWN:,} more" if len(known) > _SHOWN else ""
    return f"known are: {', '.join(map(_short, known[:_SHOWN]))}{more}"


def _nearest(wrong: str, known: list[str]) -> str:
    """Return the known word that a word stands for, misspelt or by another name; blank if none."""
    folded = {one.strip().casefold(): one for one in reversed(known[:_COMPARED])}
    names = [wrong.casefold(), *_OTHER_NAMES.get(wrong, ())]
    same = [folded[one] for one in names if one in folded]
    if same:
        return same[0]
    near = difflib.get_close_matches(wrong.strip().casefold(), folded, n=1, cutoff=0.7)
    return folded[near[0]] if near else ""


def _short(name: str) -> str:
    return name if len(name) <= _LONG else f"{name[:_LONG]}..."
