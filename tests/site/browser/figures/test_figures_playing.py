"""The figures in time: played, paused and stepped by keyboard, with nobody looking, and with less motion."""

from __future__ import annotations

import re

import pytest

from pizzeria.explorables import kitchens
from pizzeria.explorables.packed import unpack
from support.figures import KITCHENS, drawn, numbers, press, scrub_by, seconds_of_clock, settled
from support.visit import visit, wake


def test_play_pause_step_and_scrub_by_keyboard(reader):
    figure = wake(reader.page, KITCHENS[0])
    start = seconds_of_clock(figure)
    reader.page.evaluate("new Promise(done => setTimeout(done, 300))")
    assert seconds_of_clock(figure) == start, "nothing plays unasked"
    press(figure, "Play")
    figure.get_by_role("button", name="Pause", exact=True).wait_for()
    moved = figure.locator(".x-clock").filter(has_not_text=re.compile(r"^4 h 30 min$"))
    moved.wait_for(timeout=60_000)
    press(figure, "Pause")
    assert "served" in figure.locator(".x-status").inner_text()
    paused = seconds_of_clock(figure)
    assert paused > start
    press(figure, "Step forward")
    one = seconds_of_clock(figure)
    press(figure, "Step forward")
    two = seconds_of_clock(figure)
    press(figure, "Step back")
    assert paused < one < two
    assert seconds_of_clock(figure) == one
    scrub_by(figure, "Home")
    assert seconds_of_clock(figure) == 0
    assert numbers(figure, "apachehut")["waiting"] == "0"
    scrub_by(figure, "ArrowRight")
    spans = [span.start for span in _spans() if span.start > 0]
    assert seconds_of_clock(figure) == pytest.approx(min(spans), abs=0.011), "an arrow goes to the next event"


def _spans():
    return unpack(kitchens.lunch(**kitchens.START)["runs"]["apachehut"])


def test_time_stands_still_while_nobody_looks(reader):
    page = reader.page
    figure = wake(page, KITCHENS[0])
    press(figure, "Play")
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    away = settled(figure)
    page.evaluate("new Promise(done => setTimeout(done, 500))")
    assert seconds_of_clock(figure) == away
    figure.scroll_into_view_if_needed()
    for _ in range(50):
        if seconds_of_clock(figure) > away:
            break
        drawn(figure)
    assert seconds_of_clock(figure) > away, "and goes on when the reader is back"


def test_with_less_motion_it_goes_in_steps_and_nothing_glides(site, browser):
    with visit(browser, site, reduced_motion="reduce") as visited:
        figure = wake(visited.page, KITCHENS[0])
        press(figure, "Play")
        seen, frames, took = visited.page.evaluate("""async () => {
            const scrub = document.querySelector('#fig-kitchens-alive .x-scrub'), seen = new Set(), start = performance.now();
            let frames = 0;
            while (performance.now() - start < 2000) {
                await new Promise(requestAnimationFrame);
                seen.add(scrub.value);
                frames += 1;
            }
            return [seen.size, frames, (performance.now() - start) / 1000];
        }""")
        assert 2 <= seen <= took / 0.8 + 2
        assert frames > seen
        loop = wake(visited.page, "fig-turns")
        press(loop, "Step forward")
        assert (
            visited.page.evaluate(
                "document.querySelector('#fig-turns').getAnimations({subtree: true}).length"
            )
            == 0
        )
