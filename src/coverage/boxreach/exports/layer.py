"""`Layer`: things on the ground with what is told of them, whatever file they go into."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from boxreach.text import show_controls


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
    labels
        What a reader calls each of them; empty where that is its ``name``.
    told
        What is told of each of them, line by line, for a reader; empty where nothing is.
    outside
        Whether each of them is left out, and drawn so; empty where none is.
    notes
        What has to be said of all of them.
    """

    key: str
    title: str
    frame: gpd.GeoDataFrame
    symbol: str
    labels: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    outside: tuple[bool, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def called(self) -> tuple[str, ...]:
        """What each of them is called: its label, its name, or else its id."""
        ids = [str(one) for one in self.frame.index]
        names = self.labels or self.frame.get("name", pd.Series(ids)).fillna("")
        return tuple(str(name) or one for name, one in zip(names, ids, strict=True))

    def table(self) -> gpd.GeoDataFrame:
        r"""Return the frame with the ids as its first column, and text that any file can hold.

        Examples
        --------
        >>> frame = gpd.GeoDataFrame(
        ...     {"name": ["A\x00"]}, geometry=gpd.points_from_xy([44.0], [33.0]), crs=4326,
        ...     index=pd.Index(["b1"], name="site_id"),
        ... )
        >>> Layer("boxes", "Boxes", frame, "box").table().drop(columns="geometry").values.tolist()
        [['b1', 'A␀']]
        """
        table = self.frame.rename_axis(self.frame.index.name or "id").reset_index()
        for name in table.columns.drop(table.geometry.name):
            if not pd.api.types.is_numeric_dtype(table[name]):
                table[name] = [_held(one) for one in table[name]]
        return table


def _held(value: object) -> object:
    return show_controls(value) if isinstance(value, str) else value
