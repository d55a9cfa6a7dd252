"""The steps by which places come within reach: every number of boxes, every number of minutes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

import boxreach as br
from boxreach.errors import InputError
from boxreach.maps import map_plan
from boxreach.maps.packing import pack_each, pack_integers
from boxreach.maps.steps import NOBODY, list_steps
from boxreach.routing import NEVER


@given(st.lists(st.integers(-(2**61), 2**61)))
@settings(deadline=None)
def test_numbers_come_back_as_they_were_packed(unpack_integers, numbers):
    assert unpack_integers(pack_integers(np.array(numbers, dtype=np.int64))) == numbers


def test_parts_are_packed_as_they_are_alone():
    numbers = np.array([0, 5, -40_000, 7, 16, 2**50])
    parts = [numbers[:2], numbers[2:2], numbers[2:5], numbers[5:]]
    assert pack_each(numbers, [2, 0, 3, 1]) == [pack_integers(part) for part in parts]


@st.composite
def _plans(draw):
    """A table of milliseconds, sites that stand first, and who gives up a place at which rank."""
    places, standing, new = (draw(st.integers(low, 4)) for low in (1, 0, 0))
    some = st.sampled_from([-1, 0, 1, 2, 3])
    rows = draw(st.lists(st.lists(some, min_size=places, max_size=places),
                         min_size=standing + new, max_size=standing + new))  # fmt: skip
    order = draw(st.permutations(range(standing + new)))
    left, gone = list(range(standing)), []
    for rank in range(new):
        went = draw(st.sampled_from([NOBODY, *left]))
        gone.append(went)
        left = [one for one in left if one != went] + [standing + rank]
    return np.array(rows, dtype=np.int64).reshape(standing + new, places), standing, gone, order


@pytest.mark.slow
@given(_plans())
@settings(max_examples=400, deadline=None)
def test_steps_tell_the_quickest_site_after_each_box(drawn):
    ms, standing, gone, order = drawn
    row, column = np.nonzero(ms >= 0)
    sparse = csr_array((ms[row, column], (row, column)), shape=ms.shape)

    def quickest(stands, place):
        near = [(ms[one, place], order[one], one) for one in stands if ms[one, place] >= 0]
        return (int(min(near)[2]), int(min(near)[0])) if near else (NOBODY, NEVER)

    stands = list(range(standing))
    first = np.array([quickest(stands, place) for place in range(ms.shape[1])], dtype=np.int64)
    steps = list_steps(
        sparse, standing, np.array(gone, dtype=np.int64), np.array(order, dtype=np.int64),
        first[:, 0], first[:, 1],
    )  # fmt: skip
    for rank in range(len(gone) + 1):
        if rank:
            stands.append(standing + rank - 1)
            if gone[rank - 1] != NOBODY:
                stands.remove(gone[rank - 1])
        for place in range(ms.shape[1]):
            at = np.flatnonzero((steps.place == place) & (steps.rank <= rank))[-1]
            assert (steps.site[at], steps.ms[at]) == quickest(stands, place)


def test_a_plan_over_other_demand_is_followed_by_its_own_sums_alone(make_live, read_page_data):
    one, two = make_live(seed=1), make_live(seed=2, places=30)
    steps = read_page_data(map_plan(two.reach, one.plan, boxes=one.plan.existing))["cases"][0][
        "steps"
    ]
    assert steps["known_minutes"] is None


def test_a_plan_over_the_same_places_is_followed_as_far_as_its_times_go(make_live, read_page_data):
    live = make_live()
    assert (
        read_page_data(map_plan(live.reach, live.plan))["cases"][0]["steps"]["known_minutes"] == 90
    )


def test_a_reach_of_other_boxes_than_the_plan_stands_on_is_refused(make_live):
    live = make_live(standing=4)
    other = br.reach(live.options, minutes=30)
    with pytest.raises(InputError, match="give reach"):
        map_plan(other, live.plan)


@pytest.mark.browser
@pytest.mark.parametrize("moves", [0, 2])
def test_the_page_counts_what_python_does_at_every_threshold_and_number(visit, make_live, moves):
    asked = {"relocation": br.Relocation(at_most=moves, cost_usd=1.0)} if moves else {}
    live = make_live(places=300, standing=6, new=8, **asked)
    question, plan = live.plan.question, live.plan
    page = visit(map_plan(live.reach, plan, thresholds=(10, 30, 60)))
    ids = [str(one) for one in question.ids]
    stands = {str(one) for one in plan.existing.index}
    people = np.nan_to_num(live.reach["people"].to_numpy())
    dense = np.full(question.ms.shape, np.iinfo(np.int64).max)
    pairs = question.ms.tocoo()
    dense[pairs.row, pairs.col] = pairs.data
    for shown in range(len(plan.sites) + 1):
        if shown:
            site = plan.sites.iloc[shown - 1]
            stands.add(str(site.name))
            stands.discard(str(site.get("moved_from", "")))
        quickest = dense[[ids.index(one) for one in sorted(stands)]].min(axis=0)
        for minutes in (1, 10, 17, 30, 31, 59, 60):
            there = quickest <= minutes * 60_000
            counted = page.evaluate(
                "([shown, minutes]) => { const { model } = boxreach; model.show(shown);"
                " model.choose(minutes); const { people, places } = model.curve();"
                " const { reached, peopleReached } = model.count(model.communities);"
                " return [reached, peopleReached, places[shown], people[shown]]; }",
                [shown, minutes],
            )
            assert counted == [there.sum(), people[there].sum()] * 2
