# %% [markdown]
# # Placement rules
#
# A programme seldom asks for "the most people" alone. Here are a quota, phases, a minimum
# distance, the fewest boxes for a share of the people, and what is said when rules conflict. All
# of them: `docs/placement.md`.
#
# **The data** are those of `boxreach demo`: positions illustrative, roads schematic, people
# modelled.

# %%
import boxreach as br

demo = br.load_demo()
network = br.build_network(demo.roads, off_road_km=10, off_road_kmh=20)
standing = br.travel_times(network, demo.boxes, demo.communities, cutoff=60)
candidates = br.candidate_sites(network, demo.communities, kinds=["communities"])
options = br.travel_times(network, candidates, demo.communities, cutoff=60)
most = br.MaxCover(sites=12, minutes=30)

# %% [markdown]
# ## No rule
#
# What rules cost can be told only beside the plan that has none.

# %%
free = br.propose(options, most, existing=standing)
print(free)

# %% [markdown]
# ## A quota, and phases
#
# At least 12 boxes in Anbar, those that stand counted; six boxes first, then six more (phases are
# running totals, with the 50 that stand). The plan says how many people the quota costs
# (`forgone`), and what each phase comes to.

# %%
plan = br.propose(
    options, most, existing=standing,
    quotas=[br.Quota("governorate", "Anbar", at_least=12)], phases=[56, 62],
)  # fmt: skip
print(plan)
print(plan.phases[["covered", "bound", "gap", "regret"]])

# %% [markdown]
# ## Not too close to each other
#
# In a straight line; boxes that stand already may be nearer.

# %%
apart = br.propose(options, most, existing=standing, apart_km=40)
print("people lost by keeping 40 km apart:", free.objective - apart.objective)

# %% [markdown]
# ## As few as possible
#
# `SetCover` turns the question round: how few boxes bring 80 % of the people within 30 minutes?

# %%
few = br.propose(options, br.SetCover(minutes=30, share=0.8), existing=standing)
print(few)

# %% [markdown]
# ## Rules that no plan keeps
#
# The error names the smallest set of rules that conflict. Nothing is made that keeps only some.

# %%
try:
    br.propose(
        options, br.MaxCover(sites=3, minutes=30),
        quotas=[br.Quota("governorate", name, at_least=2) for name in ("Ninewa", "Kirkuk")],
    )  # fmt: skip
except br.InfeasibleError as error:
    print(error)
