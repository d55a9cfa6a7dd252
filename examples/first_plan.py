# %% [markdown]
# # A first plan
#
# Who lies within reach of the boxes that stand, who is left out, and where should the next ones
# go?
#
# **The data** are those of `boxreach demo`: box positions are illustrative, roads schematic,
# people modelled from totals of governorates. Nobody plans anything with these figures.

# %%
import boxreach as br

demo = br.load_demo()
for note in demo.notes:
    print(note["en"])

# %% [markdown]
# ## Reach
#
# A network is built of the roads once. Towns of this demonstration may lie 10 km from the nearest
# trunk road; the ground between is driven at 20 km/h. `travel_times` looks at every pair of a box
# and a community that are within `cutoff` minutes.

# %%
network = br.build_network(demo.roads, off_road_km=10, off_road_kmh=20)
times = br.travel_times(network, demo.boxes, demo.communities, cutoff=60)
reach = br.reach(times, minutes=30)
print(reach[["name", "covered", "site_id", "minutes", "sites_within"]].head())

# %% [markdown]
# People are counted on the cells of a grid, each person once: covered and uncovered make the
# total.

# %%
people = br.travel_times(network, demo.boxes, demo.cells, cutoff=60)
table = br.summarise(br.reach(people, minutes=30), by="governorate")
print(table.loc[["Ninewa", "Kirkuk", "total"], ["people", "people_covered", "people_uncovered"]])

# %% [markdown]
# ## Gaps
#
# Each place that is left out has exactly one reason. `TOO_FAR` means that a box comes, but too
# late; `OFF_ROAD` that no road is near enough; `ISOLATED` that no box is on its roads.

# %%
left_out = br.gaps(times, minutes=30)
print(left_out["reason"].value_counts())

# %% [markdown]
# ## Proposals
#
# Ten more boxes at towns, chosen so that the most people come within 30 minutes. The answer says
# how good it is: `optimal` is proven; what is not proven is called `feasible`, with a bound that
# no plan can beat.

# %%
candidates = br.candidate_sites(network, demo.communities, kinds=["communities"])
options = br.travel_times(network, candidates, demo.cells, cutoff=30)
plan = br.propose(options, br.MaxCover(sites=10, minutes=30), existing=people)
print(plan)
print(plan.to_frame()[["name", "governorate", "people_gained"]])

# %% [markdown]
# ## Map
#
# One file, which opens without a network. Switch layers at its side; the list finds any place.

# %%
br.map_plan(reach, plan, roads=demo.roads, areas=demo.areas, notes=demo.notes).save(
    "first-plan.html"
)
