"""A basemap of the network's: where its tiles are, and whose they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from boxreach.arguments import number_faults, shown
from boxreach.errors import Fault, InputError

# No user, no quotes, no spaces, nothing that ends a directive of a policy; one host, in letters
# that every browser reads alike.
_PART = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_TEMPLATE = re.compile(
    rf"https://(?P<host>{_PART}(?:\.{_PART})*(?::\d{{1,5}})?)/[\w.~!$&()*+,=:@%/{{}}?-]+", re.ASCII
)
_BLANKS = ("{x}", "{y}", "{z}")
TILES_ADVICE = 'give a template like "https://tile.example.org/{z}/{x}/{y}.png"'
_MOST_ZOOM = 24


@dataclass(frozen=True)
class Tiles:
    """An online basemap in tiles, which the page shows where there is a network.

    Parameters
    ----------
    url
        A template of https addresses with ``{z}``, ``{x}`` and ``{y}``, all on one host.
    attribution
        Whose map it is, with its licence, as text; the host if nothing is said.
    max_zoom
        The closest zoom that there are tiles for.

    Raises
    ------
    InputError
        If the address is no such template, the attribution no text, or the zoom out of range.

    Examples
    --------
    >>> Tiles("https://tile.example.org/{z}/{x}/{y}.png", "© Example").origin
    'https://tile.example.org'
    >>> Tiles("https://tile.example.org/{z}/{x}/{y}.png", max_zoom=99)
    Traceback (most recent call last):
    boxreach.errors.InputError: max_zoom is 99; give a whole number from 0 to 24
    """

    url: str
    attribution: str = ""
    max_zoom: int = 19

    def __post_init__(self) -> None:
        faults = []
        if not is_template(self.url):
            faults.append(Fault(f"url is {shown(self.url)}", advice=TILES_ADVICE))
        if not isinstance(self.attribution, str):
            faults.append(
                Fault(f"attribution is {shown(self.attribution)}", advice="give it as text")
            )
        faults += number_faults(
            "max_zoom",
            self.max_zoom,
            lambda zoom: isinstance(zoom, int) and 0 <= zoom <= _MOST_ZOOM,
            f"give a whole number from 0 to {_MOST_ZOOM}",
        )
        if faults:
            raise InputError(*faults)

    @property
    def host(self) -> str:
        """The host of the tiles, with its port if that is given."""
        found = _TEMPLATE.fullmatch(self.url)
        return found["host"] if found else ""

    @property
    def origin(self) -> str:
        """All that a page's policy has to let through."""
        return f"https://{self.host}"

    def columns(self) -> dict[str, Any]:
        """Return what the page needs.

        Returns
        -------
        dict of str to object
            ``url``, ``origin`` (scheme and host, for the policy of the page) and ``max_zoom``.
        """
        return {"url": self.url, "origin": self.origin, "max_zoom": int(self.max_zoom)}


def is_template(url: object) -> bool:
    """Tell whether a value is an https template of tiles on one host.

    Examples
    --------
    >>> is_template("https://tile.example.org/{z}/{x}/{y}.png?key=1")
    True
    >>> is_template("https://{s}.example.org/{z}/{x}/{y}.png")
    False
    """
    if not isinstance(url, str) or not _TEMPLATE.fullmatch(url):
        return False
    rest = url
    for blank in _BLANKS:
        rest = rest.replace(blank, "")
    return all(blank in url for blank in _BLANKS) and not {"{", "}"} & {*rest}


def read_tiles(value: str | Tiles | None) -> Tiles | None:
    """Return tiles of a template or as they are.

    Examples
    --------
    >>> read_tiles("https://tile.example.org/{z}/{x}/{y}.png").host
    'tile.example.org'
    """
    if value is None or isinstance(value, Tiles):
        return value
    if isinstance(value, str):
        return Tiles(value)
    raise InputError(
        Fault(f"tiles is {shown(value)}", advice=f"{TILES_ADVICE}, or boxreach.Tiles()")
    )
