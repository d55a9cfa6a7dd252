"""The frontier recomputed: which posts are in time at each piece, and which reach each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from boxreach.verification.evidence import EVIDENCE
from boxreach.verification.files import SUMMARY, read_json, read_table
from boxreach.verification.ledger import MINUTES, Ledger
from boxreach.verification.line import SITES, Flags, Line
from boxreach.verification.roads import Floats, Longs
from boxreach.verification.rows import SLACK_MS, Found, Recomputation
from boxreach.verification.tables import MS_PER_MINUTE
from boxreach.verification.times import Search, Times

_POSTS, _LINKS = "posts.csv", "post_links.csv"


def recompute_line(again: Recomputation) -> None:
    """Recompute pieces of the frontier, to which posts always respond outwards, and the links."""
    line = Line(again.evidence)
    opened, lifted = (
        one and replace(one, direction="site_to_demand") for one in (again.open, again.lifted)
    )
    opened = opened or again.open
    rows = again.choose("frontier", [line.limit_ms / MS_PER_MINUTE])
    # Once for the pieces, once for the posts.
    again.ledger.count("rows recomputed", 2 * len(rows))
    there = again.evidence.places("frontier")[rows]
    times = opened.times(line.places, there, line.limit_ms)
    free = lifted.times(line.places, there, line.limit_ms) if lifted else times
    counted = line.hide(times.ms, rows)
    _check_pieces(again, line, rows, times, free, counted)
    for name, part in zip(
        SITES, (slice(0, line.standing), slice(line.standing, None)), strict=True
    ):
        again.compare_first(name, "frontier", rows, counted[part], line.limit_ms)
    if len(rows) == len(line.pieces.ms):
        _check_posts(again, line, times.ms, counted)
    _check_links(again, line, replace(opened, mobilise_ms=0))


def _check_pieces(
    again: Recomputation, line: Line, rows: Longs, times: Times, free: Times, counted: Floats
) -> None:
    """Compare what was found for pieces: by whom they are covered, and why not."""
    limit = line.limit_ms
    ids = np.concatenate([again.evidence.ids(one) for one in SITES])
    found = Found(again.evidence, again.ledger, "frontier", rows, ids, SLACK_MS)
    covered = (counted <= limit).any(axis=0)
    best = replace(
        times,
        ms=np.where(covered, counted, times.ms),
        soonest=np.where(covered, counted.min(axis=0, initial=np.inf), times.soonest),
    )
    found.check_quickest(best)
    found.check_backup(replace(times, ms=counted), limit)
    found.check_open_ground(free)
    shown = None if line.asked["see"] is None else counted
    found.check_threshold(0, limit, times, free, counted=shown)
    clear = ~np.asarray((np.abs(times.ms - limit) <= SLACK_MS).any(axis=0))
    flags = {
        "covered": np.asarray(covered), "reached": np.asarray((times.ms <= limit).any(axis=0)),
    }  # fmt: skip
    for name, right in flags.items():
        kept = again.evidence.arrays[f"frontier.{name}"][rows]
        for at in np.flatnonzero(clear & (kept != right)).tolist():
            row = str(line.pieces.ids[rows[at]])
            again.ledger.say(EVIDENCE, row, f"frontier.{name}", bool(kept[at]), bool(right[at]))


def _check_posts(again: Recomputation, line: Line, ms: Floats, counted: Floats) -> None:
    """Compare from where to where each post reaches, how much, and who covers each segment."""
    limit, kept = line.limit_ms, again.evidence.under("frontier")
    clear = ~np.asarray((np.abs(ms - limit) <= SLACK_MS).any(axis=1))
    needs = ["site_id", "reach_from_km", "reach_to_km", "reached_km"]
    table = read_table(again.folder / _POSTS, again.ledger, needs)
    order = np.append(np.arange(line.standing, len(line.ids)), np.arange(line.standing))
    if table is not None and table["site_id"].tolist() == line.ids[order].tolist():
        within = (ms <= limit)[order]
        first = np.where(within, kept["from_km"], np.inf).min(axis=1, initial=np.inf)
        last = np.where(within, kept["to_km"], -np.inf).max(axis=1, initial=-np.inf)
        whole = (within * np.nan_to_num(kept["amount"])).sum(axis=1)
        rows = np.flatnonzero(clear[order])
        names = line.ids[order][rows]
        for column, one in (
            ("reach_from_km", first), ("reach_to_km", last), ("reached_km", whole),
        ):  # fmt: skip
            right = np.where(np.isfinite(one), one, np.nan)[rows]
            again.ledger.numbers(_POSTS, column, names, table[column].to_numpy()[rows], right)
    if clear.all():
        _check_who(again, line, counted <= limit)


def _check_who(again: Recomputation, line: Line, covers: Flags) -> None:
    """Compare the posts that cover any of each segment."""
    table = read_table(again.folder / "segments.csv", again.ledger, ["segment_id", "site_ids"])
    if table is None:
        return
    segment = line.pieces.words("segment_id")
    who: dict[str, set[str]] = {str(one): set() for one in segment}
    for post, piece in np.argwhere(covers).tolist():
        who[str(segment[piece])].add(_bare(line.ids[post]))
    right = [_listed(who.get(one, set())) for one in table["segment_id"]]
    found = [_listed(_bare(one).split()) for one in table["site_ids"]]
    again.ledger.words("segments.csv", "site_ids", table["segment_id"].tolist(), found, right)


def _check_links(again: Recomputation, line: Line, search: Search) -> None:
    """Compare which posts reach each other, and what follows from it."""
    minutes = float(line.asked["support_minutes"])
    limit = round(minutes * MS_PER_MINUTE)
    ms = search.times(line.places, line.places, limit).ms
    slower = np.maximum(ms, ms.T)
    one, other = np.nonzero(np.triu(slower <= limit, k=1))
    if (np.abs(slower - limit) <= SLACK_MS).any():
        again.ledger.notes.append("posts: some are so near to the minutes of support that it shows")
        return
    right = {
        frozenset((_bare(line.ids[a]), _bare(line.ids[b]))): float(slower[a, b]) / MS_PER_MINUTE
        for a, b in zip(one, other, strict=True)
    }
    _check_pairs(again, right)
    _check_neighbours(again.folder / _POSTS, again.ledger, right)
    _check_groups(again, line, right)


def _check_groups(again: Recomputation, line: Line, right: dict[frozenset[str], float]) -> None:
    """Compare what the summary says of posts that support each other, if it says anything."""
    said = (read_json(again.folder / SUMMARY, Ledger()) or {}).get("posts")
    if not isinstance(said, dict):
        return
    facts = said.get("facts") or {}
    import networkx as nx  # noqa: PLC0415 - large, and only verify asks for it

    graph = nx.Graph([tuple(pair) for pair in right])
    figures = {
        "groups": nx.number_connected_components(graph),
        "isolated": len(line.ids) - graph.number_of_nodes(),
        "support_minutes": float(line.asked["support_minutes"]),
    }
    for name, value in figures.items():
        again.ledger.number(SUMMARY, "posts, facts", name, facts.get(name), value)


def _check_pairs(again: Recomputation, right: dict[frozenset[str], float]) -> None:
    """Compare the table of pairs."""
    needs = ["from_site_id", "to_site_id", "minutes"]
    table = read_table(again.folder / _LINKS, again.ledger, needs)
    if table is None:
        return
    ends = (table[name].map(_bare) for name in ("from_site_id", "to_site_id"))
    pairs = [frozenset(one) for one in zip(*ends, strict=True)]
    rows = [" and ".join(sorted(one)) for one in pairs]
    wanted = [" and ".join(sorted(one)) for one in right]
    if again.ledger.same_rows(_LINKS, sorted(rows), sorted(wanted)):
        expected = [right[one] for one in pairs]
        slack = MINUTES * 1.001 + SLACK_MS / MS_PER_MINUTE
        again.ledger.numbers(_LINKS, "minutes", rows, table["minutes"], expected, slack)


def _check_neighbours(path: Path, ledger: Ledger, right: dict[frozenset[str], float]) -> None:
    """Compare the neighbours of each post."""
    table = read_table(path, ledger, ["site_id", "neighbours"])
    if table is None:
        return
    ids = table["site_id"].map(_bare).tolist()
    near: dict[str, set[str]] = {one: set() for one in ids}
    for pair in right:
        one, other = sorted(pair)
        near.setdefault(one, set()).add(other)
        near.setdefault(other, set()).add(one)
    expected = [_listed(near[one]) for one in ids]
    found = [_listed(_bare(one).split()) for one in table["neighbours"]]
    ledger.words(_POSTS, "neighbours", ids, found, expected)


def _bare(word: object) -> str:
    """Return text without the apostrophe that files put before what might be a formula."""
    return str(word).removeprefix("'")


def _listed(ids: Iterable[str]) -> str:
    return " ".join(sorted(ids))
