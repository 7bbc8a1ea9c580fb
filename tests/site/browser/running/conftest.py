"""What the tests of blocks that run in the page share."""

from __future__ import annotations

import pytest

from support.blocks import posts


@pytest.fixture(scope="session")
def running(site):
    """Give what ``posts`` gives, once the site is published and every run is recorded."""
    found = posts()
    assert found
    return found


@pytest.fixture(scope="session")
def opened_once(site, browser):
    """Open the post once: its Python starts once, and every test leaves the page as it was."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    page.problems, page.fetched = [], []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on(
        "console",
        lambda m: page.problems.append(f"{m.text} {m.location}") if m.type in ("error", "warning") else None,
    )
    page.on("request", lambda request: page.fetched.append(request.url))
    page.goto(site.url())
    page.locator("[data-block]").first.scroll_into_view_if_needed()  # near it, the page fetches what runs it
    page.locator(".run-tools").first.wait_for(state="attached")
    yield page
    context.close()


@pytest.fixture
def page(opened_once):
    """Give the post with its Python; whatever it complains of, its content policy too, fails the test."""
    yield opened_once
    assert not opened_once.problems
