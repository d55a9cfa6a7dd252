"""The versions of all that an answer comes from, for the record of a run."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pyogrio
import pyproj
import rasterio
import shapely

_LIBRARIES = (
    "branca", "contourpy", "folium", "geopandas", "highspy", "jinja2", "llvmlite", "mgrs",
    "networkx", "numba", "numpy", "osmium", "osmnx", "pandas", "pydantic", "pyogrio", "pyproj",
    "rasterio", "scipy", "shapely",
)  # fmt: skip
_OPTIONAL = ("h3", "pyarrow")
"""They read some inputs, where they are installed."""


def list_versions() -> dict[str, str]:
    """Return the version of every library that reads, computes or draws, by its name.

    What pyogrio, rasterio, pyproj and shapely bring along is named too: it reads layers and grids,
    projects and intersects.

    Examples
    --------
    >>> {"numpy", "GEOS (shapely)", "GDAL (pyogrio)"} <= list_versions().keys()
    True
    """
    return {
        **{name: version(name) for name in _LIBRARIES},
        **{name: known for name in _OPTIONAL if (known := _installed(name))},
        "GDAL (pyogrio)": ".".join(map(str, pyogrio.__gdal_version__)),
        "GDAL (rasterio)": rasterio.__gdal_version__,
        "GEOS (shapely)": shapely.geos_version_string,
        "PROJ (pyproj)": pyproj.proj_version_str,
    }


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
