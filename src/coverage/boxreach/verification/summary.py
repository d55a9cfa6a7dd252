"""The summary of a run and its clusters of gaps, counted again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from boxreach.verification.evidence import REASONS, Evidence
from boxreach.verification.files import SUMMARY, read_table
from boxreach.verification.ledger import MINUTES, Ledger, to_numbers
from boxreach.verification.sums import TOTAL, Counter
from boxreach.verification.tables import Kept

_OF_REASONS = {"too_far": "TOO_FAR", "off_road": "OFF_ROAD", "isolated": "ISOLATED",
               "closed": "CLOSED"}  # fmt: skip


def check_summary(
    folder: Path, evidence: Evidence, summary: dict[str, Any] | None, ledger: Ledger
) -> None:
    """Count again what the summary says of communities, people, further demand and clusters."""
    needs = ["cluster_id", "spot_id", "largest_id", "lon", "lat"]
    clusters = read_table(folder / "gap_clusters.csv", ledger, needs)
    gaps = read_table(folder / "gaps.csv", ledger, ["kind", "cluster_id", "reason"])
    if clusters is not None and gaps is not None:
        _check_clusters(clusters, gaps, evidence, ledger)
    if summary is None:
        return
    counter = Counter(evidence, "governorate")
    by_minutes = {
        f"{limit:g}": counter.row(TOTAL, float(limit)) for limit in evidence.facts["minutes"]
    }
    first = next(iter(by_minutes.values()))
    for name in ("boxes", "vehicles", "officers", "cost_usd"):
        ledger.number(SUMMARY, "", name, summary.get(name), first[name])
    for part in ("communities", "people", "layers", "demand", "gap_clusters"):
        if not isinstance(summary.get(part), dict):
            ledger.say(SUMMARY, "", part, summary.get(part), "an object")
            return
    _check_communities(summary["communities"], by_minutes, evidence, ledger)
    _check_people(summary["people"], by_minutes, evidence, ledger)
    for layer, said in summary["layers"].items():
        ledger.number(SUMMARY, layer, "total", said.get("total"), first.get(layer))
        unknown = first.get(f"places_unknown_{layer}")
        ledger.number(
            SUMMARY, layer, "unknown_communities", said.get("unknown_communities"), unknown
        )
        _check_by_minutes(layer, said, by_minutes, layer, ledger)
    _check_demand(summary["demand"], evidence, ledger)
    if clusters is not None:
        _check_largest(summary["gap_clusters"], clusters, ledger)
    _check_marked(summary.get("must_reach"), by_minutes, ledger)


def _check_marked(
    marked: Mapping[str, Any] | None, by_minutes: Mapping[str, Mapping[str, float]], ledger: Ledger
) -> None:
    """Count again the communities that must be reached."""
    first = next(iter(by_minutes.values()))
    if marked is None or "must_reach" not in first:
        return
    ledger.number(SUMMARY, "must_reach", "total", marked.get("total"), first["must_reach"])
    for key, row in by_minutes.items():
        found = marked.get("covered", {}).get(key)
        ledger.number(SUMMARY, f"must_reach at {key}", "covered", found, row["must_reach_covered"])


def _check_communities(
    said: Mapping[str, Any], by_minutes: Mapping[str, Mapping[str, float]], evidence: Evidence,
    ledger: Ledger,
) -> None:  # fmt: skip
    kept = Kept(evidence, "communities")
    ledger.number(SUMMARY, "communities", "total", said.get("total"), len(kept.ms))
    unknown = int(np.isnan(kept.amounts).sum())
    ledger.number(SUMMARY, "communities", "unknown_people", said.get("unknown_people"), unknown)
    _check_by_minutes("communities", said, by_minutes, "places", ledger)
    weights = np.ones(len(kept.ms))
    _check_reasons("communities", said, kept, weights, ledger)


def _check_people(
    said: Mapping[str, Any], by_minutes: Mapping[str, Mapping[str, float]], evidence: Evidence,
    ledger: Ledger,
) -> None:  # fmt: skip
    kept = Counter(evidence, "governorate").counted
    first = next(iter(by_minutes.values()))
    ledger.number(SUMMARY, "people", "total", said.get("total"), first["people"])
    unknown = first["places_unknown_people"]
    ledger.number(SUMMARY, "people", "unknown_places", said.get("unknown_places"), unknown)
    without = first["people_without_way"]
    ledger.number(SUMMARY, "people", "without_way", said.get("without_way"), without)
    for name in ("mean_minutes", "median_minutes", "p90_minutes"):
        ledger.number(SUMMARY, "people", name, said.get(name), first[name], MINUTES * 1.001)
    ledger.number(
        SUMMARY, "people", "gini_minutes", said.get("gini_minutes"), first["gini_minutes"]
    )
    _check_by_minutes("people", said, by_minutes, "people", ledger)
    for key, row in by_minutes.items():
        found = said.get("two_boxes", {}).get(key)
        ledger.number(SUMMARY, f"people at {key}", "two_boxes", found, row["people_two_boxes"])
    _check_reasons("people", said, kept, kept.weights, ledger)


def _check_by_minutes(
    part: str, said: Mapping[str, Any], by_minutes: Mapping[str, Mapping[str, float]], name: str,
    ledger: Ledger,
) -> None:  # fmt: skip
    for side in ("covered", "uncovered"):
        for key, row in by_minutes.items():
            found = said.get(side, {}).get(key)
            ledger.number(SUMMARY, f"{part} at {key}", side, found, row[f"{name}_{side}"])


def _check_reasons(
    part: str, said: Mapping[str, Any], kept: Kept, weights: Any, ledger: Ledger
) -> None:
    """Compare what is left out at the threshold of the proposal, by reason."""
    codes = kept.column("gap_reason")
    if codes is None:
        return
    of = codes[:, 0]
    sums = {REASONS[one]: float(weights[of == one].sum()) for one in np.unique(of) if one > 0}
    found = said.get("uncovered_by_reason", {})
    for reason in sorted({*sums, *found}):
        ledger.number(
            SUMMARY, f"{part}, uncovered_by_reason", reason, found.get(reason), sums.get(reason)
        )


def _check_demand(said: Mapping[str, Any], evidence: Evidence, ledger: Ledger) -> None:
    for layer in evidence.facts["demand"]:
        kept = Kept(evidence, f"demand.{layer}")
        whole = float(kept.weights.sum())
        one = said.get(layer, {})
        ledger.number(SUMMARY, f"demand {layer}", "total", one.get("total"), whole)
        for limit in evidence.facts["minutes"]:
            covered = float(kept.weights[kept.within(float(limit))].sum())
            for side, value in (("covered", covered), ("uncovered", whole - covered)):
                found = one.get(side, {}).get(f"{limit:g}")
                ledger.number(SUMMARY, f"demand {layer} at {limit:g}", side, found, value)


def _check_clusters(
    clusters: pd.DataFrame, gaps: pd.DataFrame, evidence: Evidence, ledger: Ledger
) -> None:
    """Add up the clusters of gaps from the rows that are in them."""
    kind = "cell" if evidence.has("cells") else "community"
    rows = gaps[gaps["kind"] == kind]
    ids = clusters["cluster_id"].tolist()
    if not ledger.same_rows("gap_clusters.csv", sorted(ids), sorted({*rows["cluster_id"]})):
        return
    known = to_numbers(rows["people"]) if "people" in rows else np.full(len(rows), np.nan)
    counted = rows.assign(known=np.nan_to_num(known), unknown=np.isnan(known)).groupby("cluster_id")
    sums = {"people": counted["known"].sum(), "places": counted.size(),
            "places_unknown_people": counted["unknown"].sum()}  # fmt: skip
    for column, reason in _OF_REASONS.items():
        sums[column] = (rows["reason"] == reason).groupby(rows["cluster_id"]).sum()
    for column, one in sums.items():
        if column in clusters:
            right = one.reindex(ids).to_numpy(dtype=float)
            # A sum of rounded numbers is off by half a digit for each of them.
            tolerance = 1e-6 * (1 + float(sums["places"].max())) if column == "people" else 0.0
            ledger.numbers("gap_clusters.csv", column, ids, clusters[column], right, tolerance)
    _check_spots(clusters, Kept(evidence, "cells" if kind == "cell" else "communities"), ledger)


def _check_spots(clusters: pd.DataFrame, kept: Kept, ledger: Ledger) -> None:
    """Compare where clusters are drawn: at their spot, or at their largest place without one."""
    position = {one: at for at, one in enumerate(kept.ids.tolist())}
    named = clusters["spot_id"].where(clusters["spot_id"] != "", clusters["largest_id"])
    at = np.array([position.get(one, -1) for one in named], dtype=int)
    ids = clusters["cluster_id"].to_numpy(dtype=object)
    for row in np.flatnonzero(at < 0).tolist():
        ledger.say("gap_clusters.csv", ids[row], "spot_id", named.iloc[row], "a place of the run")
    known = np.flatnonzero(at >= 0)
    places = kept.evidence.places(kept.name)[at[known]]
    for axis, degrees in zip(("lon", "lat"), places.T, strict=True):
        found = clusters[axis].to_numpy()[known]
        ledger.numbers("gap_clusters.csv", axis, ids[known].tolist(), found, degrees)


def _check_largest(said: Mapping[str, Any], clusters: pd.DataFrame, ledger: Ledger) -> None:
    ledger.number(SUMMARY, "gap_clusters", "count", said.get("count"), len(clusters))
    table = clusters.set_index("cluster_id")
    for one in said.get("largest", []):
        key = str(one.get("cluster_id"))
        if key not in table.index:
            ledger.say(SUMMARY, "gap_clusters", "cluster_id", key, "a cluster of gap_clusters.csv")
            continue
        for name in ("places", "people", "people_gained", "places_gained", "lon", "lat"):
            if name in one and name in table:
                right = to_numbers([table.loc[key, name]])[0]
                ledger.number(SUMMARY, key, name, one[name], right)
