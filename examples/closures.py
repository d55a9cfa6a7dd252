# %% [markdown]
# # Closures and bridges
#
# A bridge is down or a road is closed: who loses reach, whose box comes too late, and which road
# hangs over most people? And which closed road should be opened first?
#
# **The data** are those of `boxreach demo`: positions illustrative, roads schematic, people
# modelled. The closures here are invented.

# %%
import geopandas as gpd

import boxreach as br

demo = br.load_demo()
network = br.build_network(demo.roads, off_road_km=10, off_road_kmh=20)
times = br.travel_times(network, demo.boxes, demo.cells, cutoff=60)

# %% [markdown]
# ## What hangs on which road
#
# `criticality` takes one road away after the other. In a network with a column `bridge` it takes
# the bridges. Roads of the demonstration say of no bridge, so all of them are named.

# %%
hanging = br.criticality(times, minutes=30, roads=demo.roads.index.tolist()).roads
hanging = hanging.sort_values("people_lost", ascending=False)
print(hanging[["name", "people_lost", "next_site_id"]].head())

# %% [markdown]
# ## Three of them closed
#
# A closure is a point, line or area, and may have dates and a `road_id` that says which road is
# meant. Any layer will do; see `docs/closures.md`.

# %%
worst = hanging.index[:3]
middle = demo.roads.loc[worst].geometry.interpolate(0.5, normalized=True)
gpd.GeoDataFrame(
    {"closure_id": [f"closed-{one}" for one in worst], "road_id": list(worst)},
    geometry=list(middle), crs=4326,
).to_file("closures.geojson")  # fmt: skip
closures = br.read_closures("closures.geojson")
closed = br.build_network(demo.roads, closures=closures, off_road_km=10, off_road_kmh=20)
after = br.travel_times(closed, demo.boxes, demo.cells, cutoff=60)
print(br.gaps(times, minutes=30)["reason"].value_counts())
print(br.gaps(after, minutes=30)["reason"].value_counts())

# %% [markdown]
# ## Scenarios beside the base
#
# `compare` tells who gains and who loses, by place, area and box.

# %%
found = br.compare(
    times,
    [
        br.Scenario(name="three roads closed", closures=closures),
        br.Scenario(name="night", condition="night"),
        br.Scenario(name="a box is lost", lost=demo.boxes.index[:1].tolist()),
    ],
    minutes=30,
)
print(found.table[["within", "gained", "lost", "net"]])

# %% [markdown]
# ## Which one to open first
#
# Alone, and one after another: two closures in a row are worth little one by one.

# %%
opening = br.opening_value(after, minutes=30)
print(opening.together)
