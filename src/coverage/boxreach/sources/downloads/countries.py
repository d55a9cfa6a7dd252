"""Countries by the names and codes that people call them."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from boxreach.arguments import require_kind
from boxreach.errors import Fault, InputError
from boxreach.suggestions import suggest
from boxreach.text import fold

_LANGUAGES = ("ar", "ckb")
"""Languages in which pycountry names countries, of those that boxreach speaks."""

_CODE = 3
"""Letters of the longest code; codes are not suggested."""

_ARABIC = re.compile("[\u0600-\u06ff]")

_ALSO = {
    "burma": "MM", "czech republic": "CZ", "dr congo": "CD",
    "great britain": "GB", "holland": "NL", "ivory coast": "CI", "palestine": "PS",
    "swaziland": "SZ", "turkey": "TR", "uae": "AE", "uk": "GB", "us": "US", "سوريا": "SY",
    "سورية": "SY", "فيتنام": "VN", "سووریا": "SY",
}  # fmt: skip
"""What people write that ISO 3166-1 does not."""


@dataclass(frozen=True)
class Country:
    """A country of ISO 3166-1.

    Attributes
    ----------
    iso2, iso3
        Its codes, in capitals.
    name
        In English, the common one.
    translations
        Its names in Arabic and Sorani, as far as they are known, by the code of the language.
    """

    iso2: str
    iso3: str
    name: str
    translations: tuple[tuple[str, str], ...] = ()

    def address(self, template: str, **more: str) -> str:
        """Return an address of this country.

        Examples
        --------
        >>> Country("IQ", "IRQ", "Iraq").address("https://example.org/{ISO3}/{iso3}.tif")
        'https://example.org/IRQ/irq.tif'
        >>> Country("BF", "BFA", "Burkina Faso").address("https://example.org/{name}")
        'https://example.org/Burkina%20Faso'
        """
        known = {"ISO2": self.iso2, "ISO3": self.iso3, "name": self.name}
        known |= {"iso2": self.iso2.lower(), "iso3": self.iso3.lower(), **more}
        for word, value in known.items():
            template = template.replace(f"{{{word}}}", quote(value))
        return template


def find_country(called: str) -> Country:
    """Return the country of a name in English, Arabic or Sorani, or of a code of ISO 3166-1.

    Raises
    ------
    InputError
        If there is none; it names the nearest.

    Examples
    --------
    >>> find_country("iraq").iso3, find_country("IQ").iso3, find_country("العراق").iso3
    ('IRQ', 'IRQ', 'IRQ')
    >>> find_country("Irak")
    Traceback (most recent call last):
    boxreach.errors.InputError: 'Irak' is no country; did you mean Iraq?
    """
    require_kind(called, str, "country", 'write "iraq", "IQ" or "IRQ"')
    by_word, names = _countries()
    found = by_word.get(_bare(called))
    if found is None:
        raise InputError(Fault(f"{called!r} is no country", advice=_suggest(called, names)))
    return found


def _bare(word: str) -> str:
    return fold(word).removeprefix("the ")


def _suggest(called: str, names: list[str]) -> str:
    in_arabic = bool(_ARABIC.search(called))
    near = suggest(called, [one for one in names if bool(_ARABIC.search(one)) == in_arabic])
    return near if near.startswith("did") else 'write its name in English, or its code, like "IQ"'


@cache
def _countries() -> tuple[dict[str, Country], list[str]]:
    """Return every country by each folded word for it, and all names that can be suggested."""
    import pycountry  # noqa: PLC0415 - few need it

    translate = {
        code: gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [code]).gettext
        for code in _LANGUAGES
    }
    by_word: dict[str, Country] = {}
    names: list[str] = []
    for entry in sorted(pycountry.countries, key=lambda one: str(one.alpha_2)):
        known = {code: say(entry.name) for code, say in translate.items()}
        country = Country(
            entry.alpha_2,
            entry.alpha_3,
            getattr(entry, "common_name", entry.name),
            tuple((code, said) for code, said in known.items() if said != entry.name),
        )
        for word in _words(entry, country):
            by_word.setdefault(_bare(word), country)
            names += [word] if len(word) > _CODE else []
    by_word |= {_bare(word): by_word[code.lower()] for word, code in _ALSO.items()}
    return by_word, names


def _words(entry: Any, country: Country) -> Iterator[str]:
    """Yield all that a country is called, the name before the others; codes come last."""
    yield country.name
    yield entry.name
    before, comma, behind = entry.name.partition(", ")
    if comma:  # as in "Congo, The Democratic Republic of the"
        yield f"{behind} {before}"
    if hasattr(entry, "official_name"):
        yield entry.official_name
    for _, said in country.translations:
        yield said
    yield from (country.iso2, country.iso3)
