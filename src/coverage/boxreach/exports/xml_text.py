"""XML that is well-formed whatever its texts hold, and shows them as they were typed."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from boxreach.text import show_controls


def add(parent: Element, tag: str, text: object = None, **attributes: str) -> Element:
    r"""Add an element with a text to another and return it; control characters are seen.

    Attributes are words of ours or numbers, never what somebody typed.

    Examples
    --------
    >>> root = Element("kml")
    >>> add(root, "name", "A & B\x07").text
    'A & B␇'
    """
    element = SubElement(parent, tag, attributes)
    if text is not None:
        said = str(text)
        element.text = said if said.isprintable() else show_controls(said)
    return element


def render_xml(root: Element) -> bytes:
    r"""Return a whole file; a carriage return stays one.

    Examples
    --------
    >>> root = Element("kml")
    >>> name = add(root, "name", "]]> \r")
    >>> render_xml(root)
    b'<?xml version="1.0" encoding="UTF-8"?>\n<kml>\n <name>]]&gt; &#13;</name>\n</kml>\n'
    """
    indent(root, " ")
    text = tostring(root, encoding="unicode").replace("\r", "&#13;")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()
