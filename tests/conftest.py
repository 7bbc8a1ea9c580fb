"""Shared fixtures. Browser tests run last: Playwright keeps an event loop in the main thread for as long as it lives."""

from __future__ import annotations

import gc

import pytest

from support.blog import BlogSite, open_descriptors
from support.blogs import branches, quickstart
from support.browsers import browser, desk_site, judges, shots, site, told

__all__ = ["branches", "browser", "desk_site", "judges", "quickstart", "shots", "site", "told"]


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: "browser" in item.path.parts)


@pytest.fixture
def blog(tmp_path) -> BlogSite:
    return BlogSite(tmp_path)


@pytest.fixture(scope="module")
def collected():
    """Close what earlier modules left to the garbage collector, so that it does not close during a count."""
    gc.collect()


@pytest.fixture
def nothing_leaks(collected):
    """Fail a test that leaves a descriptor open."""
    before = open_descriptors()
    yield
    assert open_descriptors() <= before, "a descriptor was left open"
