"""Stages as one mixed-integer program: a block for each, and rows that tie them together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import block_diag, coo_array, csr_array, vstack

from boxreach.location.cover_sets import CoverSets
from boxreach.location.problem import count_least
from boxreach.location.program import Program
from boxreach.location.proof import write_program
from boxreach.location.stages import Plan, Stages

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WHOLE = 1e4
"""What all of a loss is in the program, so that the solver's tolerances hide 1e-10 of it."""


@dataclass(frozen=True, eq=False)
class Block:
    """The part of a stage in the program.

    Attributes
    ----------
    within
        The sites that are not barred, in the order of their columns.
    sets
        What they cover, merged.
    column, row
        Its first column and its first row.
    rules
        The first row of its rules, which are its last ones.
    """

    within: Integers
    sets: CoverSets
    column: int
    row: int
    rules: int


@dataclass(frozen=True, eq=False)
class WrittenStages:
    """The program, and where things are in it.

    Attributes
    ----------
    program
        It maximises less what the stage that loses most loses, in parts of `WHOLE`.
    blocks
        The stages.
    links
        The first row of those between each stage and the next, one for each site of the first.
    shares
        The first of the rows that tell what each stage comes to.
    """

    program: Program
    blocks: tuple[Block, ...]
    links: tuple[int, ...]
    shares: int

    def start(self, plan: Plan) -> Floats:
        """Return a plan as values of the columns; what it does not tell is NaN."""
        values = np.full(len(self.program.gain), np.nan)
        for block, chosen in zip(self.blocks, plan, strict=True):
            values[block.column + np.arange(len(block.within))] = np.isin(block.within, chosen)
        return values

    def read(self, values: Floats) -> Plan:
        """Return the plan that values of the columns are."""
        return tuple(
            block.within[values[block.column : block.column + len(block.within)] > 0.5]
            for block in self.blocks
        )


def write_stages(
    stages: Stages, barred: Sequence[Flags], sure: Sequence[Flags], most: float
) -> WrittenStages:
    """Return the stages over the sites that are not barred, and a loss u.

    Minimise u subject to sum of w_j y_kj / best_k + u >= 1 for each stage k, each with the columns
    and rows of `write_program`, and x_ki <= x_k+1,i: the smallest possible largest loss. Where m
    sites may move, x_ki <= x_k+1,i + d_ki and the sum of d_ki over the sites is at most m.

    Parameters
    ----------
    stages
        What to choose.
    barred, sure
        For each stage, sites of which it is known that they are not, and are, in it; carried over
        from stage to stage.
    most
        No more than this share may be lost.
    """
    least = count_least(stages.worth)
    kept = stages.sets
    merged = [kept.among(~one, least) for one in barred]
    parts = [
        write_program(
            sets, stages.worth, stage.rows, sites=stage.sites, later_sites=0, barred=no, sure=yes
        )
        for stage, sets, no, yes in zip(stages.each, merged, barred, sure, strict=True)
    ]
    columns = np.append(0, np.cumsum([len(part.gain) for part in parts])).tolist()
    rows = np.append(0, np.cumsum([len(part.row_lower) for part in parts])).tolist()
    blocks = tuple(
        Block(np.flatnonzero(~no), sets, column, begin, end - len(stage.rows.lower))
        for stage, sets, no, column, begin, end in zip(
            stages.each, merged, barred, columns[:-1], rows[:-1], rows[1:], strict=True
        )
    )
    return _join(stages, parts, blocks, columns[-1], most)


def _join(
    stages: Stages, parts: list[Program], blocks: tuple[Block, ...], own: int, most: float
) -> WrittenStages:
    """Put the programs of the stages side by side, the moves and the loss behind them."""
    movers = [len(block.within) if stages.moves else 0 for block in blocks[:-1]]
    firsts = own + np.append(0, np.cumsum(movers))
    width = int(firsts[-1]) + 1
    ties = [
        _link(stages, blocks[at], blocks[at + 1], int(firsts[at]), width)
        for at in range(len(blocks) - 1)
    ]
    shares = _tell_shares(stages, parts, blocks, width)
    diagonal = csr_array(block_diag([part.matrix for part in parts], format="csr"))
    diagonal.resize((diagonal.shape[0], width))
    heights = np.cumsum([diagonal.shape[0], *(tie[0].shape[0] for tie in ties)]).tolist()
    moving = np.concatenate(
        [np.zeros(0), *(np.where(stages.tied[b.within], 0.0, 1.0) for b in blocks[:-1])]
    )[: int(firsts[-1]) - own]
    none = np.zeros(len(moving))
    program = Program(
        gain=np.append(np.zeros(width - 1), -1.0),
        matrix=csr_array(vstack([diagonal, *(tie[0] for tie in ties), shares], format="csr")),
        row_lower=np.concatenate(
            [
                *(part.row_lower for part in parts),
                *(tie[1] for tie in ties),
                [WHOLE if stage.best > 0 else 0.0 for stage in stages.each],
            ]
        ),
        row_upper=np.concatenate(
            [
                *(part.row_upper for part in parts),
                *(tie[2] for tie in ties),
                np.full(len(parts), math.inf),
            ]
        ),
        column_lower=np.concatenate([*(part.column_lower for part in parts), none, [0.0]]),
        column_upper=np.concatenate(
            [*(part.column_upper for part in parts), moving, [WHOLE * min(1.0, most)]]
        ),
        integer=np.concatenate([*(part.integer for part in parts), none > 0, [False]]),
    )
    return WrittenStages(program, blocks, tuple(heights[:-1]), heights[-1])


def _link(
    stages: Stages, before: Block, after: Block, first: int, width: int
) -> tuple[csr_array, Floats, Floats]:
    """Return rows that keep the sites of one stage in the next, and their limits."""
    count, sites = len(before.within), stages.sets.sites
    tied = stages.tied[before.within]
    place = np.full(sites, -1, dtype=np.int64)
    place[after.within] = after.column + np.arange(len(after.within))
    there = np.flatnonzero(place[before.within] >= 0)
    at = np.arange(count)
    rows, columns = [at, there], [before.column + at, place[before.within[there]]]
    values = [np.ones(count), -np.ones(len(there))]
    lower, upper = np.where(tied, 0.0, -math.inf), np.zeros(count)
    if stages.moves:
        rows += [at, np.full(count, count)]
        columns += [first + at, first + at]
        values += [-np.ones(count), np.ones(count)]
        lower = np.append(lower, -math.inf)
        upper = np.append(np.where(tied, math.inf, 0.0), stages.moves)
    entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))
    return csr_array(coo_array(entries, shape=(len(lower), width))), lower, upper


def _tell_shares(
    stages: Stages, parts: list[Program], blocks: tuple[Block, ...], width: int
) -> csr_array:
    """Return a row for each stage: its share of the best, and the loss."""
    rows = np.zeros((len(parts), width))
    for row, stage, part, block in zip(rows, stages.each, parts, blocks, strict=True):
        scale = WHOLE / stage.best if stage.best > 0 else 0.0
        row[block.column : block.column + len(part.gain)] = part.gain * scale
        row[-1] = 1.0
    return csr_array(rows)
