"""What a report says, in frozen values; `boxreach.report.placement_report` puts them together.

No word of any language is in here, and no formatting: names carry their scripts, figures are
already rounded so that every table adds up, and a format only has to lay them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Name:
    """A name as its source gives it, and in the other scripts that source knows.

    Examples
    --------
    >>> mosul = Name("Mosul", {"ar": "الموصل", "ckb": ""})
    >>> mosul.in_language("ar"), mosul.in_language("ckb")
    ('الموصل', 'Mosul')
    >>> mosul.others("ckb")
    (('ar', 'الموصل'),)
    """

    text: str
    translations: Mapping[str, str] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        """Return the name for a reader of the language, or the best there is."""
        return self.translations.get(language) or self.text or next(iter(self._every()), "")

    def others(self, language: str) -> tuple[tuple[str, str], ...]:
        """Return (language, text) of each further form that differs from the one shown."""
        shown = self.in_language(language)
        forms = [("en", self.text), *self.translations.items()]
        return tuple((code, text) for code, text in forms if text and text != shown)

    def _every(self) -> list[str]:
        return [text for text in self.translations.values() if text]


@dataclass(frozen=True)
class Cover:
    """What is within reach and what is not: covered + uncovered = total, always."""

    total: float
    covered: float
    share: float | None
    """Of the unrounded figures; None where there is nothing to cover."""

    @property
    def uncovered(self) -> float:
        """What is left outside."""
        return round(self.total - self.covered, 3)


@dataclass(frozen=True)
class AreaRow:
    """One governorate, or the total of all, as the boxes stand today."""

    name: Name | None
    """None in the row of totals."""
    unknown: int
    """Of that on which people are counted, what has no known population: it adds nobody."""
    people: tuple[Cover, ...] | None
    """One a threshold; None where no population is known at all."""
    places: tuple[Cover, ...]


@dataclass(frozen=True)
class AreaTable:
    """Reach by governorate, several thresholds side by side."""

    thresholds: tuple[float, ...]
    rows: tuple[AreaRow, ...]
    on_places: bool
    """Whether people are counted on the communities, so that theirs can be unknown."""


@dataclass(frozen=True)
class OutcomeRow:
    """One governorate, or the total, once everything proposed stands."""

    name: Name | None
    standing: int
    proposed: int
    before: Cover | None
    after: Cover | None
    """None where nothing is known of what there is to cover."""


@dataclass(frozen=True)
class SiteRow:
    """One proposed site, in the order of its rank."""

    rank: int
    phase: int
    site_id: str
    name: Name
    governorate: Name
    gained: float
    covered: float
    share: float | None
    lon: float
    lat: float
    away_km: float | None = None
    chainage_km: float | None = None
    from_km: float | None = None
    to_km: float | None = None
    mgrs: str = ""
    standing: int = 0
    """How many sites there are once it stands."""
    moved_from: Name | None = None
    """The site that gives up its place for it."""


@dataclass(frozen=True)
class Step:
    """How far a number of sites reaches: today, and after each phase."""

    sites: int
    added: int
    cover: Cover


@dataclass(frozen=True)
class Proof:
    """What the solver can say of one phase."""

    sites: int
    added: int
    status: str
    objective: float
    bound: float | None
    gap: float | None


@dataclass(frozen=True)
class Asked:
    """What a plan was asked for, and in what its objective is counted."""

    kind: str = "max_cover"
    measure: str = "people"
    """``people``, ``km``, ``weighted`` (people times priority), ``minutes``, ``sites``
    or ``asked`` (what a model of the plan's own counts)."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """What the words about it need: minutes, boxes, share ..."""
    more: tuple[str, ...] = ()
    """What else it had to mind: ``budget``, ``capacity``, ``priority``."""

    @property
    def plain(self) -> bool:
        """Whether so many sites are to reach as many people, or kilometres, as can be."""
        return self.kind == "max_cover" and self.measure in {"people", "km"}

    @property
    def least(self) -> bool:
        """Whether the objective is to be small."""
        return self.kind in {"set_cover", "p_median", "p_center", "other_least"}


@dataclass(frozen=True)
class Regret:
    """What a phase comes to, and the best choice of as many sites whatever the other phases."""

    sites: int
    objective: float
    alone: float
    kept: float | None = None
    """What no choice goes beyond that keeps the sites of the phase before."""

    @property
    def lost(self) -> float:
        """What the phase comes short of that."""
        return abs(self.alone - self.objective)


@dataclass(frozen=True)
class Move:
    """A site that gives up its place for another."""

    phase: int
    start: Name
    end: Name
    km: float
    cost_usd: float | None
    gained: float
    lost: float


@dataclass(frozen=True)
class Price:
    """What a plan costs, and what its rules do, in the measure of its objective."""

    cost_usd: float | None = None
    forgone: tuple[float, float] | None = None
    """How much more the best plan without the quotas comes to: at least, and at most."""
    reserve: int = 0
    reserve_gain: tuple[float, float] | None = None
    regrets: tuple[Regret, ...] = ()
    least_regret: float = 0.0
    """What some phase of any plan loses at least, as a share of its best; 0 if not known."""
    moves: tuple[Move, ...] = ()

    @property
    def most_regret(self) -> float:
        """What the phase that loses most loses, as a share of its best."""
        shares = [one.lost / one.alone for one in self.regrets if one.alone > 0]
        return max(shares, default=0.0)

    @property
    def told(self) -> bool:
        """Whether there is anything of it to tell."""
        parts = (self.cost_usd is not None, self.forgone, self.reserve, self.regrets, self.moves)
        return any(parts)

    @property
    def moves_usd(self) -> float | None:
        """What all moves cost together; None if that is not known."""
        costs = [move.cost_usd for move in self.moves]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None


@dataclass(frozen=True)
class CurveRow:
    """What a number of sites comes to: the first of the plan, the best found, the most possible."""

    sites: int
    in_order: float
    best: float | None
    """None where no choice of so many keeps the rules."""
    bound: float | None
    gap: float | None


@dataclass(frozen=True)
class Rule:
    """A quota, and how many sites it counts once the plan stands."""

    column: str
    value: Name
    at_least: int
    at_most: int | None
    standing: int
    proposed: int


@dataclass(frozen=True)
class Means:
    """What new sites are equipped with; None where that is not known of each of them."""

    vehicles: int | None = None
    officers: int | None = None


@dataclass(frozen=True)
class PlanPart:
    """A proposal, of boxes or of posts."""

    unit: str
    minutes: float
    counted: str
    """The index name of what is counted: community_id, cell_id or segment_id."""
    steps: tuple[Step, ...]
    sites: tuple[SiteRow, ...]
    proofs: tuple[Proof, ...]
    outcomes: tuple[OutcomeRow, ...]
    rules: tuple[Rule, ...]
    asked: Asked = Asked()
    price: Price = Price()
    curve: tuple[CurveRow, ...] = ()
    means: Means = Means()
    idle: int = 0
    """How many proposed sites bring nothing new within reach, however little."""

    @property
    def added(self) -> int:
        """How many sites more there are in the end than today."""
        return self.after.sites - self.before.sites

    @property
    def before(self) -> Step:
        """What is reached today."""
        return self.steps[0]

    @property
    def after(self) -> Step:
        """What is reached when every proposed site stands."""
        return self.steps[-1]

    @property
    def waves(self) -> tuple[tuple[Step, tuple[SiteRow, ...]], ...]:
        """Each step after today with the sites it adds, in their order."""
        return tuple(
            (step, tuple(site for site in self.sites if site.phase == step.sites))
            for step in self.steps[1:]
        )

    @property
    def proven(self) -> bool:
        """Whether every phase is proven optimal."""
        return all(proof.status == "optimal" for proof in self.proofs)


@dataclass(frozen=True)
class Span:
    """A stretch of the frontier, by chainage, and what is said of it."""

    from_km: float
    to_km: float
    km: float
    reason: str = ""
    governorate: Name = Name("")


@dataclass(frozen=True)
class Strip:
    """The frontier laid out straight: where it is reached, seen and open, and what lies along it.

    Places are chainages in km.
    """

    from_km: float
    to_km: float
    reached: tuple[Span, ...]
    unreached: tuple[Span, ...]
    holes: tuple[Span, ...]
    """Where the line is not covered: not reached, or not seen where that counts."""
    governorates: tuple[Span, ...]
    stretches: tuple[Span, ...]
    """Open stretches as `boxreach.border` joins them, with the reason of each: the longest ones."""
    rest: tuple[int, float] = (0, 0.0)
    """How many more there are, and their km."""
    reasons: tuple[tuple[str, int, float], ...] = ()
    """Each reason with how many stretches are open for it, and their km."""
    seen: tuple[Span, ...] | None = None
    """By day; None where nothing is known of sight."""
    seen_night: tuple[Span, ...] = ()
    unknown: tuple[Span, ...] = ()
    """Where no post is known to see it, and heights on the way of one that might are not known."""
    profile: tuple[tuple[float, float | None], ...] = ()
    """Chainage, and metres of the ground there; None where that is not known."""
    standing: tuple[float, ...] = ()
    """Where posts stand already."""
    crossings: tuple[tuple[float, Name], ...] = ()


@dataclass(frozen=True)
class GapRow:
    """A community outside reach."""

    community_id: str
    name: Name
    governorate: Name
    people: int | None
    minutes: float | None
    """To the nearest site; None when there is none within the search limit."""
    reason: str
    must: bool = False
    """Whether the planner marked it as one that must be reached."""


@dataclass(frozen=True)
class GapSum:
    """Communities outside reach, added up."""

    places: int
    unknown: int
    people: int

    @property
    def none_known(self) -> bool:
        """Whether there are places, and nobody's number is known."""
        return self.places == self.unknown > 0


@dataclass(frozen=True)
class GapTable:
    """Who is left out at one threshold, and why."""

    minutes: float
    people: Cover
    places: Cover
    rows: tuple[GapRow, ...]
    rest: GapSum
    """What the rows leave out, so that rows and rest make up the total."""
    reasons: tuple[tuple[str, GapSum], ...]
    total: GapSum
    counted: str
    """Whose people the sums by reason are: ``community``; ``cell``, of the population grid;
    ``listed``, of the communities although the rest of the report counts on the grid."""
    people_out: tuple[float, ...]
    """People of each reason, then of all of them."""
    must: tuple[GapRow, ...] = ()
    """Every community that must be reached and is not, also of those that `rows` leave out."""


Text = str | Mapping[str, str]
"""A key of the catalogue, a text as typed, or a text in each language."""


@dataclass(frozen=True)
class Source:
    """One input of the run."""

    name: str
    file: str
    rows: int | None
    source: str
    licence: str
    date: str
    sha256: str
    label: Text


@dataclass(frozen=True)
class Record:
    """How the run was made: all that is needed to repeat and to audit it."""

    command: str = ""
    software: tuple[tuple[str, str], ...] = ()
    """Name and version of boxreach and of what it ran on."""
    sources: tuple[Source, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    """Every parameter with its value as JSON, defaults included."""
    warnings: tuple[str, ...] = ()
    labels: tuple[Text, ...] = ()

    @property
    def told(self) -> bool:
        """Whether there is anything of the run to tell; its labels are told elsewhere too."""
        parts = (self.command, self.software, self.sources, self.parameters, self.warnings)
        return any(parts)
