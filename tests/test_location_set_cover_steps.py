"""What the steps of a set covering question come to, on questions small enough to work out."""

import importlib
import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.errors import BoxreachError
from boxreach.location import GroupLimit, Rules, set_cover
from boxreach.location.covering import Covering, cover_greedily, price_bound, thin_out
from boxreach.location.covering_bound import CoverPrices
from boxreach.location.program import Answer, Program

room = importlib.import_module("boxreach.location.set_cover")

COVER = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [1, 0, 0, 1]], dtype=float)


def covering(*, need=None, rules=None, costs=None, boxes=1, weights=None, cover=COVER):
    matrix = csr_array(cover)
    costs = np.ones(len(cover)) if costs is None else np.array(costs, dtype=float)
    weights = np.ones(cover.shape[1]) if weights is None else np.array(weights, dtype=float)
    return Covering(matrix, weights, need, rules or Rules(), costs, matrix, boxes)


def program(lower, upper):
    many = len(lower)
    return Program(gain=np.zeros(many), matrix=csr_array((0, many)), row_lower=np.empty(0),
                   row_upper=np.empty(0), column_lower=np.array(lower, dtype=float),
                   column_upper=np.array(upper, dtype=float),
                   integer=np.ones(many, dtype=bool))  # fmt: skip


def test_sites_tied_to_others_by_a_rule_do_not_stand_for_each_other():
    members = np.array([True, False, False, False])
    for rules, need, loose in (
        (Rules(), None, True),
        (Rules(fixed=np.array([1]), forbidden=np.array([2])), None, True),
        (Rules(must_cover=np.array([1])), None, True),
        (Rules(must_cover=np.array([1])), 2.0, False),
        (Rules(), 2.0, True),
        (Rules(limits=(GroupLimit(members, 0, 1),)), None, False),
        (Rules(apart=np.array([[0, 1]])), None, False),
        (Rules(costs=np.ones(4), budget=3.0), None, False),
        (Rules(costs=np.ones(4)), None, True),
    ):
        assert covering(rules=rules, need=need).is_loose is loose


def test_sites_are_closed_or_opened_where_what_they_add_reaches_the_target():
    """Only those that are not settled; a bound that just reaches the target is enough."""
    reduced = np.array([3.0, 2.0, -3.0, -2.0, 0.0, 3.0, -3.0, 3.0, -3.0])
    lower = [0, 0, 0, 0, 0, 1, 1, 0, 0]
    upper = [1, 1, 1, 1, 1, 1, 1, 0, 0]
    written = program([*lower, 0], [*upper, 1])
    room._close_sites(written, CoverPrices(7.0, reduced), 10.0)
    assert written.column_lower.tolist() == [0, 0, 1, 0, 0, 1, 1, 0, 0, 0]
    assert written.column_upper.tolist() == [0, 1, 1, 1, 1, 1, 1, 0, 0, 1]
    written = program([0, 0, 0], [1, 1, 1])
    room._close_sites(written, CoverPrices(7.0, np.array([0.0, 0.5, -0.5])), 7.0)
    assert written.column_lower.tolist() == [0, 0, 1]
    assert written.column_upper.tolist() == [1, 0, 1]


def test_a_choice_starts_the_solver_unless_a_site_of_it_is_left_out():
    """What its sites are is told; what demand is bought is left to the solver."""
    asked, written = covering(), program([0] * 6, [1, 1, 0.5, 1, 1, 1])
    values = room._as_start(asked, written, np.array([1, 3]))
    assert values[:4].tolist() == [0, 1, 0, 1]
    assert np.isnan(values[4:]).all()
    assert len(values) == 6
    assert room._as_start(asked, written, np.array([1, 2])) is None
    assert room._as_start(asked, written, None) is None


def test_the_cheaper_of_two_choices_that_cover_enough_is_taken_thinned_out():
    asked = covering(costs=[1.0, 2.0, 1.0, 3.0])
    dear, cheap = np.array([1, 3]), np.array([0, 2])
    assert room._better(asked, dear, None) is dear
    assert room._better(asked, dear, np.array([0])) is dear
    assert room._better(asked, dear, np.array([0, 1, 2])).tolist() == [0, 2]
    assert room._better(asked, cheap, dear) is cheap
    assert room._better(asked, None, dear).tolist() == [1, 3]
    assert room._better(asked, None, np.array([0])) is None
    even = covering(costs=[1.0, 1.0, 1.0, 1.0])
    assert room._better(even, dear, cheap) is dear
    assert thin_out(asked, np.array([0, 1, 2, 3])).tolist() == [0, 2]


def test_bounds_of_whole_costs_are_rounded_up_but_for_dust():
    whole, parts = covering(), covering(costs=[0.5, 1, 1, 1])
    assert [room._rounded_up(whole, one) for one in (2.0, 2.1, 2.0 + 9e-7, 2.0 + 2e-6)] == [
        2.0, 3.0, 2.0, 3.0,
    ]  # fmt: skip
    assert room._rounded_up(parts, 2.1) == 2.1


def test_enough_weight_costs_what_the_cheapest_weight_costs_if_none_is_covered_twice():
    """Half of a site costs half; what covers nothing is not bought."""
    cover = np.vstack([COVER, np.zeros(4)])
    rates = {"costs": [2.0, 1.0, 6.0, 8.0, 0.0], "weights": [1.0, 2.0, 3.0, 4.0], "cover": cover}
    # Sites weigh 3, 5, 7 and 5; in the order of costs by weight they are 1, 0, 2 and 3.
    for need, boxes, cost in (
        (None, 1, 1 + 2 + 6 * 2 / 7), (5.0, 1, 1.0), (6.0, 1, 1 + 2 / 3), (4.0, 2, 3.0),
        (None, 2, 17.0), (0.0, 1, 0.0),
    ):  # fmt: skip
        told = room._knapsack_bound(covering(need=need, boxes=boxes, **rates))
        assert told == pytest.approx(cost * (1 - 1e-12), rel=1e-14)


@pytest.mark.parametrize("boxes", [1, 2])
def test_the_program_of_a_share_links_demand_to_its_sites_and_asks_for_enough_of_it(boxes):
    """Demand is 0 or 1 where several sites must cover it; weights are brought near to a million."""
    for weights in ([1.0, 2.0, 3.0, 4.0], [1e-9] * 4):
        asked = covering(need=1.5, boxes=boxes, weights=weights, costs=[1, 2, 3, 4])
        scale = min(1e6 / max(weights), 1e9 / sum(weights))
        written = room._partial_program(asked)
        matrix = written.matrix.toarray()
        assert matrix[:4, :4].tolist() == (-COVER.T).tolist()
        assert matrix[:4, 4:].tolist() == (boxes * np.eye(4)).tolist()
        assert matrix[4] == pytest.approx([0, 0, 0, 0, *np.array(weights) * scale])
        assert written.row_lower.tolist() == [-math.inf] * 4 + [1.5 * scale]
        assert written.row_upper.tolist() == [0.0] * 4 + [math.inf]
        assert written.gain.tolist() == [-1, -2, -3, -4, 0, 0, 0, 0]
        assert written.integer.tolist() == [True] * 4 + [boxes > 1] * 4
        assert written.column_upper.tolist() == [1.0] * 8
        assert written.column_lower.tolist() == [0.0] * 8
    many = covering(need=1.0, weights=np.ones(2000), cover=np.ones((1, 2000)), costs=[1])
    assert room._partial_program(many).row_lower[-1] == 5e5


def test_a_question_is_brought_to_order_by_what_it_asks_of_all_demand():
    """Of a share weights count; of all only that they are above 0, or that a rule asks."""
    matrix, weights = csr_array(COVER), np.array([0.0, 2.0, 0.0, 4.0])
    rules = Rules(must_cover=np.array([0, 1]))
    share = room._pose(matrix, weights, 0.5, 2, rules)
    assert share.need == 0.5 * 6.0 * (1 - 1e-12)
    assert sorted(share.weights.tolist()) == [2.0, 4.0]
    assert share.rules.must_cover.tolist() == [0, 1]
    whole = room._pose(matrix, weights, 1.0, 1, rules)
    assert whole.need is None
    assert whole.weights.tolist() == [1.0, 1.0, 1.0]
    assert whole.rules.must_cover.size == 0
    twice = room._pose(matrix, weights, 1.0, 2, rules)
    assert (twice.boxes, len(twice.weights)) == (2, 2)
    assert twice.rules.must_cover.tolist() == [0]
    priced = Rules(costs=np.array([4.0, 3, 2, 1]))
    assert room._pose(matrix, None, 1.0, 1, priced).costs is priced.costs
    plain = room._pose(csr_array(COVER * 7), None, 0.5, 1, Rules())
    assert (plain.cover.data == 1).all()
    assert plain.costs.tolist() == [1.0] * 4
    assert plain.need == 2.0 * (1 - 1e-12)


class Steps:
    """The steps of `_solve`, each told, with answers given beforehand."""

    def __init__(self, monkeypatch, asked, *, start, priced, answer=None, now=100.0, found=None):
        self.told, self.asked = [], asked
        self.prices = CoverPrices(priced, np.zeros(4))
        self.found, self.answer, self.start = found, answer, start
        for name in ("cover_greedily", "price_covers", "search_covers", "solve_program"):
            monkeypatch.setattr(room, name, getattr(self, name))
        monkeypatch.setattr(room, "_knapsack_bound", lambda _: 0.5)
        monkeypatch.setattr(room, "price_bound", lambda _: 0.75)
        monkeypatch.setattr(room, "time", SimpleNamespace(perf_counter=lambda: now))

    def cover_greedily(self, asked):
        return self.start

    def price_covers(self, asked, aim, *, until):
        self.told.append(("prices", aim, until))
        return self.prices

    def search_covers(self, asked, start, *, enough, until, seed):
        self.told.append(("search", start.tolist(), enough, until, seed))
        return start if self.found is None else self.found

    def solve_program(self, program, *, start, seconds, seed):
        self.told.append(("solve", start is not None, seconds, seed))
        self.program = program
        return self.answer


COSTS = [1.5, 2.0, 1.5, 3.0]


def test_a_cover_is_priced_searched_and_solved_each_in_its_share_of_the_time(monkeypatch):
    asked, best = covering(costs=COSTS), np.array([0, 2])
    answer = Answer(np.array([1.0, 0, 1, 0]), -2.5, "optimal")
    steps = Steps(monkeypatch, asked, start=np.array([1, 3]), priced=1.0, answer=answer)
    chosen, bound = room._solve(asked, 110.0, 7)
    assert steps.told == [("prices", 5.0, 102.0), ("search", [1, 3], 1.0 + 1e-9, 105.0, 7),
                          ("solve", True, 10.0, 7)]  # fmt: skip
    assert (chosen.tolist(), bound) == ([0, 2], 2.5)
    # What is as cheap as the start but for a billionth is not looked for.
    steps.answer = Answer(None, -9.0, "infeasible")
    chosen, bound = room._solve(asked, 110.0, 7)
    assert (chosen.tolist(), bound) == ([1, 3], 5.0 * (1 - 5e-10))
    steps.found = best
    steps.prices = CoverPrices(3.0, np.zeros(4))
    steps.told.clear()
    chosen, bound = room._solve(asked, 110.0, 7)
    assert (chosen.tolist(), bound) == ([0, 2], 3.0)
    assert [one[0] for one in steps.told] == ["prices", "search"]


def test_whole_costs_ask_for_a_cover_that_is_one_cheaper_and_tied_sites_are_not_searched(
    monkeypatch,
):
    rules = Rules(apart=np.array([[0, 1]]))
    asked = covering(costs=[1, 2, 1, 3], rules=rules)
    answer = Answer(np.array([0, 1.0, 0, 1]), -4.9, "feasible")
    steps = Steps(monkeypatch, asked, start=np.array([1, 3]), priced=1.0, answer=answer)
    chosen, bound = room._solve(asked, 110.0, 7)
    assert [one[0] for one in steps.told] == ["prices", "solve"]
    assert (chosen.tolist(), bound) == ([1, 3], 5.0)  # of the target, 4.5, rounded up
    steps.prices = CoverPrices(4.6, np.zeros(4))
    steps.told.clear()
    assert room._solve(asked, 110.0, 7)[1] == 5.0
    assert [one[0] for one in steps.told] == ["prices"]


def test_without_a_start_the_solver_decides_and_without_time_the_start_stands(monkeypatch):
    asked = covering(costs=COSTS)
    steps = Steps(
        monkeypatch, asked, start=None, priced=1.0, answer=Answer(None, 0.0, "infeasible")
    )
    assert room._solve(asked, 110.0, 7) is None
    assert steps.told == [("prices", 8.0, 102.0), ("solve", False, 10.0, 7)]
    steps.answer = Answer(None, 0.0, "unknown")
    with pytest.raises(BoxreachError, match="allow more"):
        room._solve(asked, 110.0, 7)
    steps.answer = Answer(np.array([1.0, 0, 1, 0]), -2.0, "feasible")
    assert room._solve(asked, 90.0, 7)[1] == 2.0
    assert steps.told[-1] == ("solve", False, 0.0, 7)
    steps.start = np.array([1, 3])
    pairs = 8
    for seconds, solved in ((0.99 * pairs / 3e4, False), (1.01 * pairs / 3e4, True)):
        steps.told.clear()
        room._solve(asked, 100.0 + seconds, 7)
        assert ([one[0] for one in steps.told][-1] == "solve") == solved


def test_a_share_is_bound_by_prices_and_the_cheapest_weight_and_all_by_payments_too(monkeypatch):
    for need, bound in ((2.0, 0.5), (None, 0.75)):
        asked = covering(costs=COSTS, need=need)
        Steps(monkeypatch, asked, start=np.array([1, 3]), priced=0.25, now=200.0)
        assert room._solve(asked, 100.0, 7)[1] == bound


def test_a_cover_is_optimal_where_its_bound_is_as_high_but_for_a_billionth(monkeypatch):
    matrix, costs = csr_array(COVER), np.array([1.5, 2.0, 1.5, 3.0])
    rules, given = Rules(costs=costs), []
    for bound, status, told in (
        (3.0 - 1e-9, "optimal", 3.0), (3.0 - 1e-8, "feasible", 3.0 - 1e-8), (4.0, "optimal", 3.0),
    ):  # fmt: skip
        monkeypatch.setattr(
            room, "_solve",
            lambda asked, until, seed, bound=bound: given.append(seed) or (np.array([0, 2]), bound),
        )  # fmt: skip
        found = set_cover(matrix, rules=rules, seed=11)
        assert (found.status, found.bound, found.objective) == (status, told, 3.0)
        assert (found.sense, found.seed, found.sites.tolist()) == ("min", 11, [0, 2])
        assert 0 <= found.seconds < 60
    assert given == [11, 11, 11]
    monkeypatch.setattr(room, "_solve", lambda *_: None)
    found = set_cover(matrix, seed=4)
    told = found.status, found.objective, found.bound, found.sites.tolist(), found.seed
    assert told == ("infeasible", math.inf, math.inf, [], 4)
    until = []
    monkeypatch.setattr(room, "time", SimpleNamespace(perf_counter=lambda: 50.0))
    monkeypatch.setattr(room, "_solve", lambda asked, end, seed: until.append((end, asked.boxes)))
    set_cover(matrix, seconds=20.0, boxes=2, share=0.5)
    set_cover(matrix)
    assert until == [(70.0, 2), (110.0, 1)]


def test_demand_pays_in_turn_what_is_left_at_its_cheapest_site_the_one_with_fewest_first():
    """Fixed sites are paid for, and ask for no more; what forbidden ones ask nobody can pay."""
    cover = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 1, 1, 1]], dtype=float)
    costs = [2.0, 3.0, 7.0]
    # The first demand pays 2 and the last 7; what remains of those sites is nothing.
    for boxes, rules, bound in (
        (1, Rules(), 2.0 + 7.0), (2, Rules(), 2 * (2.0 + 7.0)),
        # That of two sites pays 3 where only the second is left; the others are forbidden.
        (1, Rules(forbidden=np.array([0, 2])), 3.0), (2, Rules(fixed=np.array([0])), 2.0 + 14.0),
        (1, Rules(fixed=np.array([1, 2])), 10.0 + 2.0),
        (1, Rules(forbidden=np.array([2])), 2.0 + 3.0),
    ):  # fmt: skip
        told = price_bound(covering(cover=cover, costs=costs, boxes=boxes, rules=rules))
        assert told == pytest.approx(bound * (1 - 1e-12), rel=1e-15)


def test_what_fixed_sites_cover_counts_for_nothing_to_the_others():
    cover = np.array([[1, 1, 1, 0], [1, 1, 1, 1], [0, 0, 0, 1]], dtype=float)
    rules = Rules(fixed=np.array([0]))
    for need in (None, 4.0):
        asked = covering(cover=cover, costs=[1.0, 2.0, 1.0], rules=rules, need=need)
        assert cover_greedily(asked).tolist() == [0, 2]
