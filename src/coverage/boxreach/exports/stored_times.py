"""Travel times on disk: a folder of Parquet files, written while they are found, and read back.

``pairs/part-*.parquet`` hold the times of some sites each: ``site`` and ``demand``, positions in
``sites.parquet`` and ``demand.parquet``, and ``ms``. Which sites are a part depends on the roads
alone, so that the files are the same whoever searched.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, fields
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj.exceptions import ProjError
from scipy.sparse import csr_array

from boxreach.arguments import id_faults, require_kind, require_path
from boxreach.errors import Fault, InputError
from boxreach.exports.folders import Contents, output_folder
from boxreach.network import RoadNetwork
from boxreach.routing import Direction, Progress, TravelTimes
from boxreach.routing.merging import Merging
from boxreach.routing.search import Part, join_parts
from boxreach.routing.searching import Search
from boxreach.routing.terms import Terms
from boxreach.routing.times import compute_times, order_by_id
from boxreach.sources.parquet import require_plain_crs
from boxreach.workers import Client

_FORMAT = 1
_ABOUT, _SITES, _DEMAND, _NEAREST = (
    "times.json", "sites.parquet", "demand.parquet", "nearest.parquet",
)  # fmt: skip
_PART = "pairs/part-{:05d}.parquet"
_CONTENTS = Contents(
    "list of travel times",
    "name a new or empty folder",
    frozenset({_ABOUT, _SITES, _DEMAND, _NEAREST, "pairs/part-*.parquet"}),
)
_SITES_A_PART = 256
_MS_PER_MINUTE = 60_000
_OF_DEMAND = ("nearest_site", "nearest_ms", "lifted_ms", "off_road_m", "off_road_ms")
_ADVICE = "give a folder that write_travel_times wrote, or write it again"


def write_travel_times(
    path: str | Path,
    network: RoadNetwork,
    sites: gpd.GeoDataFrame,
    demand: gpd.GeoDataFrame,
    *,
    cutoff: float = 60.0,
    mobilise_minutes: float = 0.0,
    direction: Direction = "site_to_demand",
    merge_minutes: float = 0.0,
    progress: Progress | None = None,
    client: Client | None = None,
) -> Path:
    """Compute travel times and write them to a folder while they are found.

    No more of them is in memory than what is under way, so there may be more than fit into it.

    Parameters
    ----------
    path
        The folder. It is there when all is written, and not before; what this wrote there earlier
        is replaced.
    network, sites, demand, cutoff, mobilise_minutes, direction, merge_minutes, progress, client
        As in `boxreach.travel_times`.

    Returns
    -------
    pathlib.Path
        The folder, for `read_travel_times` and `read_times_table`, or any program that reads
        Parquet. Its bytes are the same whoever searched.

    Raises
    ------
    InputError
        As `boxreach.travel_times` does; if pyarrow is not installed; if the folder holds what this
        did not write; or if it cannot be written.
    """
    path = require_path(path)
    _require_pyarrow(path)
    with ExitStack() as stack:
        with _writing(path):
            folder = stack.enter_context(output_folder(path, _CONTENTS))
        (folder / _PART).parent.mkdir()
        writer = _Writer(folder, sites, progress, client)
        terms = Terms(cutoff, mobilise_minutes, direction, merge_minutes)
        times = compute_times(network, sites, demand, terms, writer.find, progress, client)
        nearest = pd.DataFrame({name: getattr(times, name) for name in _OF_DEMAND})
        about = {
            "format": _FORMAT,
            "parts": writer.parts,
            "network": _hash_network(network),
            "cutoff_minutes": times.cutoff_minutes,
            "mobilise_minutes": times.mobilise_minutes,
            "direction": times.direction,
            "merging": asdict(times.merging),
        }
        with _writing(path):
            times.sites.to_parquet(folder / _SITES)
            times.demand.to_parquet(folder / _DEMAND)
            nearest.to_parquet(folder / _NEAREST)
            (folder / _ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return path


class _Writer:
    """Writes each piece of the times as it comes."""

    def __init__(
        self, folder: Path, sites: gpd.GeoDataFrame, progress: Progress | None,
        client: Client | None,
    ) -> None:  # fmt: skip
        self.folder, self.sites, self.progress, self.client = folder, sites, progress, client
        self.parts = self.done = 0

    def find(self, search: Search) -> csr_array:
        """Search, and return a matrix that holds nothing: all is on the disk."""
        self.by_id = order_by_id(self.sites)
        search.stream(_SITES_A_PART, partial(self.write, search), self.client)
        return csr_array((len(self.sites), len(search.groups.group)), dtype=np.int64)

    def write(self, search: Search, at: int, part: Part) -> None:
        """Write one piece."""
        import pyarrow as pa  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415

        sites, ms = search.spread(part)
        table = pa.table(
            {
                "site": np.repeat(self.by_id[sites], np.diff(ms.indptr)).astype(np.int32),
                "demand": ms.indices.astype(np.int32),
                "ms": ms.data.astype(np.int32),
            }
        )
        with _writing(self.folder.parent):
            parquet.write_table(table, self.folder / _PART.format(at), compression="zstd")
        self.parts, self.done = max(self.parts, at + 1), self.done + len(sites)
        if self.progress is not None:
            self.progress("travel times", self.done, len(self.sites))


def read_travel_times(path: str | Path, network: RoadNetwork) -> TravelTimes:
    """Read travel times that `write_travel_times` wrote, as `boxreach.travel_times` returns them.

    Parameters
    ----------
    path
        The folder.
    network
        The network on which they were computed.

    Returns
    -------
    TravelTimes
        As if they had been computed here.

    Raises
    ------
    InputError
        If it is no such folder, a file is missing or damaged, or the network is another.
    """
    path = require_path(path)
    require_kind(network, RoadNetwork, "network", "give what build_network returned")
    about = _read_about(path)
    if about["network"] != _hash_network(network):
        advice = "give the network that they were computed on"
        raise InputError(Fault("the times are of another network", str(path), advice=advice))
    with _told(path):
        sites, demand = _read_places(path / _SITES), _read_places(path / _DEMAND)
        nearest = pd.read_parquet(path / _NEAREST)
        parts = [_read_part(path / _PART.format(at)) for at in range(about["parts"])]
        _require_places(parts, len(sites), len(demand))
        of_demand: dict[str, Any] = {name: nearest[name].to_numpy() for name in _OF_DEMAND}
        return TravelTimes(
            sites=sites,
            demand=demand,
            ms=join_parts(parts, (len(sites), len(demand))),
            **of_demand,
            cutoff_minutes=about["cutoff_minutes"],
            mobilise_minutes=about["mobilise_minutes"],
            direction=about["direction"],
            merging=Merging(**about["merging"]),
            network=network,
        )


def _read_places(path: Path) -> gpd.GeoDataFrame:
    from pyarrow.parquet import read_metadata  # noqa: PLC0415 - it is an extra

    require_plain_crs(read_metadata(path).metadata, path.name)
    return gpd.read_parquet(path)


def read_times_table(path: str | Path, *, sites: Sequence[object] | None = None) -> pd.DataFrame:
    """Read travel times that `write_travel_times` wrote as a table, a row for each pair.

    Parameters
    ----------
    path
        The folder.
    sites
        Ids of the sites that are wanted; all if not given.

    Returns
    -------
    pandas.DataFrame
        ``site_id``, the id of the demand, called as its index is (``demand_id`` without a name),
        and ``minutes``; by site and demand in the order of their tables.

    Raises
    ------
    InputError
        If it is no such folder, a file is missing or damaged, or a site is not in it.
    """
    path = require_path(path)
    about = _read_about(path)
    with _told(path):
        site_ids = _read_places(path / _SITES).index
        demand_ids = _read_places(path / _DEMAND).index
        wanted = None if sites is None else _find_sites(sites, site_ids)
        files = [path / _PART.format(at) for at in range(about["parts"])]
        filters = None if wanted is None else [("site", "in", wanted)]
        parts = [pd.read_parquet(one, filters=filters) for one in files]
    pairs = pd.concat([pd.DataFrame({"site": [], "demand": [], "ms": []}, dtype=np.int32), *parts])
    pairs = pairs.sort_values(["site", "demand"])
    return pd.DataFrame(
        {
            "site_id": site_ids.to_numpy()[pairs["site"]],
            str(demand_ids.name or "demand_id"): demand_ids.to_numpy()[pairs["demand"]],
            "minutes": pairs["ms"].to_numpy() / _MS_PER_MINUTE,
        }
    )


def _find_sites(sites: Sequence[object], known: pd.Index[Any]) -> list[int]:
    if faults := id_faults("sites", sites, "ids of sites"):
        raise InputError(*faults)
    places = known.astype(str).get_indexer(pd.Index([*map(str, sites)]))
    missing = [one for one, place in zip(sites, places, strict=True) if place < 0]
    if missing:
        raise InputError(*(Fault(f"there is no site {str(one)!r}", _SITES) for one in missing))
    return [*map(int, places)]


def _read_part(file: Path) -> Part:
    from pyarrow import parquet  # noqa: PLC0415 - an extra

    table = parquet.read_table(file)
    site, demand, ms = (table[name].to_numpy() for name in ("site", "demand", "ms"))
    begins = np.flatnonzero(np.append(True, site[1:] != site[:-1])[: len(site)])
    pairs = np.diff(np.append(begins, len(site)))
    return site[begins].astype(np.int64), pairs, demand, ms


def _require_places(parts: Sequence[Part], sites: int, demand: int) -> None:
    """Raise `ValueError` if a part names what is not there, or a site that another has too."""
    named = np.concatenate([np.empty(0, np.int64), *(one[0] for one in parts)])
    if len(np.unique(named)) < len(named) or (named < 0).any() or (named >= sites).any():
        raise ValueError("sites stand twice, or are none")
    for _, _, found, ms in parts:
        if len(found) and not (found.min() >= 0 and found.max() < demand and ms.min() >= 0):
            raise ValueError("demand is none, or no time")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tell in words that a folder cannot be written to, or its disk is full."""
    try:
        yield
    except OSError as error:
        what = f"it cannot be written ({error.strerror or error})"
        advice = "name a new folder where there is room and you may write"
        raise InputError(Fault(what, str(path), advice=advice)) from error


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Tell in words what is wrong with files that were not written so."""
    try:
        yield
    except InputError:
        raise
    except (OSError, ValueError, LookupError, TypeError, ProjError) as error:  # and of pyarrow
        what = f"a file in it is missing or damaged ({str(error).splitlines()[0][:200]})"
        raise InputError(Fault(what, str(path), advice=_ADVICE)) from error


def _read_about(path: Path) -> dict[str, Any]:
    _require_pyarrow(path)
    try:
        about = json.loads((path / _ABOUT).read_text(encoding="utf-8"))
        if about["format"] == _FORMAT and isinstance(about["parts"], int):
            return dict(about)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise InputError(Fault("it holds no travel times", str(path), advice=_ADVICE))


def _require_pyarrow(path: Path) -> None:
    if find_spec("pyarrow") is None:
        advice = "pip install 'boxreach[parquet]'"
        raise InputError(Fault("pyarrow is not installed", str(path), advice=advice))


def _hash_network(network: RoadNetwork) -> str:
    """Return a hash of where the edges of a network run and how long they take."""
    whole = hashlib.sha256(json.dumps(network.parameters, sort_keys=True, default=str).encode())
    for field in fields(network.edges):
        array: npt.NDArray[Any] = np.ascontiguousarray(getattr(network.edges, field.name))
        whole.update(array.tobytes())
    return whole.hexdigest()
