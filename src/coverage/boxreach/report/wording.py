"""`Wording`: what is said and how numbers are written, for a reader of one language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup, escape

from boxreach.languages import RIGHT_TO_LEFT, plural_category, plural_forms, words
from boxreach.report.model import Name, Text

DRAWN_PLANS = ("standing", "proposed")
"""What a run calls the boxes that stand, and these with those proposed, when it draws worlds."""

_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_ARABIC_MARK = "\u061c"
_ARABIC_DIGITS = str.maketrans({
    **dict(zip("0123456789", "٠١٢٣٤٥٦٧٨٩", strict=True)),
    ",": "٬",
    ".": "٫",
    # The mark makes signs stand where a reader from the right expects them, whatever is around.
    "%": f"٪{_ARABIC_MARK}",
    "-": f"{_ARABIC_MARK}-",
})  # fmt: skip


@dataclass(frozen=True)
class Wording:
    """The words of a report in one language, and its numbers.

    Attributes
    ----------
    language
        A code of `boxreach.languages.LANGUAGES`.
    digits
        ``latn`` for 0123; ``arab`` for ٠١٢٣ in the languages of Arabic script. Ids, grid
        references and degrees keep 0123.

    Examples
    --------
    >>> Wording("ar", digits="arab").figure("1,234.5")
    '١٬٢٣٤٫٥'
    """

    language: str
    digits: str = "latn"

    @cached_property
    def words(self) -> Mapping[str, str]:
        """All words of the report, numbers in them in the digits of this reader."""
        return {key: self._rewrite(text) for key, text in words("report", self.language).items()}

    @property
    def right_to_left(self) -> bool:
        """Whether the language is written from right to left."""
        return self.language in RIGHT_TO_LEFT

    def form(self, key: str, count: float | None = None) -> str:
        """Return the words of a key as they go with a number, nothing filled in."""
        if count is None:
            return self.words[key]
        forms = plural_forms("report", self.language)[key]
        return self._rewrite(forms.get(plural_category(self.language, count), forms["other"]))

    def say(self, key: str, *, count: float | None = None, **values: object) -> str:
        """Return the words of a key, with values that are written already filled in.

        Parameters
        ----------
        key
            The key.
        count
            The number by which the words go, where they go by one.
        **values
            What is filled in.

        Examples
        --------
        >>> [Wording("ar").say("threshold", minutes=n, count=n) for n in (1, 2, 3, 11)]
        ['دقيقة واحدة', 'دقيقتان', '3 دقائق', '11 دقيقة']
        """
        return self.form(key, count).format(**values)

    def mark(self, key: str, *, count: float | None = None, **values: object) -> Markup:
        """Return what `say` does as markup, in which only values that are markup stay so."""
        return escape(self.form(key, count)).format(**values)

    def _rewrite(self, text: str) -> str:
        return _NUMBER.sub(lambda found: self.figure(found[0]), text)

    def figure(self, text: str) -> str:
        """Return a number, written with 0123, commas and a point, in the digits of this reader."""
        if self.digits != "arab" or not self.right_to_left:
            return text
        written = text.translate(_ARABIC_DIGITS)
        return f"{_ARABIC_MARK}{written}" if text.startswith("<") else written

    def name(self, name: Name) -> str:
        """Return a name for this reader."""
        return name.in_language(self.language)

    def text(self, text: Text) -> str:
        """Return a text for this reader as it was given; without one in the language, the first."""
        if isinstance(text, str):
            return text
        return text.get(self.language) or next(iter(text.values()), "")

    def label(self, label: Text) -> str:
        """Return what figures rest on; a key of the catalogue is said in its words."""
        if isinstance(label, str):
            return self.words.get(f"label_{label}", label)
        return self.text(label)

    def plan(self, name: str) -> str:
        """Return what a plan is called; those that a run draws are called by the catalogue."""
        return self.words[f"what_if_plan_{name}"] if name in DRAWN_PLANS else name
