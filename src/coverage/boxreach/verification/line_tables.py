"""Tables of the frontier added up again from its pieces, and what the summary says of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boxreach.verification.evidence import REASONS, Evidence
from boxreach.verification.files import SUMMARY, read_table
from boxreach.verification.ledger import Floats, Ledger
from boxreach.verification.line import Line, Words
from boxreach.verification.open_ground import geodesic_m
from boxreach.verification.tables import Kept, compare_columns

_CROSSING_M = 2000.0
_PLACED_KM = 0.00005
"""Places are kept to a centimetre."""

_LIGHTS = {"seen_km": "day", "seen_night_km": "night"}


def check_line_tables(
    folder: Path, evidence: Evidence, summary: dict[str, Any] | None, ledger: Ledger
) -> None:
    """Add up segments, open stretches, posts at crossings and the figures of the whole again."""
    if not evidence.has("posts"):
        return
    line = Line(evidence)
    pieces = _tell_pieces(line)
    _check_segments(folder / "segments.csv", pieces, ledger)
    stretches = _join_open(pieces)
    _check_stretches(folder / "open_stretches.csv", stretches, ledger)
    _check_seen(folder / "posts.csv", line, pieces["km"].to_numpy(), ledger)
    _check_crossings(folder / "crossings.csv", line, ledger)
    said = (summary or {}).get("posts")
    if isinstance(said, dict):
        _check_facts(said, line, pieces, ledger)
        widest = float(stretches["km"].max()) if len(stretches) else 0.0
        for name, value in (
            ("open_km", stretches["km"].sum()), ("open_stretches", len(stretches)),
            ("widest_open_km", widest),
        ):  # fmt: skip
            ledger.number(SUMMARY, "posts", name, said.get(name), value)


def _tell_pieces(line: Line) -> pd.DataFrame:
    """Return the pieces of the line as they were kept."""
    kept = line.pieces
    columns = {name: kept.column(name) for name in ("from_km", "to_km", "part", "risk")}
    flags = {name: kept.column(name) for name in ("covered", "reached", "unknown")}
    reasons = kept.column("reason")
    assert reasons is not None  # noqa: S101 - for mypy
    table = pd.DataFrame({
        **{name: one for name, one in {**columns, **flags}.items() if one is not None},
        "km": np.nan_to_num(kept.amounts),
        "segment": kept.words("segment_id"),
        "governorate": kept.words("name.governorate"),
        "reason": np.array(REASONS, dtype=object)[reasons[:, 0]],
        "minutes": kept.minutes("ms"),
        "within": _within(kept),
    })  # fmt: skip
    for name, light in _LIGHTS.items():
        seen = line.sees(light)
        if seen is not None:
            table[name] = table["km"].where(np.asarray(seen.sum(axis=0)).ravel() > 0, 0.0)
    if "unknown" in table:
        unknown = table["unknown"].astype(bool) & (table["seen_km"] == 0)
        table["unknown_km"] = table["km"].where(unknown, 0.0)
    for name in ("covered", "reached"):
        table[f"{name}_km"] = table["km"].where(table[name].astype(bool), 0.0)
    table["backed_km"] = table["km"].where(table["within"] >= int(line.asked["each"]), 0.0)
    return table


def _amounts(pieces: pd.DataFrame) -> list[str]:
    """Return the columns that hold kilometres of a kind."""
    names = [str(one) for one in pieces]
    return [one for one in names if one.endswith("_km") and one not in ("from_km", "to_km")]


def _within(kept: Kept) -> npt.NDArray[Any]:
    within = kept.column("within")
    assert within is not None  # noqa: S101 - for mypy
    return np.asarray(within[:, 0])


def _check_segments(path: Path, pieces: pd.DataFrame, ledger: Ledger) -> None:
    """Compare the segments with the sums of their pieces."""
    table = read_table(path, ledger, ["segment_id"])
    if table is None:
        return
    groups = pieces.groupby("segment", sort=False)
    rows = [str(one) for one in groups.size().index]
    if not ledger.same_rows(path.name, table["segment_id"].tolist(), rows):
        return
    numbers = {name: groups[name].sum().to_numpy() for name in ["km", *_amounts(pieces)]}
    if "backed_km" not in table:  # told where more than one post is asked for
        numbers.pop("backed_km")
    numbers |= {
        "chainage_from_km": groups["from_km"].min().to_numpy(),
        "chainage_to_km": groups["to_km"].max().to_numpy(),
        "part": groups["part"].first().to_numpy(),
        "risk": groups["risk"].first().to_numpy(),
    }
    waits = pieces["minutes"].where(pieces["reached"].astype(bool)).groupby(pieces["segment"])
    numbers["minutes"] = waits.max().reindex(rows).to_numpy()
    left = pieces.assign(left=pieces["km"] - pieces["covered_km"])
    longest = left.sort_values("left", ascending=False, kind="stable")
    reasons = longest.groupby("segment", sort=False)["reason"].first().reindex(rows)
    words = {"reason": reasons.to_numpy(), "governorate": groups["governorate"].first().to_numpy()}
    compare_columns(path.name, table, rows, numbers, words, ledger)


def _join_open(pieces: pd.DataFrame) -> pd.DataFrame:
    """Return the stretches of pieces that nobody covers, of one reason, area and part each."""
    key = pieces[["covered", "reason", "governorate", "part"]]
    stretch = (key != key.shift()).any(axis=1).cumsum()
    left = pieces[~pieces["covered"].astype(bool)]
    groups = left.groupby(stretch[left.index])
    table = groups.agg(
        from_km=("from_km", "min"), to_km=("to_km", "max"), km=("km", "sum"),
        reason=("reason", "first"), governorate=("governorate", "first"),
    )  # fmt: skip
    return table.reset_index(drop=True)


def _check_stretches(path: Path, stretches: pd.DataFrame, ledger: Ledger) -> None:
    """Compare where the line stays open."""
    table = read_table(path, ledger, ["from_km", "to_km", "km", "reason"])
    if table is None:
        return
    if len(table) != len(stretches):
        ledger.say(path.name, "", "", f"{len(table)} rows", f"{len(stretches)} rows")
        return
    rows = [f"stretch {number}" for number in range(1, len(table) + 1)]
    numbers = {name: stretches[name].to_numpy() for name in ("from_km", "to_km", "km")}
    words = {name: stretches[name].to_numpy() for name in ("reason", "governorate")}
    compare_columns(path.name, table, rows, numbers, words, ledger)


def _check_seen(path: Path, line: Line, km: Floats, ledger: Ledger) -> None:
    """Compare how much of the line each post sees, and what else is kept of it."""
    table = read_table(path, ledger, ["site_id", "chainage_km", "defensibility"])
    order = np.append(np.arange(line.standing, len(line.ids)), np.arange(line.standing))
    ids = line.ids[order].tolist()
    if table is None or table["site_id"].tolist() != ids:
        return
    numbers = {name: line.column(name)[order] for name in ("chainage_km", "defensibility")}
    for name, light in _LIGHTS.items():
        seen = line.sees(light)
        if seen is not None:
            numbers[name] = (seen @ km)[order]
    compare_columns(path.name, table, ids, numbers, {}, ledger)


def _check_crossings(path: Path, line: Line, ledger: Ledger) -> None:
    """Compare the post at each crossing: the nearest within 2 km."""
    if not line.evidence.has("crossings"):
        return
    kept = Kept(line.evidence, "crossings")
    table = read_table(path, ledger, ["crossing_id", "site_id", "km"])
    if table is None:
        return
    rows = kept.ids.tolist()
    if not ledger.same_rows(path.name, table["crossing_id"].tolist(), rows):
        return
    lon, lat = line.evidence.places("crossings").T
    compare_columns(path.name, table, rows, {"lon": lon, "lat": lat}, {}, ledger)
    posts, near, far = line.places, [], []
    for place in line.evidence.places("crossings"):
        metres = geodesic_m(*np.broadcast_to(place, posts.shape).T, *posts.T)
        best = int(metres.argmin()) if len(metres) else -1
        held = best >= 0 and metres[best] <= _CROSSING_M
        near.append(str(line.ids[best]) if held else "")
        far.append(float(metres[best]) / 1000 if held else np.nan)
    ledger.words(path.name, "site_id", rows, table["site_id"].to_numpy(), _as_words(near))
    ledger.numbers(path.name, "km", rows, table["km"].to_numpy(), far, _PLACED_KM)


def _as_words(words: list[str]) -> Words:
    return np.array(words, dtype=object)


def _check_facts(said: dict[str, Any], line: Line, pieces: pd.DataFrame, ledger: Ledger) -> None:
    """Compare the figures of the whole line, and what the summary says was asked."""
    facts, where = said.get("facts") or {}, "posts, facts"
    sums = {name: float(pieces[name].sum()) for name in _amounts(pieces)}
    if int(line.asked["each"]) == 1:
        sums.pop("backed_km")
    holes = _join_open(pieces.assign(reason="", governorate=""))
    widest = holes.iloc[int(holes["km"].to_numpy().argmax())] if len(holes) else None
    right: dict[str, object] = {
        "total_km": float(pieces["km"].sum()),
        **sums,
        "widest_hole_km": 0.0 if widest is None else widest["km"],
        "widest_hole_from_km": None if widest is None else widest["from_km"],
    }
    for name, value in right.items():
        ledger.number(SUMMARY, where, name, facts.get(name), value)
    asked = said.get("asked") or {}
    for name in ("each", "see", "share", "defence_km", "support_minutes"):
        if asked.get(name) != line.asked[name]:
            ledger.say(SUMMARY, "posts, asked", name, asked.get(name), line.asked[name])
