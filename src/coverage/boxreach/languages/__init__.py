"""The words that maps and reports show, in every language, from one catalogue.

Each ``*.toml`` file beside this module holds words of one room, ``map_table.toml`` those of the
map's table; a key holds the same words in every language, so that a translator sees them side by
side.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from boxreach.errors import InputError

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


@cache
def _catalogue(room: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
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


def words(room: str, language: str) -> dict[str, str]:
    """Return a room's words, and those all rooms share, in one language.

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
    both = _catalogue("common") | _catalogue(room)
    return {key: text[language] for key, text in both.items()}
