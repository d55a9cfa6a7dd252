"""What `verify` promises of plans: of every model and rule, what is right passes, and no more."""

import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import boxreach as br
from boxreach.verification.evidence import EVIDENCE, load_evidence

pytestmark = pytest.mark.slow


def reseal(folder):
    """Give the files of a run the hashes that they have, as who covers up a change would."""
    path = folder / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["outputs"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in record["outputs"]
        if (folder / name).exists()
    }
    path.write_text(json.dumps(record), encoding="utf-8")


def find(folder, **options):
    """Verify a run and return where it differs: file, row, column."""
    found = br.verify(folder, **{"rows": 300} | options)
    return {(one.file, one.row, one.column) for one in found.findings}


def alter(folder, name, column, change, row=0):
    """Change one cell of a CSV."""
    path = folder / name
    table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    table.loc[row, column] = change(table.loc[row, column])
    table.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    reseal(folder)
    return table.iloc[row]


def alter_summary(folder, change):
    """Change the summary."""
    path = folder / "summary.json"
    summary = json.loads(path.read_text(encoding="utf-8"))
    change(summary)
    path.write_text(json.dumps(summary), encoding="utf-8")
    reseal(folder)


SMALL = ("boxes = 2", "minutes = 6")
MOVE = "relocation = { at_most = 1, cost_usd = 20000 }"
PLANS = {
    "max-cover": SMALL,
    "nothing new": ("boxes = 0", "minutes = 6"),
    "a move alone": ("boxes = 0", "minutes = 6", MOVE),
    "quotas": (*SMALL, 'quotas = [{ governorate = "West", at_least = 3 }]'),
    "phases": ("boxes = 3", "minutes = 6", "phases = [4, 6]"),
    "phase moves": ("boxes = 2", "minutes = 3", "phases = [4, 5]", "phase_moves = 1"),
    "both moves": ("boxes = 3", "minutes = 3", "phases = [4, 6]", "phase_moves = 1", MOVE),
    "moves": (*SMALL, MOVE, "reserve = 1", 'quotas = [{ governorate = "East", at_most = 3 }]'),
    "moves of unknown cost": (*SMALL, "relocation = { at_most = 2 }"),
    "moves within a budget": ("budget_usd = 300000", "minutes = 6", MOVE),
    "reserve": ("boxes = 3", "minutes = 6", "reserve = 1"),
    "budget": ("budget_usd = 600000", "minutes = 6"),
    "capacity": ("boxes = 2", "minutes = 15", "capacity = 1100"),
    "set-cover": ('model = "set-cover"', "share = 0.9", "minutes = 6"),
    "backup-cover": ('model = "backup-cover"', "boxes = 2", "minutes = 15"),
    "backup-cover with moves": ('model = "backup-cover"', "boxes = 2", "minutes = 15", MOVE),
    "expected-cover": ('model = "expected-cover"', *SMALL, "busy = 0.5", "vehicles = 1"),
    "p-median": ('model = "p-median"', *SMALL),
    "p-center": ('model = "p-center"', "boxes = 2", "minutes = 60"),
    "places": (*SMALL, 'fixed = ["at-c5"]', 'forbidden = ["at-c2"]', "apart_km = 5"),
    "who must be reached": ("boxes = 1", "minutes = 6"),
    "priority": ("boxes = 1", "minutes = 6", "must_reach = false", "priority = true"),
    "priority of p-median": ('model = "p-median"', *SMALL, "priority = true"),
}
"""Keys of ``[propose]``."""
IN_A_ROW = {"phase moves", "both moves"}
"""Those in which the best single box, in the middle, is none of the best two."""
MARKED = {"who must be reached", "priority", "priority of p-median"}
ASKED = 'boxes = 1\nminutes = 20\nquotas = [{ governorate = "West", at_least = 1 }]\n'


FAST = ("max-cover", "moves", "capacity", "p-median")


def all_and_some(names):
    """Return plans with how many faults to look for: a few, and before a release all of some.

    Before a release also those that differ from one of the others in a rule alone.
    """
    marks = {one: [pytest.mark.release] * (one not in FAULTS) for one in names}
    return [
        *(pytest.param(one, 2, marks=marks[one]) for one in names),
        *(pytest.param(one, None, marks=pytest.mark.release) for one in FAST),
        *(pytest.param(one, None, marks=pytest.mark.heavy) for one in names if one not in FAST),
    ]


@pytest.fixture
def planned(plan, edit, cli, tmp_path):
    """Run a plan of `PLANS`, people counted on communities or on cells."""

    def run(name, *, cells=False, command="propose"):
        if not cells:
            edit(plan, 'population = "people.tif"\n', "")
        edit(plan, ASKED, "".join(f"{key}\n" for key in PLANS[name]))
        path = plan.parent / "communities.csv"
        if name in IN_A_ROW:
            rows = enumerate([90, 100, 10, 100, 90])
            text = "".join(f"c{at + 1},{44.11 + 0.03 * at},33.1,{many}\n" for at, many in rows)
            path.write_text(f"community_id,lon,lat,people\n{text}", encoding="utf-8")
        if name in MARKED:
            said = ["must_reach,priority", *["no,1"] * 3, "no,10", "yes,1"]
            rows = zip(path.read_text("utf-8").splitlines(), said, strict=True)
            path.write_text("".join(f"{row},{more}\n" for row, more in rows), encoding="utf-8")
        code, _, message = cli(command, plan, "-o", tmp_path / "out")
        assert code == 0, message
        return tmp_path / "out"

    return run


@pytest.mark.parametrize(
    "name",
    ["phase moves", "p-median",
     *(pytest.param(one, marks=pytest.mark.release) for one in ("moves", "capacity", "set-cover"))],
)  # fmt: skip
def test_a_plan_of_every_model_and_rule_passes_on_cells(planned, name):
    """With posts too."""
    found = br.verify(planned(name, cells=True, command="run"))
    assert found.passed, found.summary()


def ask(**keys):
    """Return a change of what a run was asked for, as if it had been something else."""

    def change(folder):
        path = folder / "run.json"
        record = json.loads(path.read_text(encoding="utf-8"))
        record["parameters"] |= {f"propose.{key}": value for key, value in keys.items()}
        path.write_text(json.dumps(record), encoding="utf-8")

    return change


def cell(name, column, more, row=0):
    """Return a change of one cell of a table: a number more, or another text."""

    def change(folder):
        if isinstance(more, str):
            alter(folder, name, column, lambda _: more, row)
        else:
            alter(folder, name, column, lambda one: f"{float(one) + more:.6f}", row)

    return change


def said(*path, **more):
    """Return a change of the proposal in the summary: numbers more, or other values."""

    def change(folder):
        def add(summary):
            part = summary["proposal"]
            for key in path:
                part = part[key]
            for name, one in more.items():
                number = isinstance(one, (int, float)) and part[name] is not None
                part[name] = part[name] + one if number else one

        alter_summary(folder, add)

    return change


def moved_by_all(amount):
    """Return a change of an objective and of all that follows from it, so that they agree."""
    names = ("objective", "bound", "kept_bound", "alone")

    def change(folder):
        table = pd.read_csv(folder / "phases.csv", encoding="utf-8-sig")
        table = table.assign(**{one: table[one] + amount for one in names})
        table.to_csv(folder / "phases.csv", index=False, encoding="utf-8-sig")
        said("phases", 0, **dict.fromkeys(names, amount))(folder)
        said(objective=amount, bound=amount)(folder)

    return change


def kept(change, **facts):
    """Return a change of the evidence: its facts, or its arrays by a function."""

    def alter_kept(folder):
        found = load_evidence(folder / EVIDENCE)
        arrays = dict(found.arrays)
        change(arrays)
        replace(found, arrays=arrays, facts={**found.facts, **facts}).save(folder / EVIDENCE)
        reseal(folder)

    return alter_kept


def mark_all(arrays):
    """Mark every community as one that must be reached."""
    arrays["communities.must_reach"] = np.ones(len(arrays["communities.ms"]), dtype=bool)


def nothing(_):
    """Change nothing."""


EAST = [{"governorate": "East", "at_least": 4}]
PHASE, LAST = "summary.json, proposal, phase", "summary.json, proposal"
MODEL_FAULTS = [(moved_by_all(amount), f"{PHASE}, objective") for amount in (1, -1)]
FAULTS = {
    "max-cover": [
        (cell("phases.csv", "covered", 1), "phases.csv, phase, covered"),
        (cell("phases.csv", "status", "feasible"), "phases.csv, phase, status"),
        (said("phases", 0, covered=1), f"{PHASE}, covered"),
        (said("phases", 0, kept_bound=-1), f"{PHASE}, kept_bound"),
        (said("phases", 0, kept_bound=1), f"{PHASE}, kept_bound"),
        (said("phases", 0, alone=1), f"{PHASE}, alone"),
        (said("phases", 0, alone=-1), f"{PHASE}, alone"),
        (said("phases", 0, regret=1), f"{PHASE}, regret"),
        (said(bound=1), f"{LAST}, bound"),
        (said(least_regret=1), f"{LAST}, least_regret"),
        (said(least_regret=-1), f"{LAST}, least_regret"),
        (said(objective=1), f"{LAST}, objective"),
        (said(model="p-median"), f"{LAST}, model"),
        (said(cost_usd=1), f"{LAST}, cost_usd"),
        (said(forgone={"at_least": 0, "at_most": 0}), f"{LAST}, forgone"),
        (cell("proposals.csv", "cost_usd", 1), "proposals.csv, at-c, cost_usd"),
        (cell("curve.csv", "in_order", 1, 1), "curve.csv, 1, in_order"),
        (cell("curve.csv", "best", -1, 1), "curve.csv, 1, best"),
        (cell("curve.csv", "bound", -1, 1), "curve.csv, 1, bound"),
        (cell("curve.csv", "gap", 0.01, 1), "curve.csv, 1, gap"),
        (cell("curve.csv", "order_loses", 1, 1), "curve.csv, 1, order_loses"),
        (cell("curve.csv", "new_sites", "7", 1), "curve.csv, 7, "),
        (ask(boxes=3), "proposals.csv, , "),
        (ask(fixed=["at-c3"], forbidden=[]), "proposals.csv, at-c3, site_id"),
        (ask(forbidden=["at-c2"]), "proposals.csv, at-c2, site_id"),
        (ask(apart_km=40), "proposals.csv, at-c, "),
        (ask(budget_usd=250_000), "proposals.csv, , cost_usd"),
        (ask(reserve=1), f"{LAST}, reserve_gain"),
        (kept(mark_all), "reach.csv, c, must_reach"),
    ],
    "moves": [
        (cell("moves.csv", "km", 0.2), "moves.csv, b, km"),
        (cell("moves.csv", "cost_usd", 1), "moves.csv, b, cost_usd"),
        (cell("moves.csv", "people_gained", 1), "moves.csv, b, people_gained"),
        (cell("moves.csv", "people_lost", 1), "moves.csv, b, people_lost"),
        (cell("moves.csv", "phase", 1), "moves.csv, b, phase"),
        (cell("moves.csv", "from_site_id", "b9"), "moves.csv, b9, "),
        (said("moves", 0, km=1), "summary.json, move b, km"),
        (said("reserve_gain", at_least=1_000), f"{LAST}, reserve_gain"),
        (said("forgone", at_most=-1), f"{LAST}, forgone"),
        (said(reserve=1), f"{LAST}, reserve"),
        (ask(relocation=None), "proposals.csv, , moved_from"),
        (kept(nothing, quotas=EAST), "proposals.csv, governorate East, "),
        (lambda one: (one / "moves.csv").unlink(), "moves.csv, , "),
        *MODEL_FAULTS,
    ],
    "phase moves": [
        (ask(phase_moves=0), "proposals.csv, , moved_from"),
        (cell("proposals.csv", "moved_from", "at-c5", 1), "proposals.csv, at-c5, moved_from"),
        (cell("proposals.csv", "phase", -1, 1), "proposals.csv, at-c, phase"),
        (cell("proposals.csv", "people_covered", 1, 1), "proposals.csv, at-c, people_covered"),
    ],
    "set-cover": [(ask(share=1.0), "proposals.csv, , people_covered"), *MODEL_FAULTS],
    **dict.fromkeys(
        ("capacity", "backup-cover", "expected-cover", "p-center", "priority"), MODEL_FAULTS
    ),
    "p-median": [(moved_by_all(amount), f"{PHASE}, objective") for amount in (2, -2)],
}
"""By plan: what is changed in its run, and where that is found: file, row, column."""


@pytest.mark.parametrize(("name", "most"), all_and_some(PLANS))
def test_a_plan_passes_and_what_is_altered_in_it_is_named(planned, name, most, tmp_path):
    """Of every model and rule: each number that a plan claims, and each rule it would break."""
    out = planned(name)
    found = br.verify(out)
    assert found.passed, found.summary()
    assert found.notes == ()
    for number, (change, where) in enumerate(FAULTS.get(name, ())[:most]):
        folder = shutil.copytree(out, tmp_path / str(number))
        change(folder)
        named = {", ".join(one) for one in find(folder)}
        file, *row, column = where.split(", ")
        row = ", ".join(row)
        assert any(
            one.startswith(f"{file}, {row}") and one.endswith(f", {column}") for one in named
        ), (where, named)


@pytest.mark.parametrize("command", ["reach", "propose", "posts"])
def test_a_plan_that_says_nothing_of_boxes_passes(plan, edit, cli, tmp_path, command):
    """Without `[propose]` its defaults hold; a box more than there are candidates is refused."""
    edit(plan, f"[propose]\n{ASKED}", "")
    more = ("--boxes", 2) if command == "propose" else ()
    code, _, message = cli(command, plan, "-o", tmp_path / "out", *more)
    assert code == 0, message
    found = br.verify(tmp_path / "out")
    assert found.passed, found.summary()
    assert found.notes == ()
