"""How the figures look: on a phone, on larger screens, to axe, and among the words."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from pizzeria.explorables import kitchens
from support.figures import FIGURES, KITCHENS, PLAYED, at, numbers, scrub_by, slide
from support.visit import PHONE, WIDE, violations, visit, wake


@contextmanager
def awake(browser, site, width):
    """Open the post as a reader whose system wants less motion, with every figure awake: that is what takes long."""
    with visit(browser, site, width, reduced_motion="reduce") as visited:
        for name in FIGURES:
            wake(visited.page, name)
        yield visited


@pytest.fixture(scope="module")
def phone(site, browser):
    with awake(browser, site, PHONE) as visited:
        yield visited


@pytest.fixture(scope="module")
def desktop(site, browser):
    with awake(browser, site, WIDE) as visited:
        yield visited


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_sticks_out(phone, scheme, shots):
    phone.page.emulate_media(color_scheme=scheme)
    for name in FIGURES:
        figure = wake(phone.page, name)
        if name in PLAYED:
            scrub_by(figure, "PageUp")
            scrub_by(figure, "PageUp")
        high = phone.page.viewport_size["height"] - phone.page.locator(".toc-fold").bounding_box()["height"]
        assert figure.locator(".x-box").bounding_box()["height"] <= high, (
            f"{name}: controls, picture and curve in one screen"
        )
        assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        clipped = figure.locator(".x-box").evaluate("""box => [...box.querySelectorAll('*')].filter(e =>
            e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === 'visible' && e.clientWidth > 0
            && e.namespaceURI.endsWith('xhtml')).map(e => e.className)""")
        assert clipped == [], name
        small = figure.locator(".x-box").evaluate("""box => [...box.querySelectorAll('button, select, input, summary, .x-choice label')]
            .filter(e => e.checkVisibility() && !['radio', 'checkbox'].includes(e.type) && e.getBoundingClientRect().height < 39.5)
            .map(e => `${e.className || e.tagName}: ${e.getBoundingClientRect().height}`)""")
        assert small == [], f"{name}: a finger needs 40 px"
        fields = figure.locator(".x-box :is(select, textarea, input[type=number])")
        letters = fields.evaluate_all("all => all.map(e => parseFloat(getComputedStyle(e).fontSize))")
        assert all(size >= 16 for size in letters), (
            f"{name}: a telephone enlarges the page for smaller letters"
        )
        cut = figure.locator(".x-box select").evaluate_all("""all => all.filter(e => e.checkVisibility()).filter(e => {
            const words = document.createElement('canvas').getContext('2d'), { font, paddingLeft, paddingRight } = getComputedStyle(e);
            words.font = font;
            return words.measureText(e.selectedOptions[0].text).width + parseFloat(paddingLeft) + parseFloat(paddingRight) + 20 > e.clientWidth;
        }).map(e => e.selectedOptions[0].text)""")
        assert cut == [], f"{name}: words of a select are cut"
        phone.page.screenshot(path=shots / f"{name}-{PHONE}-{scheme}.png")
    assert phone.problems == []


@pytest.mark.parametrize("width", [1400, 800])
def test_a_figure_and_its_curve_fit_one_screen(desktop, width):
    desktop.page.set_viewport_size({"width": width, "height": 900})
    for name in FIGURES:
        figure = wake(desktop.page, name)
        assert figure.locator(".x-box").bounding_box()["height"] <= 900, name
        stuck = figure.locator(".x-box").evaluate(
            "box => [...box.querySelectorAll('*')].filter(e => ['sticky', 'fixed'].includes(getComputedStyle(e).position)).length"
        )
        assert stuck == 0, "nothing lies over a chart or an editor"
    assert desktop.problems == []


def test_something_moves_every_six_thousand_pixels(desktop):
    page = desktop.page
    page.set_viewport_size({"width": 1400, "height": 900})
    # Cells that nobody has come near are laid out by a guess: read the page as a reader does, from the top.
    page.evaluate("""async () => {
        for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
            scrollTo({top: y, behavior: 'instant'});
            await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        }
    }""")
    places = page.evaluate("""[...document.querySelectorAll('.explorable')].map(e => {
        const {top, bottom} = e.getBoundingClientRect();
        return [top + scrollY, bottom + scrollY];
    })""")
    end = page.evaluate("document.querySelector('.prose').getBoundingClientRect().bottom + scrollY")
    assert places[0][0] < 900
    gaps = [
        start - stop for (_, stop), (start, _) in zip([(0, 0), *places], [*places, (end, end)], strict=True)
    ]
    assert max(gaps) < 6000, gaps


@pytest.mark.parametrize(("shown", "scheme"), [("desktop", "light"), ("phone", "dark")])
def test_everybody_can_use_the_figures(desktop, phone, judges, shown, scheme):
    visited = desktop if shown == "desktop" else phone
    visited.page.emulate_media(color_scheme=scheme)
    if shown == "desktop":
        visited.page.set_viewport_size({"width": WIDE, "height": 900})
    for name in FIGURES:
        figure = wake(visited.page, name)
        for summary in figure.locator(".x-python > summary").all():
            summary.click()
            figure.locator(".cm-content, textarea[readonly]").wait_for()
        for see in figure.get_by_role("button", name="See", exact=True).all():
            see.click()
    assert violations(visited.page, judges / "axe-core" / "axe.min.js") == []
    assert visited.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_picture_of_a_rush(site, browser, scheme, shots):
    with visit(browser, site, scheme=scheme) as visited:
        figure = wake(visited.page, KITCHENS[0])
        house = numbers(figure, "apachehut")
        assert int(house["waiting"]) > 10
        tokens = figure.locator(".x-card.apachehut .x-order").count()
        assert tokens >= int(house["waiting"]), "every order in the house is drawn"
        figure.screenshot(path=shots / f"kitchens-{scheme}.png")


def test_every_oven_stands_in_its_room(reader):
    figure = wake(reader.page, "fig-scarce")
    for ovens in (12, 24):
        slide(figure, "ovens", ovens)
        at(figure, {**kitchens.START, "rate": 12, "ovens": ovens})
        out = figure.evaluate("""figure => [...figure.querySelectorAll('.x-scene')].flatMap(scene => {
            const floors = [...scene.querySelectorAll('.x-floor')].map(f => f.getBoundingClientRect());
            return [...scene.querySelectorAll('.x-oven rect')].map(o => o.getBoundingClientRect()).filter(o =>
                !floors.some(f => f.left <= o.left && o.right <= f.right && f.top <= o.top && o.bottom <= f.bottom));
        }).length""")
        assert out == 0, ovens


def test_the_ready_box_of_the_loop_is_as_wide_as_the_picture(reader):
    figure = wake(reader.page, "fig-servers-alive")
    left, right = figure.evaluate(
        "figure => [...figure.querySelectorAll('.x-scene')].map(s => s.querySelector('.x-floor').getAttribute('width'))"
    )
    assert left == right
