# %% [markdown]
# # The frontier
#
# Where should border posts stand so that the whole line can be reached in time? What is promised
# is a *weak barrier*: each place that is told as covered can be reached by a patrol within the
# minutes. It is not said that nobody crosses.
#
# **The data**: the line is approximate, the roads of the demonstration are schematic trunk roads,
# most of them far from the line. So any road is taken here (`road_km=500`), and the times are long
# ways over open ground. With your roads, leave `road_km` as it is.

# %%
import boxreach as br

demo = br.load_demo()
network = br.build_network(demo.roads, off_road_km=10, off_road_kmh=20)
line = demo.line
print(len(line), "segments,", round(line["chainage_to_km"].max()), "km from the northern end")

# %% [markdown]
# ## Places where posts may stand
#
# On the own side of the line, 0.3 to 2 km back. What is left out has a reason.

# %%
found = br.candidate_posts(network, line, spacing_km=2, road_km=500)
print(len(found.kept), "places kept; left out, by reason:")
print(found.dropped["reason"].value_counts())

# %% [markdown]
# ## Fifty posts first, then fifty more
#
# The line makes the question an easy one: every post reaches one run of it, so the answer is
# proven at once. Each phase is held against the best that as many posts alone could do.

# %%
posts = br.propose_posts(
    network, line, posts=100, phases=[50, 100], minutes=15, candidates=found.kept
)
print(posts)

# %%
print(posts.posts[["chainage_km", "reached_km"]].head())

# %% [markdown]
# ## What stays open
#
# With 30 posts only. A row is one stretch, pieces that touch joined; longest first is what a
# commander asks for.

# %%
fewer = br.propose_posts(network, line, posts=30, minutes=15, candidates=found.kept)
open_km = br.open_stretches(fewer)
print(open_km.sort_values("km", ascending=False).head())
