"""Shared fixtures; which items share a worker, which need the machine for themselves; what a session costs and leaves."""

from __future__ import annotations

import asyncio
import gc
import os
import signal

import pytest

from support.blog import BlogSite, open_descriptors
from support.blogs import branches, quickstart
from support.browsers import browser, desk_site, judges, shots, site, told
from support.costs import Costs
from support.leftovers import Leftovers

__all__ = ["branches", "browser", "desk_site", "judges", "quickstart", "shots", "site", "told"]

# These take minutes to build or hold a browser: whoever uses one of them shares it on one worker.
SHARED = {"browser", "desk_site", "judges", "shots", "site", "told"}


def pytest_addoption(parser):
    parser.addoption("--costs", type=int, metavar="N", help="tell the N items that took longest")


def pytest_configure(config):
    # What a shell starts in the background ignores Ctrl-C, and so would the programs that are stopped by it here.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(Leftovers(), "leftovers")
    if (count := config.getoption("--costs")) is not None:
        config.pluginmanager.register(Costs(count), "costs")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """Two workers a core: half of what tests do is to wait."""
    return 2 * len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2 * (os.cpu_count() or 1)


def group(item) -> str | None:
    """Name the worker's share that an item belongs to; None: it may run anywhere."""
    if SHARED & set(getattr(item, "fixturenames", ())):
        return "browser"
    fixtures = item._fixtureinfo.name2fixturedefs if hasattr(item, "_fixtureinfo") else {}
    kept = [n for n, found in fixtures.items() if found[-1].scope in ("module", "class") and n != "collected"]
    if not kept:
        return None
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    words = [getattr(parameters[n], "name", str(parameters[n])) for n in kept if n in parameters]
    return "-".join([item.path.stem, *words]).replace("@", "")


def rank(item) -> int:
    """What takes long begins first, and the short units fill what is left; the browser's items end a lone session."""
    parts = item.path.parts
    if "browser" in parts:
        return 0
    if item.path.suffix == ".md":
        return 1
    return 3 if "unit" in parts else 2


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    for item in items:
        if (mark := item.get_closest_marker("alone")) and not mark.args:
            raise pytest.UsageError(f"{item.nodeid}: alone(reason) without a reason")
        if not item.get_closest_marker("xdist_group") and (name := group(item)):
            item.add_marker(pytest.mark.xdist_group(name))
    items.sort(key=rank)


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
