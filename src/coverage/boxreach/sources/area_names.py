"""Names of areas as censuses and maps write them, and how far two of them differ."""

from __future__ import annotations

import re
from dataclasses import dataclass

from boxreach.text import fold

KINDS_OF_AREA = (
    "مركز", "امركز", "قضاء", "ناحية", "محافظة",
    "markaz", "district of", "district", "subdistrict", "governorate", "province",
)  # fmt: skip
"""What stands before a name and is none of it; ``امركز`` is how a census misspells it."""

_ARTICLE = "ال"
_LONGEST = 200
"""Letters of a name; what follows tells no area from another, and is costly to compare."""

_SHORTEST_NEAR = 4
_SHORTEST_TWO_EDITS = 8


@dataclass(frozen=True)
class AreaName:
    """A name without case, marks, spaces, articles and what says its kind.

    Attributes
    ----------
    forms
        The letters of each of its names, the likeliest first.
    is_prefixed
        Whether it says its kind, as ``مركز`` (centre) does.
    """

    forms: tuple[str, ...]
    is_prefixed: bool


def read_name(
    text: str, prefixes: tuple[str, ...] = KINDS_OF_AREA, *, outer: frozenset[str] = frozenset()
) -> AreaName:
    """Return a name as it is compared.

    ``Tal (Hill)`` has two names, ``Khalis / Salam`` those that are not the name of an outer area:
    it may be the part of Khalis that is called Salam.

    Parameters
    ----------
    text
        The name as it is written.
    prefixes
        Words that only say what kind of area it is.
    outer
        Forms of the names of the areas around it.

    Examples
    --------
    >>> read_name("مركز قضاء الموصل") == read_name("مركزالموصل")
    True
    >>> read_name("Khalis / Salam", outer=frozenset(read_name("Khalis").forms)).forms
    ('salam',)
    """
    text = text[:_LONGEST]
    bare, inside = re.sub(r"\([^()]*\)", " ", text), re.findall(r"\(([^()]*)\)", text)
    parts = [part.strip() for part in bare.split("/")]
    if any(not part or fold(part).isdigit() for part in parts):
        parts = [bare.replace("/", " ")]
    first, is_prefixed = _strip(fold(parts[0]), prefixes)
    rest = [_strip(fold(part), prefixes)[0] for part in [*parts[1:], *inside]]
    forms = [letters for one in [first, *rest] if (letters := _letters(one))]
    inner = [one for one in forms if one not in outer] if len(parts) > 1 else forms
    return AreaName(tuple(dict.fromkeys(inner)), is_prefixed)


def _strip(folded: str, prefixes: tuple[str, ...]) -> tuple[str, bool]:
    """Return what follows all prefixes, and whether there was one."""
    words = sorted(map(fold, prefixes), key=len, reverse=True)
    rest = folded
    while (shorter := _after_one(rest, words)) != rest:
        rest = shorter
    return rest, rest != folded


def _after_one(text: str, words: list[str]) -> str:
    """Return what follows the first word that is a prefix; a name that is nothing else stays.

    A word is known without a space behind it (مركزالناصرية) before an article or another word.
    """
    for word in filter(None, words):
        rest = text.removeprefix(word)
        stuck = not word.isascii() and rest.startswith((_ARTICLE, *words))
        if rest != text and rest.strip() and (rest.startswith(" ") or stuck):
            return rest.strip()
    return text


def _letters(folded: str) -> str:
    words = [word.removeprefix(_ARTICLE) or word for word in folded.split()]
    return "".join(filter(str.isalnum, "".join(words)))


def edits_allowed(one: str, other: str) -> int:
    """Return how many letters two names of one area may differ by; none if their digits differ.

    Examples
    --------
    >>> edits_allowed("shanafiya", "shanaqiya"), edits_allowed("sadr1", "sadr2")
    (2, 0)
    """
    shorter = min(len(one), len(other))
    if shorter < _SHORTEST_NEAR or _digits(one) != _digits(other):
        return 0
    return 2 if shorter >= _SHORTEST_TWO_EDITS else 1


def _digits(letters: str) -> str:
    return "".join(filter(str.isdigit, letters))


def count_edits(one: str, other: str, most: int) -> int:
    """Return how many letters are added, left out, others, or swapped with the next.

    Optimal string alignment (F. J. Damerau, Communications of the ACM 7, 1964); what is above
    `most` is ``most + 1``.

    Examples
    --------
    >>> count_edits("sarujik", "sarjuik", 2), count_edits("abc", "xyz", 2)
    (1, 3)
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        beyond, before, row = before, row, [at]
        for to, there in enumerate(other, start=1):
            best = min(before[to] + 1, row[-1] + 1, before[to - 1] + (letter != there))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == there:
                best = min(best, beyond[to - 2] + 1)
            row.append(best)
    return min(row[-1], most + 1)
