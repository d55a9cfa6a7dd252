"""Ways as they stand in OpenStreetMap: what their tags mean, and where their nodes lie."""

from __future__ import annotations

import warnings
from array import array
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from boxreach.crs import Floats
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.sources.osm.access import Way

Integers = npt.NDArray[np.int64]

_ADVICE = "give an extract with its highways and their nodes"


@dataclass
class Tally:
    """What was found, left out and mended, for the reader of the report.

    Examples
    --------
    >>> tally = Tally(found=3, left_out=Counter({"footway": 2}), notes=Counter({"ford": 1}))
    >>> print(tally.tell("porto.osm.pbf"))
    porto.osm.pbf: 3 ways with a highway tag; left out: footway 2; kept, but look: ford 1
    """

    found: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)

    def tell(self, file: str) -> str:
        """Return what there is to say about a file."""
        said = [f"{file}: {self.found:,} ways with a highway tag"]
        kinds = {
            "left out": self.left_out,
            "kept, but look": self.notes,
            "mended": self.mended,
        }
        for kind, counts in kinds.items():
            listed = ", ".join(f"{what} {count:,}" for what, count in _most_first(counts))
            said += [f"{kind}: {listed}"] if listed else []
        return "; ".join(said)

    def warn(self, file: str, *, stacklevel: int) -> None:
        """Say it as a `DataWarning`, if anything was left out, kept in doubt or mended."""
        if +self.left_out or +self.notes or +self.mended:
            warnings.warn(self.tell(file), DataWarning, stacklevel=stacklevel + 1)


def _most_first(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted((+counts).items(), key=lambda one: (-one[1], one[0]))


@dataclass(frozen=True, eq=False)
class Ways:
    """The driven ways of an extract in the order of their ids.

    Attributes
    ----------
    ids
        Of each way.
    meanings
        Of the tags of each way.
    sizes
        How many nodes each way has.
    nodes, lon, lat
        Of all ways, one after the other in the direction of drawing: ids and degrees, NaN where
        the extract does not hold the node.
    blocked
        Nodes that nobody drives through.
    tally
        What else there was.
    """

    ids: Integers
    meanings: list[Way]
    sizes: Integers
    nodes: Integers
    lon: Floats
    lat: Floats
    blocked: Integers
    tally: Tally


class WayList:
    """Ways as they are read, in any order and with any repetition."""

    def __init__(self) -> None:
        self._rows = array("q")
        self._meanings: list[Way | None] = []

    def add(
        self, way_id: int, version: int, meaning: Way | None, size: int, *, visible: bool
    ) -> None:
        """Add a version of a way; one that is no road has no meaning, one not driven no nodes."""
        self._rows.extend((way_id, version, visible, size))
        self._meanings.append(meaning)

    def _columns(self) -> tuple[Integers, Integers, npt.NDArray[np.bool_], Integers]:
        """Return ids, versions, whether visible, and sizes."""
        ids, versions, visible, sizes = np.array(self._rows, dtype=np.int64).reshape(-1, 4).T
        return ids, versions, visible > 0, sizes

    def repeats(self) -> bool:
        """Tell whether a way stands in it twice, or was deleted: then nodes may be so, too."""
        ids, _, visible, _ = self._columns()
        return len(np.unique(ids)) < len(ids) or not visible.all()

    def close(
        self, nodes: Integers, lon: Floats, lat: Floats, blocked: Integers, *, file: str
    ) -> Ways:
        """Return the newest version of each driven way that is not deleted.

        Parameters
        ----------
        nodes, lon, lat
            Of all ways in the order in which they were added.
        blocked
            Nodes that nobody drives through.
        file
            The name for the messages.

        Raises
        ------
        InputError
            If there is no road, or no road that is driven, or not a place of any.
        """
        ids, versions, visible, sizes = self._columns()
        newest = _find_newest(ids, versions, visible)
        tally = Tally(mended=self._count_versions(ids, visible, newest))
        driven = []
        for at in newest.tolist():
            meaning = self._meanings[at]
            if meaning is None:
                continue
            tally.found += 1
            if not meaning.driven:
                tally.left_out[meaning.why] += 1
                continue
            driven.append(at)
            if meaning.notes:
                tally.notes.update(meaning.notes)
        chosen = np.array(driven, dtype=np.int64)
        flat = spread(np.cumsum(sizes)[chosen] - sizes[chosen], sizes[chosen])
        _require_roads(tally, lon[flat], file)
        meanings = [one for at in driven if (one := self._meanings[at]) is not None]
        return Ways(
            ids[chosen], meanings, sizes[chosen], nodes[flat], lon[flat], lat[flat], blocked, tally
        )

    @staticmethod
    def _count_versions(
        ids: Integers, visible: npt.NDArray[np.bool_], newest: Integers
    ) -> Counter[str]:
        deleted = len(np.setdiff1d(ids[~visible], ids[newest]))
        older = len(ids) - len(newest) - deleted
        return Counter({"deleted ways": deleted, "older versions of ways": older})


class NodeList:
    """Nodes as they are read, in any order and with any repetition."""

    def __init__(self) -> None:
        self._ids, self._versions = array("q"), array("q")
        self._visible, self._stops = array("b"), array("b")
        self._lon, self._lat = array("d"), array("d")

    def add(
        self, node: int, version: int, lon: float, lat: float, *, stops: bool, visible: bool
    ) -> None:
        """Add a version of a node in degrees, and whether it stops vehicles."""
        self._ids.append(node)
        self._versions.append(version)
        self._visible.append(visible)
        self._stops.append(stops)
        self._lon.append(lon)
        self._lat.append(lat)

    def find(self, nodes: Integers) -> tuple[Floats, Floats, Integers]:
        """Return where nodes lie in their newest version, and all nodes that stop vehicles."""
        ids = np.array(self._ids, dtype=np.int64)
        visible = np.array(self._visible, dtype=bool)
        newest = _find_newest(ids, np.array(self._versions, dtype=np.int64), visible)
        # The place after the last one is that of all nodes that are not there.
        lon, lat = (np.append(np.array(one)[newest], np.nan) for one in (self._lon, self._lat))
        ids, stops = ids[newest], np.array(self._stops, dtype=bool)[newest]
        at = np.searchsorted(ids, nodes)
        at[np.append(ids, -1)[at] != nodes] = len(ids)
        return *on_earth(lon[at], lat[at]), ids[stops]


def _find_newest(ids: Integers, versions: Integers, visible: npt.NDArray[np.bool_]) -> Integers:
    """Return where the newest version of each object stands, by id; deleted ones are left out.

    Of the same version twice, the later one counts.

    Examples
    --------
    >>> _find_newest(np.array([7, 7, 3, 9]), np.array([2, 1, 1, 1]), np.array([1, 1, 1, 0]) > 0)
    array([2, 0])
    """
    order = np.lexsort((versions, ids))
    last = np.ones(len(ids), dtype=bool)
    last[:-1] = ids[order][1:] != ids[order][:-1]
    newest = order[last]
    alive: Integers = newest[visible[newest]]
    return alive


def spread(starts: Integers, sizes: Integers) -> Integers:
    """Return all positions of runs, one run after the other.

    Examples
    --------
    >>> spread(np.array([10, 2]), np.array([3, 2]))
    array([10, 11, 12,  2,  3])
    """
    before = np.cumsum(sizes) - sizes
    positions: Integers = np.arange(sizes.sum()) + np.repeat(starts - before, sizes)
    return positions


def _require_roads(tally: Tally, lon: Floats, file: str) -> None:
    if not tally.found:
        what = "there is no road in it (no way has a highway tag)"
        raise InputError(Fault(what, file, advice=_ADVICE))
    if not tally.found - tally.left_out.total():
        what = f"no road in it is driven ({tally.tell(file).partition(': ')[2]})"
        raise InputError(Fault(what, file, advice=_ADVICE))
    if np.isnan(lon).all():
        what = "it does not hold the nodes of its roads, so nothing says where they lie"
        raise InputError(Fault(what, file, advice=_ADVICE))


def on_earth(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return places in degrees, NaN where they are none on earth."""
    there = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    return np.where(there, lon, np.nan), np.where(there, lat, np.nan)
