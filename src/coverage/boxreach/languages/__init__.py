"""The words that maps and reports show, in every language, from one catalogue.

Each ``*.toml`` file beside this module holds words of one room, ``map_table.toml`` those of the
map's table; a key holds the same words in every language, so that a translator sees them side by
side. Where the words depend on a number, a language has a table of forms instead, one a plural
category; a form that is not there is the form ``other``. ``{@key}`` in a text stands for the words
of another key, in the form of the same number.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from boxreach.errors import InputError
from boxreach.languages.plurals import CATEGORIES, plural_category

__all__ = [
    "DEFAULT_LANGUAGES",
    "LANGUAGES",
    "RIGHT_TO_LEFT",
    "check_languages",
    "plural_category",
    "plural_forms",
    "words",
]

LANGUAGES = {
    "en": "English",
    "ar": "العربية",
    "ckb": "کوردیی ناوەندی",
    "kmr": "Kurdî (Kurmancî)",
}
"""Language codes and what each language calls itself."""

DEFAULT_LANGUAGES = ("en", "ar", "ckb")
"""Those that maps and reports are written in where nobody asks for others."""

RIGHT_TO_LEFT = frozenset({"ar", "ckb"})
"""Languages that are written from right to left."""


_PHRASE = re.compile(r"{@(\w+)}")

Entry = str | Mapping[str, str]
"""Words, or their forms by plural category."""


@cache
def _catalogue(room: str) -> dict[str, dict[str, Entry]]:
    found: dict[str, dict[str, Entry]] = {}
    for file in sorted(files(__name__).iterdir(), key=lambda one: one.name):
        if file.name == f"{room}.toml" or file.name.startswith(f"{room}_"):
            found |= tomllib.loads(file.read_text(encoding="utf-8"))
    return found


def check_languages(languages: tuple[str, ...]) -> None:
    """Raise if a language is asked for that the catalogue does not have."""
    unknown = [language for language in languages if language not in LANGUAGES]
    if unknown or not languages:
        asked = ", ".join(map(repr, unknown)) or "none at all"
        raise InputError(
            f"languages: {asked} cannot be written; choose from {', '.join(LANGUAGES)}"
        )


@cache
def _entries(room: str, language: str) -> Mapping[str, Mapping[str, str]]:
    """Return the forms of every key, phrases put in; plain words have but the form ``other``."""
    both = _catalogue("common") | _catalogue(room)
    own = {key: text[language] for key, text in both.items()}

    def form(key: str, category: str) -> str:
        text = own[key]
        said = text if isinstance(text, str) else text.get(category, text["other"])
        return _PHRASE.sub(lambda found: form(found[1], category), said)

    return {key: {one: form(key, one) for one in _categories(key, own)} for key in own}


def _categories(key: str, own: Mapping[str, Entry]) -> list[str]:
    """Return the categories for which a key or a phrase in it has forms of its own."""
    text = own[key]
    if not isinstance(text, str):
        inside = {*text}
        texts = [*text.values()]
    else:
        inside, texts = {"other"}, [text]
    for one in texts:
        for phrase in _PHRASE.findall(one):
            inside |= {*_categories(phrase, own)}
    return [one for one in CATEGORIES if one in inside]


def words(room: str, language: str) -> dict[str, str]:
    """Return a room's words, and those all rooms share, in one language.

    Of words that depend on a number these are the form for most numbers, see `plural_forms`.

    Parameters
    ----------
    room
        Whose words: ``"map"`` or ``"report"``.
    language
        A code of `LANGUAGES`.

    Examples
    --------
    >>> words("report", "en")["governorate"]
    'Governorate'
    """
    check_languages((language,))
    return {key: forms["other"] for key, forms in _entries(room, language).items()}


def plural_forms(room: str, language: str) -> Mapping[str, Mapping[str, str]]:
    """Return the forms of a room's words by plural category, in one language.

    Parameters
    ----------
    room
        Whose words: ``"map"`` or ``"report"``.
    language
        A code of `LANGUAGES`.

    Examples
    --------
    >>> plural_forms("report", "en")["threshold"]["one"]
    '{minutes} minute'
    """
    check_languages((language,))
    return _entries(room, language)
