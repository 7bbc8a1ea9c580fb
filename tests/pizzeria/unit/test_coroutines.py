"""What the post on coroutines measures and shows: crowds, chains, frames and the three forms, without a compiler."""

from __future__ import annotations

import json

import pytest

from pizzeria.coroutines import chains, frames, prices, waiting
from pizzeria.explorables import forms
from support.blog import ROOT


def script(tmp_path, text: str, name: str = "program"):
    """Write a program of the shell."""
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


class Kitchen:
    now = 7

    def compute(self, minutes):
        self.now += minutes


def order(kitchen):
    rang = kitchen.now
    yield 5
    kitchen.compute(15)
    yield 30
    yield 20
    return kitchen.now - rang


MINUTES = (7, 7, 27, 57, 77)


def told(tmp_path, name, words, minutes=MINUTES):
    """Write a program that tells such steps, as those in C++ do."""
    rows = [{"now": now, "bytes": 8 * len(w), "words": w} for now, w in zip(minutes, words, strict=True)]
    lines = "\n".join(json.dumps(row) for row in rows)
    return script(tmp_path, f"cat <<'end'\n12:00 + 77 min  served\n{lines}\nend", name)


def programs(tmp_path, minutes=MINUTES):
    switch = told(tmp_path, "switch", [[0, 0], [11, 7], [13, 7], [14, 7], [14, 7]], minutes)
    code = 1 << 45
    frame = [[code, code + 9, number, 7 << 32 | number] for number in (0, 1, 2, 3, 400)]
    return switch, told(tmp_path, "coroutine", frame)


def test_each_form_stands_where_it_let_go(tmp_path):
    data = forms.page(order, Kitchen(), *programs(tmp_path))
    assert data["minutes"] == [*MINUTES]
    for form in data["forms"]:
        places = [step["line"] for step in form["steps"]]
        lines = [form["source"][place] for place in places[1:-1]]
        waits = [
            line.partition("30")[1] or line.partition("20")[1] or line.partition("5")[1] for line in lines
        ]
        assert waits == ["5", "30", "20"], form["name"]
        assert places[-1] is None
        assert all("  " not in line.strip().replace("  //", "").replace("  #", "") for line in form["source"])
    switch, generator, coroutine = data["forms"]
    assert switch["source"][switch["steps"][0]["line"]].strip() == "switch (line) { case 0:"
    assert switch["first"] + switch["steps"][1]["line"] == 11, "the number that it keeps is the line's own"
    instructions = [int(step["state"][0][1]) for step in generator["steps"][:-1]]
    assert instructions == sorted(set(instructions)), "further at every step"
    assert ("rang", "7") in generator["steps"][2]["state"]
    assert generator["steps"][-1]["state"] == []
    assert coroutine["steps"][0]["state"][:2] == [("resume", "address"), ("destroy", "address")]
    assert coroutine["steps"][2]["state"][3] == ("", "7, 2"), "two numbers in one word"
    assert coroutine["steps"][4]["state"][2] == ("", "0x190")


def test_forms_that_disagree_are_refused(tmp_path):
    with pytest.raises(ValueError, match="disagree"):
        forms.page(order, Kitchen(), *programs(tmp_path, minutes=(7, 7, 27, 57, 78)))


def test_the_figure_is_published_whole(tmp_path):
    component, data, fallback = forms.figure(order, Kitchen(), *programs(tmp_path))
    json.dumps(data)
    assert fallback.count("<tr>") == 1 + len(MINUTES)
    assert "77: served" in fallback
    assert (ROOT / "code/theme/static/js/explorables" / f"{component}.js").is_file()


def test_crowds_of_every_kind_are_weighed():
    kinds = [*waiting.KINDS]
    found = prices.price_list(kinds, crowds=dict.fromkeys(kinds, (5, 25)))
    assert [row.kind for row in found] == kinds
    assert all(row.waiting == 25 and row.nanoseconds > 0 for row in found)


def test_a_price_is_the_slope_between_two_crowds():
    few, many = (
        prices.price_list(["generator"], crowds={"generator": crowd})[0].own
        for crowd in ((100, 40_000), (100, 80_000))
    )
    assert 100 < few < 2_000
    assert many == pytest.approx(few, rel=0.5), "a line: one more costs the same in any crowd"


def test_a_crowd_that_ends_too_soon_says_why(tmp_path):
    with pytest.raises(ValueError, match="of kind odd ended too soon: no room"):
        prices.price_list([], {"odd": script(tmp_path, "echo no room >&2; exit 3")})
    with pytest.raises(ValueError, match="exit code 3"):
        prices.price_list([], {"odd": script(tmp_path, "exit 3")})


def test_a_crowd_that_cannot_grow_is_an_error(tmp_path):
    small = script(tmp_path, "echo 5; read x; echo 5; read x; echo 1")
    with pytest.raises(ValueError, match="no more than 5 of the kind small"):
        prices.price_list([], {"small": small})


def test_threads_that_the_system_refuses_do_not_wait(monkeypatch):
    crowd = waiting.Threads()
    allowed = iter(range(3))
    start = waiting._thread.start_new_thread

    def refuse(*args):
        if next(allowed, None) is None:
            raise RuntimeError("can't start new thread")
        return start(*args)

    monkeypatch.setattr(waiting._thread, "start_new_thread", refuse)
    while crowd.join():
        pass
    crowd.settle()
    assert len(crowd) == 3
    crowd._door.set()


def test_prices_fall_or_do_not():
    def price(own):
        return prices.Price(kind="x", waiting=2, own=own, kernel=None, nanoseconds=1)

    assert prices.falls([price(100), price(60), price(8)])
    assert not prices.falls([price(100), price(70)])


def test_a_chain_comes_back_or_overflows(tmp_path):
    assert chains.depth(script(tmp_path, 'echo "$1"'), 30) == 30
    assert chains.depth(script(tmp_path, "kill -SEGV $$"), 30) is None
    with pytest.raises(RuntimeError, match="returned 3: odd"):
        chains.depth(script(tmp_path, "echo odd >&2; exit 3"), 30)


def test_the_chain_has_the_usual_stack(tmp_path):
    limit = chains.depth(script(tmp_path, "ulimit -s"), 1)
    assert limit <= chains.STACK


def test_what_is_shown_of_the_chain_stands_in_it():
    part = chains.transfer()
    assert part.text in part.path.read_text()
    assert part.text.count("Handle go(Handle next)") == 1
    assert part.text.count("void go(Handle next)") == 1


def test_frames_are_read_and_the_record_is_whole(tmp_path):
    assert frames.weigh(script(tmp_path, "echo 'a dough, kept: 1040'; echo 'none: 0'")) == {
        "a dough, kept": 1040,
        "none": 0,
    }
    record = frames.recorded()
    source = (frames.NATIVE / "frames.cpp").read_text()
    assert all(f'weigh("{name}"' in source for name in record.sizes)
    assert len(record.sizes) == source.count("weigh(")


def test_a_compiler_is_named_in_two_words(tmp_path):
    debian = script(tmp_path, "echo 'g++ (Debian 12.2.0-14+deb12u1) 12.2.0'")
    apple = script(tmp_path, "echo 'Apple clang version 15.0.0 (clang-1500.3.9.4)'", "apple")
    assert frames.version([str(debian)]) == "g++ 12.2.0"
    assert frames.version([str(apple)]) == "clang 15.0.0"


def test_what_does_not_compile_is_told(tmp_path):
    refuses = script(tmp_path, "echo 'no such standard' >&2; exit 1")
    with pytest.raises(RuntimeError, match=r"frames.cpp does not compile\nno such standard"):
        frames.compiled("frames.cpp", tmp_path / "out", [str(refuses)])
