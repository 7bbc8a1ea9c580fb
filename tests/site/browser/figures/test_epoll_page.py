"""The explorable of epoll's post in a real browser: by keyboard, on a phone, and without JavaScript."""

from __future__ import annotations

import pytest

from pizzeria.explorables import workers
from support.visit import PHONE, violations, visit, wake

PATH = "epoll-teenage-edge/"


def press(figure, name: str) -> None:
    figure.get_by_role("button", name=name, exact=True).click()


def verdict(figure) -> str:
    return figure.get_by_role("status").inner_text()


def test_the_workers_go_where_the_ready_list_goes(browser, site):
    with visit(browser, site, path=PATH) as visited:
        figure = wake(visited.page, "fig-workers")
        assert "Both are inside" in verdict(figure), "it begins with the accident"
        edge = figure.get_by_role("radio", name="edge")
        edge.focus()
        edge.press("ArrowRight")  # the same story with one-shot
        assert figure.get_by_role("radio", name="one-shot").is_checked()
        assert "Ada is at work alone" in verdict(figure)
        assert figure.locator(".x-story li").last.inner_text() == "Luigi asks: silence"
        press(figure, "Ada goes back")
        assert "without re-arming" in verdict(figure)
        press(figure, "8 bytes arrive")
        press(figure, "Luigi asks")
        assert figure.locator(".x-story li").last.inner_text() == "Luigi asks: silence", "deaf for good"
        for _ in range(3):
            press(figure, "Undo")
        press(figure, "Ada re-arms, goes back")
        press(figure, "Luigi asks")
        assert "Luigi is at work alone" in verdict(figure)
        figure.get_by_role("radio", name="edge").check()
        assert not figure.get_by_role("button", name="Ada re-arms, goes back").is_visible()
        press(figure, "Start again")
        for action in ("8 bytes arrive", "Ada asks", "Ada reads 4 bytes", "Ada goes back", "Ada asks"):
            press(figure, action)
        assert "this client waits for ever" in verdict(figure)
        floor = workers.after("edge", ("arrive", "ask 0", "read 0", "leave 0", "ask 0"))
        enabled = figure.locator("button[data-action]:not([disabled]):visible").evaluate_all(
            "all => all.map(one => one.dataset.action)"
        )
        assert sorted(enabled) == sorted(floor.possible())
        asks = figure.get_by_role("button", name="Luigi asks", exact=True)
        press(figure, "8 bytes arrive")
        asks.focus()
        asks.press("Enter")  # what cannot be done again goes, and the keyboard stays with the same worker
        assert visited.page.evaluate("document.activeElement.dataset.action") == "read 1"
        assert visited.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_sticks_out_and_axe_is_content(browser, site, judges, shots, scheme):
    with visit(browser, site, PHONE, scheme, path=PATH, reduced_motion="reduce") as visited:
        figure = wake(visited.page, "fig-workers")
        assert visited.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        figure.screenshot(path=shots / f"fig-workers-{PHONE}-{scheme}.png")
        assert violations(visited.page, judges / "axe-core" / "axe.min.js") == []
        assert visited.problems == []


def test_without_javascript_the_evening_is_a_table(browser, site):
    with visit(browser, site, path=PATH, java_script_enabled=False) as visited:
        table = visited.page.locator("#fig-workers .explorable table")
        assert "Ada and Luigi" in table.text_content()
