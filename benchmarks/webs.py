"""Webs: roads between crossings in a plane, before they are a country."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Web:
    """Nodes in metres and the roads between them.

    Attributes
    ----------
    x, y, place
        Metres and place of each node.
    tail, head, road_class
        Ends and class of each road.
    oneway
        1 where a road may only be driven from tail to head, else 0.
    bend
        How far the middle of a road lies to its left, as a share of its length.
    """

    x: Floats
    y: Floats
    place: Integers
    tail: Integers
    head: Integers
    road_class: Integers
    oneway: Integers
    bend: Floats


def repeat_each(count: Integers) -> tuple[Integers, Integers]:
    """Return the positions 0, 1, ... so many times each, and which time it is.

    Examples
    --------
    >>> repeat_each(np.array([2, 0, 3]))
    (array([0, 0, 2, 2, 2]), array([0, 1, 0, 1, 2]))
    """
    owner = np.repeat(np.arange(len(count)), count)
    return owner, np.arange(len(owner)) - (np.cumsum(count) - count)[owner]


def join_webs(one: Web, other: Web) -> Web:
    """Return the roads of both; the nodes of the second begin with those of the first."""
    return Web(
        other.x,
        other.y,
        other.place,
        np.append(one.tail, other.tail),
        np.append(one.head, other.head),
        np.append(one.road_class, other.road_class),
        np.append(one.oneway, other.oneway),
        np.append(one.bend, other.bend),
    )


def drop_lone_nodes(web: Web) -> Web:
    """Return the web without the nodes that no road touches."""
    used = np.zeros(len(web.x), dtype=bool)
    used[web.tail] = used[web.head] = True
    number = np.cumsum(used) - 1
    return replace(
        web,
        x=web.x[used],
        y=web.y[used],
        place=web.place[used],
        tail=number[web.tail],
        head=number[web.head],
    )


def place_along(
    web: Web, count: Integers, random: np.random.Generator, *, bend_within: float
) -> Web:
    """Divide each road by so many nodes, along a curve.

    Parameters
    ----------
    web
        The roads.
    count
        How many nodes to place on each road.
    random
        Where the bends of the pieces are drawn from.
    bend_within
        The pieces bend to either side by at most this share of their length.

    Returns
    -------
    Web
        The nodes of `web`, then the new ones in the order of the roads, and the pieces in that
        order too. New nodes between nodes of one place lie in it, others on the open road.
    """
    road, nth = repeat_each(count)
    along = (nth + 1 + random.uniform(-0.3, 0.3, len(road))) / (count[road] + 1)
    tail, head = web.tail[road], web.head[road]
    dx, dy = web.x[head] - web.x[tail], web.y[head] - web.y[tail]
    aside = web.bend[road] * 4 * along * (1 - along)
    same = web.place[tail] == web.place[head]

    piece, step = repeat_each(count + 1)
    before = (np.cumsum(count) - count)[piece] + step + len(web.x)
    return Web(
        x=np.append(web.x, web.x[tail] + along * dx - aside * dy),
        y=np.append(web.y, web.y[tail] + along * dy + aside * dx),
        place=np.append(web.place, np.where(same, web.place[tail], -1)),
        tail=np.where(step == 0, web.tail[piece], before - 1),
        head=np.where(step == count[piece], web.head[piece], before),
        road_class=web.road_class[piece],
        oneway=web.oneway[piece],
        bend=random.uniform(-bend_within, bend_within, len(piece)),
    )
