"""Every model and rule of a plan, run end to end on a small one, and what the outputs say of it."""

import json
import re
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import boxreach as br
from boxreach.languages import DEFAULT_LANGUAGES, words
from boxreach.report.storage import load_report

pytestmark = pytest.mark.slow

WITHIN = 6
ALL = ["at-c1", "at-c2", "at-c3", "at-c4", "at-c5"]
MODELS = {
    "budget": ("budget_usd = 500000", "minutes = 6"),
    "served": ("capacity = 1500", "boxes = 1", "minutes = 6"),
    "set_cover": ('model = "set-cover"', "share = 0.95", "minutes = 6"),
    "backup_cover": ('model = "backup-cover"', "boxes = 2", "minutes = 15"),
    "expected_cover": ('model = "expected-cover"', "boxes = 2", "minutes = 6", "busy = 0.5",
                       "vehicles = 1"),
    "p_median": ('model = "p-median"', "boxes = 2", "minutes = 6"),
    "p_center": ('model = "p-center"', "boxes = 2", "minutes = 60"),
}  # fmt: skip
MOVES = (
    "boxes = 2",
    "minutes = 6",
    "relocation = { at_most = 1, cost_usd = 20000 }",
    "reserve = 1",
)
SHARED = {*MODELS.values(), MOVES}
"""Keys of runs that several tests read, and which are told in three languages."""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Where runs are kept that several tests read."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture
def ran(plan, edit, cli, tmp_path, home):
    """Run the small plan, people counted on its communities, with more keys of [propose]."""
    edit(plan, 'population = "people.tif"\n', "")
    edit(plan, 'frontier = "frontier.geojson"\n', "")
    edit(plan, "minutes = [10, 20]", "minutes = [5, 30]")

    def run(*keys, command="propose", drop=("boxes = 1\n",), out="out"):
        if shared := keys in SHARED:
            edit(plan, 'languages = ["en"]', 'languages = ["en", "ar", "ckb"]')
        for text in (
            *drop,
            "minutes = 20\n",
            'quotas = [{ governorate = "West", at_least = 1 }]\n',
        ):
            if text in plan.read_text("utf-8"):
                edit(plan, text, "")
        edit(plan, "[propose]\n", "[propose]\n" + "".join(f"{key}\n" for key in keys))
        folder = home / str(hash(keys)) if shared else tmp_path / out
        if not (shared and folder.exists()):
            code, _, message = cli(command, plan, "-o", folder)
            assert code == 0, message
        return folder

    return run


def table(out, name):
    return pd.read_csv(out / f"{name}.csv", encoding="utf-8-sig")


def proposal(out):
    return json.loads((out / "summary.json").read_text("utf-8"))["proposal"]


@pytest.fixture
def town(plan):
    """Minutes from every box and candidate to every community, by id, and people."""
    folder = plan.parent
    communities = br.read_communities(folder / "communities.csv")
    boxes = br.read_sites(folder / "boxes.csv")
    network = br.build_network(br.read_roads(folder / "roads.geojson"), off_road_km=10)
    sites = gpd.GeoDataFrame(
        geometry=[*boxes.geometry, *communities.geometry],
        index=pd.Index([*boxes.index, *(f"at-{one}" for one in communities.index)], name="site_id"),
        crs=4326,
    )
    times = br.travel_times(network, sites, communities, cutoff=120)
    minutes = np.full(times.ms.shape, np.inf)
    pairs = times.ms.tocoo()
    minutes[pairs.row, pairs.col] = pairs.data / 60_000
    people = communities["people"].fillna(0).to_numpy(float)
    return pd.DataFrame(minutes, index=sites.index), people


def choices(count):
    return [("b1", "b2", "b3", *some) for some in combinations(ALL, count)]


def near(town, chosen, within=WITHIN):
    return (town[0].loc[list(chosen)] <= within).sum().to_numpy()


def test_backup_cover_reaches_the_most_people_twice(ran, town):
    """By enumeration of all choices of two."""
    out = ran(*MODELS["backup_cover"])
    best = max(town[1][near(town, chosen, 15) >= 2].sum() for chosen in choices(2))
    said = proposal(out)
    assert said["objective"] == said["bound"] == best
    assert said["model"] == "backup-cover"
    assert said["parameters"] == {"sites": 2, "minutes": 15, "boxes": 2}


def test_expected_cover_weighs_busy_vehicles(ran, town):
    """The objective is the sum of people times the chance of a free vehicle."""
    out = ran(*MODELS["expected_cover"])
    best = max(town[1] @ (1 - 0.5 ** near(town, chosen)) for chosen in choices(2))
    assert proposal(out)["objective"] == pytest.approx(best)
    assert proposal(out)["objective"] < proposal(out)["covered"]


def test_p_median_has_the_shortest_mean(ran, town):
    """Farther people count with the minutes of the plan; the report says the mean."""
    out = ran(*MODELS["p_median"])
    whole = min(
        town[1] @ town[0].loc[list(chosen)].min().clip(upper=6).to_numpy() for chosen in choices(2)
    )
    assert proposal(out)["objective"] == pytest.approx(whole, rel=1e-4)
    text = (out / "report.html").read_text("utf-8")
    assert f"{whole / town[1].sum():.2f}" in re.sub("<[^>]+>", "", text)
    assert "no other choice of as many new sites that keeps the rules reaches more" not in text


def test_p_center_brings_the_farthest_nearest(ran, town):
    """People whose number is not known pull no box to them."""
    out = ran(*MODELS["p_center"])
    known = town[1] > 0
    best = min(town[0].loc[list(one)].min().to_numpy()[known].max() for one in choices(2))
    assert proposal(out)["objective"] == pytest.approx(best, abs=1e-4)


def test_set_cover_needs_the_fewest_boxes(ran, town):
    """No choice of fewer has the share, and the plan says its own number."""
    out = ran(*MODELS["set_cover"])
    shares = {
        count: max(town[1][near(town, one) > 0].sum() for one in choices(count)) / town[1].sum()
        for count in range(6)
    }
    fewest = min(count for count, share in shares.items() if share >= 0.95)
    said = proposal(out)
    assert said["objective"] == said["new"] == len(table(out, "proposals")) == fewest
    assert not (out / "curve.csv").exists()


def test_a_budget_buys_boxes_at_the_price_of_their_type(ran, plan):
    """The first type says what one costs."""
    text = '[[box_types]]\nname = "small"\ncost_usd = 100000\n'
    plan.write_text(plan.read_text("utf-8") + text, encoding="utf-8")
    out = ran("budget_usd = 250000", "minutes = 6")
    assert proposal(out)["new"] == 2
    assert proposal(out)["cost_usd"] == 200_000
    assert table(out, "proposals")["cost_usd"].tolist() == [100_000, 100_000]


def test_new_boxes_have_the_vehicles_and_officers_of_their_type(ran, plan):
    text = '[[box_types]]\nname = "small"\nvehicles = 3\nofficers = 12\n'
    plan.write_text(plan.read_text("utf-8") + text, encoding="utf-8")
    out = ran("boxes = 2", "minutes = 6")
    assert table(out, "proposals")[["vehicles", "officers"]].to_numpy().tolist() == [[3, 12]] * 2
    means = load_report((out / "report.json").read_bytes()).plan.means
    assert (means.vehicles, means.officers) == (6, 24)


def test_boxes_of_a_capacity_serve_no_more_than_that(ran):
    """2,500 people are within reach of one box, which serves 1,500 of them."""
    out = ran(*MODELS["served"])
    said = proposal(out)
    assert (said["covered"], said["objective"]) == (3500, 2500)
    assert said["objective_is"].endswith("has room for them")


def test_moves_are_told_with_their_way_their_cost_and_whom_they_gain_and_lose(ran, town):
    """The table adds up to the plan: what stood, what moves bring, what new boxes bring."""
    out = ran(*MOVES)
    moves, sites, said = table(out, "moves"), table(out, "proposals"), proposal(out)
    assert len(moves) == 1
    assert said["moves"][0]["to_site_id"] == moves["to_site_id"][0]
    moved = sites.set_index("site_id").loc[moves["to_site_id"][0]]
    assert moved["moved_from"] == moves["from_site_id"][0]
    assert moved["cost_usd"] == moves["cost_usd"][0] == 20_000
    assert said["cost_usd"] == sites["cost_usd"].sum() == 270_000
    others = sites[sites["moved_from"].isna()]
    means = load_report((out / "report.json").read_bytes()).plan.means
    assert (means.vehicles, means.officers) == (2 * len(others), None)  # a move takes its own along
    net = (moves["people_gained"] - moves["people_lost"]).sum()
    assert said["covered_before"] + net + others["people_gained"].sum() == said["covered"]
    best = max(
        town[1][near(town, (*stay, *some)) > 0].sum()
        for stay in combinations(("b1", "b2", "b3"), 2)
        for some in combinations(ALL, 2)
    )
    assert said["objective"] == said["bound"] == best
    assert (said["new"], said["standing"], sum(said["sites_by_governorate"].values())) == (1, 3, 4)


def test_what_is_held_back_brings_what_is_said(ran, town):
    """One box more, beside those of the plan."""
    out = ran("boxes = 2", "minutes = 6", "reserve = 1")
    chosen = ["b1", "b2", "b3", *table(out, "proposals")["site_id"]]
    reached = town[1][near(town, chosen) > 0].sum()
    more = max(town[1][near(town, [*chosen, one]) > 0].sum() for one in ALL) - reached
    assert proposal(out)["reserve_gain"] == {"at_least": more, "at_most": more}
    assert proposal(out)["new"] == 1


def test_phases_and_curve_say_what_the_boxes_say(ran, town):
    """Regret is against the best of as many; the curve passes through the running totals."""
    out = ran("boxes = 3", "minutes = 6", "phases = [4, 6]")
    phases, curve, sites = (table(out, name) for name in ("phases", "curve", "proposals"))
    assert phases["sites"].tolist() == [4, 6]
    assert phases["new_sites"].sum() == len(sites)
    for row in phases.itertuples():
        assert row.covered == sites["people_covered"][row.sites - 4]
        best = max(town[1][near(town, one) > 0].sum() for one in choices(row.sites - 3))
        assert (row.alone, row.regret) == (best, best - row.covered)
    assert curve["new_sites"].tolist() == [0, 1, 2, 3]
    assert curve["in_order"].tolist()[1:] == sites["people_covered"].tolist()
    for row in curve.itertuples():
        best = max(town[1][near(town, one) > 0].sum() for one in choices(row.new_sites))
        assert (row.best, row.bound, row.gap) == (best, best, 0)
        assert row.order_loses == row.best - row.in_order


def test_a_curve_may_be_left_out(ran):
    """0 seconds draw none, in no output."""
    out = ran("boxes = 1", "minutes = 6", "curve_seconds = 0", command="run")
    assert not (out / "curve.csv").exists()
    assert 'id="en-curve"' not in (out / "report.html").read_text("utf-8")


def test_fixed_forbidden_and_apart_are_kept(ran):
    """The best would be c2, which is forbidden, and c5 is fixed."""
    out = ran("boxes = 2", "minutes = 6", 'fixed = ["at-c5"]', 'forbidden = ["at-c2"]',
              "apart_km = 5")  # fmt: skip
    assert table(out, "proposals")["site_id"].tolist() == ["at-c4", "at-c5"]


def test_what_is_no_candidate_is_refused_with_its_line(plan, edit, refused):
    """All of them at once."""
    edit(plan, "minutes = 20\n", 'minutes = 20\nfixed = ["at-c1", "c2"]\nforbidden = ["zz"]\n')
    message = refused(plan, command="propose")
    assert "'c2' is no candidate" in message
    assert "'zz' is no candidate" in message
    assert "propose.fixed" in message
    assert "propose.forbidden" in message


def test_rules_that_cannot_be_kept_together_are_named(plan, edit, refused):
    """One is a kilometre from a box that stands, and none may be so near."""
    edit(plan, "boxes = 1\n", 'boxes = 2\nfixed = ["at-c1"]\napart_km = 11\n')
    message = refused(plan, command="propose")
    assert "site at-c1 is fixed" in message
    assert "11 km apart" in message


def mark(plan):
    """Mark the community Five, whose people are few, as one that must be reached."""
    rows = (plan.parent / "communities.csv").read_text("utf-8").splitlines()
    said = ["must_reach,priority", *["no,1"] * 3, "no,10", "yes,1"]
    text = "\n".join(f"{row},{more}" for row, more in zip(rows, said, strict=True))
    (plan.parent / "communities.csv").write_text(f"{text}\n", encoding="utf-8")


def test_who_must_be_reached_is_reached_unless_it_does_not_count(ran, plan):
    """One box would stand at Two, where most people are."""
    mark(plan)
    assert table(ran("boxes = 1", "minutes = 6"), "proposals")["site_id"].tolist() == ["at-c5"]
    out = ran("must_reach = false", drop=())
    assert table(out, "proposals")["site_id"].tolist() == ["at-c2"]


@pytest.mark.release
def test_who_must_be_reached_is_so_where_people_are_counted_on_cells(plan, cli, edit, tmp_path):
    """Communities count as places then, and nobody is counted in them."""
    mark(plan)
    edit(plan, "minutes = 20\nquotas", "minutes = 6\nquotas")
    assert cli("propose", plan, "-o", tmp_path / "out")[0] == 0
    assert table(tmp_path / "out", "proposals")["site_id"].tolist() == ["at-c5"]
    assert proposal(tmp_path / "out")["total"] == 4133.5
    reached = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert reached["people"]["total"] == 4133.5


def test_priority_pulls_boxes_and_counts_nobody_twice(ran, plan):
    """Four has 400 people of priority 10: more than the 2,500 of Two."""
    mark(plan)
    out = ran("boxes = 1", "minutes = 6", "must_reach = false", "priority = true", command="run")
    said = proposal(out)
    assert table(out, "proposals")["site_id"].tolist() == ["at-c4"]
    assert (said["covered"], said["objective"]) == (1400, 5000)
    assert said["objective_is"].startswith("people times priority")
    assert words("report", "en")["minding_priority"] in (out / "report.html").read_text("utf-8")


@pytest.mark.release
def test_priority_holds_where_the_people_of_cells_come_to_communities(plan, edit, cli, tmp_path):
    """The communities have priorities, though the cells that are counted at them have none."""
    mark(plan)
    edit(plan, "[propose]", '[people]\ncount_on = "communities"\n[propose]')
    edit(plan, "boxes = 1\n", "boxes = 1\npriority = true\nmust_reach = false\n")
    code, _, message = cli("propose", plan, "-o", tmp_path / "out")
    assert code == 0, message
    assert proposal(tmp_path / "out")["objective_is"].startswith("people times priority")


def test_a_priority_that_nobody_has_is_refused(plan, edit, refused):
    """Cells have none."""
    edit(plan, "boxes = 1\n", "boxes = 1\npriority = true\n")
    message = refused(plan, command="propose")
    assert "propose.priority" in message
    assert "no priority is known" in message


def test_more_moves_than_boxes_are_refused(plan, edit, refused):
    """Three stand."""
    edit(plan, "boxes = 1\n", "boxes = 1\nrelocation = { at_most = 4 }\n")
    assert "4 boxes may move, and 3 stand" in refused(plan, command="propose")


def text_of(html, language):
    article = re.search(rf'<article id="{language}".*?</article>', html, re.DOTALL)[0]
    return " ".join(re.sub("<[^>]+>", "", article).split()), article


@pytest.mark.parametrize("kind", list(MODELS))
def test_the_report_says_of_each_model_what_it_does_in_every_language(kind, ran):
    """And nothing of reaching the most, which is another question."""
    out = ran(*MODELS[kind])
    html = (out / "report.html").read_text("utf-8")
    for language in DEFAULT_LANGUAGES:
        said = words("report", language)
        text, article = text_of(html, language)
        for key in (f"asked_{kind}", f"came_{kind}"):
            start = said[key].split("{")[0].strip()
            assert start in text, key
        assert said["verdict_best"] in text
        assert said["verdict_optimal"] not in text
        assert said["optimal_means"] not in text
        assert said["bound"] not in text
        assert ('dir="rtl"' in article[:80]) is (language != "en")


def test_the_report_tells_moves_reserve_curve_and_cost_in_every_language(ran):
    """Each as a sentence or a table, the curve also as a drawing with a title of its own."""
    out = ran(*MOVES)
    html = (out / "report.html").read_text("utf-8")
    for language in DEFAULT_LANGUAGES:
        said = words("report", language)
        text, article = text_of(html, language)
        assert said["cost_says"].format(cost="$270,000") in text
        assert said["cost_moves"].format(cost="$20,000") in text
        assert said["reserve_says"].format(sites=1) in text
        assert said["moved_from"] in text
        assert said["decision_moves"].format(moves=1) in text
        assert f'<caption class="hidden">{said["moves_title"]}</caption>' in article
        drawing = re.search(rf'<section id="{language}-curve".*?</svg>', article, re.DOTALL)[0]
        assert said["best_title"] in drawing
        assert drawing.count("<path") == 3
        assert f'<caption class="hidden">{said["best_title"]}</caption>' in article


def test_the_report_tells_what_quotas_and_phases_cost(ran, town):
    """Two boxes in West leave one for the people of the east."""
    out = ran(
        "boxes = 2", "minutes = 6", "phases = [4, 5]",
        'quotas = [{ governorate = "West", at_least = 3 }]', command="run",
    )  # fmt: skip
    free = max(town[1][near(town, one) > 0].sum() for one in choices(2))
    more = free - proposal(out)["covered"]
    assert more > 0
    assert proposal(out)["forgone"] == {"at_least": more, "at_most": more}
    text, article = text_of((out / "report.html").read_text("utf-8"), "en")
    said = words("report", "en")
    assert said["quotas_cost"].format(more=f"{more:,.0f}", unit=said["unit_people"]) in text
    assert said["regret_title"] in text
    assert said["cost_boxes"].format(cost="$500,000") in text
    for phase in proposal(out)["phases"]:
        assert f"{phase['regret']:,.0f}" in article
