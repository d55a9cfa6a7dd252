"""The figures of a network in plain lines, for those who check a plan before they run it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from boxreach.cli.inputs import describe_inputs
from boxreach.cli.plan import Plan
from boxreach.cli.plan_tables import Tables
from boxreach.cli.speech import say
from boxreach.network import RoadNetwork, describe_network

_CLASSES_SHOWN = 20


def describe_plan(plan: Plan, tables: Tables, network: RoadNetwork) -> list[str]:
    """Return lines that say what was read of each input, and the network that was built.

    Parameters
    ----------
    plan, tables, network
        The plan, its tables, and the network of its roads.
    """
    read = [
        say("input_rows", name=one["name"], file=one["file"], rows=one["rows"])
        for one in describe_inputs(plan, tables)
    ]
    return [*read, *_network_lines(describe_network(network))]


def _network_lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """Say the figures of `describe_network` in a few lines.

    Examples
    --------
    >>> figures = {
    ...     "roads": 2, "edges": 4, "nodes": 5, "km": 1234.567, "km_by_class": {"trunk": 1234.567},
    ...     "oneway_share": 0.25, "mean_kmh": 61.2, "parts": 2, "largest_part_share": 0.9,
    ...     "bridges": {"count": 1, "shortest_m": 32.1, "longest_m": 32.1}, "closures": None}
    >>> for line in _network_lines(figures):
    ...     print(line)
    network: 2 roads, 4 edges, 5 nodes, 1,235 km, 25.0% of them one way, 61.2 km/h on average
    network: km by class: trunk 1,235
    network: parts that no road joins: 2, with 90.0% of the km in the largest
    network: bridges over gaps: 1, of 32 to 32 m
    """
    mean = figures["mean_kmh"]
    yield say(
        "network_size",
        **{name: figures[name] for name in ("roads", "edges", "nodes", "km")},
        oneway=figures["oneway_share"],
        mean="" if mean is None else say("network_mean", kmh=mean),
    )
    longest = sorted(figures["km_by_class"].items(), key=lambda one: -one[1])
    shown = [f"{_printable(name)} {km:,.0f}" for name, km in longest[:_CLASSES_SHOWN]]
    if len(longest) > _CLASSES_SHOWN:
        shown.append(say("network_more", count=len(longest) - _CLASSES_SHOWN))
    yield say("network_classes", classes=", ".join(shown))
    yield say("network_parts", parts=figures["parts"], share=figures["largest_part_share"])
    if figures["bridges"]["count"]:
        yield say("network_bridges", **figures["bridges"])
    if closures := figures["closures"]:
        yield say("network_closures", **closures)


def _printable(name: str) -> str:
    """Return a stranger's word so that a terminal shows it and does not obey it."""
    return name if name.isprintable() else ascii(name)
