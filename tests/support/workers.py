"""Which items share a worker, and which begin first. xdist's own `loadgroup` writes a group into an item's name, which this
pytest does not let it; here the workers write down who belongs together, and names stay as they are."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest

# These are dear to build or hold a browser: those who use one of them in one folder share it on one worker.
SHARED = {"browser", "desk_site", "judges", "shots", "site", "told"}


def group(item) -> str | None:
    """Name the worker's share that an item belongs to; None: it may run anywhere."""
    if mark := item.get_closest_marker("xdist_group"):
        return mark.args[0]
    if item.path.suffix == ".md":
        return item.path.as_posix()
    if SHARED & set(item.fixturenames):
        return item.path.parent.as_posix()
    fixtures = item._fixtureinfo.name2fixturedefs
    kept = [n for n, found in fixtures.items() if found[-1].scope in ("module", "class") and n != "collected"]
    if not kept:
        return None
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return "-".join([item.path.stem, *(str(item.callspec.indices[n]) for n in kept if n in parameters)])


def rank(item) -> int:
    """What takes long begins first, and the short units fill what is left; the browser's items end a lone session."""
    parts = item.path.parts
    if "browser" in parts:
        return (0 if "site" in item.fixturenames else 1) if "PYTEST_XDIST_WORKER" in os.environ else 5
    if item.path.suffix == ".md":
        return 2
    return 4 if "unit" in parts else 3


class Workers:
    """Keep each group on one worker."""

    def __init__(self):
        self.folder: tempfile.TemporaryDirectory | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        self.folder = self.folder or tempfile.TemporaryDirectory(prefix="groups-")
        node.workerinput["groups"] = self.folder.name

    def pytest_collection_modifyitems(self, items):
        for item in items:
            if (mark := item.get_closest_marker("alone")) and not mark.args:
                raise pytest.UsageError(f"{item.nodeid}: alone(reason) without a reason")
        items.sort(key=rank)

    def pytest_collection_finish(self, session):
        given = getattr(session.config, "workerinput", {})
        if "groups" in given:
            groups = {item.nodeid: name for item in session.items if (name := group(item))}
            Path(given["groups"], given["workerid"]).write_text(json.dumps(groups), encoding="utf-8")

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_make_scheduler(self, config, log):
        if config.getoption("dist") not in ("load", "loadgroup"):
            return None
        from xdist.scheduler import LoadScopeScheduling

        folder = self.folder
        config.option.loadscopereorder = False

        class Groups(LoadScopeScheduling):
            names: dict[str, str] | None = None

            def _split_scope(self, nodeid: str) -> str:
                if self.names is None:  # asked first when all workers have collected
                    self.names = json.loads(next(Path(folder.name).iterdir()).read_text(encoding="utf-8"))
                return self.names.get(nodeid, nodeid)

        return Groups(config, log)

    def pytest_unconfigure(self):
        if self.folder:
            self.folder.cleanup()
