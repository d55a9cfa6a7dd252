"""Tables of people: who is within reach, who is not and why, and how far people live."""

from __future__ import annotations

from boxreach.exports.listing import Column, Form, Listing
from boxreach.report.details import Details
from boxreach.report.model import AreaTable, Cover, GapSum, GapTable
from boxreach.report.placement_report import PlaceRow
from boxreach.report.plan_listings import unit_of
from boxreach.report.site_listings import left_out, left_out_columns
from boxreach.report.terms import Row, Terms


def list_areas(table: AreaTable | None, terms: Terms) -> Listing | None:
    """Return reach by governorate as the boxes stand today, thresholds side by side."""
    if table is None:
        return None
    rows: list[Row] = []
    for row in table.rows:
        people = row.people or (None,) * len(table.thresholds)
        rows.append(
            (
                terms.area(row.name), row.people[0].total if row.people else None, row.unknown,
                row.places[0].total, *_covered(people), *_covered(row.places),
            )
        )  # fmt: skip
    columns = (
        terms.column("governorate"),
        terms.column("people", "people"),
        terms.column("people_unknown", "count"),
        terms.column("places", "count"),
        *_cover_columns(terms, table.thresholds, "people", "people"),
        *_cover_columns(terms, table.thresholds, "places", "count"),
    )
    totals = int(bool(rows) and table.rows[-1].name is None)
    notes = ["areas_title_people", "note_blank"]
    return terms.listing("areas", columns, rows, totals=totals, notes=notes)


def _covered(covers: tuple[Cover | None, ...]) -> Row:
    """Return within, outside and share of each cover, for `_cover_columns`."""
    return tuple(
        cell
        for one in covers
        for cell in ((one.covered, one.uncovered, one.share) if one else (None, None, None))
    )


def _cover_columns(
    terms: Terms, thresholds: tuple[float, ...], what: str, form: Form
) -> list[Column]:
    parts: tuple[tuple[str, Form], ...] = (("within", form), ("outside", form), ("share", "share"))
    return [
        terms.column(f"{what}_{one}", held, f"column_{what}_{one}", minutes)
        for minutes in thresholds
        for one, held in parts
    ]


def list_communities(places: tuple[PlaceRow, ...], terms: Terms) -> Listing | None:
    """Return every community before and after everything proposed stands."""
    if not places:
        return None
    rows: list[Row] = [
        (
            one.community_id, *terms.names(one.name), terms.area(one.governorate), one.people,
            terms.flag(one.before), terms.flag(one.after), one.minutes_before, one.minutes,
            one.site_id, one.backup_site_id, one.backup_minutes, terms.code(one.reason), one.lon,
            one.lat,
        )
        for one in places
    ]  # fmt: skip
    people = sum(one.people or 0 for one in places)
    blank = ("",) * (len(terms.name_columns()) - 1)
    last: Row = (
        "", terms.area(None), *blank, "", people, "", "", None, None, "", "", None, "", None, None
    )  # fmt: skip
    columns = (
        terms.column("community_id", "code", "column_community_id"),
        *terms.name_columns("community"),
        terms.column("governorate"),
        terms.column("people", "people"),
        terms.column("covered_before", word="within_before"),
        terms.column("covered_after", word="within_after"),
        terms.column("minutes_before", "minutes", "column_minutes_before"),
        terms.column("minutes", "minutes", "column_minutes_after"),
        terms.column("site_id", "code", "column_site"),
        terms.column("backup_site_id", "code", "column_backup"),
        terms.column("backup_minutes", "minutes", "column_backup_minutes"),
        terms.column("reason"),
        terms.column("lon", "degrees", "longitude"),
        terms.column("lat", "degrees", "latitude"),
    )
    notes = ["note_blank", "limit_free_flow"]
    return terms.listing("communities", columns, [*rows, last], totals=1, notes=notes)


def list_gaps(gaps: GapTable, terms: Terms) -> Listing | None:
    """Return communities outside reach today, what the list leaves out, and the sum."""
    if not gaps.total.places:
        return None
    rows: list[Row] = [left_out(one, terms) for one in gaps.rows]
    wide = len(left_out_columns(terms))

    def summed(said: str, one: GapSum) -> Row:
        people = None if one.none_known else one.people
        head: Row = ("", said, *("",) * (wide - 6))
        return (*head, people, None, "", "")

    if gaps.rest.places:
        said = terms.say("gaps_rest", "rest", places=gaps.rest.places, unknown=gaps.rest.unknown)
        rows.append(summed(said, gaps.rest))
    rows.append(summed(terms.area(None), gaps.total))
    totals = 1 + bool(gaps.rest.places)
    notes = [
        "gaps_note",
        "note_blank",
        *(["gaps_people_listed"] if gaps.counted == "listed" else []),
    ]
    return terms.listing("gaps", left_out_columns(terms), rows, totals=totals, notes=notes)


def list_reasons(gaps: GapTable, terms: Terms) -> Listing | None:
    """Return who is left out by reason, and the sum."""
    if not gaps.reasons:
        return None
    told = [*((terms.code(reason), reason, one) for reason, one in gaps.reasons)]
    told.append((terms.area(None), "", gaps.total))
    rows: list[Row] = []
    for (said, reason, one), people in zip(told, gaps.people_out, strict=True):
        means = terms.say(f"{reason}_means", "") if reason else ""
        known = gaps.counted == "cell" or not one.none_known
        rows.append((said, means, one.places, one.unknown, people if known else None))
    word = {"cell": "people_cells", "listed": "people_listed"}.get(gaps.counted, "people")
    columns = [
        terms.column("reason"),
        terms.column("reason_means"),
        terms.column("places", "count"),
        terms.column("people_unknown", "count"),
        terms.column("people", "people", word),
    ]
    if terms.wording is None:  # a code needs no words
        columns, rows = [columns[0], *columns[2:]], [(row[0], *row[2:]) for row in rows]
    return terms.listing("reasons", columns, rows, totals=1)


def list_spots(details: Details, terms: Terms) -> Listing | None:
    """Return clusters of gaps, the rest of them, and the sum."""
    spots = details.spots
    if spots is None:
        return None
    rows: list[Row] = [
        (
            at + 1, *terms.names(one.name), one.away_km, terms.area(one.governorate), one.people,
            one.places, terms.code(one.reason), one.gained, one.lon, one.lat,
        )
        for at, one in enumerate(spots.rows)
    ]  # fmt: skip
    blank = ("",) * (len(terms.name_columns()) - 1)

    def summed(said: str, people: int, places: int) -> Row:
        return (None, said, *blank, None, "", people, places, "", None, None, None)

    if spots.rest_count:
        said = terms.say("spots_rest", "rest", clusters=spots.rest_count)
        rows.append(summed(said, spots.rest_people, spots.rest_places))
    rows.append(summed(terms.area(None), spots.people, spots.places))
    columns = (
        terms.column("rank", "count"),
        *terms.name_columns("cluster"),
        terms.column("near_km", "km", "column_near_km"),
        terms.column("governorate"),
        terms.column("people", "people", "people_left_out"),
        terms.column("places", "count", "places_left_out"),
        terms.column("reason", word="main_reason"),
        terms.column("people_gained", "people", "one_box_gains"),
        terms.column("lon", "degrees", "longitude"),
        terms.column("lat", "degrees", "latitude"),
    )
    totals = 1 + bool(spots.rest_count)
    return terms.listing("gap_clusters", columns, rows, totals=totals, notes=["spots_gains"])


def list_distances(details: Details, terms: Terms) -> Listing | None:
    """Return how far people live, by governorate."""
    table = details.distances
    if table is None:
        return None
    rows: list[Row] = [
        (
            terms.area(row.name), row.median, row.p90, row.mean, row.without_way, row.two_boxes,
            row.gini,
        )
        for row in table.rows
    ]  # fmt: skip
    columns = (
        terms.column("governorate"),
        terms.column("median_minutes", "minutes", "median"),
        terms.column("p90_minutes", "minutes", "p90"),
        terms.column("mean_minutes", "minutes", "mean"),
        terms.column("people_without_way", "people", "without_way"),
        terms.column("share_two_boxes", "share", "column_two_boxes", table.minutes),
        terms.column("gini_minutes", "score", "gini"),
    )
    notes = ["median_means", "p90_means", "mean_means", "two_boxes_means", "gini_means"]
    totals = int(bool(rows) and table.rows[-1].name is None)
    return terms.listing("distances", columns, rows, totals=totals, notes=notes)


def list_curves(details: Details, terms: Terms) -> Listing | None:
    """Return the share within reach minute by minute, by governorate."""
    if details.curves is None:
        return None
    rows: list[Row] = [
        (terms.area(curve.name), minutes, share)
        for curve in details.curves.curves
        for minutes, share in zip(curve.minutes, curve.shares, strict=True)
    ]
    columns = (
        terms.column("governorate"),
        terms.column("minutes", "minutes"),
        terms.column("share_covered", "share", "share"),
    )
    return terms.listing("curves", columns, rows)


def list_fifths(details: Details, terms: Terms) -> Listing | None:
    """Return reach by density, the densest first."""
    table = details.fifths
    if table is None:
        return None
    rows: list[Row] = [
        (
            terms.say(f"fifth_{row.quintile}", str(row.quintile)), row.low, row.high, row.people,
            row.mean, *_covered(row.covers or (None,) * len(table.thresholds)),
        )
        for row in table.rows
    ]  # fmt: skip
    columns = (
        terms.column("fifth"),
        terms.column("density_from", "score", "column_density_from"),
        terms.column("density_to", "score", "column_density_to"),
        terms.column("people", "people"),
        terms.column("mean_minutes", "minutes", "mean"),
        *_cover_columns(terms, table.thresholds, "people", "people"),
    )
    return terms.listing("density", columns, rows, notes=["fifths_note"])


def list_worst(details: Details, terms: Terms) -> Listing | None:
    """Return the worst places of each governorate and of all."""
    rows: list[Row] = [
        (terms.area(row.name), at + 1, *terms.names(one.name), one.people, one.minutes)
        for row in details.worst
        for at, one in enumerate(row.places)
    ]
    columns = (
        terms.column("governorate"),
        terms.column("rank", "count"),
        *terms.name_columns("community"),
        terms.column("people", "people"),
        terms.column("minutes", "minutes", "minutes_nearest"),
    )
    notes = ["worst_note", "note_blank"]
    return terms.listing("worst_places", columns, rows, notes=notes) if rows else None


def list_forces(details: Details, terms: Terms) -> Listing | None:
    """Return what stands in each governorate and what it costs."""
    if not details.standing:
        return None
    rows: list[Row] = [
        (
            terms.area(row.name), row.boxes, row.vehicles, row.officers, row.cost_usd, row.per_box,
            row.per_vehicle, row.per_officer,
        )
        for row in details.standing
    ]  # fmt: skip
    columns = (
        terms.column("governorate"),
        terms.column("boxes", "count"),
        terms.column("vehicles", "count"),
        terms.column("officers", "count"),
        terms.column("cost_usd", "usd", "cost"),
        terms.column("people_per_box", "people"),
        terms.column("people_per_vehicle", "people"),
        terms.column("people_per_officer", "people"),
    )
    totals = int(details.standing[-1].name is None)
    notes = ["standing_note", "note_blank"]
    return terms.listing("standing", columns, rows, totals=totals, notes=notes)


def list_layers(details: Details, terms: Terms) -> Listing | None:
    """Return columns of people side by side, never added up."""
    table = details.layers
    if table is None:
        return None
    rows: list[Row] = [
        (
            _layer(row.layer, terms), row.covers[0].total if row.covers else None, row.unknown,
            *_covered(row.covers or (None,) * len(table.thresholds)),
        )
        for row in table.rows
    ]  # fmt: skip
    columns = (
        terms.column("layer"),
        terms.column("total", "people", "in_all"),
        terms.column("people_unknown", "count"),
        *_cover_columns(terms, table.thresholds, "people", "people"),
    )
    return terms.listing("layers", columns, rows, notes=["layers_note"])


def list_layer_areas(details: Details, terms: Terms) -> Listing | None:
    """Return columns of people by governorate, a row for each of both."""
    table = details.layers
    if table is None or not table.areas:
        return None
    rows: list[Row] = [
        (
            terms.area(name), _layer(row.layer, terms), cover.total if cover else None,
            *_covered((cover,)),
        )
        for name, covers in table.areas
        for row, cover in zip(table.rows, covers, strict=True)
    ]  # fmt: skip
    columns = (
        terms.column("governorate"),
        terms.column("layer"),
        terms.column("total", "people", "in_all"),
        *_cover_columns(terms, (table.minutes,), "people", "people"),
    )
    return terms.listing("layer_areas", columns, rows, notes=["layers_note"])


def _layer(layer: str, terms: Terms) -> str:
    """Return what a column of people is called; as it was typed where there is no word for it."""
    word = "people" if layer == "people" else f"layer_{layer}"
    known = terms.wording is not None and word in terms.wording.words
    return terms.say(word, layer) if known else layer


def list_demand(details: Details, terms: Terms) -> Listing | None:
    """Return other demand, thresholds side by side."""
    table = details.demand
    if table is None:
        return None
    rows: list[Row] = [
        (row.layer, unit_of(terms, row.unit), row.total, *_covered(row.covers))
        for row in table.rows
    ]
    columns = (
        terms.column("demand_layer"),
        terms.column("unit"),
        terms.column("total", "number", "in_all"),
        *_cover_columns(terms, table.thresholds, "demand", "number"),
    )
    return terms.listing("demand", columns, rows)


def list_must(details: Details, terms: Terms) -> Listing | None:
    """Return how many of the places that must be reached are."""
    table = details.must
    if table is None:
        return None
    rows: list[Row] = [
        (terms.area(name), covers[0].total, *_covered(covers)) for name, covers in table.rows
    ]
    columns = (
        terms.column("governorate"),
        terms.column("must_places", "count"),
        *_cover_columns(terms, table.thresholds, "places", "count"),
    )
    totals = int(bool(rows) and table.rows[-1][0] is None)
    return terms.listing("must_reach", columns, rows, totals=totals)


def list_must_missed(gaps: GapTable, terms: Terms) -> Listing | None:
    """Return every place that must be reached and is not."""
    rows = [left_out(one, terms) for one in gaps.must]
    return terms.listing("must_missed", left_out_columns(terms), rows) if rows else None
