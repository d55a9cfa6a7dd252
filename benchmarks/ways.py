"""The directed edges of a country, as the other engines want them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from benchmarks.countries import Country

Integers = npt.NDArray[np.int64]


def list_ways(country: Country) -> tuple[Integers, Integers, Integers]:
    """Return tail, head and milliseconds of the quickest way between each two nodes.

    Examples
    --------
    >>> from benchmarks.countries import make_country
    >>> tail, head, ms = list_ways(make_country(2_000))
    >>> len(tail) == len(head) == len(ms), int(ms.min()) > 0
    (True, True)
    """
    there, back = country.forward_ms >= 0, country.backward_ms >= 0
    tail = np.append(country.tail[there], country.head[back])
    head = np.append(country.head[there], country.tail[back])
    ms = np.append(country.forward_ms[there], country.backward_ms[back])
    order = np.lexsort((ms, head, tail))
    tail, head, ms = tail[order], head[order], ms[order]
    first = np.append(True, (tail[1:] != tail[:-1]) | (head[1:] != head[:-1]))
    return tail[first], head[first], ms[first]


def renumber(country: Country, number: Integers) -> Country:
    """Return the country with node n called ``number[n]``."""
    order = np.empty_like(number)
    order[number] = np.arange(len(number))
    return replace(
        country,
        lon=country.lon[order],
        lat=country.lat[order],
        place=country.place[order],
        tail=number[country.tail],
        head=number[country.head],
    )
