# %% [markdown]
# # From osmnx
#
# You have a street graph of osmnx. It goes into boxreach as it is; what changes is the question:
# not how far one node is from another, but which place is reached from any box, in how many
# minutes.
#
# **The data** are a made-up town of straight streets, with 100 people at each corner. Yours come
# from `osmnx.graph_from_place("Mosul, Iraq", network_type="drive")`, which needs a network.

# %%
import geopandas as gpd
import networkx as nx
import osmnx as ox

import boxreach as br

town = nx.MultiDiGraph(crs="EPSG:4326")
for x in range(8):
    for y in range(8):
        town.add_node(8 * x + y, x=43.10 + 0.01 * x, y=36.30 + 0.01 * y)
for one in list(town.nodes):
    for other in (one + 8 if one < 56 else None, one + 1 if one % 8 < 7 else None):
        if other is not None:
            kind = "primary" if one % 8 == other % 8 == 3 else "residential"
            for start, end in ((one, other), (other, one)):
                town.add_edge(start, end, osmid=100 * one + other, highway=kind, oneway=False)
town = ox.distance.add_edge_lengths(town)

# %% [markdown]
# ## The graph, as it is saved and loaded

# %%
ox.save_graphml(town, "town.graphml")
graph = ox.load_graphml("town.graphml")
roads = br.read_roads(graph)  # or br.read_roads("town.graphml")
print(len(graph.edges), "directed edges are", len(roads), "roads")

# %% [markdown]
# ## The same speeds on both sides
#
# boxreach has speeds of its own (`docs/speeds.md`). To hold both against each other, both get the
# same here.

# %%
SPEEDS_KMH = {"primary": 60.0, "residential": 30.0}
graph = ox.routing.add_edge_speeds(graph, hwy_speeds=SPEEDS_KMH)
graph = ox.routing.add_edge_travel_times(graph)
seconds = nx.single_source_dijkstra_path_length(graph, 0, weight="travel_time")

nodes = ox.convert.graph_to_gdfs(graph, edges=False)
places = gpd.GeoDataFrame(
    {"name": [f"corner {one}" for one in nodes.index], "people": 100},
    index=nodes.index.astype(str).rename("community_id"),
    geometry=nodes.geometry.to_numpy(), crs=4326,
)  # fmt: skip
box = places.loc[["0"]].rename_axis("site_id")
network = br.build_network(roads, speeds_kmh=SPEEDS_KMH)
times = br.travel_times(network, box, places, cutoff=30)
reach = br.reach(times, minutes=30)

# %%
theirs = nodes.index.map(seconds).to_numpy() / 60
apart = abs(reach["minutes"].to_numpy() - theirs).max()
print(f"the two differ by at most {apart:.3f} minutes")

# %% [markdown]
# Beyond one source: every box and every place at once, gaps with reasons, and proposals.

# %%
candidates = br.candidate_sites(network, places, kinds=["communities"])
options = br.travel_times(network, candidates, places, cutoff=30)
plan = br.propose(options, br.PMedian(sites=3))
print(plan)
