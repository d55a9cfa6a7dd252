"""Whether a file holds people or people per km², and who says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from boxreach.arguments import choice_faults
from boxreach.errors import Fault, InputError

UnitName = Literal["count", "density"]

CALLER = "the caller says so"

_EACH = r"(?:(?<![a-z])per |(?:people|persons?|pop(?:ulation)?|inhabitants?|residents?|^1?) ?/ ?)"
_DENSITY = re.compile(
    rf"densit(?:y|ies)|{_EACH}(?:sq|square|km)|km ?\^?-2|km⁻²|^[a-z]{{3}} pd [0-9]{{4}}",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"(?<![a-z])(?:counts?|headcount|(?:people|persons?) ?per ?(?:grid[ -]?)?(?:cell|pixel)|ppp)"
    r"(?![a-z])",
    re.IGNORECASE,
)
_OTHER_AREAS = re.compile(
    rf"{_EACH}(?:ha|hectares?|acres?|m2|m²|sq(?:uare)?\.? ?(?:mi(?:les?)?|m|met(?:re|er)s?))"
    r"(?![a-z])",
    re.IGNORECASE,
)
"""WorldPop calls people per pixel ppp, and people per km² pd."""


@dataclass(frozen=True)
class Unit:
    """What the values of a file are, and who says so."""

    name: UnitName
    said_by: str


def require_unit(unit: object) -> None:
    """Raise `InputError` if an argument is neither a unit nor None."""
    if unit is not None and (faults := choice_faults("unit", unit, ("count", "density"))):
        raise InputError(*faults)


def tell_unit(unit: UnitName | None, said: Mapping[str, str], file: str) -> Unit:
    """Return the unit of a file: the caller's, else the file's own, else counts.

    Parameters
    ----------
    unit
        What the caller says.
    said
        What the file says of itself, by where it stands; the first that says anything counts.
    file
        Its name, for the messages.

    Raises
    ------
    InputError
        If one place speaks of counts and of densities, or of densities in another unit.

    Examples
    --------
    >>> tell_unit(None, {"its name": "gpw_v4_population_density_2020.tif"}, "gpw.tif")
    Unit(name='density', said_by='its name says so')
    >>> tell_unit(None, {"its name": "irq_ppp_2020.tif"}, "irq_ppp_2020.tif").name
    'count'
    """
    if unit is not None:
        return Unit(unit, CALLER)
    for where, text in said.items():
        words = text.replace("_", " ")
        density, count = _DENSITY.search(words), _COUNT.search(words)
        if _OTHER_AREAS.search(words):
            what = f"{where} {_says(where)} that its values are for another area than km² ({text})"
            raise InputError(Fault(what, file, advice="give people, or people per km²"))
        if density and count:
            what = f"{where} {_says(where)} of counts and of densities ({text})"
            raise InputError(Fault(what, file, advice='say unit = "count" or unit = "density"'))
        if density or count:
            return Unit("density" if density else "count", f"{where} {_says(where)} so")
    return Unit("count", "nothing says otherwise")


def _says(where: str) -> str:
    return "say" if where.endswith("s") else "says"
