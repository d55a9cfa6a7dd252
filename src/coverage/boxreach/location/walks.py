"""Several walks from one plan, side by side: each kicks it hard and betters what is left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from boxreach.location.swaps import Board, improve, kick

_THREADS = 2
_SHARE = 0.2
"""The part of a plan that a walk exchanges first; every second walk half as much."""


def walk(
    board: Board,
    *,
    walks: int,
    any_number: bool,
    rounds: int,
    deadline: float,
    random: np.random.Generator,
) -> list[Board]:
    """Return the plans that walks came to, in the order in which they set out.

    What they come to depends on their seeds alone, not on which of them is done first.

    Parameters
    ----------
    board
        The plan from which all set out. It stays as it is.
    walks
        How many.
    any_number, deadline
        As `improve` takes them.
    rounds
        How often each kicks, once it has climbed.
    random
        Where the seeds come from.
    """
    seeds = random.integers(2**62, size=walks)

    def go(nth: int) -> Board:
        own, draws = _copy(board), np.random.default_rng(seeds[nth])
        _shake(own, 1 + int(_SHARE * board.sizes[1] / (1 + nth % 2)), draws)
        improve(own, any_number=any_number, rounds=rounds, deadline=deadline, random=draws)
        return own

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(go, range(walks)))


def _copy(board: Board) -> Board:
    """Return a board with the same plan, to be worked on by itself; the pairs are shared."""
    own = ("activity", "place", "slot", "members", "sizes", "times", "owner", "gain", "fresh")
    return board._replace(
        value=board.value.copy(), **{name: getattr(board, name).copy() for name in own}
    )


def _shake(board: Board, exchanges: int, random: np.random.Generator) -> None:
    """Exchange many sites at random, as `kick` does, for good."""
    log, cursor = np.zeros((4 * exchanges + 8, 2), dtype=np.int64), np.zeros(3, dtype=np.int64)
    kick(board, random.random(4 * exchanges), cursor, log)
