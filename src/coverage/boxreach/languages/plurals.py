"""Which form of a word goes with a number, by the rules of Unicode's CLDR."""

from __future__ import annotations

CATEGORIES = ("zero", "one", "two", "few", "many", "other")
"""The forms there can be; a language has some of them, and always ``other``."""

_FEW, _MANY = range(3, 11), range(11, 100)


def plural_category(language: str, number: float) -> str:
    """Return the plural category of a number in a language.

    Parameters
    ----------
    language
        A code of `boxreach.languages.LANGUAGES`.
    number
        A count; a fraction, as of minutes, has a form too.

    Notes
    -----
    The rules are those for cardinals of the CLDR, ``supplemental/plurals.xml``: Arabic has six
    forms, by the number and by its last two digits; Central and Northern Kurdish and English have
    one for 1 and one for all else.

    Examples
    --------
    >>> [plural_category("ar", one) for one in (0, 1, 2, 3, 11, 100, 103, 2.5)]
    ['zero', 'one', 'two', 'few', 'many', 'other', 'few', 'other']
    >>> plural_category("en", 1), plural_category("kmr", 30)
    ('one', 'other')
    """
    if number == 1:
        return "one"
    if language != "ar" or number != int(number):
        return "other"
    if number in {0, 2}:
        return "zero" if number == 0 else "two"
    last = int(abs(number)) % 100
    return "few" if last in _FEW else "many" if last in _MANY else "other"
