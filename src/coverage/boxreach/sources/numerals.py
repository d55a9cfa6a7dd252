"""Numbers as people and spreadsheets write them: what to do about those that are none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"

BLANKS = (
    " \t\r\n\f\v\xa0\u2007\u2009\u202f\u3000\ufeff\u200b\u200e\u200f\u061c"
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""What is not seen at the end of a value: spaces, and marks of the direction of writing."""

ROUNDED_ID = r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]{2,}"
"""What a spreadsheet makes of an id of many digits; those it leaves out are lost."""

DATED_ID = (
    r"[0-9]{1,2}-[A-Z][a-z]{2}(?:-[0-9]{2,4})?|[A-Z][a-z]{2}-[0-9]{2}"
    r"|[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"
)
"""What a spreadsheet makes of an id such as 1-3 or 5/6."""

SHEET_ERROR = r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!)|#{3,}"
"""What a spreadsheet shows where it cannot show a value."""

_FILL_IN = "fill it in, or take the row out"
_UNKNOWN = {
    "nan",
    "na",
    "n/a",
    "null",
    "none",
    "nil",
    "n.a.",
    "-",
    "--",
    "–",
    "—",
    "?",
    ".",
    "unknown",
}
_DATE = (
    r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.*|[0-9]{1,2}-[A-Za-z]{3}.*|[A-Za-z]{3}-[0-9]{2,4}"
)
_SIGNS = str.maketrans({"٫": ".", "٬": "", "−": "-", "–": "-", "．": ".", "，": ","})
_GROUPS = (
    r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?",
    r"[+-]?[0-9]{1,3}(?:[ \xa0\u2009\u202f'’][0-9]{3})+(?:[.,][0-9]+)?",
    r"[+-]?[0-9]{1,3}(?:\.[0-9]{3}){2,}",
)
_GROUPED = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}|[0-9]{1,3}")
_ANGLE = re.compile(
    r"([NSEW]?)\s*([0-9]{1,3})(?:\s*[°º:\s]\s*([0-9]{1,2}(?:\.[0-9]+)?))?"
    r"(?:\s*['′’:\s]\s*([0-9]{1,2}(?:\.[0-9]+)?))?\s*[°º'′’\"″”]*\s*([NSEW]?)",
    re.IGNORECASE,
)
_DECIMAL = re.compile(r"([NSEW]?)\s*([+-]?[0-9]+\.[0-9]+)\s*[°º]?\s*([NSEW]?)", re.IGNORECASE)
_GRID_REFERENCE = r"[0-9]{1,2}[C-Xc-x]\s?[A-Za-z]{2}\s?[0-9 ]{2,15}"


def number_advice(text: str, *, required: bool, is_angle: bool) -> str:
    """Return what to do about a text that is no number.

    Parameters
    ----------
    text
        What stands there, without blanks at its ends.
    required
        Whether a number must be there.
    is_angle
        Whether it is a longitude or a latitude.

    Examples
    --------
    >>> [number_advice(one, required=True, is_angle=True) for one in ("44,2", "44°12'E")]
    ['write it like 44.2', 'give decimal degrees, like 44.2']
    >>> number_advice("n/a", required=False, is_angle=False)
    'leave it blank where it is not known'
    """
    if text.casefold() in {"", *_UNKNOWN}:
        return _FILL_IN if required else "leave it blank where it is not known"
    plain = "".join(_digit(one) for one in text.translate(_SIGNS)).strip(BLANKS)
    if plain != text and re.fullmatch(NUMBER, plain):
        return f"write it like {plain}, with a point and the digits 0 to 9"
    said = (_angle_advice(plain) if is_angle else "") or _sheet_advice(text)
    return said or f"write it like {_regrouped(plain, is_angle=is_angle)}"


def have_points_for_thousands(texts: Iterable[str]) -> bool:
    """Tell whether every point among numbers may part thousands, as half the world writes them.

    Then those with a point have three digits after it and one to three before, and those without
    are below a thousand.

    Examples
    --------
    >>> have_points_for_thousands(["1.234", "850"]), have_points_for_thousands(["1.234", "12.5"])
    (True, False)
    """
    given = [one for one in texts if one]
    return any("." in one for one in given) and all(map(_GROUPED.fullmatch, given))


def _sheet_advice(text: str) -> str:
    """Return what to do about what only a spreadsheet writes; blank if it is nothing of it."""
    if re.fullmatch(SHEET_ERROR, text):
        return "the spreadsheet shows an error or no value there; mend it and save the table again"
    if text.startswith("="):
        return "save the values of the spreadsheet, not its formulas"
    if re.fullmatch(_DATE, text):
        return "a date stands there, perhaps made by a spreadsheet; enter the number again"
    return ""


def _angle_advice(text: str) -> str:
    """Return what to do about an angle in another notation; blank if it is none."""
    if (degrees := _degrees(text)) is not None:
        return f"give decimal degrees, like {degrees:g}"
    if re.fullmatch(_GRID_REFERENCE, text):
        return "give decimal degrees, and no grid reference"
    return ""


def _digit(sign: str) -> str:
    number = unicodedata.digit(sign, None) if sign.isdecimal() else None
    return sign if number is None else str(number)


def _regrouped(text: str, *, is_angle: bool) -> str:
    """Return a number without the marks between its thousands, with a point for a comma."""
    if len(text) <= 40 and not (is_angle and re.fullmatch(r"[+-]?[0-9]{1,3},[0-9]+", text)):
        if re.fullmatch(_GROUPS[0], text):
            return text.replace(",", "")
        if re.fullmatch(_GROUPS[1], text):
            return re.sub(r"[^0-9.,+-]", "", text).replace(",", ".")
        if re.fullmatch(_GROUPS[2], text):
            return text.replace(".", "")
    return text.replace(",", ".") if re.fullmatch(r"[+-]?[0-9]{1,15},[0-9]{1,15}", text) else "12.5"


def _degrees(text: str) -> float | None:
    """Return degrees, minutes and seconds, or decimal degrees with a sign, as one number."""
    if len(text) > 40:
        return None
    if found := _DECIMAL.fullmatch(text):
        before, number, after = found.groups()
        return _signed(float(number), before or after)
    if not (found := _ANGLE.fullmatch(text)) or found[0].isdigit():
        return None
    before, degrees, minutes, seconds, after = found.groups()
    value = float(degrees) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    return _signed(round(value, 5), before or after)


def _signed(value: float, side: str) -> float:
    return -value if side.upper() in {"S", "W"} else value
