"""Two plans over the same places: shown in turn, and by what tells them apart."""

import re
from dataclasses import replace

import numpy as np
import pytest

import boxreach as br
from boxreach.languages import LANGUAGES, words
from boxreach.maps import Side, map_plan


@pytest.fixture
def two(make_live):
    """A plan of all boxes, and one of other candidates that has fewer."""
    live = make_live(places=120, new=6)
    few = br.MaxCover(sites=3, minutes=15)
    with pytest.warns(br.DataWarning, match="unknown people"):
        other = br.propose(live.options, few, existing=live.existing)
    return live, other


def _reached(live, plan, shown, minutes):
    """Return which places are reached, by the times that the plan was made on."""
    ids = [*live.existing.sites.index, *plan.sites.index[:shown]]
    found = np.zeros(len(live.reach), dtype=bool)
    for times in (live.existing, live.options):
        rows = [row for row, one in enumerate(times.sites.index) if one in ids]
        pairs = times.ms[rows].tocoo()
        found[pairs.col[pairs.data <= minutes * 60_000]] = True
    return found


def _set(page, shown, minutes):
    page.evaluate("([n, t]) => { boxreach.show(n); boxreach.choose(t); }", [shown, minutes])
    # what several events change is drawn once
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


@pytest.mark.browser
def test_the_difference_is_that_of_the_two_plans(visit, two):
    live, other = two
    labels = ["Plan <b>A</b>", "Plan {{7*7}}"]
    page = visit(map_plan(
        live.reach, live.plan, label=labels[0], other=Side(live.reach, other, label=labels[1])
    ))  # fmt: skip
    page.click("#compare label:nth-of-type(3)")
    people = np.nan_to_num(live.reach["people"].to_numpy())
    for shown, minutes in ((0, 30), (2, 15), (3, 30), (6, 47), (6, 15)):
        _set(page, shown, minutes)
        first, second = (
            _reached(live, plan, min(shown, len(plan.sites)), minutes)
            for plan in (live.plan, other)
        )
        classes = first + 2 * second.astype(int)
        assert page.evaluate("[...boxreach.model.classOf]") == classes.tolist()
        rows = page.evaluate(
            "[...document.querySelectorAll('#compare tbody tr')].map((row) =>"
            " [...row.querySelectorAll('td')].map((cell) => cell.textContent))"
        )
        told = [[int(re.sub(r"[^\d-]", "", cell)) for cell in row] for row in rows]
        places = [int(first.sum()), int(second.sum())]
        sums = [round(people[first].sum()), round(people[second].sum())]
        boxes = [min(shown, 6), min(shown, 3)]
        assert told == [[*pair, pair[1] - pair[0]] for pair in (boxes, places, sums)]
    legend = page.inner_text("#legend")
    for label in labels:
        assert f"Only by {label}" in legend
        assert label in page.inner_text("#compare")


@pytest.mark.browser
def test_each_plan_is_shown_with_its_own_boxes(visit, two):
    live, other = two
    page = visit(map_plan(live.reach, live.plan, other=Side(live.reach, other)))
    assert page.evaluate("boxreach.model.proposals.length") == 6
    page.focus("#compare input")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("boxreach.model.proposals.map(({ id }) => id)") == [*other.sites.index]
    assert page.evaluate("boxreach.model.shown") == 3
    assert page.get_attribute("#shown", "max") == "3"
    assert re.sub(r"\W", "", page.inner_text("#compare label:nth-of-type(2)")) == "Plan2"


@pytest.mark.browser
def test_two_plans_are_told_in_every_language(visit, two):
    live, other = two
    page = visit(map_plan(
        live.reach, live.plan, other=Side(live.reach, other), languages=list(LANGUAGES)
    ))  # fmt: skip
    page.click("#compare label:nth-of-type(3)")
    for code in LANGUAGES:
        page.click(f"[data-code={code}]")
        said = words("map", code)
        assert said["two_plans"] in page.inner_text("#compare")
        assert said["reached_by_both"] in page.inner_text("#legend")
        assert "{" not in page.inner_text("#legend") + page.inner_text("#compare")


@pytest.mark.browser
def test_one_plan_has_nothing_to_be_compared_with(visit, two):
    live, _ = two
    assert visit(map_plan(live.reach, live.plan)).is_hidden("#compare")


def test_a_second_plan_is_over_the_same_places(two):
    live, other = two
    with pytest.raises(br.InputError, match="over the same communities"):
        map_plan(live.reach, live.plan, other=Side(live.reach.iloc[1:], other))
    with pytest.raises(br.InputError, match="give boxreach"):
        map_plan(live.reach, live.plan, other=other)
    assert replace(Side(live.reach, other)).boxes is other.existing
