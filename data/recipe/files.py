"""Writing the files so that the same content is the same bytes."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

COORDINATE_DECIMALS = 5
FRONTIER_DECIMALS = 7

Feature = tuple[dict[str, Any], shapely.Geometry]


def read_table(path: Path) -> list[dict[str, str]]:
    """Return a CSV file's rows as dictionaries of text."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows as CSV in UTF-8, with the columns in the order given."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_features(
    path: Path, features: Iterable[Feature], decimals: int = COORDINATE_DECIMALS
) -> None:
    """Write features as compact GeoJSON, one to a line so that a change shows as a line."""
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": shapely.geometry.mapping(round_coordinates(geometry, decimals)),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for properties, geometry in features
    ]
    body = ",\n".join(lines)
    path.write_text(
        f'{{"type":"FeatureCollection","features":[\n{body}\n]}}\n', encoding="utf-8", newline="\n"
    )


def round_coordinates(geometry: shapely.Geometry, decimals: int) -> shapely.Geometry:
    """Round every vertex, alike wherever it occurs, so that shared borders stay shared."""
    return shapely.transform(geometry, lambda points: np.round(points, decimals) + 0.0)
