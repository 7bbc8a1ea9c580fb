"""The numbers behind a figure: every kind of series, thinned honestly, and one sentence that says what they do."""

from __future__ import annotations

import datetime

import pytest
from matplotlib.figure import Figure

from executable_posts.running.in_kernel.chartdata import MIME, MOST_ROWS, mimebundle


def tables(draw, count=1):
    figure = Figure()
    axes = figure.subplots(1, count)
    draw(axes)
    return mimebundle(figure)[MIME]


def test_lines_at_the_same_places_share_rows():
    def draw(axes):
        axes.plot([1, 2, 3], [10, 20, 30.5], label="loop")
        axes.plot([1, 2, 3], [1, 2, 12345], label="pool")
        axes.axhline(7)
        axes.set(xlabel="clients", ylabel="requests a second")

    told = tables(draw)
    (table,) = told["tables"]
    assert table["columns"] == ["loop", "pool"]
    assert table["rows"] == [["1", "10", "1"], ["2", "20", "2"], ["3", "30.5", "12,345"]]
    assert not table["thinned"]
    assert (
        told["description"]
        == "Requests a second against clients: loop, 10 at 1 to 30.5 at 3; pool, 1 at 1 to 12,345 at 3."
    )


def test_a_sentence_tells_the_turn_of_a_curve_and_its_true_end():
    def draw(axes):
        axes.plot([0, 1, 7], [0, 50, 5], label="hungry")
        axes.step([n * 0.37 for n in range(100)], [-n % 100 for n in range(100)], label="a fall")
        axes.plot([0, 5], [9, 8], "o", label="dots")
        axes.set(xlabel="hours", ylabel="orders")

    told = tables(draw)["description"]
    assert "hungry, 0 at 0, up to 50 at 1, to 5 at 7;" in told
    assert "a fall, 0 at 0, up to 99 at 0.37, to 1 at 36.6;" in told
    assert told.endswith("dots, 9 at 0 to 8 at 5.")


def test_long_series_are_thinned_and_keep_their_ends():
    (table,) = tables(lambda axes: axes.plot(range(1000), range(1000)))["tables"]
    assert len(table["rows"]) == MOST_ROWS
    assert (table["rows"][0][0], table["rows"][-1][0]) == ("0", "999")
    assert (table["thinned"], table["total"]) == (True, 1000)


def test_steps_measured_at_different_places_are_read_where_the_table_asks():
    def draw(axes):
        axes.step([n * 1.1 for n in range(100)], range(100), where="post", label="a")
        axes.plot([0, 120], [0, 240], label="b")

    (table,) = tables(draw)["tables"]
    rows = {row[0]: row[1:] for row in table["rows"]}
    assert rows["60"] == ["54", "120"], "the step holds its value, the line runs on"
    assert rows["120"] == ["", "240"], "nothing is invented beyond a curve's end"


def test_points_are_not_invented_between_points():
    def draw(axes):
        axes.plot([1, 10], [5, 6], "o", label="measured")
        axes.plot([1, 5, 10], [1, 2, 3], label="model")

    (table,) = tables(draw)["tables"]
    assert table["rows"] == [["1", "5", "1"], ["5", "", "2"], ["10", "6", "3"]]


@pytest.mark.parametrize("across", [False, True])
def test_bars_carry_their_categories(across):
    def draw(axes):
        (axes.barh if across else axes.bar)(["select", "epoll"], [3, 1.25], label="µs")

    (table,) = tables(draw)["tables"]
    assert table["rows"] == [["select", "3"], ["epoll", "1.25"]]


@pytest.mark.parametrize("across", [False, True])
def test_bars_beside_each_other_belong_to_the_word_between_them(across):
    """Two compilers, three frames: a row a frame, with its name, and not the six places at which bars happen to stand."""

    def draw(axes):
        names = ["nothing", "needed", "dead"]
        for aside, sizes in ((-0.2, [40, 1040, 1040]), (0.2, [24, 1032, 24])):
            at = [n + aside for n in range(3)]
            (axes.barh if across else axes.bar)(at, sizes, 0.4, label=f"by {aside}")
        axes.set(
            **{"yticks" if across else "xticks": range(3), "yticklabels" if across else "xticklabels": names}
        )

    (table,) = tables(draw)["tables"]
    assert table["rows"] == [["nothing", "40", "24"], ["needed", "1040", "1032"], ["dead", "1040", "24"]]


def test_bars_that_stand_between_ticks_keep_their_places():
    def draw(axes):
        axes.bar([0.25, 0.75, 1.25], [1, 2, 3], 0.4, label="one")
        axes.bar([0.3, 0.8, 1.3], [4, 5, 6], 0.4, label="another")
        axes.set(xticks=[0, 1], xticklabels=["a", "b"])

    (table,) = tables(draw)["tables"]
    assert [row[0] for row in table["rows"]] == ["0.25", "0.3", "0.75", "0.8", "1.25", "1.3"]


def test_dates_scatters_and_several_axes():
    def draw(axes):
        days = [datetime.date(2026, 1, day) for day in (1, 2)]
        axes[0].plot(days, [1, float("nan")])
        axes[0].set_title("by day")
        axes[1].scatter([2, 1], [20, 10])

    by_day, scattered = tables(draw, 2)["tables"]
    assert by_day["rows"] == [["2026-01-01", "1"], ["2026-01-02", ""]]
    assert by_day["columns"] == ["by day"]
    assert scattered["rows"] == [["1", "10"], ["2", "20"]]


def test_a_figure_without_data_says_nothing():
    assert mimebundle(Figure()) == {}
    figure = Figure()
    figure.subplots().set_title("empty")
    assert mimebundle(figure) == {}


def test_a_timeline_has_a_row_a_span():
    def draw(axes):
        axes.barh(1, 5, left=10, label="bakes")
        axes.barh(0, 2.5, left=0, label="works")
        axes.barh(1, 1, left=3, label="works")
        axes.set(yticks=[0, 1], yticklabels=["Ada", "oven"], xlabel="minutes")

    told = tables(draw)
    (table,) = told["tables"]
    assert table["rows"] == [
        ["oven", "works", "3", "4"],
        ["oven", "bakes", "10", "15"],
        ["Ada", "works", "0", "2.5"],
    ]
    assert told["description"] == "Spans of minutes: oven, 2 from 3 to 15; Ada, 1 from 0 to 2.5."
