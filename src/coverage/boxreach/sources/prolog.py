"""What stands in XML before its root."""

from __future__ import annotations

import re
from codecs import BOM_UTF8

_PLAIN = rb"\s+|<\?.*?\?>|<!--.*?-->"
_BEFORE_ROOT = re.compile(_PLAIN, re.DOTALL)
_WITH_DOCTYPE = re.compile(_PLAIN + rb"|<!DOCTYPE[^\[>]*>", re.DOTALL)


def begins_as_xml(head: bytes) -> bool:
    """Tell whether a file begins as XML does.

    Examples
    --------
    >>> begins_as_xml(b"  <kml/>"), begins_as_xml(b"{}")
    (True, False)
    """
    return head.removeprefix(BOM_UTF8).lstrip().startswith(b"<")


def end_of_prolog(head: bytes, *, past_doctype: bool = False) -> int:
    """Return where the root of XML begins, or something that may not stand before it.

    It goes step by step: one pattern for all of it would try each split of it anew.

    Parameters
    ----------
    head
        How the XML begins, without a byte order mark.
    past_doctype
        Whether a DOCTYPE may stand there. One that declares something itself never may.

    Examples
    --------
    >>> end_of_prolog(b"<?xml version='1.0'?> <!-- a --><kml/>")
    32
    """
    pattern = _WITH_DOCTYPE if past_doctype else _BEFORE_ROOT
    at = 0
    while passed := pattern.match(head, at):
        at = passed.end()
    return at
