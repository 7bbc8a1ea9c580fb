"""What holds of a whole session of tests: leftovers fail it, loops are hidden, groups share a worker."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pytest

from support.blog import ROOT

CONFTEST = """
from support.costs import Costs
from support.leftovers import Leftovers

def pytest_configure(config):
    config.pluginmanager.register(Leftovers())
    config.pluginmanager.register(Costs(3))
"""
TESTS = {
    "process": "import subprocess, sys\ndef test_a():\n"
    "    p = subprocess.Popen([sys.executable, '-c', 'print(1, flush=True); input()', 'left-here'],\n"
    "        stdin=subprocess.PIPE, stdout=subprocess.PIPE); p.stdout.readline()  # has its own name by now\n"
    "    open('pid', 'w').write(str(p.pid))\n    import builtins; builtins.kept = p\n",
    "thread": "import threading\ndef test_a():\n    import builtins; builtins.kept = event = threading.Event()\n"
    "    threading.Thread(target=event.wait, name='left-here').start()\n    threading.Timer(3, event.set).start()\n",
    "nothing": "def test_a():\n    sum(range(1_000_000))\n",
}


def session(folder, test: str, *options: str) -> subprocess.CompletedProcess:
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_it.py").write_text(test)
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    call = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    return subprocess.run(call, cwd=folder, env=env, capture_output=True, text=True, timeout=240)


@pytest.mark.parametrize("options", [[], ["-n", "2"]], ids=["alone", "workers"])
@pytest.mark.parametrize("what", TESTS)
def test_what_a_session_leaves_is_told_and_fails_it(tmp_path, what, options):
    done = session(tmp_path, TESTS[what], *options)
    if what == "process":
        left = int((tmp_path / "pid").read_text())
        if psutil.pid_exists(left):
            psutil.Process(left).kill()
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == (what != "nothing")
    assert ("left behind by the tests" in done.stdout) == (what != "nothing")
    assert ("left-here" in done.stdout) == (what != "nothing")


def costs(done) -> dict[str, float]:
    """Read the processor's seconds of each item."""
    rows = (line.split() for line in done.stdout.splitlines())
    return {words[2]: float(words[1]) for words in rows if len(words) == 3 and "::" in words[2]}


@pytest.mark.parametrize("options", [[], ["-n", "2"]], ids=["alone", "workers"])
def test_the_longest_items_are_told_with_their_processor_time(tmp_path, options):
    busy = "import time\ndef test_busy():\n    end = time.process_time() + 1\n"
    busy += "    while time.process_time() < end: pass\ndef test_idle(): pass\n"
    rows = costs(session(tmp_path, busy, *options))
    assert rows["test_it.py::test_busy"] >= 0.9
    assert rows["test_it.py::test_idle"] < 0.9


def test_what_a_browser_takes_is_told_though_it_has_not_ended(tmp_path):
    burn = "import time\nwhile time.process_time() < 1: pass\nprint(1, flush=True)\ninput()"
    test = f"""import pytest, subprocess, sys
@pytest.fixture(scope="session")
def browser():
    with subprocess.Popen([sys.executable, "-c", {burn!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield
        process.communicate(b"\\n")
def test_of_a_page(browser): pass
def test_of_another(browser): pass
"""
    rows = costs(session(tmp_path, test))
    assert rows["test_it.py::test_of_a_page"] >= 0.9
    assert rows["test_it.py::test_of_another"] < 0.9
