"""The report as one HTML page: every language in it, nothing fetched, hardly any script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from boxreach.errors import InputError
from boxreach.languages import LANGUAGES, RIGHT_TO_LEFT, check_languages, words
from boxreach.report.assumptions import list_assumptions
from boxreach.report.charts import Say, draw_curve
from boxreach.report.curve_chart import draw_best
from boxreach.report.formatting import number_filters
from boxreach.report.model import PlanPart, Record
from boxreach.report.paper import write_page_rules
from boxreach.report.placement_report import PlacementReport
from boxreach.report.share_chart import draw_shares
from boxreach.report.spread_chart import draw_spread
from boxreach.report.strip_chart import draw_strip
from boxreach.report.wording import Wording
from boxreach.text import show_controls

SECTIONS: dict[str, Callable[[PlacementReport], object]] = {
    "compared": lambda report: report.compared,
    "decision": lambda report: not report.compared,
    "governorates": lambda report: report.areas or (report.plan and report.plan.outcomes),
    "ranking": lambda report: report.plan and report.plan.sites,
    "price": lambda report: report.plan and report.plan.price.told,
    "curve": lambda report: report.plan and report.plan.curve,
    "sensitivity": lambda report: report.sensitivity,
    "proof": lambda report: report.plan or report.posts,
    "frontier": lambda report: report.posts,
    "what_if": lambda report: report.what_if and report.what_if.scenarios,
    "what_if_critical": lambda report: report.what_if and report.what_if.critical,
    "what_if_opening": lambda report: report.what_if and report.what_if.opening,
    "what_if_robustness": lambda report: report.what_if and report.what_if.robust,
    "what_if_rounds": lambda report: (
        report.what_if and report.what_if.rounds and not report.compared
    ),
    "changed": lambda report: report.compared and report.what_if and report.what_if.rounds_differ,
    "gaps": lambda report: report.gaps,
    "spots": lambda report: report.details.spots,
    "distances": lambda report: any(
        (
            report.details.distances,
            report.details.curves,
            report.details.fifths,
            report.details.worst,
        )
    ),
    "standing": lambda report: report.details.standing or report.plan,
    "others": lambda report: any(
        (report.details.layers, report.details.demand, report.details.must)
    ),
    "method": lambda _: True,
    "record": lambda report: report.record.told,
}
"""The sections in their order, each with what must be there for it to be written."""

_OF_REACH = ("network.", "speeds.", "reach.", "people.")
"""Parameters that who is reached hangs on."""


def render_page(report: PlacementReport, languages: tuple[str, ...], digits: str = "latn") -> str:
    """Return the whole page; the first language is the one that shows."""
    languages = tuple(dict.fromkeys(languages))
    check_languages(languages)
    wordings = [Wording(one, digits) for one in languages]
    rules = "".join(write_page_rules(report, one) for one in wordings)
    style, script = _asset("style.css") + Markup(rules), _asset("switch.js")  # noqa: S704 - no text
    page = (
        _environment()
        .get_template("page.html.j2")
        .render(
            articles=[render_article(report, one) for one in wordings],
            languages=[(code, LANGUAGES[code], _direction(code)) for code in languages],
            title=title_of(report, wordings[0]),
            label=words("report", languages[0])["languages_label"],
            policy=(
                f"default-src 'none'; style-src '{_digest(style)}'; script-src "
                f"'{_digest(script)}'; img-src data:; base-uri 'none'; form-action 'none'"
            ),
            style=style,
            script=script,
        )
    )
    return show_controls(page)


def render_article(report: PlacementReport, wording: Wording) -> Markup:
    """Return all that a page says in one language."""
    said, language = wording.words, wording.language

    def key_of(plan: PlanPart, key: str) -> str:
        return _key_of(report, plan, key, said)

    template = _environment().get_template("article.html.j2")
    article = template.render(
        report=report,
        record=report.record,
        language=language,
        direction=_direction(language),
        sections=[name for name, wanted in SECTIONS.items() if wanted(report)],
        title=title_of(report, wording),
        kind=kind_of(report, wording),
        assumed=list_assumptions(_assuming(report), wording),
        w=said,
        say=wording.mark,
        wording=wording,
        key_of=key_of,
        draw=lambda what, prefix: _draw(report, what, prefix, wording),
        label=wording.label,
    )
    return Markup(article)  # noqa: S704 - the template has escaped every value


def _assuming(report: PlacementReport) -> Record:
    """Return the record as far as the figures rest on it: of a comparison, without any plan."""
    if not report.compared:
        return report.record
    told = tuple(one for one in report.record.parameters if one[0].startswith(_OF_REACH))
    return replace(report.record, parameters=told)


def _key_of(report: PlacementReport, plan: PlanPart, key: str, said: Mapping[str, str]) -> str:
    """Return the key of what is said of a plan; plans of posts have some words of their own."""
    if plan.unit != "km":
        return key
    seeing = report.frontier is not None and bool(report.frontier.see)
    endings = ["_covered"] * seeing + ["_km", ""]
    return next(f"{key}{one}" for one in endings if f"{key}{one}" in said)


def _draw(report: PlacementReport, what: str, prefix: str, wording: Wording) -> Markup:
    """Return a drawing by its name; nothing where there is nothing to draw."""
    said = wording.words
    say = Say(wording)
    posts = report.posts
    say_of_posts = Say(wording, lambda key: _key_of(report, posts, key, said) if posts else key)
    if what == "strip" and report.strip and posts:
        return draw_strip(report.strip, posts, say_of_posts, prefix)
    if what == "shares" and report.details.curves:
        return draw_shares(report.details.curves, say, prefix)
    if what == "best" and report.plan and report.plan.curve:
        return draw_best(report.plan, say, prefix)
    if what == "spread" and report.what_if:
        named = {one.plan: wording.plan(one.plan) for one in report.what_if.plans}
        return draw_spread(report.what_if.plans, report.what_if.draws, named, say, prefix)
    if what == "posts" and posts:
        return draw_curve(posts, say_of_posts, prefix)
    return draw_curve(report.plan, say, prefix) if report.plan else Markup("")


def title_of(report: PlacementReport, wording: Wording) -> str:
    """Return the title that was given, or else the usual one."""
    given = wording.text(report.title) if report.title else ""
    return given or wording.words["compared_title" if report.compared else "report_title"]


def kind_of(report: PlacementReport, wording: Wording) -> str:
    """Return what kind of report it is."""
    return wording.words["compared_kind" if report.compared else "report_kind"]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("boxreach.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_refuse_nothing,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= number_filters()
    return environment


def _refuse_nothing(value: object) -> object:
    if value is None:
        raise InputError("the report would show 'None': a template lacks the case of no value")
    return value


def _direction(language: str) -> str:
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def _asset(name: str) -> Markup:
    text = files("boxreach.report").joinpath("templates", name).read_text(encoding="utf-8")
    return Markup(text)  # noqa: S704 - our own style and script, no word of a user in them


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
