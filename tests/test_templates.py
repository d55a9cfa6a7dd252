"""Who reports something is asked for what is needed to mend it, and told what not to send."""

from pathlib import Path

import pytest
import yaml

FOLDER = Path(__file__).parents[1] / ".github"
if not FOLDER.is_dir():
    pytest.skip("the templates of the forge are in the repository alone", allow_module_level=True)
FORMS = sorted((FOLDER / "ISSUE_TEMPLATE").glob("[!c]*.yml"))


@pytest.fixture(params=FORMS, ids=lambda form: form.stem)
def form(request):
    """An issue form."""
    return yaml.safe_load(request.param.read_text(encoding="utf-8"))


def test_there_are_forms_for_bugs_for_wrong_answers_and_for_questions():
    """And nothing goes around them."""
    assert [form.stem for form in FORMS] == ["bug", "question", "wrong_answer"]
    config = (FOLDER / "ISSUE_TEMPLATE" / "config.yml").read_text(encoding="utf-8")
    assert yaml.safe_load(config) == {"blank_issues_enabled": False}


def test_a_form_has_what_the_forge_asks_for(form):
    """A form that it cannot read is not shown at all."""
    assert {"name", "description", "body"} <= form.keys()
    ids = [one["id"] for one in form["body"] if one["type"] != "markdown"]
    assert len(set(ids)) == len(ids)
    for one in form["body"]:
        assert one["type"] in {"markdown", "textarea", "input", "dropdown", "checkboxes"}
        assert one["attributes"]["value" if one["type"] == "markdown" else "label"]


def test_nobody_sends_a_form_without_saying_that_no_place_or_person_is_in_it(form):
    """Issues are public, and places of posts are not."""
    (safe,) = [one for one in form["body"] if one["type"] == "checkboxes"]
    (option,) = safe["attributes"]["options"]
    assert option["required"] is True
    assert "where real boxes, posts or people are, or who anybody is" in option["label"]


@pytest.mark.parametrize("name", ["bug", "wrong_answer"])
def test_faults_are_told_with_what_is_installed_and_how_to_see_them(name):
    """So that they can be seen again elsewhere."""
    text = (FOLDER / "ISSUE_TEMPLATE" / f"{name}.yml").read_text(encoding="utf-8")
    needed = {one["attributes"]["label"]: one.get("validations", {}) for one in
              yaml.safe_load(text)["body"] if one["type"] == "textarea"}  # fmt: skip
    assert needed["What `boxreach --version --json` prints"] == {"required": True}
    assert sum(one == {"required": True} for one in needed.values()) >= 4


def test_a_change_is_asked_for_its_test_its_line_in_the_changes_and_its_languages():
    """The questions are those of CONTRIBUTING.md."""
    text = (FOLDER / "pull_request_template.md").read_text(encoding="utf-8")
    for asked in ("A test promises", "CHANGELOG.md", "docs/adr", "four languages", ".ci/run"):
        assert asked in text
