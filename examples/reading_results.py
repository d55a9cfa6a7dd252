# %% [markdown]
# # Reading results in QGIS and Excel
#
# A report is also written as GeoPackage, Excel, CSV, KML and more: `boxreach report out -o report
# --formats all`, or `write_report(formats=...)`. Here a small one is written and read back: what
# you see is what QGIS lists under the GeoPackage, and Excel as sheets.
#
# **The data** are those of `boxreach demo`: positions illustrative, roads schematic, people
# modelled. The files say so too: keep that with the figures.

# %%
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio

import boxreach as br

demo = br.load_demo()
network = br.build_network(demo.roads, off_road_km=10, off_road_kmh=20)
times = br.travel_times(network, demo.boxes, demo.communities, cutoff=60)
reach = br.reach(times, minutes=30)
candidates = br.candidate_sites(network, demo.communities, kinds=["communities"])
options = br.travel_times(network, candidates, demo.communities, cutoff=30)
plan = br.propose(options, br.MaxCover(sites=5, minutes=30), existing=times)

# %%
written = br.write_report(
    "results", reach, plan, boxes=demo.boxes, formats=["gpkg", "xlsx"], languages=["en"],
    run={"labels": demo.notes},
)  # fmt: skip
for path in written:
    print(path.name)

# %% [markdown]
# ## QGIS
#
# Drag the `.gpkg` into QGIS, or *Layer › Add Layer › Add Vector Layer*. All layers are in
# EPSG:4326; minutes are minutes, people are people, and each layer has the id of its rows.

# %%
package = next(Path("results").glob("**/*.gpkg"))
for name, shape in pyogrio.list_layers(package):
    print(name, "(a table)" if shape is None else f"({shape})")
    print("   ", ", ".join(pyogrio.read_info(package, layer=name)["fields"]))

# %%
first = pyogrio.list_layers(package)[0][0]
layer = gpd.read_file(package, layer=first)
print(layer.crs, len(layer))
print(layer.drop(columns="geometry").head(3))

# %% [markdown]
# ## Excel
#
# One workbook a language, one sheet a table. Cells are numbers, not texts, so they add up.

# %%
book = openpyxl.load_workbook(next(Path("results").glob("**/*.xlsx")), read_only=True)
for sheet in book.worksheets:
    print(sheet.title, "|", sheet.max_row, "rows")
book.close()
