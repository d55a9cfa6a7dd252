"""Tables of sums by area, added up again from the rows that a run kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.tables import NAMES
from boxreach.text import quote_formula
from boxreach.verification.evidence import NEVER, Evidence
from boxreach.verification.files import read_layer, read_table
from boxreach.verification.ledger import Ledger, to_numbers
from boxreach.verification.tables import MS_PER_MINUTE, Kept, compare_columns

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Row = dict[str, float]

TOTAL = "total"
LEVELS = {"areas": "governorate", "districts": "district", "subdistricts": "subdistrict"}
_OF_PEOPLE = ("people", "people_covered", "people_uncovered", "places_unknown_people")
_WORDS = ("worst_five", *NAMES[1:], "labels")
_CLASSES = 5


@dataclass(frozen=True, eq=False)
class Counter:
    """Counts rows of a run by area, which is called as files write it.

    Attributes
    ----------
    evidence
        What the run kept.
    column
        The level: ``governorate`` and so on.
    """

    evidence: Evidence
    column: str

    @property
    def counted(self) -> Kept:
        """The table on which people are counted."""
        return Kept(self.evidence, str(self.evidence.facts["people_on"]))

    def members(self, name: str, area: str) -> Flags:
        """Tell which rows of a table lie in an area."""
        if area == TOTAL:
            return np.ones(len(self.evidence.texts[name]), dtype=bool)
        codes = self.evidence.arrays.get(f"{name}.{self.column}")
        words = self._names(f"{name}.{self.column}.words")
        if codes is None or area not in words:
            return np.zeros(len(self.evidence.texts[name]), dtype=bool)
        return np.asarray(codes == words.index(area))

    def areas(self, *names: str) -> set[str]:
        """Return the areas in which rows of tables lie, and the total."""
        found = {TOTAL}
        for name in names:
            codes = self.evidence.arrays.get(f"{name}.{self.column}", np.empty(0, int))
            words = self._names(f"{name}.{self.column}.words")
            found |= {words[code] for code in np.unique(codes)}
        return found

    def level(self) -> set[str]:
        """Return all areas of the level, those too in which nothing lies."""
        return {*self._names(f"level.{self.column}")}

    def _names(self, kept_as: str) -> list[str]:
        return [quote_formula(one) for one in self.evidence.texts.get(kept_as, [])]

    def row(self, area: str, minutes: float) -> Row:
        """Return what is counted in an area within so many minutes."""
        inside = self.members("communities", area)
        row = self._places(inside, minutes, area)
        people = self._people(self.members(self.counted.name, area), minutes, area)
        return row | people | self._boxes(area, people)

    def _places(self, inside: Flags, minutes: float, area: str) -> Row:
        communities = Kept(self.evidence, "communities")
        within = communities.within(minutes) & inside
        row: Row = {"places": inside.sum(), "places_covered": within.sum(),
                    "places_uncovered": inside.sum() - within.sum()}  # fmt: skip
        marked = communities.column("must_reach")
        if marked is not None:
            row |= {"must_reach": (marked & inside).sum(),
                    "must_reach_covered": (marked & within).sum()}  # fmt: skip
        for layer in self.evidence.facts["layers"]:
            known = communities.column(f"layer.{layer}")
            if known is not None:
                row |= _shared(layer, known, inside, within)
                if area != TOTAL and inside.any() and np.isnan(known[inside]).all():
                    row |= dict.fromkeys([layer, f"{layer}_covered", f"{layer}_uncovered"], np.nan)
        return row

    def _people(self, inside: Flags, minutes: float, area: str) -> Row:
        kept = self.counted
        within = kept.within(minutes) & inside
        row = _shared("people", kept.amounts, inside, within)
        row["share_covered"] = row.pop("share_people_covered")
        weights = np.where(inside, kept.weights, 0.0)
        backup = kept.column("backup_ms")
        two = np.nan
        if backup is not None:
            limit = round(minutes * MS_PER_MINUTE)
            two = float(weights[(backup != NEVER) & (backup <= limit)].sum())
        whole = float(weights.sum())
        row |= {"people_two_boxes": two, "share_two_boxes": two / whole if whole > 0 else np.nan}
        row |= spread(kept.ms[inside], kept.weights[inside])
        unknown = int(row["places_unknown_people"])
        if unknown and unknown == inside.sum() and area != TOTAL:
            row |= {name: np.nan for name in row if name.startswith("people")}
        return row

    def _boxes(self, area: str, people: Row) -> Row:
        types = self.evidence.facts["box_types"]
        inside = self.members("boxes", area)
        codes = self.evidence.arrays.get("boxes.box_type", np.zeros(len(inside), int))
        words = self.evidence.texts.get("boxes.box_type.words", [""])
        named = {one["name"]: one for one in types}
        standing = [named.get(words[code].strip(), types[0]) for code in codes[inside]]
        row: Row = {"boxes": len(standing)}
        for column in ("vehicles", "officers", "cost_usd"):
            said = [one[column] for one in standing]
            row[column] = np.nan if None in said else float(sum(said))
        for column, one in (("boxes", "box"), ("vehicles", "vehicle"), ("officers", "officer")):
            count = row[column]
            row[f"people_per_{one}"] = people["people"] / count if count > 0 else np.nan
        return row


def _shared(name: str, amounts: Floats, inside: Flags, within: Flags) -> Row:
    """Return the whole of some amounts, what is covered of it, the rest, and the share."""
    known = np.nan_to_num(amounts)
    whole, covered = float(known[inside].sum()), float(known[within].sum())
    row: Row = {
        f"places_unknown_{name}": np.isnan(amounts[inside]).sum(),
        name: whole, f"{name}_covered": covered,
        f"{name}_uncovered": float(known[inside & ~within].sum()),
        f"share_{name}_covered": covered / whole if whole > 0 else np.nan,
    }  # fmt: skip
    return row


def spread(ms: npt.NDArray[np.int64], weights: Floats) -> Row:
    """Return mean, median, ninth decile and Gini coefficient of minutes, and who has no way.

    Examples
    --------
    >>> row = spread(np.array([60_000, 180_000]), np.array([1.0, 1.0]))
    >>> float(row["mean_minutes"]), float(row["gini_minutes"])
    (2.0, 0.25)
    """
    order = np.argsort(ms, kind="stable")
    ms, weights = ms[order], weights[order]
    way = ms != NEVER
    minutes, moved, whole = ms[way] / MS_PER_MINUTE, weights[way], float(weights.sum())
    with_way = float(moved.sum())
    row: Row = {"people_without_way": float(weights[~way].sum())}
    mean = float((minutes * moved).sum() / with_way) if with_way > 0 else np.nan
    up_to = np.cumsum(moved)
    for name, share in (("median_minutes", 0.5), ("p90_minutes", 0.9)):
        at = int(np.searchsorted(up_to, share * whole * (1 - 1e-14)))
        row[name] = float(minutes[at]) if whole > 0 and at < len(minutes) else np.nan
    gini = np.nan
    if with_way > 0:
        below = up_to[:-1] / with_way
        gini = float((below * (1 - below) * np.diff(minutes)).sum() / mean) if mean > 0 else 0.0
    return row | {"mean_minutes": mean, "gini_minutes": gini}


def check_sums(folder: Path, evidence: Evidence, ledger: Ledger) -> None:
    """Add up every table of areas, curves, classes of density and further demand again."""
    for name, column in LEVELS.items():
        table = read_table(folder / f"{name}.csv", ledger, [column, "threshold_minutes"])
        if table is not None:
            counter = Counter(evidence, column)
            _check_areas(f"{name}.csv", table, counter, ledger)
            if name == "areas":
                _check_drawn(folder / "areas.geojson", table, ledger)
    counter = Counter(evidence, "governorate")
    for file, check, needs in (
        ("curves.csv", _check_curves, ["governorate", "minutes"]),
        ("worst_places.csv", _check_worst, ["area", "id"]),
        ("density.csv", _check_density, ["quintile", "threshold_minutes"]),
        ("demand_areas.csv", _check_demand_areas, ["layer", "area", "threshold_minutes"]),
    ):
        table = read_table(folder / file, ledger, needs)
        if table is not None:
            check(file, table, counter, ledger)


def _area_keys(table: pd.DataFrame, column: str) -> list[str]:
    """Return the id of the area of each row, the total's being ``total``."""
    names = table[column].tolist()
    if "area_id" not in table:
        return names
    ids = table["area_id"].tolist()
    return [
        TOTAL if name == TOTAL and not one else one for name, one in zip(names, ids, strict=True)
    ]


def _check_areas(file: str, table: pd.DataFrame, counter: Counter, ledger: Ledger) -> None:
    evidence, column = counter.evidence, counter.column
    limits = [float(one) for one in evidence.facts["minutes"]]
    areas = counter.areas("communities", counter.counted.name, "boxes") | counter.level()
    keys = _area_keys(table, column)
    said = [
        f"{one} at {_short(limit)}"
        for one, limit in zip(keys, table["threshold_minutes"], strict=True)
    ]
    wanted = {f"{one} at {limit:g}": (one, limit) for limit in limits for one in areas}
    if not ledger.same_rows(file, sorted(said), sorted(wanted)):
        return
    rows = pd.DataFrame([counter.row(*wanted[one]) for one in said])
    numbers = {str(name): rows[name].to_numpy(dtype=float) for name in rows}
    if counter.counted.column("amount") is None:
        numbers = {name: one for name, one in numbers.items() if name not in _OF_PEOPLE}
    compare_columns(file, table, said, numbers, {}, ledger)


def _check_drawn(path: Path, table: pd.DataFrame, ledger: Ledger) -> None:
    """Compare the areas as they are drawn, a row an area, with their table."""
    drawn = read_layer(path, ledger)
    if drawn is None or "area_id" not in table:
        return
    rows = drawn["area_id"].tolist()
    for limit, one in table[table["area_id"] != ""].groupby("threshold_minutes"):
        by_id = one.set_index("area_id")
        if not ledger.same_rows(path.name, sorted(rows), sorted(by_id.index)):
            return
        by_row = by_id.reindex(rows)
        for name in map(str, by_id.columns.drop([*_WORDS], errors="ignore")):
            expected = to_numbers(by_row[name])
            for column in (name, f"{name}_{_short(str(limit))}"):
                if column in drawn:
                    ledger.numbers(path.name, column, rows, drawn[column].to_numpy(), expected)


def _check_curves(file: str, table: pd.DataFrame, counter: Counter, ledger: Ledger) -> None:
    kept, keys = counter.counted, _area_keys(table, counter.column)
    up_to = float(max(counter.evidence.facts["minutes"]))
    steps = [*np.arange(int(up_to) + 1).astype(float), *([up_to] if up_to % 1 else [])]
    said = [f"{one} at {float(step):g}" for one, step in zip(keys, table["minutes"], strict=True)]
    wanted = {
        f"{one} at {step:g}": (one, step) for one in counter.areas(kept.name) for step in steps
    }
    if not ledger.same_rows(file, sorted(said), sorted(wanted)):
        return
    inside = {one: np.where(counter.members(kept.name, one), kept.weights, 0) for one in {*keys}}
    covered = np.array([inside[wanted[one][0]][kept.within(wanted[one][1])].sum() for one in said])
    whole = np.array([inside[one].sum() for one in keys])
    share = np.divide(covered, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    compare_columns(
        file, table, said, {"people_covered": covered, "share_covered": share}, {}, ledger
    )


def _check_worst(file: str, table: pd.DataFrame, counter: Counter, ledger: Ledger) -> None:
    """Compare the communities with the longest way: those without one first, then by people."""
    kept, keys = Kept(counter.evidence, "communities"), _area_keys(table, "area")
    far = np.where(kept.ms == NEVER, np.inf, kept.ms)
    many = np.where(np.isnan(kept.amounts), -1, kept.amounts)
    ids = np.array(counter.evidence.texts["communities"], dtype=object)
    order = np.array(sorted(range(len(far)), key=lambda at: (-far[at], -many[at], ids[at])), int)
    expected: list[str] = []
    rows: list[int] = []
    ranks: list[int] = []
    for area in dict.fromkeys(keys):
        members = counter.members("communities", area)
        worst = order[members[order]][:_CLASSES]
        expected += [f"{area} {kept.ids[one]}" for one in worst]
        rows += worst.tolist()
        ranks += range(1, len(worst) + 1)
    found = [f"{area} {one}" for area, one in zip(keys, table["id"], strict=True)]
    if ledger.same_rows(file, found, expected):
        numbers = {"rank": ranks, "people": kept.amounts[rows],
                   "minutes": kept.minutes("ms")[rows]}  # fmt: skip
        compare_columns(file, table, expected, numbers, {}, ledger)


def _check_density(file: str, table: pd.DataFrame, counter: Counter, ledger: Ledger) -> None:
    kept = counter.counted
    area = kept.column("area_km2")
    if area is None:
        return
    rows = np.flatnonzero((area > 0) & np.isfinite(area) & (kept.weights > 0))
    density = kept.weights[rows] / area[rows]
    _, same = np.unique(density, return_inverse=True)
    people = np.bincount(same, kept.weights[rows])
    middle = np.cumsum(people) - people / 2
    classes = np.minimum((middle * _CLASSES / people.sum()).astype(int), _CLASSES - 1)[same]
    expected = [
        _class_row(kept, rows[classes == one], density[classes == one], float(limit))
        for limit in counter.evidence.facts["minutes"]
        for one in range(_CLASSES)
    ]
    keys = [f"{one} at {limit}" for one, limit in
            zip(table["quintile"], table["threshold_minutes"], strict=True)]  # fmt: skip
    if len(keys) != len(expected):
        ledger.say(file, "", "", f"{len(keys)} rows", f"{len(expected)} rows")
        return
    plain = pd.DataFrame(expected)
    numbers = {str(name): plain[name].to_numpy(float) for name in plain}
    compare_columns(file, table, keys, numbers, {}, ledger)


def _class_row(kept: Kept, rows: npt.NDArray[Any], density: Floats, limit: float) -> Row:
    weights, within = kept.weights[rows], kept.within(limit)[rows]
    whole = float(weights.sum())
    return {
        "density_from": density.min(initial=np.inf) if len(rows) else np.nan,
        "density_to": density.max(initial=-np.inf) if len(rows) else np.nan,
        "people": whole,
        "people_covered": float(weights[within].sum()),
        "share_covered": float(weights[within].sum()) / whole if whole > 0 else np.nan,
        "mean_minutes": spread(kept.ms[rows], weights)["mean_minutes"],
    }


def _check_demand_areas(file: str, table: pd.DataFrame, counter: Counter, ledger: Ledger) -> None:
    keys = _area_keys(table, "area")
    layers = {quote_formula(name): name for name in counter.evidence.facts["demand"]}
    said, expected = [], []
    for layer, area, limit in zip(table["layer"], keys, table["threshold_minutes"], strict=True):
        kept = Kept(counter.evidence, f"demand.{layers[layer]}")
        inside = counter.members(kept.name, area)
        weights = np.where(inside, kept.weights, 0.0)
        covered = float(weights[kept.within(float(limit))].sum())
        whole = float(weights.sum())
        said.append(f"{layer} {area} at {limit}")
        expected.append({"total": whole, "covered": covered, "uncovered": whole - covered,
                         "share": covered / whole if whole > 0 else np.nan})  # fmt: skip
    plain = pd.DataFrame(expected)
    numbers = {str(name): plain[name].to_numpy(float) for name in plain}
    compare_columns(file, table, said, numbers, {}, ledger)


def _short(text: str) -> str:
    return f"{float(text):g}"
