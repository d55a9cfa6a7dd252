"""How curves are drawn, and what a notebook shows of reach, to the last word and colour."""

import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import isotonic_regression
from shapely import Point, box

import boxreach as br
from boxreach.accessibility.plots import spread_apart
from boxreach.accessibility.reach_table import ReachTable


def reached_of(rows, **columns):
    """A table of reach within 30 minutes, of (governorate, people, minutes) rows."""
    minutes = np.array([row[2] for row in rows], float)
    return pd.DataFrame(
        {
            "governorate": np.array([row[0] for row in rows], object),
            "people": np.array([row[1] for row in rows], float),
            "minutes": minutes,
            "covered": minutes <= 30,
            "threshold_minutes": 30.0,
            **columns,
        },
        index=[f"c{n}" for n in range(len(rows))],
    )


# --- as they look --------------------------------------------------------------------------------


@pytest.fixture
def drawn():
    """Axes with the curves of two areas, one of them with nobody near."""
    figure = pytest.importorskip("matplotlib.figure")
    ax = figure.Figure(layout="constrained").add_subplot()

    def draw(up_to=30):
        reached = reached_of([("A", 1.0, 7.0), ("B", 3.0, 20.0), ("C", 4.0, 55.0)])
        return br.plot_curves(br.coverage_curves(reached, up_to=up_to), ax=ax)

    return draw


def test_axes_say_what_they_show_and_have_one_line_below(drawn):
    ax = drawn()
    assert ax.get_title(loc="left") == "Share of people within reach"
    title = ax._left_title
    assert (title.get_fontweight(), title.get_fontsize()) == ("bold", 12)
    assert ax.get_xlabel() == "Minutes from the quickest site"
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 30), (0, 1))
    assert ax.yaxis.get_major_formatter()(0.25) == "25%"
    assert {side: one.get_visible() for side, one in ax.spines.items()} == {
        "left": False, "right": False, "top": False, "bottom": True,
    }  # fmt: skip
    assert ax.spines["bottom"].get_edgecolor() == pytest.approx(
        (0x9A / 255, 0xA4 / 255, 0xB1 / 255, 1)
    )
    assert {one.label1.get_color() for one in ax.xaxis.get_major_ticks()} == {"#3b4654"}
    assert ax.xaxis.label.get_color() == "#3b4654"
    assert title.get_color() == "#0b2545"
    assert ax.get_axisbelow() is True
    grid = [line for line in ax.yaxis.get_gridlines() if line.get_visible()]
    assert {(line.get_color(), line.get_linewidth()) for line in grid} == {("#e6e9ee", 0.8)}
    assert not ax.xaxis._major_tick_kw.get("gridOn")
    ticks = [*ax.xaxis.get_major_ticks(), *ax.yaxis.get_major_ticks()]
    assert {(one._size, one.get_pad()) for one in ticks} == {(0, 6)}


@pytest.mark.parametrize(
    ("up_to", "ticks"),
    [(8, 2), (12, 2), (15, 3), (30, 6), (45, 10), (60, 10), (90, 15), (120, 30)],
)
def test_minutes_are_marked_at_figures_of_clocks(drawn, up_to, ticks):
    marks = drawn(up_to).xaxis.get_major_locator().tick_values(0, up_to)
    assert set(np.diff(marks)) == {ticks}


def test_names_stand_beside_the_ends_of_their_lines_in_their_colours(drawn):
    ax = drawn()
    colours = {line.get_label(): line.get_color() for line in ax.lines}
    assert len(set(colours.values())) == 4
    for text in ax.texts:
        name = text.get_text().partition("  ")[0]
        end = next(line.get_ydata()[-1] for line in ax.lines if line.get_label() == name)
        assert (text.xy, text.xycoords) == ((1, end), ("axes fraction", "data"))
        assert text.get_position()[0] == 1.035
        assert text.get_position()[1] == pytest.approx(end, abs=0.05)
        assert (text.get_ha(), text.get_va()) == ("left", "center")
        assert text.get_color() == text.arrowprops["color"] == colours[name]
        assert text.arrowprops == {
            "arrowstyle": "-", "relpos": (0, 0.5), "color": colours[name], "linewidth": 0.6,
            "alpha": 0.6, "shrinkA": 1, "shrinkB": 2,
        }  # fmt: skip
        assert text.get_parse_math() is False
        assert text.get_annotation_clip() is False
        assert (text.get_fontsize(), text.get_fontweight()) == (
            (10.5, "bold") if name == "total" else (9, "normal")
        )


def test_the_total_is_drawn_over_the_areas_and_lines_end_round_and_uncut(drawn):
    lines = {line.get_label(): line for line in drawn().lines}
    assert {(one.get_zorder(), one.get_linewidth()) for name, one in lines.items()
            if name != "total"} == {(3, 1.4)}  # fmt: skip
    assert (lines["total"].get_zorder(), lines["total"].get_linewidth()) == (4, 3.0)
    assert {one.get_solid_capstyle() for one in lines.values()} == {"round"}
    assert {one.get_clip_on() for one in lines.values()} == {False}


def test_heights_are_moved_apart_as_little_as_least_squares_say():
    """Of stacks of any size and height, those that meet are one; at both ends they stay on."""
    for seed in range(300):
        random = np.random.default_rng(seed)
        heights = np.round(random.random(random.integers(0, 14)) ** random.choice([0.2, 1, 4]), 2)
        gap = random.choice([0.02, 0.05, 0.3])
        order, steps = np.argsort(heights, kind="stable"), np.arange(len(heights)) * gap
        level = isotonic_regression(heights[order] - steps).x if len(heights) else heights
        expected = np.clip(level, 0, max(1 - (len(heights) - 1) * gap, 0)) + steps
        found = spread_apart(heights.tolist(), gap)
        assert np.array(found)[order] == pytest.approx(expected)
        assert all(type(one) is float for one in found)


@pytest.mark.parametrize(("lines", "named"), [(23, 24), (24, 9)])
def test_of_more_lines_than_are_labelled_the_ends_of_the_order_half_way_are(lines, named):
    """With the total there are 24 at most; what is not named is faint and lies below."""
    figure = pytest.importorskip("matplotlib.figure")
    ax = figure.Figure().add_subplot()
    # At 10 minutes, half way, they stand in another order than at the end.
    rows = [
        (f"a{n:02d}", people, minutes)
        for n in range(lines)
        for people, minutes in ((n + 1.0, 4.0), ((7.0 * n) % 13, 15.0), (100.0, 50.0))
    ]
    br.plot_curves(br.coverage_curves(reached_of(rows), up_to=20), ax=ax)
    labels = [text.get_text().partition("  ")[0] for text in ax.texts]
    assert len(labels) == named
    if named < lines:
        half = [(n + 1) / (n + 101 + 7 * n % 13) for n in range(lines)]
        order = [f"a{n:02d}" for n in np.argsort(half)]
        ends = order[:4] + order[-4:]
        assert sorted(labels) == sorted([*ends, "total"])
    drawn = {line.get_label(): line for line in ax.lines}
    for name, line in drawn.items():
        faint = name not in labels
        assert (line.get_color() == "#d5dae1") is faint
        assert line.get_zorder() == (2 if faint else 4 if name == "total" else 3)
    by_end = sorted((drawn[one].get_ydata()[-1], one) for one in labels if one != "total")
    colours = [drawn[one].get_color() for _, one in by_end]
    assert len({*colours}) == 8
    assert colours == [colours[at % 8] for at in range(len(colours))]
    assert drawn["total"].get_color() == "#0b2545"


def test_lines_are_called_by_their_areas_or_by_the_names_of_a_layer():
    figure = pytest.importorskip("matplotlib.figure")
    reached = reached_of([("A", 1.0, 7.0), ("", 3.0, 20.0)])

    def names(curves, **asked):
        ax = figure.Figure().add_subplot()
        br.plot_curves(curves, ax=ax, **asked)
        return [line.get_label() for line in ax.lines]

    curves = br.coverage_curves(reached, up_to=30)
    assert names(curves) == ["no area", "A", "total"]
    assert names(curves, areas=["A"]) == names(curves, areas=("A", "total")) == ["A", "total"]
    assert names(curves, areas=[]) == ["total"]
    places = gpd.GeoDataFrame(reached, geometry=[Point(44.5, 33.5), Point(50, 50)], crs=4326)
    layer = gpd.GeoDataFrame(
        {"name": ["Anbar", "Heet"]}, index=pd.Index(["IQ1", "IQ2"], name="area_id"),
        geometry=[box(44, 33, 45, 34), box(49, 49, 50.5, 50.5)], crs=4326,
    )  # fmt: skip
    assert names(br.coverage_curves(places, by=layer, up_to=30)) == ["Anbar", "Heet", "total"]
    places.geometry = [Point(44.5, 33.5), Point(0, 0)]
    with pytest.warns(br.DataWarning, match="1 lie in no area"):
        curves = br.coverage_curves(places, by=layer, up_to=30)
    assert names(curves) == ["Anbar", "no area", "total"]


def test_what_is_no_drawing_is_refused():
    plots = pytest.importorskip("matplotlib.pyplot")
    curves = br.coverage_curves(reached_of([("A", 1.0, 7.0)]), up_to=30)

    def told(*given, **asked):
        with pytest.raises(br.InputError) as error:
            br.plot_curves(*given, **asked)
        return [(one.what, one.file, one.column, one.advice) for one in error.value.faults]

    given = "give what coverage_curves returned"
    assert told(curves, ax=3)[0][3] == "give an Axes of matplotlib, or None"
    assert told(3)[0][3] == given
    assert told(curves, areas="A") == [
        ("areas is a path or text ('A')", "", "", "give a list of what stands in governorate")
    ]
    assert told(curves, areas=["A", "B"]) == [
        ("there is no area 'B'", "curves", "governorate", "known are: A, total")
    ]
    first = ("its first column does not hold 'total'", "curves", "", given)
    assert told(curves[curves["governorate"] != "total"]) == [first]
    assert told(curves[["minutes", "share_covered", "governorate"]]) == [first]
    assert len(told(curves[["governorate", "minutes"]])) == 1
    assert len(told(pd.DataFrame())) == 2
    nobody = br.coverage_curves(reached_of([("A", 0.0, 7.0)]), up_to=30)
    assert told(nobody) == [("there is nobody in it", "curves", "", "give curves of people")]
    ax = br.plot_curves(curves)
    assert (ax.figure.get_figwidth(), ax.figure.get_figheight()) == (9, 5.6)
    assert ax.figure.get_constrained_layout()
    plots.close(ax.figure)


# --- as a notebook shows it ----------------------------------------------------------------------


def cells(html):
    """Return what stands in each row of each table of a page, and its title."""
    tables = re.findall(r"<table>(.*?)</table>", html, re.DOTALL)
    read = [
        [re.sub(r"<[^>]*>", "", one) for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
         for one in [re.sub(r"</t[hd]><t[hd]>", "|", row)]]
        for table in tables
    ]  # fmt: skip
    return re.findall(r"<b>(.*?)</b>", html)[0], read


def shown_table(**more):
    rows = 12
    columns = {
        "name": [f"n{n}" for n in range(rows)], "minutes": np.arange(rows) * 10.0,
        "covered": np.arange(rows) < 4, "site_id": "b1", "threshold_minutes": 30.0,
        "reason": [*[""] * 4, *["TOO_FAR"] * 5, "CLOSED", "OFF_ROAD", "OFF_ROAD"], "extra": 1,
        **more,
    }  # fmt: skip
    index = pd.Index([f"c{n}" for n in range(rows)], name="community_id")
    return ReachTable(columns, index=index, geometry=[Point(n, n) for n in range(rows)], crs=4326)


def test_a_notebook_shows_who_is_reached_who_is_not_and_why():
    people = [*[100.0] * 10, np.nan, np.nan]
    title, (figures, reasons, head) = cells(shown_table(people=people)._repr_html_())
    assert title == "Reach within 30 minutes"
    assert figures == [
        "rows (community)|12",
        "covered|4 (33.3%)",
        "not covered|8",
        "people covered|400 of 1,000 (40.0%)",
        "people not known|2 rows",
    ]
    assert reasons == ["reason|rows|people", "CLOSED|1|100", "OFF_ROAD|2|0", "TOO_FAR|5|500"]
    assert head[0] == "community_id|name|people|covered|site_id|minutes|reason"
    assert head[1] == "c0|n0|100|True|b1|0|"
    assert [one.partition("|")[0] for one in head[1:]] == [f"c{n}" for n in range(10)]


def test_a_notebook_counts_kilometres_and_names_no_people_where_there_are_none():
    table = shown_table(km=0.0, threshold_minutes=7.5).rename_axis(index="row")
    title, (figures, reasons, head) = cells(table._repr_html_())
    assert title == "Reach within 7.5 minutes"
    assert figures[0] == "rows (row)|12"
    assert figures[3:] == ["km covered|0 of 0"]
    assert reasons[0] == "reason|rows|km"
    assert head[0].startswith("row|name|covered")
    _, (figures, reasons, head) = cells(shown_table().rename_axis(index=None)._repr_html_())
    assert (figures[0], len(figures)) == ("rows|12", 3)
    assert reasons == ["reason|rows", "CLOSED|1", "OFF_ROAD|2", "TOO_FAR|5"]
    assert head[0].startswith("id|name")


def test_a_notebook_shows_the_rows_alone_of_what_is_no_longer_a_table_of_reach():
    table = shown_table()
    several = shown_table(threshold_minutes=[30.0, 60.0] * 6)
    twice = pd.concat([table, table[["extra"]]], axis=1)
    for one in (table.drop(columns="reason"), table.drop(columns="covered"), several, twice):
        assert "Reach within" not in ReachTable(one)._repr_html_()
        assert "dataframe" in ReachTable(one)._repr_html_()
