"""How the figures of a page are written, in the digits of its reader."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from boxreach.report.wording import Wording

_DECIMALS = {"km": 1, "minutes": 2}
"""Shown of amounts by what they measure; of all others none."""

Filter = Callable[..., Any]


def number_filters() -> dict[str, Filter]:
    """Return the filters by which templates write figures; each needs a ``wording`` there."""
    filters: dict[str, Filter] = {name: _written(form) for name, form in _FORMS.items()}
    return filters | {"figures": _figures, "degrees": _degrees, "place": _place, "code": mark_code}


def mark_code(value: object) -> Markup:
    """Return an id or a grid reference, which keeps its digits and runs from left to right."""
    return Markup('<bdi dir="ltr" class="code">{}</bdi>').format(value)


def mark_figure(text: str, wording: Wording) -> Markup:
    """Return a figure, written with 0123, in the digits of a reader."""
    return _left_to_right(wording.figure(text))


def _written(form: Callable[..., str]) -> Filter:
    """Return the filter that writes a figure by its form."""

    @pass_context
    def write(context: Context, *values: Any) -> Markup:
        return mark_figure(form(*values), context["wording"])

    return write


@pass_context
def _figures(context: Context, values: Mapping[str, float]) -> dict[str, Markup]:
    """Write every figure of what was asked, by its name."""
    return {
        name: mark_figure(format_figure(name, value), context["wording"])
        for name, value in values.items()
    }


def _degrees(value: float) -> Markup:
    """Write degrees, which keep their digits as grid references do."""
    return _left_to_right(f"{value:.5f}")


def _place(lat_lon: tuple[float, float]) -> Markup:
    """Write latitude and longitude, one figure in that order for every reader."""
    return _left_to_right("{:.5f}, {:.5f}".format(*lat_lon))


def _left_to_right(text: str) -> Markup:
    # Neither digits nor signs of ours are markup; "<" of a small share is.
    shown = text.replace("<", "&lt;")
    return Markup(f'<bdi dir="ltr">{shown}</bdi>')  # noqa: S704 - figures alone


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
    >>> format_share(1.1)  # of a usual speed
    '110.0%'
    """
    if share is None:
        return "–"
    if share in {0.0, 1.0}:
        return f"{share:.0%}"
    if share > 1.0:
        return f"{max(share, 1.001):.1%}"
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


_FORMS: dict[str, Callable[..., str]] = {
    "number": "{:,.0f}".format,
    "km": "{:,.1f}".format,
    "minutes": "{:g}".format,
    "metres": "{:,.0f}".format,
    "score": "{:.2f}".format,
    "beyond": lambda value: f"{_round_up(value):.1f}",
    "percent": format_share,
    "gap": format_gap,
    "index": "{:.2f}".format,
    "change": lambda value: f"{math.ceil(value * 1000 - 1e-6) / 1000:g}",
    "dollars": "${:,.0f}".format,
    "decimals": lambda value, digits: f"{value:,.{digits}f}",
    "densities": lambda ends: format_range(*ends),
    "stretch": lambda ends: " – ".join(f"{one:,.1f}" for one in ends),
    "amount": format_amount,
}
