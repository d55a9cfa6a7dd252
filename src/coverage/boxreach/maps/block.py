"""The data of a page: one element that holds JSON, packed or plain."""

from __future__ import annotations

import base64
import zlib
from typing import Any

from boxreach.text import dump_script_json

_LEVEL, _MEMORY = 9, 5
"""How hard to pack; with less memory a code serves less text, and columns are unlike each other."""
_AS_GZIP = 31


def write_block(payload: dict[str, Any], *, compress: bool, name: str = "data") -> str:
    r"""Return the element that carries the data, whatever its strings hold.

    Parameters
    ----------
    payload
        Plain lists, numbers and strings.
    name
        The id of the element.
    compress
        Pack the JSON by gzip, and write that in base64: about a quarter of the size.

    Examples
    --------
    >>> write_block({"name": "a & b"}, compress=False)
    '<script type="application/json" id="data">{"name":"a \\u0026 b"}</script>'
    """
    text = dump_script_json(payload)
    kind = "json"
    if compress:
        kind = "octet-stream"
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _AS_GZIP, _MEMORY)  # tells no time
        text = base64.b64encode(packer.compress(text.encode()) + packer.flush()).decode()
    return f'<script type="application/{kind}" id="{name}">{text}</script>'
