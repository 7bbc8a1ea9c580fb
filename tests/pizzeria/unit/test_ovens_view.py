"""The kitchen in a terminal: what is heard, and the picture that it makes at the widths of terminals."""

import io

import pytest
from rich.console import Console

from pizzeria.ovens.programs.view import View


def heard(orders=40):
    view = View(lambda: {"expediter": 11, "anna": 12, "bruno": 13}, orders)
    view.hear("run", "", {"run": "today"})
    for n in range(1, 17):
        state = ("baking", "empty", "baked", "burnt", "gone")[n % 5]
        view.hear("oven_state", str(n), {"run": "today", "state": state, "order": None if n % 5 == 1 else n})
    view.hear("tablet_state", "anna", {"run": "today", "state": "working", "task": "take out", "order": 2})
    view.hear("tablet_state", "bruno", {"run": "today", "state": "done"})
    view.hear("board", "", board())
    return view


def board(**more):
    queue = [{"order": n, "task": "prepare"} for n in range(20, 32)]
    counts = {"waiting": 12, "served": 17, "burnt": 1, "given_back": 0, "inside": 14}
    times = {"scale": 0.1, "longest": 61.2, "last_out": 118.4}
    return {"run": "today", "epoch": 1, "queue": queue, **counts, **times, **more}


def picture(view, width):
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(view)
    return console.export_text()


@pytest.mark.parametrize("width", [80, 120])
def test_the_picture_fits_and_says_what_matters(width):
    shown = picture(heard(), width)
    assert max(map(len, shown.splitlines())) <= width
    for words in ("last order out 118 min", "14 inside", "longest inside 61 min", "18 of 40", "served 17, burnt 1",
                  "take out, order 2", "pid 12", "order 20", "expediter 11"):  # fmt: skip
        assert words in shown, words
    assert "free" in shown, "who is done is free"
    shown_of_queue = sum(f"order {n} " in shown for n in range(20, 32))
    assert 0 < shown_of_queue < 12
    assert f"and {12 - shown_of_queue} more" in shown, "the rest is counted, not forgotten"
    rows = [line for line in shown.splitlines() if any(f" {n:>2} " in line and "│" in line for n in (1, 16))]
    assert len(rows) == 2, "sixteen ovens are two even rows"


def test_what_failed_and_came_back_is_told():
    view = heard()
    view.hear("tablet_state", "anna", {"run": "today", "state": "gone"})
    view.hear("board", "", board(given_back=1))
    view.hear("tablet_state", "anna", {"run": "today", "state": "ready"})
    view.hear("board", "", board(given_back=1, epoch=2))
    assert view.news == [
        "anna is gone",
        "work was given back: the next cook takes over",
        "anna is back",
        "another expediter stands at the pass: epoch 2",
    ]
    assert "anna is back" in picture(view, 80)


def test_nothing_heard_yet_is_a_picture_too():
    shown = picture(View(), 80)
    assert "last order out -" in shown
    assert "nothing waits" in shown


def test_the_end_says_that_nobody_is_inside():
    view = heard()
    view.hear("board", "", board(inside=0, queue=[], waiting=0, served=39))
    assert "nobody is inside" in picture(view, 80)
    assert "40 of 40" in picture(view, 80)
