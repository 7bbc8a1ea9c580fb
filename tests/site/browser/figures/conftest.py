"""What the tests of the figures start from."""

from __future__ import annotations

import pytest

from support.visit import visit


@pytest.fixture
def reader(site, browser):
    with visit(browser, site) as visited:
        yield visited
        assert visited.problems == []
        assert visited.foreign == []
