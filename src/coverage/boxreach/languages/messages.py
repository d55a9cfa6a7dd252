"""What boxreach says in English, said in another language: a catalogue of sentences.

The library speaks English, with values in the midst of sentences. Each ``*.toml`` file of the
folder ``messages`` holds sentences as tables, the English one as their name with a name in braces
for each value, and what it is in the other languages. A sentence that is to be said is known by the
words between its values, so that no place that says something need know of languages.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Formatter

__all__ = ["translate"]

_DEEPEST = 4
"""How often a value may hold a sentence that holds a value: a path that looks like one ends."""

_AS_GIVEN = "_as_given"
"""Ends the names of values that are the user's own, which stay whatever words they are."""

_ENCLOSED = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`|\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}""")


def translate(text: str, language: str) -> str:
    """Return what boxreach says in English in another language.

    Parameters
    ----------
    text
        Of one or several lines; each is a sentence, or several with semicolons between them.
    language
        A code of `LANGUAGES`.

    Returns
    -------
    str
        The same lines; what the catalogue does not have stays as it is, as names and values do.
        A value of several words is a sentence where the catalogue has it; one of a word never is.

    Examples
    --------
    >>> translate("the file is empty", "kmr")
    'pel vala ye'
    >>> translate("row 7", "ckb")
    'ڕیزی 7'
    >>> translate("Mosul", "ar")
    'Mosul'
    """
    sentences = _sentences(language)
    return "\n".join(_translate(line, sentences, _DEEPEST) for line in text.split("\n"))


@dataclass(frozen=True)
class _Sentence:
    """One sentence of the catalogue.

    Attributes
    ----------
    pieces
        The English words before, between and after its values.
    names
        Of its values.
    said
        The sentence in the other language, with the same names in braces.
    """

    pieces: tuple[str, ...]
    names: tuple[str, ...]
    said: str

    @property
    def is_label(self) -> bool:
        """Whether it is but a word before a value, as a column may be called too: ``line 2``."""
        return len(self.names) == 1 and not self.pieces[1] and self.pieces[0].count(" ") == 1

    def find_values(self, text: str) -> dict[str, str] | None:
        """Return the values of a text that is this sentence, each as short as it can be."""
        first, *between, last = self.pieces
        end = len(text) - len(last)
        if not (text.startswith(first) and text.endswith(last) and len(first) <= end):
            return None
        values, start = [], len(first)
        for piece in between:
            found = text.find(piece, start, end)
            if found < 0:
                return None
            values.append(text[start:found])
            start = found + len(piece)
        return dict(zip(self.names, [*values, text[start:end]], strict=True))


@dataclass(frozen=True)
class _Sentences:
    """Those of one language.

    Attributes
    ----------
    plain
        By their words, where they hold no value.
    valued
        The others, the longest first: of two sentences that a text may be, it is the one that
        leaves less of it to the values.
    openings, closings
        Rows of those that begin with words, and of the others, by their first and their last words:
        most of a thousand sentences need not be looked at to know that a text is none of them.
    """

    plain: dict[str, str]
    valued: tuple[_Sentence, ...]
    openings: dict[int, dict[str, list[int]]]
    closings: dict[int, dict[str, list[int]]]

    def find_likely(self, text: str) -> Iterator[_Sentence]:
        """Return those whose first or last words are the text's too, the longest first."""
        begun = (known.get(text[:end]) for end, known in self.openings.items())
        ended = (known.get(text[len(text) - end :]) for end, known in self.closings.items())
        rows = [row for found in (*begun, *ended) for row in found or ()]
        return (self.valued[row] for row in sorted(rows))


@cache
def _sentences(language: str) -> _Sentences:
    plain: dict[str, str] = {}
    valued = []
    for english, texts in _read_catalogue():
        pieces, names = _take_apart(english)
        if not names:
            plain[pieces[0]] = texts[language].format()
        else:
            valued.append(_Sentence(pieces, names, texts[language]))
    valued.sort(key=lambda one: -sum(map(len, one.pieces)))
    openings: dict[int, dict[str, list[int]]] = {}
    closings: dict[int, dict[str, list[int]]] = {}
    for row, one in enumerate(valued):
        first, last = one.pieces[0], one.pieces[-1]
        words, known = (first, openings) if first else (last, closings)
        known.setdefault(len(words), {}).setdefault(words, []).append(row)
    return _Sentences(plain, tuple(valued), openings, closings)


def _read_catalogue() -> Iterator[tuple[str, dict[str, str]]]:
    folder = files(__package__) / "messages"
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            yield from tomllib.loads(file.read_text(encoding="utf-8")).items()


def _take_apart(english: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    pieces, names = [""], []
    for words, name, _form, _conversion in Formatter().parse(english):
        pieces[-1] += words
        if name is not None:
            names.append(name)
            pieces.append("")
    return tuple(pieces), tuple(names)


def _translate(text: str, sentences: _Sentences, deeper: int) -> str:
    """Return a text whose blanks at both ends stay, as a sentence or as several."""
    if " " in text and text in sentences.plain:
        return sentences.plain[text]  # what joins parts has a blank of its own
    said = text.strip(" ")
    if not said or not deeper or (deeper < _DEEPEST and " " not in said):
        return text  # of one word a value may be the name of a column or of a file
    return _say(said, sentences, deeper).join(text.split(said, 1))


def _say(text: str, sentences: _Sentences, deeper: int) -> str:
    if text in sentences.plain:
        return sentences.plain[text]
    # What is wrong comes before what to do: a value of the first does not take the second in.
    held: tuple[str, dict[str, str]] | None = None
    for one in sentences.find_likely(text):
        if one.is_label and deeper < _DEEPEST:
            continue
        if (values := one.find_values(text)) is not None:
            if not any(map(_holds_several, values.values())):
                return _fill(one.said, values, sentences, deeper)
            held = held or (one.said, values)
    parts = text.split("; ")
    told = [_translate(part, sentences, deeper - 1) for part in parts] if len(parts) > 1 else parts
    if told != parts:
        return sentences.plain["; "].join(told)
    return _fill(*held, sentences, deeper) if held else text


def _fill(said: str, values: dict[str, str], sentences: _Sentences, deeper: int) -> str:
    told = {
        name: one if name.endswith(_AS_GIVEN) else _translate(one, sentences, deeper - 1)
        for name, one in values.items()
    }
    return said.format_map(told)


def _holds_several(value: str) -> bool:
    """Tell whether a value is of several sentences, but for what is quoted or in brackets."""
    return "; " in _ENCLOSED.sub("", value)
