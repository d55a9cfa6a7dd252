"""What every plan in stages loses at least: the Lagrangian relaxation of all that ties them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from boxreach.location.dual import add_up, buy
from boxreach.location.picks import Picks, part_rows
from boxreach.location.rules import Rows
from boxreach.location.stages import Stage, Stages
from boxreach.location.stages_program import WHOLE, WrittenStages

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

SLACK = 1e-11
"""Sums of a million floats are true to this share."""


@dataclass(frozen=True, eq=False)
class StagesOffer:
    """Prices for stages, and what they lead to.

    Attributes
    ----------
    kept
        The stage that loses most keeps at most so much of its best, as a share.
    picks, earned, chosen
        Of each stage: its rules, what each site earns, and the sites that earn most together.
    """

    kept: float
    picks: tuple[Picks, ...]
    earned: tuple[Floats, ...]
    chosen: tuple[Integers, ...]

    def turned_over(self, lost: float) -> list[Flags]:
        """Tell of each stage which sites all plans that lose no more have as `chosen` has them."""
        least = (1 - lost) * (1 - SLACK) - SLACK
        return [
            np.asarray(self.kept - picks.losses(earned, chosen) < least)
            for picks, earned, chosen in zip(self.picks, self.earned, self.chosen, strict=True)
        ]


def price_stages(
    stages: Stages,
    written: WrittenStages,
    row_prices: Floats,
    barred: Sequence[Flags],
    sure: Sequence[Flags],
) -> StagesOffer | None:
    """Return what prices of the relaxation prove of the stages; None if no choice is left.

    With weights l_k of the stages that sum to 1, the stage that keeps least of its best keeps at
    most sum_k l_k v_k / best_k. Prices p of the demand of each stage, q of its rules and m >= 0 of
    x_ki <= x_k+1,i part that into stages, as `Dual` does one:

        sum_k [sum_j max_n (l_k w_j worth[n] / best_k - p_kj n) + q_k limits_k
               + max_x sum_i x_i (sum_{j in i} p_kj - q_k rules_i - m_ki + m_k-1,i)]

    and the largest m where so many sites may move. Any prices give a valid bound.

    Parameters
    ----------
    stages
        What to choose.
    written
        The program the prices are of.
    row_prices
        Prices of its rows, as `relax_program` gives them, with either sign.
    barred, sure
        What it was written with.
    """
    of_shares = row_prices[written.shares :]
    total = math.fsum(of_shares)
    if total == 0 or not np.isfinite(row_prices).all():
        return None
    prices = row_prices / abs(total) * (-math.copysign(1.0, total)) / WHOLE
    shares = np.maximum(0.0, of_shares / total)
    shares /= math.fsum(shares)
    ties, of_moves = _price_links(stages, written, prices)
    dearest = float((stages.worth[1:] / np.arange(1, len(stages.worth))).max())
    terms = [of_moves]
    found: list[tuple[Picks, Floats, Integers]] = []
    for at, (stage, block) in enumerate(zip(stages.each, written.blocks, strict=True)):
        many = len(block.sets.weights)
        scale = shares[at] / stage.best if stage.best > 0 else 0.0
        # Beyond this nothing is bought, and a higher price only lets sites seem to earn.
        ceiling = block.sets.weights * (scale * dearest)
        demand = np.clip(prices[block.row : block.row + many], 0.0, ceiling)
        rules = prices[block.rules : block.rules + len(stage.rows.lower)]
        terms.extend(buy(block.sets.weights * scale, stages.worth, demand).tolist())
        terms.append(0.0 if stage.best > 0 else shares[at])
        picks, of_rules = _pick(stage, rules, barred[at], sure[at])
        terms.append(of_rules[0])
        earned = add_up(block.sets, demand) - of_rules[1] + ties[at] - ties[at + 1]
        chosen = picks.best(earned)
        if chosen is None:
            return None
        terms.extend(earned[chosen].tolist())
        found.append((picks, earned, chosen))
    kept = math.fsum(terms) + SLACK * math.fsum(map(abs, terms))
    all_picks, all_earned, all_chosen = zip(*found, strict=True)
    return StagesOffer(kept, all_picks, all_earned, all_chosen)


def _price_links(
    stages: Stages, written: WrittenStages, prices: Floats
) -> tuple[list[Floats], float]:
    """Return what a stage pays to have a site that the next must keep, and what moves are worth.

    The first is for the link before each stage and the one behind the last: none there.
    """
    nothing = np.zeros(stages.sets.sites)
    ties, moves = [nothing], 0.0
    for block, first in zip(written.blocks[:-1], written.links, strict=True):
        within, paid = block.within, nothing.copy()
        paid[within] = prices[first : first + len(within)]
        free = np.minimum(paid, 0.0) if stages.moves else paid
        paid = np.where(stages.tied, free, np.maximum(paid, 0.0))
        if stages.moves:
            moves += math.fsum(np.sort(np.where(stages.tied, 0.0, paid))[-stages.moves :])
        ties.append(paid)
    return [*ties, nothing], moves


def _pick(
    stage: Stage, prices: Floats, barred: Flags, sure: Flags
) -> tuple[Picks, tuple[float, Floats]]:
    """Return the rules that picks keep, and of the rest the worth of limits and of each site."""
    rows = stage.rows
    picks, _ = part_rows(rows, stage.sites)
    picks = replace(picks, barred=barred | picks.barred, fixed=sure | picks.fixed)
    prices = np.where(_are_kept(rows, picks), 0.0, prices)
    prices = np.where((prices > 0) & ~np.isfinite(rows.upper), 0.0, prices)
    prices = np.where((prices < 0) & ~np.isfinite(rows.lower), 0.0, prices)
    limits = np.where(prices > 0, rows.upper, rows.lower)
    priced = prices != 0
    whole = math.fsum(prices[priced] * limits[priced])
    return picks, (whole, np.asarray(rows.matrix.T @ prices, dtype=np.float64))


def _are_kept(rows: Rows, picks: Picks) -> Flags:
    """Tell which rules the picks keep: those that are one of their groups."""
    sizes = np.bincount(picks.group)
    kept, matrix = np.zeros(len(rows.lower), dtype=bool), rows.matrix
    for row in range(len(kept)):
        members = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
        groups = np.unique(picks.group[members])
        kept[row] = (
            len(groups) == 1
            and groups[0] < len(picks.low) - 1
            and sizes[groups[0]] == len(members)
            and bool((matrix.data[matrix.indptr[row] : matrix.indptr[row + 1]] == 1).all())
        )
    return kept
