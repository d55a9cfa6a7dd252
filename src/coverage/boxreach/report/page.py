"""The report as one HTML page: every language in it, nothing fetched, hardly any script."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from boxreach.errors import InputError
from boxreach.languages import LANGUAGES, RIGHT_TO_LEFT, check_languages, words
from boxreach.report.charts import draw_curve
from boxreach.report.curve_chart import draw_best
from boxreach.report.model import PlanPart
from boxreach.report.paper import write_page_rules
from boxreach.report.placement_report import PlacementReport
from boxreach.report.share_chart import draw_shares
from boxreach.report.strip_chart import draw_strip
from boxreach.report.wording import Wording

SECTIONS: dict[str, Callable[[PlacementReport], object]] = {
    "decision": lambda _: True,
    "governorates": lambda report: report.areas or (report.plan and report.plan.outcomes),
    "ranking": lambda report: report.plan and report.plan.sites,
    "price": lambda report: report.plan and report.plan.price.told,
    "curve": lambda report: report.plan and report.plan.curve,
    "proof": lambda report: report.plan or report.posts,
    "frontier": lambda report: report.posts,
    "gaps": lambda _: True,
    "spots": lambda report: report.details.spots,
    "distances": lambda report: any(
        (
            report.details.distances,
            report.details.curves,
            report.details.fifths,
            report.details.worst,
        )
    ),
    "standing": lambda report: report.details.standing,
    "others": lambda report: any(
        (report.details.layers, report.details.demand, report.details.must)
    ),
    "method": lambda _: True,
    "record": lambda report: report.record.told,
}
"""The sections in their order, each with what must be there for it to be written."""

_DECIMALS = {"km": 1, "minutes": 2}
"""Shown of amounts by what they measure; of all others none."""

VISIBLE = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: 0x2421,
    **dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000)], 0xFFFD),
}
"""Characters that a page cannot hold, and the visible signs that stand for them."""


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
    return page.translate(VISIBLE)


def render_article(report: PlacementReport, wording: Wording) -> Markup:
    """Return all that a page says in one language."""
    said, language = wording.words, wording.language

    def say(key: str, **values: object) -> Markup:
        return escape(said[key]).format(**values)

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
        w=said,
        say=say,
        key_of=key_of,
        draw=lambda what, prefix: _draw(report, what, prefix, language),
        label=wording.text,
    )
    return Markup(article)  # noqa: S704 - the template has escaped every value


def _key_of(report: PlacementReport, plan: PlanPart, key: str, said: Mapping[str, str]) -> str:
    """Return the key of what is said of a plan; plans of posts have some words of their own."""
    if plan.unit != "km":
        return key
    seeing = report.frontier is not None and bool(report.frontier.see)
    endings = ["_covered"] * seeing + ["_km", ""]
    return next(f"{key}{one}" for one in endings if f"{key}{one}" in said)


def _draw(report: PlacementReport, what: str, prefix: str, language: str) -> Markup:
    """Return a drawing by its name; nothing where there is nothing to draw."""
    said = words("report", language)

    def say(key: str, **values: float) -> str:
        return said[key].format(**{name: f"{value:,.10g}" for name, value in values.items()})

    def say_of_posts(key: str, **values: float) -> str:
        return say(_key_of(report, report.posts, key, said) if report.posts else key, **values)

    if what == "strip" and report.strip and report.posts:
        return draw_strip(report.strip, report.posts, say, prefix, language)
    if what == "shares" and report.details.curves:
        called = (said["total"], said["no_governorate"])
        return draw_shares(report.details.curves, say, prefix, language, called)
    if what == "best" and report.plan and report.plan.curve:
        return draw_best(report.plan, say, prefix)
    if what == "posts" and report.posts:
        return draw_curve(report.posts, say_of_posts, prefix)
    return draw_curve(report.plan, say, prefix) if report.plan else Markup("")


def title_of(report: PlacementReport, wording: Wording) -> str:
    """Return the title that was given, or else the usual one."""
    given = wording.text(report.title) if report.title else ""
    return given or wording.words["report_title"]


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
    environment.filters |= {
        "number": lambda value: _left_to_right(f"{value:,.0f}"),
        "km": lambda value: _left_to_right(f"{value:,.1f}"),
        "minutes": lambda value: _left_to_right(f"{value:g}"),
        "metres": lambda value: _left_to_right(f"{value:,.0f}"),
        "score": lambda value: _left_to_right(f"{value:.2f}"),
        "beyond": lambda value: _left_to_right(f"{_round_up(value):.1f}"),
        "percent": lambda value: _left_to_right(format_share(value)),
        "gap": lambda value: _left_to_right(format_gap(value)),
        "degrees": lambda value: _left_to_right(f"{value:.5f}"),
        "index": lambda value: _left_to_right(f"{value:.2f}"),
        "change": lambda value: _left_to_right(f"{math.ceil(value * 1000 - 1e-6) / 1000:g}"),
        "dollars": lambda value: _left_to_right(f"${value:,.0f}"),
        "decimals": lambda value, digits: _left_to_right(f"{value:,.{digits}f}"),
        "densities": lambda ends: _left_to_right(format_range(*ends)),
        "code": lambda value: Markup('<bdi dir="ltr" class="code">{}</bdi>').format(value),
        "figures": lambda values: {
            name: _left_to_right(format_figure(name, value)) for name, value in values.items()
        },
        "amount": lambda value, unit: _left_to_right(format_amount(value, unit)),
    }
    return environment


def format_figure(name: str, value: float) -> str:
    """Return a figure of what was asked, by what it is.

    Examples
    --------
    >>> format_figure("budget", 500_000.0), format_figure("busy", 0.3), format_figure("minutes", 30)
    ('$500,000', '30%', '30')
    """
    if name == "budget":
        return f"${value:,.0f}"
    return f"{100 * value:,.10g}%" if name in {"busy", "share"} else f"{value:,.10g}"


def format_amount(value: float, unit: str) -> str:
    """Return people and sites as a whole number, kilometres with one decimal, minutes with two.

    Examples
    --------
    >>> format_amount(1234.5, "km"), format_amount(12.345, "minutes"), format_amount(7.0, "sites")
    ('1,234.5', '12.35', '7')
    """
    return f"{value:,.{_DECIMALS.get(unit, 0)}f}"


def format_share(share: float | None) -> str:
    """Return a share in per cent, never rounded to all or to nothing when it is neither.

    Examples
    --------
    >>> format_share(0.5), format_share(0.99999), format_share(0.00001), format_share(1.0)
    ('50.0%', '99.9%', '<0.1%', '100%')
    """
    if share is None:
        return "–"
    if share in {0.0, 1.0}:
        return f"{share:.0%}"
    return "<0.1%" if share < 0.0005 else f"{min(share, 0.999):.1%}"


def format_range(low: float, high: float) -> str:
    """Return two numbers as a range; small ones keep a decimal.

    Examples
    --------
    >>> format_range(0.42, 9.96), format_range(20.4, 1234.5), format_range(7.0, 7.0)
    ('0.4 – 10', '20 – 1,234', '7')
    """
    ends = [f"{one:,.0f}" if one >= 9.95 or one % 1 == 0 else f"{one:.1f}" for one in (low, high)]
    return " – ".join(dict.fromkeys(ends))


def format_gap(gap: float | None) -> str:
    """Return how far a bound lies above a plan.

    Examples
    --------
    >>> format_gap(0.0), format_gap(0.00001), format_gap(0.0213)
    ('0%', '<0.01%', '2.13%')
    """
    if gap is None:
        return "–"
    return "0%" if gap == 0 else "<0.01%" if gap < 0.0001 else f"{gap:.2%}"


def _round_up(minutes: float) -> float:
    """Round so that a time beyond the threshold never reads as one within it."""
    return -(-round(minutes * 10, 6) // 1) / 10


def _left_to_right(text: str) -> Markup:
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)


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
