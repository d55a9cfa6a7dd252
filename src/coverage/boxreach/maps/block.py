"""The data of a page: one element that holds JSON, packed or plain."""

from __future__ import annotations

import base64
import gzip
from typing import Any

from boxreach.text import dump_script_json

_LEVEL = 9


def write_block(payload: dict[str, Any], *, compress: bool) -> str:
    r"""Return the element that carries the data, whatever its strings hold.

    Parameters
    ----------
    payload
        Plain lists, numbers and strings.
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
        # no time of writing: the same plan is the same page
        text = base64.b64encode(gzip.compress(text.encode(), _LEVEL, mtime=0)).decode()
    return f'<script type="application/{kind}" id="data">{text}</script>'
