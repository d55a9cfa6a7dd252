"""Print the tables of docs/access.md from the rules that are applied, as Markdown.

python docs/access_tables.py
"""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

Rules = Mapping[str, Any]


def read(name: str) -> dict[str, Any]:
    """Read the rules as the package does."""
    return tomllib.loads(files("boxreach.sources.osm").joinpath(name).read_text(encoding="utf-8"))


def table(title: str, header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table under a heading."""
    head = list(header)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join([f"### {title}", "", *(f"| {' | '.join(line)} |" for line in lines), ""])


def code(values: Iterable[str]) -> str:
    """Return values as code."""
    return ", ".join(f"`{value}`" for value in values)


def tags(group: Rules) -> str:
    """Return tags as ``key=value``, one by one; a star stands for any value."""
    told = code(f"{key}={value}" for key, values in group["tags"].items() for value in values)
    return f"{told}, but not {code(group['except'])}" if group.get("except") else told


def access_table(rules: Rules) -> str:
    """Return what the values of the access keys mean."""
    rows = [
        [code(one["values"]), "yes" if one["passes"] else "no", one["note"] or "—", one["reason"]]
        for one in rules["access"]
    ]
    return table("Values of the access keys", ["value", "driven", "counted as", "why"], rows)


def class_table(rules: Rules) -> str:
    """Return which values of highway are driven."""
    classes = rules["classes"]
    opened = (f"{one} (as {like})" for one, like in classes["opened"]["as"].items())
    rows = [
        ["driven", code(classes["driven"]["values"]), classes["driven"]["reason"]],
        ["only where opened", code(opened), classes["opened"]["reason"]],
        ["never", code(classes["never"]["values"]), classes["never"]["reason"]],
    ]
    return table("Values of `highway`", ["", "value", "why"], rows)


def other_table(rules: Rules) -> str:
    """Return what else keeps a way out, or lets it in."""
    prefixes = (f"{one}:highway=*" for one in rules["lifecycle"]["prefixes"])
    works = f"`construction=*`, but not {code(rules['construction']['open'])}"
    rows = [["left out", tags(one), one["reason"]] for one in rules["shut"]]
    rows += [
        ["left out", code(prefixes), rules["lifecycle"]["reason"]],
        ["left out", works, rules["construction"]["reason"]],
    ]
    for one in rules["implied"]:
        implied = code(f"{key}={value}" for key, value in one["implies"].items())
        rows.append([f"counts as {implied}", code([one["tag"]]), one["reason"]])
    return table("What else decides", ["", "tags", "why"], rows)


def oneway_table(rules: Rules) -> str:
    """Return what the values of oneway mean."""
    oneway = rules["oneway"]
    rows = [
        ["forward", code(oneway["forward"]), ""],
        ["backward", code(oneway["backward"]), ""],
        ["both ways", code(oneway["both"]), ""],
        [f"both ways, counted as {oneway['changing_note']}", code(oneway["changing"]), ""],
        [f"both ways, counted as {oneway['unknown_note']}", "anything else", oneway["reason"]],
        *(["forward where no oneway is tagged", tags(one), one["reason"]]
          for one in oneway["implied"]),
    ]  # fmt: skip
    return table("One-way roads", ["driven", "value", "why"], rows)


def noted_table(rules: Rules) -> str:
    """Return what is kept, but counted."""
    rows = [[one["note"], tags(one), one["reason"]] for one in rules["noted"]]
    return table("Kept, but counted", ["counted as", "tags", "why"], rows)


def barrier_table(rules: Rules) -> str:
    """Return which barriers stop a vehicle."""
    rows = [
        [code(one["values"]), "stops" if one["stops"] else "passes", one["reason"]]
        for one in rules["barriers"]
    ]
    return table("Barriers on nodes", ["`barrier`", "vehicle", "why"], rows)


def word_table(limits: Rules) -> str:
    """Return what the words in maxspeed mean."""
    rows = [
        [f"`{word}`", f"{one['kmh']} km/h" if "kmh" in one else "unknown", one["note"]]
        for word, one in limits["words"].items()
    ]
    return table("Words in `maxspeed`", ["value", "limit", "counted as"], rows)


def zone_table(limits: Rules) -> str:
    """Return the limits that a country's zones stand for."""
    rows = [
        [country, ", ".join(f"{zone} {limit}" for zone, limit in laws.items())]
        for country, laws in limits["country"].items()
    ]
    return table("Zones, in km/h unless said otherwise", ["country", "zones"], rows)


def render() -> str:
    """Return all tables."""
    rules, limits = read("access.toml"), read("limits.toml")
    shown = (access_table, class_table, other_table, oneway_table, noted_table, barrier_table)
    return "\n".join([*(one(rules) for one in shown), word_table(limits), zone_table(limits)])


if __name__ == "__main__":
    print(render())
