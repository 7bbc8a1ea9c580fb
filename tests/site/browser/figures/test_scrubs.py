"""Numbers that a reader moves, in the page: every position says what the kernel's table says; keyboard, reset, no JavaScript."""

from __future__ import annotations

import json

import pytest

from executable_posts.html.moving import SUFFIX
from support.visit import PHONE, violations, visit

PATHS = ("asynchronous-pizzeria/", "manual-reference/")


def tables(site, path):
    (file,) = (site.folder / path).glob(f"*{SUFFIX}")
    return json.loads(file.read_text())


@pytest.mark.parametrize("path", PATHS)
def test_each_position_says_what_the_kernel_said(browser, site, judges, path):
    with visit(browser, site, path=path) as visited:
        page = visited.page
        for rank, table in tables(site, path).items():
            number = page.locator(f'.eval[data-scrub-src][data-value="{rank}"]')
            number.scroll_into_view_if_needed()
            label = table["name"].replace("_", " ").lower()
            moved = page.get_by_role("slider", name=label, exact=True)
            moved.wait_for()
            own = {r: page.locator(f'.eval[data-value="{r}"]').text_content() for r in table["texts"]}
            for at in (0, len(table["at"]) // 2, len(table["at"]) - 1):
                moved.evaluate(
                    "(range, at) => { range.value = at; range.dispatchEvent(new Event('input', { bubbles: true })); }",
                    at,
                )
                for r, texts in table["texts"].items():
                    assert page.locator(f'.eval[data-value="{r}"]').text_content() == (texts[at] or "–")
            moved.focus()
            page.keyboard.press("Home")
            page.keyboard.press("ArrowRight")
            assert number.text_content() == table["texts"][rank][1]
            assert moved.get_attribute("aria-valuetext") == number.text_content()
            page.get_by_role("button", name=f"Reset {label}").click()
            assert own == {r: page.locator(f'.eval[data-value="{r}"]').text_content() for r in own}
            assert not page.locator(".eval.moved").count()
        assert violations(page, judges / "axe-core" / "axe.min.js") == []
        assert visited.problems == []


def test_at_rest_the_page_says_what_the_run_said(site, told):
    post, executed = told
    texts = post.texts(executed.values)
    soup = site.soup(PATHS[0])
    told = {int(e["data-value"]): e.text for e in soup.select(".eval[data-value]")}
    assert told == {rank: texts[rank] for rank in told}
    assert len(told) >= 8


def test_on_a_phone_it_fits_and_without_javascript_it_is_a_number(browser, site):
    with visit(browser, site, PHONE, path=PATHS[1]) as visited:
        visited.page.locator("[data-scrub-src]").first.scroll_into_view_if_needed()
        visited.page.locator(".scrub input").first.wait_for()
        assert visited.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url(PATHS[1]))
    assert page.locator("[data-scrub-src]").first.text_content() == "14"
    assert not page.locator("input[type=range]").count()
    context.close()
