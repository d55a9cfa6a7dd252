"""Write the page of all keys of a plan, and their schema: ``python docs/plan_keys.py``.

Keys, what they take and their defaults are those of the code that reads plans. What each means, and
why, stands in plan.md, key by key.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from boxreach.cli.plan import Plan

FOLDER = Path(__file__).parent
HEAD = """\
# All keys of a plan

Written by `python docs/plan_keys.py` from the code that reads plans; what each key means stands in
[`plan.toml`](plan.md), section by section. A key that is not here is refused, and the nearest that
is here is named. [plan.schema.json](plan.schema.json) says the same to editors that complete and
check TOML: those that know of schemas read it by a first line such as
`#:schema plan.schema.json` in a plan. It says less than `boxreach check`, which also holds keys
against each other and against the files. Nor can a schema tell `4.0` from `4`: for JSON they are
one number, for TOML they are two, and `boxes = 4.0` is refused by `boxreach check` alone.
"""
_LISTED = {"box_types", "scenario"}
"""Sections of which there may be any number."""
_NAMED = {"inputs.demand": "inputs.demand.NAME", "robustness.speeds": "robustness.speeds.CLASS"}
"""Sections that a plan names itself."""
_FILES = {"Source", "Boxes", "Communities", "Frontier"}
"""Tables that only say more of a file."""
_BOUNDS = (
    ("exclusiveMinimum", "above"),
    ("minimum", "from"),
    ("exclusiveMaximum", "below"),
    ("maximum", "up to"),
)
_TYPES = {"boolean": "true or false", "integer": "a whole number", "number": "a number"}


def make_schema() -> dict[str, Any]:
    """Return the schema of a plan, as JSON Schema."""
    return Plan.model_json_schema()


def list_sections(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each section with its keys, those within others behind them."""
    kinds = schema["$defs"]

    def walk(path: str, kind: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        inner = {key: _table_of(value) for key, value in kind["properties"].items()}
        if path:
            yield path, kind
        for key, name in inner.items():
            if name is not None and name != "Source":
                yield from walk(f"{path}.{key}" if path else key, kinds[name])

    yield from walk("", schema)


def _table_of(value: dict[str, Any]) -> str | None:
    """Return the kind of table that a key holds, if it holds one, or several."""
    for one in (value, *value.get("anyOf", ()), value.get("items", {}),
                value.get("additionalProperties", {})):  # fmt: skip
        if isinstance(one, dict) and "$ref" in one:
            return str(one["$ref"]).rpartition("/")[2]
    return None


def say_type(value: dict[str, Any]) -> str:
    """Return in words what a key takes."""
    if "anyOf" in value:
        if {"type": "string"} in value["anyOf"] and _table_of(value) in _FILES:
            return "the name of a file, or a table"
        return " or ".join(say_type(one) for one in value["anyOf"] if one.get("type") != "null")
    if "enum" in value or "const" in value:
        return " or ".join(f'"{one}"' for one in value.get("enum", [value.get("const")]))
    kind, more = value.get("type", "object"), value.get("additionalProperties")
    if kind == "array":
        return f"a list: {say_type(value.get('items', {}))}"
    if kind == "object":
        return f"a table by name: {say_type(more)}" if isinstance(more, dict) else "a table"
    bounds = [f"{word} {_write(value[name])}" for name, word in _BOUNDS if name in value]
    return " ".join([_TYPES.get(str(kind), "text"), *bounds])


def _write(number: float) -> str:
    return f"{int(number):,}" if number == int(number) else f"{number:g}"


def _say_default(value: dict[str, Any], *, needed: bool) -> str:
    if needed:
        return "must be given"
    default = value.get("default")
    if default is None:
        return ""
    return f"`{json.dumps(default, ensure_ascii=False)}`"


def write_page() -> str:
    """Return the page."""
    parts = [HEAD]
    for path, kind in list_sections(make_schema()):
        name = _NAMED.get(path, path)
        heading = f"[[{name}]]" if path in _LISTED else f"[{name}]"
        rows = [
            f"| `{key}` | {say_type(value)} |"
            f" {_say_default(value, needed=key in kind.get('required', ()))} |"
            for key, value in kind["properties"].items()
        ]
        parts += [
            f"## `{heading}`\n",
            "| key | takes | default |\n|---|---|---|",
            "\n".join(rows),
            "",
        ]
    return "\n".join(parts)


def write_schema() -> str:
    """Return the schema as a file."""
    return json.dumps(make_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    (FOLDER / "plan_keys.md").write_text(write_page(), encoding="utf-8")
    (FOLDER / "plan.schema.json").write_text(write_schema(), encoding="utf-8")
