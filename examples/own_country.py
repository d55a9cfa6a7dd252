# %% [markdown]
# # Your own country from an extract of OpenStreetMap
#
# You need three files: roads as `.osm.pbf` (from Geofabrik, or by `boxreach fetch COUNTRY`), a
# table of boxes and a table of communities. Here small ones are made, so that this page runs
# without a network; put your own in their place and go on from "Read".
#
# **The data** are schematic roads and illustrative boxes of the demonstration, not
# OpenStreetMap's.

# %%
import subprocess
import sys
from pathlib import Path

import osmium
from osmium.osm.mutable import Node, Way

import boxreach as br

folder = Path("own-country")
folder.mkdir(exist_ok=True)
demo = br.load_demo()


# %% [markdown]
# ## The files (made here)
#
# In an extract roads meet where they share a node, and nowhere else.


# %%
def write_extract(path: Path) -> None:
    """Write the roads of the demonstration as an extract of OpenStreetMap."""
    places: dict[tuple[float, float], int] = {}
    ways = []
    for number, road in enumerate(demo.roads.itertuples(), start=1):
        drawn = [(round(x, 7), round(y, 7)) for x, y in road.geometry.coords]
        nodes = [places.setdefault(place, len(places) + 1) for place in drawn]
        tags = {"highway": road.road_class, "name": str(road.name), "ref": str(road.ref)}
        ways.append(Way(id=number, nodes=nodes, tags=tags))
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        for place, number in places.items():
            writer.add_node(Node(id=number, location=place))
        for way in ways:
            writer.add_way(way)


write_extract(folder / "roads.osm.pbf")
for name, table in (("boxes", demo.boxes), ("communities", demo.communities)):
    columns = [one for one in ("name", "name_ar", "people") if one in table]
    placed = table[columns].assign(lon=table.geometry.x, lat=table.geometry.y)
    placed.to_csv(folder / f"{name}.csv", encoding="utf-8")
print(sorted(one.name for one in folder.iterdir()))

# %% [markdown]
# ## Read
#
# A reader finds all that is wrong with a file at once, and names file, row and column. What it had
# to assume it tells as a `DataWarning`: read those.

# %%
roads = br.read_roads(folder / "roads.osm.pbf")
boxes = br.read_sites(folder / "boxes.csv")
communities = br.read_communities(folder / "communities.csv")
print(roads["road_class"].value_counts())

# %%
network = br.build_network(roads, off_road_km=10, off_road_kmh=20)
reach = br.reach(br.travel_times(network, boxes, communities, cutoff=60), minutes=30)
print(reach["covered"].sum(), "of", len(reach), "communities within 30 minutes")

# %% [markdown]
# ## The same without Python
#
# A `plan.toml` beside the files says the same in fewer words. In a terminal:
#
# ```sh
# boxreach check own-country/plan.toml
# boxreach run own-country/plan.toml -o out
# ```

# %%
(folder / "plan.toml").write_text(
    """\
[inputs]
boxes = "boxes.csv"
communities = "communities.csv"
roads = "roads.osm.pbf"
[network]
off_road_km = 10
off_road_kmh = 20
[reach]
minutes = [30, 60]
""",
    encoding="utf-8",
)
boxreach = [sys.executable, "-c", "from boxreach.cli import main; main()"]
checked = subprocess.run(
    [*boxreach, "check", str(folder / "plan.toml")],
    capture_output=True, text=True, encoding="utf-8", check=True,
)  # fmt: skip
print(checked.stdout)
