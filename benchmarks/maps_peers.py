"""The same communities drawn by folium alone, as its guides do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from benchmarks.maps_land import make_country

Figures = dict[str, Any]


def measure_markers(folder: Path, settings: Figures) -> Figures:
    """Draw 5,000 communities as circle markers, each with a popup and a tooltip."""
    import folium

    reach = make_country(settings["small"], seed=settings["seed"]).reach
    begun = time.perf_counter()
    plan_map = folium.Map(location=(33.0, 43.5), zoom_start=6, prefer_canvas=True)
    for row in reach.itertuples():
        folium.CircleMarker(
            (row.geometry.y, row.geometry.x),
            radius=4,
            color="#0072b2" if row.covered else "#d55e00",
            popup=f"{row.name}: {row.minutes:.1f} min, {row.people:,.0f} people",
            tooltip=row.name,
        ).add_to(plan_map)
    path = folder / "folium-markers.html"
    plan_map.save(path)
    return {"built_s": time.perf_counter() - begun, "bytes": path.stat().st_size}


def measure_geojson(folder: Path, settings: Figures) -> Figures:
    """Draw 50,000 communities as one GeoJson with popup and tooltip."""
    import folium

    reach = make_country(settings["large"], seed=settings["seed"]).reach
    begun = time.perf_counter()
    plan_map = folium.Map(location=(33.0, 43.5), zoom_start=6, prefer_canvas=True)
    fields = ["name", "minutes", "people", "covered"]
    folium.GeoJson(
        reach[[*fields, "geometry"]],
        marker=folium.CircleMarker(radius=4),
        popup=folium.GeoJsonPopup(fields),
        tooltip=folium.GeoJsonTooltip(["name"]),
    ).add_to(plan_map)
    path = folder / "folium-geojson.html"
    plan_map.save(path)
    return {"built_s": time.perf_counter() - begun, "bytes": path.stat().st_size}
