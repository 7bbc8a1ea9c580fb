"""Shared fixtures, and what holds of a whole session: who shares a worker, what it costs, what it leaves."""

from __future__ import annotations

import asyncio
import gc
import os
import signal

import hypothesis
import pytest

from support import warm
from support.blog import BlogSite, open_descriptors
from support.blogs import branches, quickstart
from support.browsers import browser, desk_site, judges, shots, site, told
from support.costs import Costs
from support.leftovers import Leftovers
from support.workers import Workers

__all__ = ["branches", "browser", "desk_site", "judges", "quickstart", "shots", "site", "told"]


def pytest_addoption(parser):
    parser.addoption("--costs", type=int, metavar="N", help="tell the N items that took longest")


# How long an example takes is no test: on a busy machine it may be anything.
EXAMPLES = int(os.environ.get("HYPOTHESIS_MAX_EXAMPLES", "100"))  # fewer when faults are planted
hypothesis.settings.register_profile("any machine", deadline=None, max_examples=EXAMPLES)
hypothesis.settings.load_profile("any machine")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """Two workers a core: half of what tests do is to wait. Asked before anything is configured, so it stands here."""
    return 2 * (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


class Shown:
    """Show Playwright's event loop again to what holds a browser for longer than a test: it may end with one from which it is
    hidden. A plug-in of its own, since what a session has is none of a folder's conftest."""

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request):
        made = yield
        if fixturedef.scope != "function" and "browser" in request.fixturenames:
            loop = asyncio._get_running_loop()
            fixturedef.addfinalizer(
                lambda: asyncio._set_running_loop(loop)
            )  # the last one added is called first
        return made


def pytest_configure(config):
    # What a shell starts in the background ignores Ctrl-C, and so would the programs that are stopped by it here.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(Workers(), "workers")
    config.pluginmanager.register(Leftovers(), "leftovers")
    config.pluginmanager.register(Shown(), "shown")
    if (count := config.getoption("--costs")) is not None:
        config.pluginmanager.register(Costs(count), "costs")


def pytest_sessionfinish():
    warm.stop()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    """Hide Playwright's event loop, which stays in the main thread for as long as it lives, from all other tests."""
    if "browser" in getattr(item, "fixturenames", ()):
        return (yield)
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        return (yield)
    finally:
        asyncio._set_running_loop(loop)


@pytest.fixture
def blog(tmp_path) -> BlogSite:
    return BlogSite(tmp_path)


@pytest.fixture
def warm_kernels():
    """Have kernels that this process starts be forks of a warm one: for tests that are not about kernels."""
    with warm.forks():
        yield


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
