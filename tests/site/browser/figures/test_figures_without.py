"""The figures where something is missing: JavaScript, their data, the page's Python, and before anybody comes near."""

from __future__ import annotations

import re

from pizzeria.explorables import kitchens
from pizzeria.kitchen import simulate
from support.figures import FIGURES, KITCHENS, at
from support.visit import visit, wake


def test_without_javascript_the_numbers_are_there(site, browser):
    with visit(browser, site, java_script_enabled=False) as visited:
        for name in FIGURES:
            still = visited.page.locator(f"#{name} .explorable")
            assert still.locator("table, img").first.is_visible()
            assert still.locator("table, dl").first.text_content()
            assert still.locator(".x-box").count() == 0
        kitchen = visited.page.locator(f"#{KITCHENS[0]}")
        assert kitchen.locator("img").is_visible()
        run = simulate(kitchens.setup(**kitchens.START), "nginxopepperoni", kitchens.ORDERS, kitchens.SEED)
        assert f"{run.sojourn.most:.0f} min" in kitchen.locator("table").text_content()


def test_a_figure_that_cannot_load_keeps_its_picture(site, browser):
    with visit(browser, site) as visited:
        visited.context.route("**/fig-kitchens-alive.json", lambda route: route.abort())
        visited.page.reload()
        figure = visited.page.locator(f"#{KITCHENS[0]}")
        figure.scroll_into_view_if_needed()
        figure.locator(".explorable-note").wait_for()
        assert figure.locator("table").is_visible()


def test_the_first_view_asks_for_nothing_of_all_this(site, browser):
    with visit(browser, site) as visited:
        visited.page.wait_for_load_state("networkidle")
        early = [url for url in visited.asked if "/explorables/" in url or re.search(r"/fig-[^/]*json$", url)]
        assert early == []


def test_without_the_page_s_python_what_was_computed_is_there(site, browser):
    with visit(browser, site) as visited:

        def without_runtime(route):
            answer = route.fetch()
            route.fulfill(
                response=answer, body=re.sub(r'<meta name="python-runtime"[^>]*>', "", answer.text())
            )

        visited.context.route(site.url(), without_runtime)
        visited.page.reload()
        figure = wake(visited.page, "fig-yours")
        shown = figure.locator("input[data-key=cooks]").locator("xpath=preceding-sibling::output")
        seen = []
        for key in ("Home", "ArrowRight", "ArrowRight", "ArrowRight"):
            figure.locator("input[data-key=cooks]").press(key)
            seen.append(int(shown.inner_text()))
        assert seen == [2, 4, 8, 8]
        at(figure, {**kitchens.START, "cooks": 8})
        figure.get_by_text("Rewrite it").click()
        assert figure.locator("textarea").get_attribute("readonly") is not None
        assert "await kitchen.bake" in figure.locator("textarea").input_value()
        assert wake(visited.page, "fig-sandbox").get_by_role("button", name="Run it").is_disabled()
        assert visited.problems == []
