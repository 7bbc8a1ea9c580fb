"""The explorable of the coroutines' post in a real browser: by keyboard, on a phone, and without JavaScript."""

from __future__ import annotations

import pytest

from support.visit import PHONE, violations, visit, wake

PATH = "the-function-that-lets-go/"
FORMS = ("switch", "generator", "coroutine")
PLACES = {"switch": ("return 5", "return 30", "return 20"), "generator": ("yield 5", "yield 30", "yield 20"),
          "coroutine": ("kitchen, 5}", "kitchen, 30}", "kitchen, 20}")}  # fmt: skip


def forth(figure) -> None:
    """Step forward by keyboard, and wait until the step is drawn."""
    shown = figure.locator(".x-then").inner_text()
    figure.get_by_role("button", name="Step forward").press("Enter")
    figure.page.wait_for_function(
        "before => document.querySelector('#fig-forms .x-then').innerText !== before", arg=shown
    )


def test_all_forms_stand_at_the_same_step(browser, site):
    with visit(browser, site, path=PATH) as visited:
        figure = wake(visited.page, "fig-forms")
        assert "7: made, but not begun" in figure.locator(".x-then").inner_text()
        for step, (minute, place) in enumerate(((7, "phone"), (27, "oven"), (57, "road"))):
            forth(figure)
            assert figure.locator(".x-then").inner_text().startswith(f"Minute {minute}: ")
            assert place in figure.locator(".x-then").inner_text()
            for form in FORMS:
                pane = figure.locator(f'[data-form="{form}"]')
                assert PLACES[form][step] in pane.locator(".x-line.is-now").inner_text()
                assert pane.locator('[data-changed="true"]').count() > 0, "what it keeps has changed"
        switch = figure.locator('[data-form="switch"]')
        stands = switch.locator(".x-line.is-now .x-gutter").inner_text()
        assert switch.locator("dd").first.inner_text().split()[0] == stands, "the number kept is the line's"
        forth(figure)
        assert figure.locator(".x-line.is-now").count() == 0, "served: nobody stands anywhere"
        assert "has ended" in figure.locator(".x-status").inner_text()
        assert "freed" in figure.locator('[data-form="generator"] .x-name').inner_text()
        figure.locator(".x-scrub").press("Home")
        visited.page.wait_for_function(
            "() => document.querySelector('#fig-forms .x-then').innerText.includes('not begun')"
        )
        assert visited.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_sticks_out_and_axe_is_content(browser, site, judges, shots, scheme):
    with visit(browser, site, PHONE, scheme, path=PATH, reduced_motion="reduce") as visited:
        figure = wake(visited.page, "fig-forms")
        forth(figure)
        assert visited.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shown = figure.locator(".x-form:visible")
        assert shown.evaluate_all("all => all.map(one => one.dataset.form)") == ["switch"], "one at a time"
        figure.get_by_label("coroutine", exact=True).check()
        assert shown.evaluate_all("all => all.map(one => one.dataset.form)") == ["coroutine"]
        high = visited.page.viewport_size["height"]
        assert figure.locator(".x-box").bounding_box()["height"] <= high
        assert "what it keeps" in figure.locator(".x-now").inner_text()
        figure.screenshot(path=shots / f"fig-forms-{PHONE}-{scheme}.png")
        assert violations(visited.page, judges / "axe-core" / "axe.min.js") == []
        assert visited.problems == []


def test_without_javascript_the_steps_are_a_table(browser, site):
    with visit(browser, site, path=PATH, java_script_enabled=False) as visited:
        table = visited.page.locator("#fig-forms .explorable table")
        assert "on the road" in table.text_content()
        assert table.locator("tbody tr").count() == 5
