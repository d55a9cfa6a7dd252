"""`Terms`: what tables call things, in a reader's words or as the codes that programs read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from boxreach.exports.listing import Cell, Column, Form, Listing
from boxreach.languages import LANGUAGES
from boxreach.report.model import Name, Text
from boxreach.report.wording import Wording
from boxreach.tables import TOTAL

Row = tuple[Cell, ...]

_SCRIPTS = ("en", "ar", "ckb", "kmr")


@dataclass(frozen=True)
class Terms:
    """Words and names of tables.

    Attributes
    ----------
    wording
        The words of a reader; None for keys and codes.
    """

    wording: Wording | None

    def say(self, key: str, code: str, **figures: float) -> str:
        """Return the words of a key with figures in them, or else a code."""
        if self.wording is None:
            return code
        written = {one: self.wording.figure(f"{value:,.10g}") for one, value in figures.items()}
        return self.wording.say(key, count=next(iter(figures.values()), None), **written)

    def code(self, code: str) -> str:
        """Return a code, such as a reason or a status, in words; a blank one stays blank."""
        return self.say(code, code) if code else ""

    def flag(self, value: bool) -> Cell:
        """Return yes or no; without words the truth value."""
        return value if self.wording is None else self.say("table_yes" if value else "table_no", "")

    def text(self, text: Text) -> str:
        """Return a text for this reader; without words the English one, as all of such a table."""
        return (self.wording or Wording("en")).text(text)

    def label(self, label: Text) -> str:
        """Return what figures rest on; without words as it was given."""
        return self.text(label) if self.wording is None else self.wording.label(label)

    def plan(self, name: str) -> str:
        """Return what a plan of drawn worlds is called; without words as it was given."""
        return self.wording.plan(name) if self.wording else name

    def area(self, name: Name | None) -> str:
        """Return what a governorate is called; None is that of all together."""
        if name is None:
            return self.say("total", TOTAL)
        return self.wording.name(name) if self.wording else name.text

    def name(self, name: Name | None) -> str:
        """Return a name in one script; without words as its source gives it."""
        if name is None:
            return ""
        return self.wording.name(name) if self.wording else name.text

    def names(self, name: Name) -> Row:
        """Return a name in each script, for the columns of `name_columns`."""
        forms = {"en": name.text, **name.translations}
        return (self.name(name), *(forms.get(one, "") for one in self._further()))

    def name_columns(self, word: str = "site_name") -> tuple[Column, ...]:
        """Return the columns of `names`; the reader's own script comes first."""
        first = self.column("name", word=word)
        further = [
            Column(f"name_{one}", f"name_{one}" if self.wording is None else LANGUAGES[one])
            for one in self._further()
        ]
        return (first, *further)

    def _further(self) -> tuple[str, ...]:
        own = "en" if self.wording is None else self.wording.language
        return tuple(one for one in _SCRIPTS if one != own)

    def column(
        self, key: str, form: Form = "text", word: str = "", minutes: float | None = None
    ) -> Column:
        """Return a column, called by a word of the catalogue; a threshold is added to both."""
        word = word or key
        if minutes is None:
            return Column(key, self.say(word, key), form)
        title = self.say("threshold", "", minutes=minutes)
        if self.wording is not None:
            title = self.wording.say("column_at", what=self.wording.say(word), minutes=title)
        full = f"{key}_{minutes:g}"
        return Column(full, title or full, form)

    def listing(
        self,
        key: str,
        columns: Iterable[Column],
        rows: Sequence[Row],
        *,
        totals: int = 0,
        notes: Sequence[str] = (),
    ) -> Listing:
        """Return a table, called by its key; readers get no column of a script that is blank.

        Parameters
        ----------
        key
            Of the table; with ``table_`` before it, of its title.
        columns, rows, totals
            As in `Listing`.
        notes
            Keys of what has to be said.
        """
        heads = tuple(columns)
        if self.wording is not None and rows:
            kept = [
                at
                for at, head in enumerate(heads)
                if not head.key.startswith("name_") or any(row[at] for row in rows)
            ]
            heads = tuple(heads[at] for at in kept)
            rows = [tuple(row[at] for at in kept) for row in rows]
        where = {at for at, head in enumerate(heads) if head.form == "degrees"}
        if where:
            rows = [
                tuple(_degrees(cell) if at in where else cell for at, cell in enumerate(row))
                for row in rows
            ]
        said = () if self.wording is None else tuple(self.wording.say(one) for one in notes)
        title = self.say(f"table_{key}", key)
        return Listing(key, title, heads, tuple(rows), totals, said)


def _degrees(cell: Cell) -> Cell:
    """Return degrees to about 0.1 m, as all files write them."""
    return round(cell, 6) if isinstance(cell, float) else cell
