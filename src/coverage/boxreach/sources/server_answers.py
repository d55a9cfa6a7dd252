"""Answers of servers that are only a part of what was asked for, and say so in passing."""

from __future__ import annotations

from collections.abc import Iterable

from boxreach.arguments import shown
from boxreach.errors import Fault

_BROKEN = "runtime error"


def half_fault(remark: str, file: str) -> Fault | None:
    """Return the fault of an answer of Overpass that broke off; None of any other remark.

    Parameters
    ----------
    remark
        What it says behind the answer.
    file
        The name for the messages.

    Examples
    --------
    >>> print(half_fault("runtime error: Query timed out", "roads.osm"))
    roads.osm: it is half an answer of a server, which says 'Query timed out'; ask for a smaller \
area or a longer timeout
    """
    _, is_broken, said = remark.partition(_BROKEN)
    if not is_broken:
        return None
    said = " ".join(said.removeprefix(":").split())
    what = f"it is half an answer of a server, which says {shown(said)}"
    return Fault(what, file, advice="ask for a smaller area or a longer timeout")


def part_fault(given: int, matched: Iterable[int], file: str, *, has_more: bool) -> Fault | None:
    """Return the fault of a layer of which a server gave only a part; None of a whole one.

    Parameters
    ----------
    given
        How many features it gave.
    matched
        How many it says there are, wherever it says so.
    file
        The name for the messages.
    has_more
        Whether it says that there are more without saying how many.

    Examples
    --------
    >>> print(part_fault(1_000, [5_000], "towns.gml", has_more=False))
    towns.gml: the server gave 1,000 of 5,000 features; ask it for all of them, in several parts
    """
    most = max(matched, default=0)
    if most > given:
        what = f"the server gave {given:,} of {most:,} features"
    elif has_more:
        what = "the server gave only a part of the features"
    else:
        return None
    return Fault(what, file, advice="ask it for all of them, in several parts")
