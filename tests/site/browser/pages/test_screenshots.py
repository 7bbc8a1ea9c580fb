"""Pictures of the site for people to look at; CI keeps them beside its log."""

from __future__ import annotations

import struct

import pytest

from support.visit import LOOKS, PHONE, PICTURES, WIDE, visit

PAGES = {"index": "", "about": "about/", "manual": "manual/", "404": "404.html"}


def size(png: bytes) -> tuple[int, int]:
    """Read width and height of a PNG, in pixels."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize(("width", "scheme"), LOOKS, ids=lambda value: str(value))
def test_pictures_of_the_small_pages(browser, site, shots, width, scheme):
    with visit(browser, site, width, scheme, path="", reduced_motion="reduce") as reader:
        for name, path in PAGES.items():
            page = reader.goto(site.url(path)).page
            picture = page.screenshot(path=shots / f"{name}-{width}-{scheme}.png", full_page=True)
            assert size(picture)[0] == width


@pytest.mark.parametrize(("width", "scheme"), LOOKS, ids=lambda value: str(value))
def test_pictures_of_the_article(browser, site, shots, width, scheme):
    with visit(browser, site, width, scheme, reduced_motion="reduce") as reader:
        places(reader.page, shots, f"article-{width}-{scheme}")


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_pictures_without_javascript(browser, site, shots, width):
    with visit(browser, site, width, java_script_enabled=False, reduced_motion="reduce") as reader:
        places(reader.page, shots, f"article-{width}-no-js")


def places(page, shots, name: str) -> None:
    """Take the top of the article, every chapter's beginning, and every figure at once in sight there.

    The whole page in one picture would be higher than Chromium can draw.
    """
    page.screenshot(path=shots / f"{name}-00-top.png")
    chapters = page.locator("main h2[id]")
    assert chapters.count() > 3
    for n in range(chapters.count()):
        chapters.nth(n).evaluate("h => h.scrollIntoView({block: 'start'})")
        page.evaluate(PICTURES)
        picture = page.screenshot(path=shots / f"{name}-{n + 1:02}-{chapters.nth(n).get_attribute('id')}.png")
        assert size(picture)[0] == page.viewport_size["width"]


def test_print(browser, site, shots):
    with visit(browser, site) as reader:
        pdf = reader.page.pdf(path=shots / "article.pdf", format="A4")
    assert pdf.startswith(b"%PDF")


@pytest.mark.parametrize(("width", "scheme"), [LOOKS[0], LOOKS[3]], ids=lambda value: str(value))
def test_pictures_of_figures_that_run(browser, site, shots, width, scheme):
    with visit(browser, site, width, scheme) as reader:
        figures = reader.page.locator("figure").filter(has=reader.page.locator(".explorable"))
        assert figures.count() == 17
        for figure in figures.all():
            figure.scroll_into_view_if_needed()
            figure.locator('.explorable[data-state="awake"]').wait_for(timeout=30_000)
            if figure.locator(".x-scrub").count():
                play(figure)
            picture = figure.screenshot(
                path=shots / f"{figure.get_attribute('id')}-{width}-{scheme}-running.png"
            )
            assert len(picture) > 5000
            for button in figure.get_by_role("button", name="Pause", exact=True).all():
                button.click()  # or all that were pictured play on beside the next


def play(figure) -> None:
    """Put the clock at a third, and let it run on."""
    scrub = figure.locator(".x-scrub")
    third = "s => { s.value = (Number(s.max) + 2 * Number(s.min)) / 3; s.dispatchEvent(new Event('input')); }"
    scrub.evaluate(third)
    figure.get_by_role("button", name="Play", exact=True).click()
    before = float(scrub.input_value())
    for _ in range(1000):
        figure.page.evaluate("new Promise(requestAnimationFrame)")
        if float(scrub.input_value()) > before:
            return
    raise AssertionError("it does not play")
