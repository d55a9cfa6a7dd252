"""The only place where text is escaped for a page, or folded for a search."""

from __future__ import annotations

import html
import json
import re
import unicodedata

_UNSAFE_IN_SCRIPT = re.compile("[<>&\x00\x7f\u2028\u2029\ud800-\udfff]")

_SIGN = "[=+\\-@＝＋－＠﹦﹢﹣﹫]"
_UNSEEN = (
    " \x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3000\ufeff"
)
_FORMULA = re.compile(f"^(?=[{_UNSEEN}\t\r\n]*{_SIGN})|(?<=[;\t\r\n])(?=[{_UNSEEN}]*{_SIGN})")

VISIBLE: dict[int, int] = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: 0x2421,
    **dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD),
}
"""Characters that a page cannot hold, nor XML, and the visible signs that stand for them."""

FOLDS: dict[str, str] = {
    **dict.fromkeys("يىېےێ", "ی"),  # yeh: Arabic, alef maksura, Pashto, barree, Kurdish
    "ك": "ک",
    **dict.fromkeys("ةەھہۀۃ", "ه"),  # teh marbuta, Kurdish e, the other forms of heh
    "ٱ": "ا",  # alef wasla; NFKD already takes the hamza off an alef
    **dict.fromkeys("ۆۇۈ", "و"),
    "ڕ": "ر",
    "ڵ": "ل",
    **dict.fromkeys("ـءʼʻ‘’'`´ʿʾ", ""),  # tatweel, lone hamza, apostrophes, ayn
    **dict.fromkeys("-‐‑–—_.,،", " "),
    **{digit: str(number) for number, digit in enumerate("٠١٢٣٤٥٦٧٨٩")},
    **{digit: str(number) for number, digit in enumerate("۰۱۲۳۴۵۶۷۸۹")},
    "ł": "l",
    "ø": "o",
    "ı": "i",
}
"""What a character counts as in a search; a page carries this same table."""


def dump_script_json(value: object) -> str:
    r"""Return JSON that may stand inside a ``<script>`` element whatever its strings hold.

    No string of it can close the element or open a comment, and the result always encodes
    as UTF-8: a lone surrogate stays what it was, as an escape.

    Examples
    --------
    >>> dump_script_json({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _UNSAFE_IN_SCRIPT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def fold(text: str) -> str:
    """Return the form under which a name is searched: case, marks and letter variants gone.

    Examples
    --------
    >>> fold("Al-Qā'im"), fold("أربيل") == fold("اربيل")
    ('al qaim', True)
    """
    bare = (
        FOLDS.get(letter, letter)
        for letter in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).lower())
        if unicodedata.category(letter) not in {"Mn", "Mc", "Me", "Cf"}
    )
    return " ".join("".join(bare).split())


def quote_formula(text: str) -> str:
    """Return text that a spreadsheet shows and does not run as a formula.

    An apostrophe is put before it, and before whatever would begin a cell of its own where a
    spreadsheet takes semicolons, tabs or the ends of lines inside it for those of cells.
    Blanks and invisible characters before a sign do not hide it, nor does its full width.

    Examples
    --------
    >>> quote_formula("=1+1"), quote_formula("Al-Qaim"), quote_formula("a;=1")
    ("'=1+1", 'Al-Qaim', "a;'=1")
    """
    return _FORMULA.sub("'", text)


def show_controls(text: str) -> str:
    r"""Return text with a visible sign for every character that no page or file can hold.

    Examples
    --------
    >>> show_controls("a\0b")
    'a␀b'
    """
    return text.translate(VISIBLE)


def escape_html(text: str, most: int = 10_000) -> str:
    """Return text as a page shows it as typed, cut where it is longer than so many letters.

    Examples
    --------
    >>> escape_html("<b>Sinjar", 4)
    '&lt;b&gt;S…'
    """
    cut = text if len(text) <= most else f"{text[:most]}…"
    return html.escape(show_controls(cut))
