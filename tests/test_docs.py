"""What the documentation says is so."""

import json
import re
import runpy
import tomllib
from pathlib import Path

import pytest

import boxreach
from boxreach.cli.plan import BoxKind, Demand, File, Frontier, Plan, read_plan
from boxreach.cli.plan_posts import InterceptValues, PostCandidates, SightValues
from boxreach.cli.plan_what_if import Critical, Robust, ScenarioValues

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def written(value):
    """Write a default as the page does."""
    if value is None or isinstance(value, bool):
        return {None: "none", False: "false", True: "true"}[value]
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).replace("'", '"').replace(".0", "").replace("{}", "{ }")


@pytest.mark.parametrize(
    "section", ["network", "speeds", "reach", "people", "propose", "posts", "output"]
)
def test_every_key_of_a_plan_is_documented_with_its_default(section):
    """`docs/plan.md` and the code say the same."""
    page = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
    table = page.split(f"## `[{section}]`")[1].split("\n## ")[0]
    said = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", table, flags=re.MULTILINE))
    defaults = Plan.model_fields[section].default.model_dump()
    if section == "propose":
        # Without a budget so many are planned.
        defaults["boxes"] = Plan.model_fields[section].default.new_boxes()
    if section == "posts":
        # Without a share so many are.
        defaults["posts"] = Plan.model_fields[section].default.new_posts()
    assert set(said) == set(defaults)
    for key, value in defaults.items():
        assert said[key] == written(value), key


@pytest.mark.parametrize(
    ("heading", "kind", "more"),
    [
        ("[[box_types]]", BoxKind, set()),
        ("[inputs.demand.NAME]", Demand, set(File.model_fields)),
        ("[inputs.frontier]", Frontier, set(File.model_fields)),
        ("[posts.candidates]", PostCandidates, set()),
        ("[posts.sight]", SightValues, set()),
        ("[posts.intercept]", InterceptValues, set()),
        ("[[scenario]]", ScenarioValues, set()),
        ("[critical]", Critical, set()),
        ("[robustness]", Robust, set()),
    ],
)
def test_every_key_of_a_listed_table_is_documented_with_its_default(heading, kind, more):
    """Of types of boxes and other demand there may be any number, each with the same keys."""
    page = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
    table = page.split(f"## `{heading}`")[1].split("\n## ")[0].split("\n### ")[0]
    said = dict(re.findall(r"^\| `(\w+)` \| (.+?) \|", table, flags=re.MULTILINE))
    assert set(said) == set(kind.model_fields) - more
    for key, value in said.items():
        field = kind.model_fields[key]
        assert value == ("must be given" if field.is_required() else written(field.default)), key
    assert [key for key in more if f"`{key}`" not in table] == []


def test_every_input_of_a_plan_is_documented():
    """No file can be given that the page does not name."""
    page = (ROOT / "docs" / "plan.md").read_text(encoding="utf-8")
    names = Plan.model_fields["inputs"].annotation.model_fields
    assert [name for name in names if f"`{name}`" not in page] == []


@pytest.mark.parametrize(
    ("script", "page"),
    [("glossary", "glossary"), ("public_names", "api"), ("plan_keys", "plan_keys")],
)
def test_pages_that_are_written_by_scripts_are_as_these_write_them(script, page):
    """The words of the outputs, the public names, and the keys that plans are read by."""
    written_page = runpy.run_path(str(ROOT / "docs" / f"{script}.py"))["write_page"]()
    assert (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8") == written_page
    assert "{" not in written_page.replace("```{eval-rst}", "").replace("`{}`", "")


@pytest.fixture(scope="module")
def schema():
    """The schema of a plan, as editors read it."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    written_schema = (ROOT / "docs" / "plan.schema.json").read_text(encoding="utf-8")
    maker = runpy.run_path(str(ROOT / "docs" / "plan_keys.py"))
    made = json.loads(maker["write_schema"]())  # of 0 some versions of pydantic make 0.0
    assert json.loads(written_schema) == made, "run python docs/plan_keys.py"
    return jsonschema.Draft202012Validator(json.loads(written_schema))


PLANS = sorted([*ROOT.glob("data/**/plan.toml"), *ROOT.glob("examples/*.toml")])


@pytest.mark.parametrize("plan", PLANS, ids=lambda one: f"{one.parent.name}/{one.name}")
def test_every_plan_keeps_to_the_schema_that_editors_read(schema, plan):
    """Dates are texts there."""
    found = json.loads(json.dumps(tomllib.loads(plan.read_text(encoding="utf-8")), default=str))
    assert [one.message for one in schema.iter_errors(found)] == []


@pytest.mark.parametrize(
    ("section", "key", "value", "wrong"),
    [
        ("propose", "boxes", -1, True), ("propose", "boxs", 10, True),
        ("propose", "model", "p-median", False), ("propose", "model", "q", True),
        ("posts", "candidates", {"setback_km": 1.5}, False),
        ("posts", "candidates", {"setback_km": [0.3, 2]}, False),
        ("robustness", "speeds", {"track": [0.5, 0.9, 1.0]}, False),
        ("critical", "roads", "bridges", False), ("output", "marking", "secret", False),
        ("inputs", "terrain", {"file": "heights.tif", "label": "modelled"}, False),
    ],
)  # fmt: skip
def test_the_schema_knows_what_a_plan_may_say(schema, section, key, value, wrong):
    files = {name: f"{name}.csv" for name in ("boxes", "communities", "roads")}
    plan = {"inputs": files} | {section: {key: value} | (files if section == "inputs" else {})}
    assert bool([*schema.iter_errors(plan)]) is wrong


def test_a_number_that_is_whole_in_json_and_not_in_toml_is_refused_by_check_alone(
    schema, plan, edit
):
    """As the page of keys says."""
    edit(plan, "boxes = 1\n", "boxes = 4.0\n")
    assert not [*schema.iter_errors(tomllib.loads(plan.read_text(encoding="utf-8")))]
    with pytest.raises(boxreach.InputError, match="give a whole number"):
        read_plan(plan)


def test_every_public_name_and_every_page_has_its_place_in_the_documentation():
    """Each name stands on the page of names once, and each page in the contents once."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    names = re.findall(r"^   boxreach\.(\w+)$", page, flags=re.MULTILINE)
    assert sorted([*names, "location"]) == sorted(boxreach.__all__)
    contents = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    listed = re.findall(
        r"^(?!:)(\S+)$",
        "".join(re.findall(r"```{toctree}(.*?)```", contents, re.DOTALL)),
        re.MULTILINE,
    )
    pages = {one.stem for one in (ROOT / "docs").glob("*.md")} - {"index"}
    assert sorted(listed) == sorted([*pages, "adr/README"])


@pytest.mark.parametrize("page", sorted(one.relative_to(ROOT) for one in ROOT.glob("docs/**/*.md")))
def test_links_between_pages_lead_somewhere(page):
    """A link to a file of the repository names one that is there."""
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [one for one in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in one]
    assert [one for one in targets if not ((ROOT / page).parent / one).exists()] == []
