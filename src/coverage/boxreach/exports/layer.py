"""`Layer`: things on the ground with what is told of them, whatever file they go into."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd


@dataclass(frozen=True, eq=False)
class Layer:
    """One kind of points, or of lines.

    Attributes
    ----------
    key
        Its name in files that programs read.
    title
        What readers see above it.
    frame
        In EPSG:4326, ids in the index. ``name`` and its further scripts, and what else is told.
    symbol
        How it is drawn: ``box``, ``box_proposed``, ``post``, ``post_proposed``, ``community``,
        ``line``, ``route`` or ``gap``.
    """

    key: str
    title: str
    frame: gpd.GeoDataFrame
    symbol: str
