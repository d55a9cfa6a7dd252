"""What the solver is given, what of its answer is believed, and how models are written for it."""

import math
from types import SimpleNamespace

import highspy
import numpy as np
import pytest
from scipy.sparse import csr_array

from boxreach.location import GroupLimit, Rules
from boxreach.location import program as program_room
from boxreach.location.program import Answer, Program
from boxreach.location.proof import write_program, write_rules, write_start

HIGHS = highspy.HighsModelStatus
FEASIBLE = highspy.SolutionStatus.kSolutionStatusFeasible
NONE = highspy.SolutionStatus.kSolutionStatusNone


def pose(**given):
    """A program of three columns and one row, x + 2 y + 3 z <= 4."""
    lines = {
        "gain": np.array([5.0, -8.0, 3.0]), "matrix": csr_array([[1.0, 2.0, 3.0]]),
        "row_lower": np.array([-np.inf]), "row_upper": np.array([4.0]),
        "column_lower": np.zeros(3), "column_upper": np.full(3, 2.0),
        "integer": np.array([True, True, False]),
    }  # fmt: skip
    return Program(**(lines | given))


class Solver:
    """HiGHS as far as it is asked, with answers given beforehand."""

    def __init__(self, *, said=HIGHS.kOptimal, found=FEASIBLE, bound=0.0, value=0.0, values=(),
                 prices=(), runs=(highspy.HighsStatus.kOk,)):  # fmt: skip
        self.info = SimpleNamespace(
            mip_dual_bound=bound, objective_function_value=value, primal_solution_status=found
        )
        self.said, self.runs, self.told = said, list(runs), []
        self.solution = SimpleNamespace(col_value=list(values), row_dual=list(prices))

    def setOptionValue(self, *given):  # noqa: N802
        self.told.append(given)

    def passModel(self, *given):  # noqa: N802
        self.model = given

    def setSolution(self, *given):  # noqa: N802
        self.start = given

    def run(self):
        self.told.append("run")
        return self.runs.pop(0)

    def getInfo(self):  # noqa: N802
        return self.info

    def getModelStatus(self):  # noqa: N802
        return self.said

    def getSolution(self):  # noqa: N802
        return self.solution


def test_the_solver_gets_the_program_its_gains_scaled_on_one_thread_and_without_a_gap(monkeypatch):
    monkeypatch.setattr(program_room, "_QuietHighs", Solver)
    doubled = csr_array((np.array([1.0, 0.5, 0.5, 3.0]), [0, 1, 1, 2], [0, 4]), shape=(1, 3))
    written = pose(matrix=doubled)
    solver = program_room.load_program(written, 10.0, 7, 5)
    assert dict(solver.told) == {
        "output_flag": False, "time_limit": 7.0, "mip_rel_gap": 0.0, "mip_abs_gap": 1e-6,
        "threads": 1, "random_seed": 5,
    }  # fmt: skip
    columns, rows, entries, kind, sense, offset, gain, low, high, least, most, *more = solver.model
    assert (columns, rows, entries, offset) == (3, 1, 3, 0.0)
    assert (kind, sense) == (int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMaximize))
    assert gain.tolist() == [50.0, -80.0, 30.0]
    assert (low.tolist(), high.tolist()) == ([0.0] * 3, [2.0] * 3)
    assert (least.tolist(), most.tolist()) == ([-np.inf], [4.0])
    starts, places, numbers, whole = more
    assert (starts.tolist(), places.tolist(), numbers.tolist()) == ([0, 3], [0, 1, 2], [1, 1, 3])
    assert {starts.dtype, places.dtype, whole.dtype} == {np.dtype(np.int32)}
    assert whole.tolist() == [1, 1, 0]
    assert len(written.matrix.data) == 4


def test_gains_are_scaled_to_a_million():
    assert program_room.scale_of(pose()) == 1e6 / 8
    assert program_room.scale_of(pose(gain=np.zeros(3))) == 1.0
    assert program_room.scale_of(pose(gain=np.full(3, -0.5))) == 2e6


@pytest.mark.parametrize("fails", [True, False])
def test_a_solver_whose_threads_another_has_set_up_is_run_again(fails, monkeypatch):
    reset = []
    monkeypatch.setattr(highspy.Highs, "resetGlobalScheduler", reset.append)
    runs = [highspy.HighsStatus.kError if fails else highspy.HighsStatus.kWarning]
    solver = Solver(runs=[*runs, highspy.HighsStatus.kOk])
    program_room.run_solver(solver)
    assert (reset, solver.told) == (([True], ["run", "run"]) if fails else ([], ["run"]))


def test_a_start_is_given_as_far_as_it_is_known(monkeypatch):
    solver = Solver(values=[1, 0, 1], bound=16.0)
    monkeypatch.setattr(program_room, "load_program", lambda *given: solver)
    told = program_room._solve(pose(), np.array([1.0, np.nan, 0.5]), 3.0, 2)
    many, places, values = solver.start
    assert (many, places.tolist(), values.tolist()) == (2, [0, 2], [1.0, 0.5])
    assert places.dtype == np.int32
    assert (told.values.tolist(), told.status) == ([1.0, 0.0, 1.0], "optimal")


@pytest.mark.parametrize(
    ("given", "whole", "values", "bound", "status"),
    [
        ({"said": HIGHS.kInfeasible, "bound": 3.0}, True, None, -math.inf, "infeasible"),
        ({"bound": 16.0, "values": [1, 0, 1]}, True, [1, 0, 1], 8.0, "optimal"),
        ({"said": HIGHS.kTimeLimit, "bound": 16.0, "values": [1, 0, 1]}, True, [1, 0, 1], 8.0,
         "feasible"),
        ({"said": HIGHS.kTimeLimit, "bound": 16.0, "found": NONE}, True, None, 8.0, "unknown"),
        ({"said": HIGHS.kTimeLimit, "bound": math.inf, "found": NONE}, True, None, math.inf,
         "unknown"),
        ({"bound": 16.0, "values": [0.5, 0, 1]}, True, None, 8.0, "unknown"),
        ({"value": 16.0, "bound": 0.0, "values": [0.5, 0, 1]}, False, [0.5, 0, 1], 8.0, "optimal"),
        ({"said": HIGHS.kTimeLimit, "value": 16.0, "values": [0.5, 0, 1]}, False, [0.5, 0, 1],
         math.inf, "feasible"),
    ],
)  # fmt: skip
def test_of_what_the_solver_says_a_bound_a_proof_and_values_are_read(
    given, whole, values, bound, status
):
    written = pose() if whole else pose(integer=np.zeros(3, dtype=bool))
    told = program_room._read(written, Solver(**given), 2.0)
    assert (told.bound, told.status) == (bound, status)
    assert (None if told.values is None else told.values.tolist()) == values


def test_values_are_brought_to_whole_numbers_and_into_limits_or_not_believed():
    written = pose()
    for given, told in (
        ([1 + 9e-6, 0.0, 0.5], [1.0, 0.0, 0.5]),
        ([1 - 9e-6, -0.1, 2.5 - 2.0], [1.0, 0.0, 0.5]),
        ([1 + 1.1e-5, 0.0, 0.5], None),
        ([2.5, 1.0, 0.0], [2.0, 1.0, 0.0]),
        ([2.0, 1.0, 4e-6 / 3], [2.0, 1.0, 4e-6 / 3]),
        ([2.0, 1.0, 6e-6 / 3], None),
    ):
        found = program_room._whole(written, np.array(given))
        assert (None if found is None else found.tolist()) == told
    least = pose(row_lower=np.array([4.0]), row_upper=np.array([np.inf]))
    assert program_room._whole(least, np.array([2.0, 1.0, 0.0])).tolist() == [2.0, 1.0, 0.0]
    low = pose(integer=np.zeros(3, bool), row_lower=np.array([4.0]), row_upper=np.array([np.inf]))
    assert program_room._whole(low, np.array([2.0, 1.0 - 2e-6, 0.0])) is not None
    assert program_room._whole(low, np.array([2.0, 1.0 - 3e-6, 0.0])) is None
    minus = pose(matrix=csr_array([[-1.0, -2.0, 3.0]]), row_upper=np.array([-4.0]))
    assert program_room._whole(minus, np.array([2.0, 1.0, 4e-6 / 3])) is not None


def test_values_add_up_if_they_come_to_the_bound_but_for_a_millionth_of_all_they_add():
    written = pose()
    values = np.array([1.0, 1.0, 1.0])  # which add 5, -8 and 3: 0 in all, and 16 by size
    for bound, adds_up in ((-1.0, True), (0.0, True), (15e-6, True), (17e-6, False)):
        assert program_room._adds_up(written, Answer(values, bound, "optimal")) is adds_up
    nothing = np.zeros(3)
    for bound, adds_up in ((0.9e-12, True), (1.1e-12, False)):
        assert program_room._adds_up(written, Answer(nothing, bound, "optimal")) is adds_up
    assert program_room._adds_up(written, Answer(None, 0.0, "optimal")) is False


def test_a_program_without_columns_is_solved_by_its_limits():
    for lower, upper, status in ((0.0, 0.0, "optimal"), (-1.0, 1.0, "optimal"),
                                 (1.0, 2.0, "infeasible"), (-2.0, -1.0, "infeasible")):  # fmt: skip
        empty = Program(
            gain=np.empty(0), matrix=csr_array((2, 0)), row_lower=np.array([0.0, lower]),
            row_upper=np.array([0.0, upper]), column_lower=np.empty(0), column_upper=np.empty(0),
            integer=np.empty(0, dtype=bool),
        )  # fmt: skip
        told = program_room.solve_program(empty, seconds=1.0)
        assert told.status == status
        assert told.bound == (0.0 if status == "optimal" else -math.inf)
        assert (told.values is None) == (status == "infeasible")
    for crossed in ({"row_lower": np.array([5.0])}, {"column_lower": np.array([0.0, 3, 0])}):
        told = program_room.solve_program(pose(**crossed), seconds=1.0)
        assert (told.values, told.bound, told.status) == (None, -math.inf, "infeasible")


@pytest.mark.parametrize(
    ("first", "again", "start", "wanted", "runs"),
    [
        ((2.0, 2.0, "optimal"), None, True, (2.0, 2.0, "optimal"), 1),
        ((1.0, 2.0, "optimal"), (2.0, 3.0, "feasible"), True, (2.0, 3.0, "feasible"), 2),
        ((1.0, 2.0, "optimal"), (2.0, 2.0, "optimal"), True, (2.0, 2.0, "optimal"), 2),
        ((1.0, 2.0, "optimal"), (None, 1.5, "unknown"), True, (1.0, 1.5, "feasible"), 2),
        ((1.0, 2.0, "optimal"), (None, 2.5, "unknown"), True, (1.0, 2.0, "feasible"), 2),
        ((1.0, 2.0, "optimal"), (1.0, 2.0, "optimal"), True, (1.0, 2.0, "feasible"), 2),
        ((1.0, 2.0, "optimal"), None, False, (1.0, 2.0, "feasible"), 1),
        ((1.0, 2.0, "feasible"), None, True, (1.0, 2.0, "feasible"), 1),
    ],
)
def test_a_proof_that_does_not_add_up_is_asked_for_again_without_the_start(
    first, again, start, wanted, runs, monkeypatch
):
    asked, answers = [], [first, again]

    def solve(program, start, seconds, seed):
        asked.append((start is not None, seconds, seed))
        value, bound, status = answers[len(asked) - 1]
        return Answer(None if value is None else np.array([value]), bound, status)

    clock = iter([10.0, 14.0])
    monkeypatch.setattr(program_room, "time", SimpleNamespace(perf_counter=clock.__next__))
    monkeypatch.setattr(program_room, "_solve", solve)
    one = Program(
        gain=np.ones(1), matrix=csr_array((0, 1)), row_lower=np.empty(0), row_upper=np.empty(0),
        column_lower=np.zeros(1), column_upper=np.ones(1), integer=np.ones(1, dtype=bool),
    )  # fmt: skip
    told = program_room.solve_program(one, start=np.ones(1) if start else None, seconds=9.0, seed=3)
    value = None if told.values is None else float(told.values[0])
    assert (value, told.bound, told.status) == wanted
    assert asked == [(start, 9.0, 3), (False, 5.0, 3)][:runs]


@pytest.mark.parametrize(
    ("given", "known"),
    [
        ({}, True), ({"said": HIGHS.kUnknown}, True), ({"said": HIGHS.kTimeLimit}, False),
        ({"values": [1, 0]}, False), ({"prices": []}, False), ({"values": [1, 0, math.nan]}, False),
        ({"prices": [math.inf]}, False),
    ],
)  # fmt: skip
def test_a_relaxation_is_told_by_an_interior_point_if_all_of_it_is_known(given, known, monkeypatch):
    solver, asked = Solver(**({"values": [1, 0, 0.5], "prices": [1e6]} | given)), []
    monkeypatch.setattr(
        program_room, "load_program", lambda *had, **more: asked.append((had, more)) or solver
    )
    told = program_room.relax_program(pose(), seconds=4.0)
    assert (told is not None) == known
    assert ("solver", "ipm") in solver.told
    assert ("run_crossover", "off") in solver.told
    (linear, scale, seconds), more = asked[0]
    assert not linear.integer.any()
    assert (scale, seconds, more) == (1e6 / 8, 4.0, {"seed": 0})
    if told is not None:
        assert (told.values.tolist(), told.row_prices.tolist()) == ([1, 0, 0.5], [8.0])


# --- the covering model ---------------------------------------------------------------------------


WITHIN = [0, 1, 2, 3, 5]


class Lines:
    """The rows of the covering model one by one, each put down by what it says."""

    def __init__(self, dense, many, whole):
        self.dense, self.many, self.lines = dense, many, []
        self.begins = {"x": 0, "y": 5, "z": 5 + dense.shape[1] * many}
        self.width = self.begins["z"] + whole

    def add(self, low, high, **parts):
        values = np.zeros(self.width)
        for name, part in parts.items():
            for at, value in part:
                values[self.begins[name] + at] = value
        self.lines.append((values.tolist(), low, high))

    def buy_what_is_covered(self):
        for j in range(self.dense.shape[1]):
            near = [(at, -1.0) for at, site in enumerate(WITHIN) if self.dense[site, j]]
            bought = [(j * self.many + n, 1.0) for n in range(self.many)]
            self.add(-math.inf, 0.0, x=near, y=bought)

    def buy_one_before_the_next(self):
        for at in range(self.dense.shape[1] * self.many):
            if at % self.many:
                self.add(0.0, math.inf, y=[(at - 1, 1.0), (at, -1.0)])

    def keep_rules(self, sites, later):
        if sites is not None:
            self.add(sites, sites, x=[(at, 1.0) for at in range(5)])
        for at, site in enumerate(WITHIN if later else []):
            self.add(0.0, math.inf, x=[(at, -1.0)], z=[(site, 1.0)])
        if later:
            self.add(sites + later, sites + later, z=[(site, 1.0) for site in range(6)])
        self.add(1, 2, **{"z" if later else "x": [(at, 1.0) for at in range(3)]})


KINDS = [(2, 0), (2, 1), (None, 0)]


@pytest.mark.parametrize(("sites", "later"), KINDS)
@pytest.mark.parametrize("worth", [(0.0, 1.0), (0.0, 0.5, 0.75), (0.0, 0.0, 1.0)])
@pytest.mark.parametrize("seed", range(3))
def test_the_covering_model_is_written_row_by_row_as_its_page_says(
    seed, worth, sites, later, merge_cover
):
    random = np.random.default_rng(seed + 1500)
    cover = random.random((6, 9)) < 0.5
    sets = merge_cover(cover, random.integers(1, 9, 9) * 1.0)
    rules = Rules(limits=(GroupLimit(np.arange(6) < 3, 1, 2),), fixed=np.array([0]))
    rows, dense = rules.rows(csr_array(cover.astype(float))), sets.as_matrix().toarray()
    barred, sure = np.arange(6) == 4, np.arange(6) == 2
    written = write_program(sets, np.array(worth), rows, sites=sites, later_sites=later,
                            barred=barred, sure=sure)  # fmt: skip
    many, demand, whole = len(worth) - 1, len(sets.weights), 6 if later else 0
    concave, told = worth != (0.0, 0.0, 1.0), Lines(dense, many, whole)
    told.buy_what_is_covered()
    if not concave:
        told.buy_one_before_the_next()
    told.keep_rules(sites, later)
    assert written.matrix.toarray().tolist() == [one for one, _, _ in told.lines]
    assert written.row_lower.tolist() == [low for _, low, _ in told.lines]
    assert written.row_upper.tolist() == [high for _, _, high in told.lines]
    gains = [weight * step for weight in sets.weights for step in np.diff(worth)]
    assert written.gain == pytest.approx([0.0] * 5 + gains + [0.0] * whole)
    bought = demand * many
    fixed = [1.0, 0, 0, 0, 0, 0][:whole]
    assert written.column_lower.tolist() == [0, 0, 1, 0, 0] + [0] * bought + fixed
    assert written.column_upper.tolist() == [1.0] * told.width
    assert written.integer.tolist() == [True] * 5 + [not concave] * bought + [True] * whole
    chosen, follow = np.array([0, 3]), np.array([5][:later], dtype=int)
    start = write_start(sets, np.array(worth), chosen, follow, barred=barred)
    counts = dense[chosen].sum(axis=0)
    buys = [float(counts[j] > n) for j in range(demand) for n in range(many)]
    assert start.tolist() == [1, 0, 0, 1, 0, *buys, *[1, 0, 0, 1, 0, 1][:whole]]


@pytest.mark.parametrize(("sites", "low", "high"), [(2, 2.0, 2.0), (None, 0.0, math.inf)])
def test_rules_alone_are_written_with_the_number_as_one_more_row(sites, low, high):
    cover = csr_array(np.ones((3, 1)))
    rules = Rules(limits=(GroupLimit(np.array([1, 0, 1], bool), 1, 1),), forbidden=np.array([1]))
    written = write_rules(rules.rows(cover), np.array([3.0, 2, 1]), sites=sites)
    assert written.matrix.toarray().tolist() == [[1, 0, 1], [1, 1, 1]]
    assert (written.row_lower.tolist(), written.row_upper.tolist()) == ([1, low], [1, high])
    assert written.column_upper.tolist() == [1, 0, 1]
    assert written.column_lower.tolist() == [0, 0, 0]
    assert (written.gain.tolist(), written.integer.tolist()) == ([3, 2, 1], [True] * 3)
