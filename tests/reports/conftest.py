"""A report made by hand, of any size and with any names, for what is written from it."""

import math

import pytest

from boxreach.report.details import Details, StandingRow
from boxreach.report.frontier import Column, CrossingRow, Fact, Frontier, PostRow, PostTable
from boxreach.report.model import (
    AreaRow,
    AreaTable,
    Asked,
    Cover,
    CurveRow,
    GapRow,
    GapSum,
    GapTable,
    Name,
    OutcomeRow,
    PlanPart,
    Price,
    Proof,
    Record,
    Rule,
    SiteRow,
    Source,
    Span,
    Step,
    Strip,
)
from boxreach.report.placement_report import (
    Ground,
    LineRow,
    PlacementReport,
    PlaceRow,
    Sensitivity,
    StandRow,
)
from boxreach.report.site_sheet import (
    Approach,
    Dot,
    Drawn,
    Leg,
    Nearby,
    Served,
    SheetMap,
    SiteSheet,
    Support,
)

NINEWA = Name("Ninewa", {"ar": "نينوى", "ckb": "نەینەوا", "kmr": "Nînewa"})
ANBAR = Name("Anbar", {"ar": "الأنبار", "ckb": "ئەنبار", "kmr": "Enbar"})
TOWNS = (
    Name("Sinjar", {"ar": "سنجار", "ckb": "شنگال", "kmr": "Şingal"}),
    Name("Tal Afar", {"ar": "تلعفر", "ckb": "تەلەعفەر", "kmr": "Tilefer"}),
    Name("Rabia", {"ar": "ربيعة", "ckb": "ڕەبیعە", "kmr": "Rebîa"}),
    Name("Al-Qaim", {"ar": "القائم", "ckb": "قائیم", "kmr": "Qaim"}),
    Name("Zummar", {"ar": "زمار", "ckb": "زوممار", "kmr": "Zumar"}),
)
MINUTES = 30.0


def cover(total, covered):
    return Cover(total, covered, covered / total if total else None)


def place(i, count):
    """Return where the i-th of so many things lies, on a spiral over the north-west of Iraq."""
    turn, far = i * 2.399963, math.sqrt((i + 0.5) / count)
    return round(42.5 + 1.2 * far * math.cos(turn), 6), round(35.6 + 0.9 * far * math.sin(turn), 6)


def mgrs(i):
    return f"38SLF{10000 + 7 * i:05d}{20000 + 11 * i:05d}"


class Maker:
    """Makes the rows of a report of so many sites, posts and places."""

    def __init__(self, sites, posts, places, names):
        self.sites, self.posts, self.places = sites, posts, places
        self.names = names or TOWNS

    def name(self, i):
        return self.names[i % len(self.names)]

    def governorate(self, i):
        return (NINEWA, ANBAR)[i % 2]

    def site_rows(self, letter, count, unit):
        first, gained = (100_000, 1000) if unit == "people" else (120.0, 10.0)
        total = first + gained * count * 2
        return tuple(
            SiteRow(
                rank=i + 1,
                phase=2 + count,
                site_id=f"{letter}{i + 1}",
                name=self.name(i),
                governorate=self.governorate(i),
                gained=gained,
                covered=first + gained * (i + 1),
                share=(first + gained * (i + 1)) / total,
                lon=self.where(letter, i, count)[0],
                lat=self.where(letter, i, count)[1],
                away_km=1.5 if i % 3 == 2 else None,
                chainage_km=None if unit == "people" else 10.0 * i,
                from_km=None if unit == "people" else 10.0 * i - 5,
                to_km=None if unit == "people" else 10.0 * i + 5,
                mgrs=mgrs(i + (500 if unit == "km" else 0)),
                standing=3 + i,
            )
            for i in range(count)
        )

    def where(self, letter, i, count):
        lon, lat = place(i, count)
        # Posts lie apart from all else, with digits of their own.
        return (lon, lat) if letter != "P" else (round(39.137913 + lon / 100, 6), round(lat - 2, 6))

    def plan_part(self, letter, count, unit, measure):
        rows = self.site_rows(letter, count, unit)
        first, last = (100_000, rows[-1].covered) if unit == "people" else (120.0, rows[-1].covered)
        total = first + (last - first) * 2
        steps = (Step(2, 0, cover(total, first)), Step(2 + count, count, cover(total, last)))
        half = [round(total / 2, 1), round(total - round(total / 2, 1), 1)]
        now = [round(first / 2, 1), round(first - round(first / 2, 1), 1)]
        then = [round(last / 2, 1), round(last - round(last / 2, 1), 1)]
        outcomes = [
            OutcomeRow(name, 1, count // 2, cover(half[i], now[i]), cover(half[i], then[i]))
            for i, name in enumerate((ANBAR, NINEWA))
        ]
        outcomes.append(OutcomeRow(None, 2, count, cover(total, first), cover(total, last)))
        return PlanPart(
            unit=unit,
            minutes=MINUTES,
            counted="community_id" if unit == "people" else "segment_id",
            steps=steps,
            sites=rows,
            proofs=(Proof(2 + count, count, "feasible", last, last * 1.01, 0.01 / 1.01),),
            outcomes=tuple(outcomes),
            rules=(Rule("governorate", NINEWA, 1, None, 1, count // 2),) * (unit == "people"),
            asked=Asked(measure=measure, figures={"minutes": MINUTES, "sites": count}),
            price=Price(cost_usd=250_000.0 * count) if unit == "people" else Price(),
            curve=tuple(
                CurveRow(2 + i, first + (last - first) * i / count, None, None, None)
                for i in range(0, count + 1, max(1, count // 10))
            )
            if unit == "people"
            else (),
        )

    def support(self, i, letter, count):
        other = (i + 1) % count
        return Support(f"{letter}{other + 1}", self.name(other), 17.5 + other % 9, proposed=True)

    def sheet(self, row, letter, count, unit):
        i = row.rank - 1
        served = tuple(
            Served(f"c{(i * 7 + k) % self.places}", self.name(i + k), None if k == 3 else 900 - k,
                   4.25 + 2 * k, first=k < 3)
            for k in range(min(8, self.places))
        )  # fmt: skip
        missed = (
            GapRow(f"c{i % self.places}", self.name(i + 4), NINEWA, 420, 38.5, "TOO_FAR"),
            GapRow(f"c{(i + 1) % self.places}", self.name(i + 2), ANBAR, None, None, "CLOSED"),
        )
        legs = (
            Leg("start", "Highway 47", "trunk", 12.4, 9.1),
            Leg("right", "", "tertiary", 3.2, 4.6),
            Leg("left", "", "off_road", 0.3, 1.1),
        )
        lon, lat = row.lon, row.lat
        way = ((lon - 0.1, lat + 0.02), (lon - 0.03, lat + 0.02), (lon - 0.02, lat), (lon, lat))
        return SiteSheet(
            kind="box" if unit == "people" else "post",
            site_id=row.site_id,
            rank=row.rank,
            phase=row.phase,
            name=row.name,
            governorate=row.governorate,
            district="Sinjar",
            lon=lon,
            lat=lat,
            mgrs=row.mgrs,
            unit=unit,
            gained=row.gained,
            threshold_minutes=MINUTES,
            moved_from=None,
            road="Highway 47",
            road_class="trunk",
            road_m=310.0,
            approach=Approach(self.name(i + 1), 15.9, 14.8, legs, 2, way[2], way),
            support=self.support(i, letter, count),
            backed_up_by=(self.support(i + 1, letter, count),),
            town=Nearby(self.name(i + 1), 14.2, 14.8),
            water=Nearby(None, 2.4),
            crossing=Nearby(TOWNS[2], 6.1) if unit == "km" else None,
            served=served if unit == "people" else (),
            served_all=GapSum(8, 1, 6265) if unit == "people" else GapSum(0, 0, 0),
            missed=missed if unit == "people" else (),
            missed_all=GapSum(2, 1, 420) if unit == "people" else GapSum(0, 0, 0),
            chainage_km=row.chainage_km,
            from_km=row.from_km,
            to_km=row.to_km,
            ground=SheetMap(
                lon - 0.15, lat - 0.12, lon + 0.15, lat + 0.12,
                (
                    Drawn("highway", ((lon - 0.15, lat + 0.02), (lon + 0.15, lat + 0.03))),
                    Drawn("road", ((lon - 0.02, lat - 0.12), (lon - 0.02, lat + 0.02))),
                    Drawn("river", ((lon + 0.08, lat - 0.12), (lon + 0.05, lat + 0.12))),
                    Drawn("route", way),
                ),
                (
                    Dot("served", (lon - 0.05, lat + 0.03), self.name(i), 900),
                    Dot("missed", (lon + 0.1, lat - 0.08), self.name(i + 4), 420),
                    Dot("box" if unit == "people" else "post", (lon - 0.1, lat + 0.02),
                        self.name(i + 1)),
                ),
            ),
        )  # fmt: skip

    def place_row(self, i):
        lon, lat = place(i + 0.37, self.places)
        before, after = i % 4 == 0, i % 4 < 2
        return PlaceRow(
            community_id=f"c{i}",
            name=self.name(i),
            governorate=self.governorate(i),
            people=None if i % 11 == 10 else 400 + i % 97,
            lon=lon,
            lat=lat,
            before=before,
            after=after,
            minutes_before=12.5 if before else 71.25,
            minutes=12.5 if after else None if i % 4 == 3 else 44.5,
            site_id="" if i % 4 == 3 else f"S{i % self.sites + 1}",
            backup_site_id=f"S{(i + 1) % self.sites + 1}" if after else "",
            backup_minutes=25.75 if after else None,
            reason="" if after else "ISOLATED" if i % 4 == 3 else "TOO_FAR",
        )

    def areas(self, places):
        rows = []
        for name in (ANBAR, NINEWA, None):
            mine = [one for one in places if name in (None, one.governorate)]
            known = [one for one in mine if one.people is not None]
            people = sum(one.people for one in known)
            reached = sum(one.people for one in known if one.before)
            covers = cover(people, reached), cover(len(mine), sum(one.before for one in mine))
            unknown = len(mine) - len(known)
            rows.append(AreaRow(name, unknown, (covers[0],), (covers[1],)))
        return AreaTable((MINUTES,), tuple(rows), on_places=True)

    def gaps(self, places):
        out = [one for one in places if not one.after]
        rows = tuple(
            GapRow(one.community_id, one.name, one.governorate, one.people, one.minutes, one.reason)
            for one in sorted(out, key=lambda one: (-(one.people or 0), one.community_id))
        )
        shown = rows[:200]

        def add(rows):
            known = [row.people for row in rows if row.people is not None]
            return GapSum(len(rows), len(rows) - len(known), sum(known))

        reasons = [
            (reason, add([row for row in rows if row.reason == reason]))
            for reason in ("ISOLATED", "TOO_FAR")
            if any(row.reason == reason for row in rows)
        ]
        people = sum(one.people or 0 for one in places)
        within = sum(one.people or 0 for one in places if one.after)
        return GapTable(
            minutes=MINUTES,
            people=cover(people, within),
            places=cover(len(places), len(places) - len(rows)),
            rows=shown,
            rest=add(rows[200:]),
            reasons=tuple(reasons),
            total=add(rows),
            counted="community",
            people_out=(*(one.people for _, one in reasons), add(rows).people),
        )

    def frontier(self, posts):
        values = [(10.0 * i, (10.0 * i - 5, 10.0 * i + 5), row.mgrs) for i, row in enumerate(posts)]
        columns = (Column("chainage_km", "km"), Column("reach", "stretch"), Column("mgrs", "code"))
        rows = tuple(
            PostRow(row.site_id, row.rank, row.name, row.governorate, values[i])
            for i, row in enumerate(posts)
        )
        return Frontier(
            facts=(
                Fact("reached_km", "km", 140.0, 0.6),
                Fact("widest_hole_km", "km", 9.5, None, 40),
            ),
            tables=(PostTable("place", columns, rows),),
            crossings=(CrossingRow(TOWNS[2], 12.0, 0.4, posts[0].site_id, 1.1),),
            support_minutes=60.0,
        )

    def line(self):
        return tuple(
            LineRow(
                10.0 * i, 10.0 * i + 10, 10.0, NINEWA, i % 3 != 2, i % 3 != 2, f"P{i % 2 + 1}",
                8.5 if i % 3 != 2 else None, "" if i % 3 != 2 else "TOO_FAR",
                (((38.8 + i / 10, 33.4 + i / 10), (38.9 + i / 10, 33.5 + i / 10)),),
            )
            for i in range(9)
        )  # fmt: skip

    def report(self):
        plan = self.plan_part("S", self.sites, "people", "people")
        posts = self.plan_part("P", self.posts, "km", "km") if self.posts else None
        places = tuple(self.place_row(i) for i in range(self.places))
        sheets = [self.sheet(row, "S", self.sites, "people") for row in plan.sites]
        supports = [(row.site_id, self.support(i, "S", self.sites))
                    for i, row in enumerate(plan.sites)]  # fmt: skip
        if posts:
            sheets += [self.sheet(row, "P", self.posts, "km") for row in posts.sites]
        spans = (Span(0, 90, 90.0),)
        return PlacementReport(
            title=None,
            areas=self.areas(places),
            gaps=self.gaps(places),
            plan=plan,
            posts=posts,
            strip=Strip(0.0, 90.0, spans, (), (), spans, ()) if posts else None,
            frontier=self.frontier(posts.sites) if posts else None,
            details=Details(
                standing=(
                    StandingRow(None, 2, 4, 40, 500_000.0, True, 50_000.0, 25_000.0, 2_500.0),
                )
            ),
            record=Record(
                command="boxreach run plan.toml -o out",
                software=(("boxreach", "0.1.0"), ("Python", "3.11.2")),
                sources=(
                    Source("communities", "communities.csv", self.places, "IOM DTM", "CC BY-IGO",
                           "2017-11-30", "ab" * 32, "modelled"),
                ),
                parameters=(("reach.minutes", "[30]"), ("posts.minutes", "15")),
                warnings=("2 boxes have no number of officers",),
                labels=("illustrative",),
            ),
            sensitivity=Sensitivity(
                "people", (15.0, 30.0, 60.0, 90.0),
                tuple(cover(200_000, one) for one in (60_000, 100_000, 150_000, 160_000)),
                tuple(cover(200_000, one) for one in (90_000, 140_000, 180_000, 199_000)),
            ),
            ground=Ground(
                boxes=tuple(
                    StandRow(f"B{i + 1}", self.name(i + 2), NINEWA, 43.1 + i / 10, 36.3,
                             mgrs(900 + i))
                    for i in range(2)
                ),
                posts=(StandRow("Q1", self.name(3), ANBAR, 39.241379, 33.724138, mgrs(777)),)
                * bool(posts),
                places=places,
                line=self.line() if posts else (),
            ),
            sheets=tuple(sheets),
            supports=tuple(supports),
        )  # fmt: skip


@pytest.fixture(scope="session")
def make_report():
    """Make a report of so many proposed boxes, posts and communities, called by given names."""

    def make(sites=3, posts=2, places=12, names=None):
        return Maker(sites, posts, places, names).report()

    return make
