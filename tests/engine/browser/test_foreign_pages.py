"""Foreign blogs in a browser: blocks run, nothing is missing, and they are light or dark as the page around them is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from support.browsers import Website
from support.pages import serve
from support.visit import LOOKS, visit

LUMINANCE = """selector => { const [r, g, b] = getComputedStyle(document.querySelector(selector)).backgroundColor
  .match(/[\\d.]+/g).map(Number); return (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255; }"""


@pytest.fixture(scope="module")
def shop(quickstart):
    folder = quickstart[0] / "built"
    (folder / "favicon.ico").touch()  # the default theme names none, and browsers ask
    with serve(folder) as base:
        yield Website(base, folder, {})


@pytest.fixture(scope="module")
def tree(branches):
    folder = branches[0] / "built"
    with serve(folder, "/below/a/folder") as base:
        yield Website(base, folder, {})


@dataclass(frozen=True)
class Page:
    site: str
    path: str
    printed: str


PAGES = [
    Page("shop", "how-fast-it-gets.html", "best: 25"),
    Page("tree", "2026/sums.html", "144"),
    Page("tree", "de/2026/sums.html", "Summe: 7"),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.path)
def test_a_block_runs_on_a_page_of_any_theme(browser, request, page):
    site = request.getfixturevalue(page.site)
    with visit(browser, site, path=page.path) as reader:
        block = reader.page.locator(".cell[data-block]").last
        if page.printed == "best: 25":
            block = reader.page.locator(".cell[data-block]#rates")
        block.scroll_into_view_if_needed()
        block.get_by_role("button", name=re.compile("^Run ")).click()
        block.locator(".run-title", has_text="run in").wait_for(timeout=120_000)
        assert page.printed in block.locator(".run-output").inner_text()
        block.get_by_role("button", name=re.compile("^Edit ")).click()
        block.locator(".cm-content").wait_for(timeout=60_000)
        assert [p for p in reader.problems if "favicon" not in p] == []
        assert [url for url in reader.foreign if "fonts.g" not in url] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "path"), [("shop", "how-fast-it-gets.html"), ("tree", "2026/sums.html")])
def test_blocks_are_light_or_dark_as_what_they_stand_on(browser, request, name, path, scheme):
    site = request.getfixturevalue(name)
    with visit(browser, site, scheme=scheme, path=path) as reader:
        around = reader.page.evaluate(LUMINANCE, "body")
        assert abs(around - reader.page.evaluate(LUMINANCE, ".cell-source")) < 0.2
        if name == "tree":  # a theme whose own switch is a class
            reader.page.evaluate("document.body.classList.toggle('night')")
            reader.page.wait_for_function(
                "() => getComputedStyle(document.querySelector('.executable-post')).colorScheme == 'light'"
            )
            assert reader.page.evaluate(LUMINANCE, ".cell-source") > 0.8


def test_a_theme_s_opinions_stay_outside_of_blocks(browser, tree):
    style = "s => { const c = getComputedStyle(document.querySelector(s)); return [c.borderTopStyle, c.textTransform, c.color]; }"
    with visit(browser, tree, path="2026/sums.html") as reader:
        reader.page.locator(".run-button").first.wait_for()
        pre, button = (reader.page.evaluate(style, s) for s in (".cell-source pre", ".run-button"))
        code = reader.page.evaluate(style, ".cell-source code")
        assert pre[0] == "none"
        assert button[1] == "none"
        assert code[2] != "rgb(220, 20, 60)"


def test_what_can_be_played_with_comes_from_the_site_s_own_folder(browser, shop):
    with visit(browser, shop, path="how-fast-it-gets.html") as reader:
        place = reader.page.locator(".explorable")
        place.scroll_into_view_if_needed()
        reader.page.locator(".explorable[data-state=awake]").wait_for()
        place.get_by_label("The dial").fill("3")
        assert place.locator("output").inner_text() == "3 of 7"
        colour = "e => getComputedStyle(e).borderLeftColor"
        assert place.locator(".dial").evaluate(colour) == "rgb(1, 2, 3)"
        assert not place.get_by_text("A dial, from 0 to 7.").is_visible()
        assert reader.problems == []


def test_a_long_source_stands_on_a_page_of_its_own(browser, shop):
    with visit(browser, shop, scheme="dark", path="how-fast-it-gets.html") as reader:
        address = reader.page.locator("iframe.listing").get_attribute("src")
        reader.page.goto(shop.url(address))
        assert reader.page.evaluate(LUMINANCE, ".cell-source") < 0.2
        assert "total + 12" in reader.page.inner_text("main")
        reader.page.get_by_role("button", name=re.compile("^Copy")).wait_for()
        assert reader.problems == []


def test_a_note_unfolds_at_its_mark(browser, shop):
    with visit(browser, shop, path="how-fast-it-gets.html") as reader:
        note = reader.page.locator(".note")
        assert not note.is_visible()
        reader.page.locator(".note-mark a").click()
        assert note.is_visible()
        assert "requests a second" in note.inner_text()


def test_nothing_else_of_a_page_changes(browser, shop):
    """The computed style of everything outside of our element is the same without our sheet."""
    look = """() => [...document.querySelectorAll('body, body *')].filter(e => !e.closest('.executable-post'))
      .map(e => { const c = getComputedStyle(e); return [e.tagName, c.color, c.backgroundColor, c.font, c.margin, c.padding,
      c.border, c.textAlign].join(' '); })"""
    with visit(browser, shop, path="how-fast-it-gets.html") as reader:
        dressed = reader.page.evaluate(look)
        reader.page.evaluate("document.querySelector('link[href$=\"page.css\"]').remove()")
        assert reader.page.evaluate(look) == dressed
        assert len(dressed) > 30


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize(("name", "path"), [("shop", "how-fast-it-gets.html"), ("tree", "2026/sums.html")])
def test_pictures(browser, request, shots, name, path, width, scheme):
    site = request.getfixturevalue(name)
    with visit(browser, site, width, scheme, path) as reader:
        reader.page.wait_for_load_state("networkidle")
        for chart in reader.page.locator("img.chart").all():
            chart.scroll_into_view_if_needed()
        reader.page.screenshot(path=shots / f"foreign-{name}-{width}-{scheme}.png", full_page=True)
        wider = reader.page.evaluate(
            """[...document.querySelectorAll('.executable-post > *')]
            .filter(e => e.getBoundingClientRect().width > e.parentElement.getBoundingClientRect().width + 1)
            .map(e => e.outerHTML.slice(0, 80))"""
        )
        assert wider == []
