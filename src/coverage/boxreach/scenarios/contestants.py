"""The sites that plans are of, whom they serve, and how many people these are in each layer."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.arguments import id_faults, kind_of, shown
from boxreach.crs import WGS84, Floats
from boxreach.errors import DataWarning, Fault, InputError
from boxreach.routing import TravelTimes
from boxreach.routing.times import places_of

Integers = npt.NDArray[np.int64]
Populations = Mapping[str, "str | pd.Series[float] | pd.DataFrame"]

_SAME_DEGREES = 1e-7


@dataclass(frozen=True, eq=False)
class Contestants:
    """All sites of plans and candidates, each once, by id.

    Attributes
    ----------
    sites
        Their table: name and geometry.
    plans
        Positions of the sites of each plan.
    fixed
        Positions of the sites that every choice has.
    has_candidates
        Whether others may be chosen than plans have.
    """

    sites: gpd.GeoDataFrame
    plans: dict[str, Integers]
    fixed: Integers
    has_candidates: bool

    @classmethod
    def of(
        cls,
        plans: Mapping[str, TravelTimes],
        candidates: TravelTimes | None,
        fixed: Sequence[str],
    ) -> Contestants:
        """Return the sites of plans and candidates.

        Raises
        ------
        InputError
            If an id stands for two places, or a fixed site is not in each plan or no list.
        """
        if isinstance(fixed, str):
            raise InputError(
                Fault(f"fixed is {shown(fixed)}", advice="give a list of ids of sites")
            )
        named = {f"plan {name!r}": times.sites for name, times in plans.items()}
        if candidates is not None:
            named["candidates"] = candidates.sites
        if faults := id_faults("fixed", fixed, "ids of sites"):
            raise InputError(*faults)
        sites = _join(named)
        ids = pd.Index(sites.index.astype(str))
        faults = [
            Fault(f"the fixed site {str(one)!r} is not in it", file=f"plan {name!r}",
                  advice="fix sites that every plan has")
            for name, times in plans.items()
            for one in fixed
            if str(one) not in set(times.sites.index.astype(str))
        ]  # fmt: skip
        if faults:
            raise InputError(*faults)
        positions = {
            name: np.sort(ids.get_indexer(times.sites.index.astype(str))).astype(np.int64)
            for name, times in plans.items()
        }
        kept = np.sort(ids.get_indexer([*map(str, fixed)])).astype(np.int64)
        return cls(sites, positions, kept, candidates is not None)


def _join(named: Mapping[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return the rows of tables by id, each id once."""
    parts, owner = [], []
    for name, table in named.items():
        known = {one: table[one].to_numpy() for one in ("name",) if one in table}
        ids = table.index.astype(str)
        parts.append(
            gpd.GeoDataFrame(known, index=ids, geometry=table.geometry.to_numpy(), crs=WGS84)
        )
        owner += [name] * len(table)
    every = gpd.GeoDataFrame(pd.concat(parts), crs=WGS84).rename_axis("site_id")
    place = np.column_stack(places_of(every)) if len(every) else np.empty((0, 2))
    first: dict[str, int] = {}
    faults = []
    for at, one in enumerate(every.index):
        before = first.setdefault(one, at)
        if np.abs(place[at] - place[before]).max() > _SAME_DEGREES:
            what = f"site {one!r} lies elsewhere than in {owner[before]}"
            faults.append(Fault(what, file=owner[at], advice="give each place an id of its own"))
    if faults:
        raise InputError(*faults)
    return every[~every.index.duplicated()].sort_index(kind="stable")


def weights_of(
    demand: gpd.GeoDataFrame, column: str, populations: Populations
) -> tuple[Floats, dict[str, Floats]]:
    """Return the people of each demand row as usual, and by layer.

    What is unknown weighs nothing, and is said in a `DataWarning`. Without the column, the first
    layer is the usual one.

    Raises
    ------
    InputError
        If a layer has no number of people that will do for each row.
    """
    layers, faults = {}, []
    if not isinstance(column, str):
        advice = "give the name of a column of the demand"
        raise InputError(Fault(f"weight is {shown(column)}", advice=advice))
    given = {"": column, **populations} if column in demand or not populations else populations
    for name, layer in given.items():
        what = f"populations {name!r}" if name else "demand"
        read = _read_layer(demand, layer, column, what)
        if isinstance(read, Fault):
            faults.append(read)
        else:
            layers[name] = read
    if faults:
        raise InputError(*faults)
    for name, weights in layers.items():
        if unknown := int(np.isnan(weights).sum()):
            said = f" in the layer {name}" if name else ""
            message = f"{unknown} of {len(weights)} demand rows have unknown {column}{said}"
            warnings.warn(f"{message}; they count for nothing", DataWarning, stacklevel=3)
        layers[name] = np.nan_to_num(weights)
    usual = layers.pop("", None)
    return next(iter(layers.values())) if usual is None else usual, layers


def _read_layer(demand: gpd.GeoDataFrame, layer: object, column: str, what: str) -> Floats | Fault:
    series = _find_layer(demand, layer, column, what)
    if isinstance(series, Fault):
        return series
    if not pd.api.types.is_numeric_dtype(series):
        return Fault("it holds no numbers", what, column=column, advice="give people as numbers")
    weights = np.asarray(series.to_numpy(dtype=float, na_value=np.nan), dtype=np.float64)
    if (np.isinf(weights) | (weights < 0)).any():
        return Fault("a number is below 0 or infinite", what, column=column, advice="correct it")
    return weights


def _find_layer(
    demand: gpd.GeoDataFrame, layer: object, column: str, what: str
) -> pd.Series[float] | Fault:
    """Return a layer as a column in the order of demand."""
    if isinstance(layer, str):
        if layer in demand:
            return pd.Series(demand[layer])
        return Fault("the column is missing", what, column=layer, advice="name one of demand")
    if isinstance(layer, pd.DataFrame):
        if column not in layer:
            return Fault("the column is missing", what, column=column, advice="give people")
        layer = layer[column]
    if not isinstance(layer, pd.Series):
        advice = "name a column of demand, or give people by the ids of demand"
        return Fault(f"it is {kind_of(layer)}", what, advice=advice)
    if layer.index.has_duplicates or not demand.index.isin(layer.index).all():
        return Fault("it has not one row for each of demand", what, advice="give all, once")
    return pd.Series(layer.reindex(demand.index))
