"""Small white pictures that a map tints: a square, a diamond, a disc and a ring."""

from __future__ import annotations

import struct
import zlib
from functools import cache
from typing import Any

import numpy as np

_SIDE = 32
_FINE = 4
"""So many points to a side of a pixel, for soft edges."""


@cache
def draw_icon(shape: str) -> bytes:
    r"""Return a picture of a shape as PNG, white on nothing, with a dark rim.

    Parameters
    ----------
    shape
        ``square``, ``diamond``, ``disc`` or ``ring``.

    Examples
    --------
    >>> draw_icon("disc")[:4]
    b'\x89PNG'
    """
    at = (np.arange(_SIDE * _FINE) + 0.5) / (_SIDE * _FINE) * 2 - 1
    x, y = np.meshgrid(at, at)
    far = {"square": np.maximum(abs(x), abs(y)) * 1.25, "diamond": abs(x) + abs(y)}.get(
        shape, np.hypot(x, y) * (1.6 if shape == "disc" else 1.1)
    )
    inside = far <= 0.8
    body = inside & (far > 0.4) if shape == "ring" else inside
    rim = (far <= 0.98) & ~inside
    white, solid = (_shrink(body), _shrink(body | rim))
    grey = np.where(solid > 0, 255 * white / np.maximum(solid, 1), 0)
    pixels = np.stack([grey, grey, grey, solid], axis=2).round().astype(np.uint8)
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _shrink(fine: np.ndarray[Any, np.dtype[np.bool_]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.asarray(255 * fine.reshape(_SIDE, _FINE, _SIDE, _FINE).mean(axis=(1, 3)))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
