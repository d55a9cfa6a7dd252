"""What reach, its summaries and its curves say in full, where changed code was not noticed."""

import numpy as np
import pandas as pd
import pytest

import boxreach as br
from boxreach.accessibility.spread import Order


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


def test_the_worst_places_say_why_they_are_out_of_reach():
    reached = reached_of([("A", 5.0, 75.0), ("A", 1.0, 3.0)], reason=["TOO_FAR", ""])
    assert br.worst_places(reached, count=2)["reason"].tolist() == ["TOO_FAR", ""] * 2


def test_the_areas_of_the_worst_places_are_their_own_where_they_are_several():
    reached = reached_of([("A", 5.0, 75.0), ("B", 1.0, 3.0)])
    worst = br.worst_places(reached, count=2)
    assert worst[["area", "rank", "id"]].to_numpy().tolist() == [
        ["A", 1, "c0"], ["B", 1, "c1"], ["total", 1, "c0"], ["total", 2, "c1"],
    ]  # fmt: skip


def test_areas_are_text_in_the_index_of_a_summary_of_no_rows_too():
    rows = reached_of([("A", 5.0, 75.0)])
    assert br.summarise(rows).index.dtype == "str"
    assert br.summarise(rows.iloc[:0]).index.dtype == "str"


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), "ten", 61])
def test_minutes_that_will_not_do_are_called_minutes(make_times, minutes):
    times = make_times({"b": [5.0, 50.0]}, [1, 2])
    with pytest.raises(br.InputError, match=r"^minutes\b"):
        br.reach(times, minutes=minutes)


@pytest.mark.parametrize("step", [0.5, 2, 7])
def test_a_curve_may_have_as_many_steps_as_fit_whatever_their_length(step):
    """Short steps are not counted as fewer than they are, nor long ones as more."""
    reached = reached_of([("A", 1.0, 7.0)])
    with pytest.raises(br.InputError, match=r"2,000,000 steps of 0\.05"):
        br.coverage_curves(reached, up_to=100_000, step=0.05)
    minutes = br.coverage_curves(reached, up_to=3000, step=step)["minutes"]
    assert len(minutes) == 2 * (int(3000 / step) + (2 if 3000 % step else 1))
    assert minutes.max() == 3000


@pytest.mark.parametrize("count", [2**15 - 1, 2**15, 2**16 + 3])
def test_rows_of_more_groups_than_a_short_number_holds_are_sorted_by_group(count):
    groups = np.array([count - 1, 0, 2**15 - 2, 1, count - 1, 0])
    order = Order.by_group(np.array([5, 4, 3, 2, 1, 0]), groups, count)
    assert order.rows.tolist() == sorted(range(6), key=lambda row: (groups[row], -row))
    assert order.starts[[0, 1, -2, -1]].tolist() == [0, 2, 4 + (count == 2**15 - 1) * -1, 6]


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
        assert text.arrowprops["relpos"] == (0, 0.5)
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
