"""XML that is well-formed whatever its texts hold, and shows them as they were typed."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from boxreach.text import show_controls


def add(parent: Element, tag: str, text: object = None, **attributes: str) -> Element:
    r"""Add an element with a text to another and return it.

    Examples
    --------
    >>> root = Element("kml")
    >>> add(root, "name", "A & B\x07").text
    'A & B\x07'
    """
    element = SubElement(parent, tag, attributes)
    if text is not None:
        element.text = str(text)
    return element


def render_xml(root: Element) -> bytes:
    r"""Return a whole file; control characters are seen, and a carriage return stays one.

    Examples
    --------
    >>> root = Element("name")
    >>> root.text = "]]> \x07\r"
    >>> render_xml(root)
    b'<?xml version="1.0" encoding="UTF-8"?>\n<name>]]&gt; \xe2\x90\x87&#13;</name>\n'
    """
    indent(root, " ")
    text = show_controls(tostring(root, encoding="unicode")).replace("\r", "&#13;")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()
