"""From a robustness to what the report says of the draws of each plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from boxreach.report.figures import Namer, number_of, require_columns, text_of
from boxreach.report.what_if import AreaSpread, ChosenSite, Draw, PlanSpread, RobustSums
from boxreach.tables import TOTAL

if TYPE_CHECKING:
    from boxreach.scenarios import Robustness

MOST_CHOSEN = 200
"""So many sites are told of at most, those that are chosen most often."""

MOST_DRAWS = 10_000
"""Of more rows than so many the first ones are kept."""

_TABLE = (
    "point", "mean", "low", "median", "high", "worst", "share_mean", "regret_mean", "regret_high",
    "best_in",
)  # fmt: skip
_DRAWS = ("draw", "plan", "people", "within", "regret", "best")
_ADVICE = "give what robustness() returned"


def prepare_robust(found: Robustness) -> RobustSums:
    """Prepare what was drawn from, and how often."""
    require_columns(found.draws, _DRAWS, "robustness.draws", _ADVICE)
    ranges = {text_of(name): _ends(value) for name, value in found.ranges.items()}
    return RobustSums(
        minutes=float(found.minutes),
        seed=int(found.seed),
        draws=int(found.draws["draw"].nunique()),
        ranges=tuple((name, *ends) for name, ends in ranges.items() if ends is not None),
    )


def _ends(value: Any) -> tuple[float, float] | None:
    """Return the ends of a range, given as a pair, a mapping, or a value that has them."""
    if isinstance(value, Mapping):
        value = value.get("low"), value.get("high")
    elif hasattr(value, "low") and hasattr(value, "high"):
        value = value.low, value.high
    elif isinstance(value, int | float):
        value = value, value
    low, high = number_of(value[0]), number_of(value[-1])
    return None if low is None or high is None else (low, high)


def prepare_plan_spreads(found: Robustness) -> tuple[PlanSpread, ...]:
    """Prepare what the draws of each plan come to, in whole people."""
    require_columns(found.table, _TABLE, "robustness.table", _ADVICE)
    rows = []
    for plan, row in zip(found.table.index, found.table.to_dict("records"), strict=True):
        amounts = {one: _whole(number_of(row[one])) or 0.0 for one in _TABLE[:6]}
        rows.append(
            PlanSpread(
                plan=text_of(plan),
                **amounts,
                share=number_of(row["share_mean"]),
                regret=_whole(number_of(row["regret_mean"])),
                regret_high=_whole(number_of(row["regret_high"])),
                best_in=number_of(row["best_in"]),
            )
        )
    return tuple(rows)


def _whole(value: float | None) -> float | None:
    return None if value is None else round(value)


def prepare_draws(found: Robustness) -> tuple[Draw, ...]:
    """Prepare what each plan comes to in each draw, and what it falls short of the best found."""
    rows = []
    for row in found.draws.iloc[:MOST_DRAWS].to_dict("records"):
        within, best = round(number_of(row["within"]) or 0.0), _whole(number_of(row["best"]))
        rows.append(
            Draw(
                draw=int(row["draw"]),
                plan=text_of(row["plan"]),
                total=round(number_of(row["people"]) or 0.0),
                within=within,
                regret=None if best is None else best - within,
                best=best,
                bound=_whole(number_of(row.get("bound"))),
            )
        )
    return tuple(rows)


def prepare_area_spreads(found: Robustness, namer: Namer) -> tuple[AreaSpread, ...]:
    """Prepare the draws by governorate; ends and medians do not add up."""
    table = found.areas
    if not {"plan", "area"} <= {*table.columns}:
        table = table.reset_index()
    require_columns(table, ["plan", "area", "low", "median", "high"], "robustness.areas", _ADVICE)
    return tuple(
        AreaSpread(
            text_of(row["plan"]),
            namer(row["area"]),
            *(round(number_of(row[one]) or 0.0) for one in ("low", "median", "high")),
        )
        for row in table[table["area"] != TOTAL].to_dict("records")
    )


def prepare_chosen(found: Robustness) -> tuple[ChosenSite, ...]:
    """Prepare how often each site is chosen, the most often first."""
    if found.chosen.empty:
        return ()
    require_columns(found.chosen, ["chosen", "in_plan"], "robustness.chosen", _ADVICE)
    table = pd.DataFrame(found.chosen.drop(columns=found.chosen.geometry.name))
    rows = [
        ChosenSite(text_of(site_id), number_of(row["chosen"]) or 0.0, bool(row["in_plan"]))
        for site_id, row in zip(table.index, table.to_dict("records"), strict=True)
    ]
    rows = [one for one in rows if one.chosen > 0 or one.in_plan]
    return tuple(sorted(rows, key=lambda one: (-one.chosen, one.site_id))[:MOST_CHOSEN])
