"""How a report is to be handled, in words: its marking, and what is withheld in it."""

from __future__ import annotations

from boxreach.report.placement_report import Handling
from boxreach.report.wording import Wording


def tell_handling(handling: Handling, wording: Wording) -> tuple[str, ...]:
    """Return the marking, if there is one, and a sentence for whatever is withheld.

    Parameters
    ----------
    handling
        What the report says of it.
    wording
        For whom it is said.

    Examples
    --------
    >>> for one in tell_handling(Handling("OFFICIAL", True, 10.0), Wording("en")):
    ...     print(one)
    OFFICIAL
    Border posts are left out of this report, with what they reach and see.
    Places of police boxes are rounded to 10 km.
    """
    marking = tell_marking(handling, wording)
    return (*([marking] if marking else []), *tell_withheld(handling, wording))


def tell_marking(handling: Handling, wording: Wording) -> str:
    """Return the marking as it was given to this reader; blank where there is none."""
    return wording.text(handling.marking) if handling.marking else ""


def tell_withheld(handling: Handling, wording: Wording) -> tuple[str, ...]:
    """Return the sentences that say what is withheld; none of a report that is whole."""
    found = []
    if handling.posts_withheld:
        found.append(wording.say("posts_withheld"))
    if handling.rounded_km is not None:
        km = wording.figure(f"{handling.rounded_km:g}")
        found.append(wording.say("boxes_rounded", km=km))
    return tuple(found)
