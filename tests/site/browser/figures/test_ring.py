"""The first screen: a lunch that moves, a telephone that rings, and a line that tells where one is."""

from __future__ import annotations

import re

import pytest

from pizzeria.explorables import ring
from pizzeria.explorables.packed import unpack
from support.browsers import absent
from support.visit import PHONE, violations, visit

HOUSES = ("apachehut", "nginxopepperoni")


def awake(page):
    """Give the first figure once it moves; nobody has to scroll to it."""
    figure = page.locator("#fig-ring")
    figure.locator('.explorable[data-state="awake"]').wait_for(timeout=60_000)
    return figure


def words(minutes: float) -> str:
    """Write minutes as the page does."""
    return f"{int(minutes // 60)} h {int(minutes % 60):02} min"


def value(figure, house: str) -> str:
    return figure.locator(f".x-card.{house} dd[data-number=out]").inner_text()


@pytest.mark.parametrize("width", [1400, 800, PHONE])
def test_the_first_thing_that_moves_is_in_the_first_screen(site, browser, width):
    with visit(browser, site, width) as reader:
        figure = awake(reader.page)
        high = reader.page.viewport_size["height"]
        for part in (
            ".x-play",
            ".x-bell-button",
            ".x-card.apachehut .x-scene",
            ".x-card.nginxopepperoni .x-scene",
        ):
            box = figure.locator(part).bounding_box()
            assert box["y"] >= 0, part
            assert box["y"] + box["height"] <= high, part
        left, right = (figure.locator(f".x-card.{house}").bounding_box() for house in HOUSES)
        assert left["y"] == right["y"], "side by side, on a phone too"
        assert reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert reader.problems == []


@pytest.mark.parametrize("how", ["tap", "click", "Enter"])
def test_who_rings_is_served_as_the_simulator_serves(site, browser, how):
    with visit(browser, site, PHONE if how == "tap" else 1400, reduced_motion="reduce") as reader:
        figure = awake(reader.page)
        base = ring.lunch()
        for house in HOUSES:
            assert value(figure, house) == words(base["runs"][house]["counts"]["minutes"])
        bell = figure.locator(".x-bell-button")
        if how == "Enter":
            bell.focus()
            bell.press("Enter")
        else:
            bell.tap() if how == "tap" else bell.click()
        rang = next(moment for moment in ring.MOMENTS if moment >= ring.OPENS)
        rung = ring.lunch(rang)
        figure.locator(".x-said-ring", has_text=f"You rang at {words(rang)}").wait_for(timeout=60_000)
        for house in HOUSES:
            mine = next(
                s for s in unpack(rung["runs"][house]) if (s.order, s.what) == (rung["you"], "in the house")
            )
            told = figure.locator(
                f".x-card.{house} .x-mine", has_text=f"You ate after {words(mine.end - mine.start)}"
            )
            told.wait_for(timeout=60_000)
            assert value(figure, house) == words(rung["runs"][house]["counts"]["minutes"]), (
                "it means what it meant"
            )
        assert f"one more than the {ring.ORDERS}" in figure.locator(".x-said-ring").inner_text()
        assert "forty" not in figure.inner_text()
        assert reader.problems == []


def test_nothing_of_it_is_fetched_before_the_page_rests(site, browser):
    with visit(browser, site) as reader:
        reader.page.wait_for_load_state("load")
        early = [url for url in reader.asked if "/explorables/" in url or "fig-ring.json" in url]
        assert early == []
        awake(reader.page)
        before = reader.page.evaluate("document.querySelector('#fig-ring .x-clock').textContent")
        reader.page.evaluate("new Promise(done => setTimeout(done, 400))")
        assert reader.page.evaluate("document.querySelector('#fig-ring .x-clock').textContent") == before


@pytest.mark.parametrize("width", [1400, PHONE])
def test_the_page_does_not_jump_when_it_wakes(site, browser, width):
    watch = """new PerformanceObserver(list => { for (const e of list.getEntries()) window.shifted = (window.shifted ?? 0) + e.value; })
        .observe({type: 'layout-shift', buffered: true})"""
    with visit(browser, site, width) as reader:
        reader.page.evaluate(watch)
        awake(reader.page)
        reader.page.evaluate("new Promise(done => setTimeout(done, 300))")
        assert reader.page.evaluate("window.shifted ?? 0") < 0.02


def test_without_javascript_both_numbers_stand_there(site, browser):
    with visit(browser, site, PHONE, java_script_enabled=False) as reader:
        still = reader.page.locator("#fig-ring .explorable")
        assert still.locator("img").is_visible()
        for house in HOUSES:
            assert words(ring.lunch()["runs"][house]["counts"]["minutes"]) in still.inner_text()


@pytest.mark.parametrize("width", [800, PHONE])
def test_a_compass_on_narrow_windows(site, browser, judges, width):
    with visit(browser, site, width, reduced_motion="reduce") as reader:
        page = reader.page
        compass = page.locator(".toc-fold > summary")
        assert "Contents" in compass.inner_text()
        page.locator("#the-bill").evaluate("h => h.scrollIntoView({block: 'start'})")
        page.wait_for_function(
            "() => document.querySelector('.toc-fold > summary').textContent.includes('The bill')"
        )
        told = compass.inner_text()
        assert "Part 1" in told
        share = int(re.search(r"(\d+) %", told)[1])
        assert 0 < share < 50
        compass.click()
        link = page.locator(".toc-fold a[href='#the-armoury']")
        assert link.is_visible()
        assert violations(page, judges / "axe-core" / "axe.min.js") == []
        link.click()
        page.wait_for_function(
            "() => document.querySelector('.toc-fold > summary').textContent.includes('The armoury')"
        )
        assert not page.locator(".toc-fold nav").is_visible()
        before = page.evaluate("[location.href, scrollY]")
        compass.click()
        page.mouse.click(5, 5)  # beside it
        assert not page.locator(".toc-fold nav").is_visible()
        assert page.evaluate("[location.href, scrollY]") == before
        assert reader.problems == []


def test_beside_an_open_compass_a_tap_runs_nothing_and_a_key_does(site, browser):
    with visit(browser, site, 800, reduced_motion="reduce") as reader:
        page = reader.page
        if not page.locator('meta[name="python-runtime"]').count():
            absent("the site's Python for its pages")
        block = page.locator(".cell[data-block]").first
        block.scroll_into_view_if_needed()  # near it, the page fetches what runs it
        run = block.get_by_role("button", name=re.compile("^Run "))
        run.evaluate("b => b.scrollIntoView({block: 'start'})")
        compass, contents = page.locator(".toc-fold > summary"), page.locator(".toc-fold nav")
        compass.click()
        run.click()
        contents.wait_for(state="hidden")
        assert block.locator(".run-mine").count() == 0
        compass.click()
        run.press("Enter")
        block.locator(".run-mine").wait_for()
        contents.wait_for(state="hidden")
        compass.click()
        theme = page.locator("#theme-switch")
        said = theme.inner_text()
        page.set_viewport_size({"width": 1280, "height": 800})  # turned, the contents stand in the margin
        contents.wait_for(state="hidden")
        theme.click()
        assert theme.inner_text() != said, "what is open out of sight takes no tap"
        assert reader.problems == []
