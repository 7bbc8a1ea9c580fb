"""What ties units of a post together, and what only seems to."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from executable_posts.running.in_kernel.fingerprint import fingerprint
from executable_posts.running.plan import RUNNING, Observation, Value
from support.in_process import OTHERS, Blog


@pytest.fixture
def blog(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Blog(tmp_path)


def test_a_name_of_the_post_is_no_place_of_ours(blog):
    blog.build("running = 1", "print(2)", "print(running)")
    assert blog.build("running = 3", "print(2)", "print(running)") == ["", "2\n", "3\n"]
    assert blog.ran == [0, 2]


def test_a_loop_does_not_want_the_variable_that_it_binds(blog):
    loop = "for number in (1, 2):\n    twice = 2 * number\n    print(twice)"
    blog.build("for number in range(3):\n    twice = number", loop, "print(number)", *OTHERS)
    blog.build("for number in range(4):\n    twice = number", loop, "print(number)", *OTHERS)
    assert blog.ran == [0, 1, 2]  # the loop may be empty, so who reads its variable after it needs both
    assert blog.anew == [0, 2]


def test_a_builtin_that_a_loop_shadows_is_wanted(blog):
    blog.build("len = str", "for len in map(len, [[1]]):\n    print(len)")
    assert blog.build("len = repr", "for len in map(len, [[1]]):\n    print(len)") == ["", "[1]\n"]
    assert blog.ran == [0, 1]


@pytest.mark.parametrize(
    "over",
    [
        "import threading\nthing = threading.Thread(target=int)\nthing.start(); thing.join()",
        "import socket\nthing = socket.socket(); thing.close()",
        "thing = open('one.txt', 'w'); thing.close()",
        "import threading\nthing = threading.Lock()",
        "import threading\nthing = threading.RLock()",
        "import threading\nthing = threading.Event()",
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(1) as thing:\n    thing.submit(int).result()",
    ],
)
def test_what_is_over_can_be_looked_into(blog, over):
    names = {"__name__": "__main__"}
    exec(over, names)
    assert fingerprint(names["thing"], names).exact
    blog.build(over, "print(thing is None)", "print('x')")
    blog.build(over, "print(thing is None)", "print('y')")
    assert blog.ran == [2]


def test_what_is_still_open_cannot(tmp_path):
    import socket
    import threading

    gate = threading.Event()
    thread = threading.Thread(target=gate.wait, daemon=True)
    thread.start()
    try:
        with socket.socket() as connection, (tmp_path / "x").open("w") as file:
            for thing in (thread, connection, file):
                assert not fingerprint(thing, {}).exact
    finally:
        gate.set()
    thread.join()
    lock = threading.Lock()
    free = fingerprint(lock, {}).digest
    with lock:
        assert fingerprint(lock, {}).digest != free


CLOCK = "import time\nnow = time.perf_counter_ns()"


def test_what_shows_the_same_whatever_was_measured_stays(blog):
    post = [
        CLOCK,
        "print(now > 0)",
        "print(now)",
        "later = now + 1",
        "print(later)",
        *OTHERS,
        "print(now, 'a')",
    ]
    blog.build(*post)
    first = blog.build(*post, clean=True)
    post[-1] = "print(now, 'b')"
    second = blog.build(*post)
    assert blog.anew == [2, 4, 9]  # not 1, which showed the same twice
    assert second[0:2] == first[0:2]
    assert int(second[2]) + 1 == int(second[4])
    assert second[9] == second[2].strip() + " b\n"


def test_what_was_measured_once_is_shown_beside_all_that_reads_it(blog):
    post = [CLOCK, "print(now > 0)", "print(now)", *OTHERS, "print(now, 'a')"]
    blog.build(*post)
    post[-1] = "print(now, 'b')"
    shown = blog.build(*post)
    assert shown[7] == shown[2].strip() + " b\n"


def test_a_file_that_is_as_it_was_left_is_not_written_again(blog):
    post = ["open('one.txt', 'w').write('1')", "print(open('one.txt').read())"]
    blog.build(*post)
    post[1] = "print(open('one.txt').read() * 2)"
    assert blog.build(*post)[1] == "11\n"
    assert blog.ran == [1]
    (blog.root / "one.txt").write_text("somebody else's")
    post[1] = "print(open('one.txt').read() * 3)"
    assert blog.build(*post)[1] == "111\n"
    assert blog.ran == [0, 1]


def test_a_file_that_two_write_is_written_again(blog):
    post = [
        "open('one.txt', 'w').write('1')",
        "open('one.txt', 'a').write('2')",
        "print(open('one.txt').read())",
    ]
    blog.build(*post)
    post[2] = "print(open('one.txt').read(), 3)"
    assert blog.build(*post)[2] == "12 3\n"
    assert blog.ran == [0, 1, 2]


PROGRAM = "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', {code!r}], capture_output=True, text=True).stdout)"


def test_a_program_depends_on_the_files_of_the_post(blog):
    reads = PROGRAM.format(code="print(open('one.txt').read())")
    blog.build("open('one.txt', 'w').write('1')", reads)
    assert "2" in blog.build("open('one.txt', 'w').write('2')", reads)[1]
    assert blog.ran == [0, 1]


def test_what_a_program_left_behind_and_took_away_is_no_file(blog):
    touches = PROGRAM.format(code="import os; open('x', 'w').close(); os.remove('x'); print(1)")
    blog.build(touches, "print(2)")
    assert not any(place.startswith("file:x") for e in blog.record.entries for place in e.seen.writes)


def test_a_file_of_an_open_folder_is_named_from_there(blog):
    blog.build(
        "import os, shutil\nos.makedirs('deep/in'); open('deep/in/x', 'w').close()", "shutil.rmtree('deep')"
    )
    written = {place for e in blog.record.entries for place in e.seen.writes if place.startswith("file:")}
    assert "file:deep/in/x" in written
    assert "file:x" not in written


def test_who_hands_the_environment_on_does_not_depend_on_the_shell(blog, monkeypatch):
    post = [
        "import os\nhanded = len(dict(os.environ)) > 0\nprint(handed)",
        "print(os.environ.get('SHLVL'))",
        *OTHERS,
    ]
    monkeypatch.setenv("SHLVL", "1")
    monkeypatch.setenv("LUNCH", "1")
    blog.build(*post)
    monkeypatch.setenv("SHLVL", "2")
    assert blog.build(*post)[1] == "2\n"
    assert blog.anew == [1]
    monkeypatch.setenv("LUNCH", "2")
    blog.build(*post)
    assert blog.anew == [0]


def test_a_filter_that_an_import_sets_is_no_state_of_the_post(tmp_path):
    (tmp_path / "sets_filter.py").write_text(
        "import warnings\nwarnings.filterwarnings('ignore', message='nothing')\n"
    )
    script = """
        import warnings
        from executable_posts.running.in_kernel import states
        states.tell_filters_apart()
        before = states.known()["warnings"]
        import sets_filter
        assert states.known()["warnings"] == before
        warnings.filterwarnings("ignore", message="something")
        assert states.known()["warnings"] != before
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, env=environment)


def test_a_package_is_not_another_when_a_part_of_it_is_imported(tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("kept = []\n")
    (tmp_path / "package" / "part.py").write_text("")
    script = """
        import package
        from executable_posts.running.in_kernel import states
        before = states.of_module(package)
        import package.part
        assert states.of_module(package) == before
        package.kept.append(1)
        assert states.of_module(package) != before
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, env=environment)


@pytest.mark.parametrize(
    "blocks",
    [
        ["menu = {'olives': 1}", "names = menu.keys()", "menu['capers'] = 2", "print(sorted(names))"],
        ["import queue\norders = queue.SimpleQueue()", "orders.put('olives')", "print(orders.qsize())"],
    ],
)
def test_what_a_unit_changes_behind_a_name_runs_before_who_shows_it(blog, blocks):
    blocks = [*OTHERS, *OTHERS, *blocks]
    shown = blog.build(*blocks)
    blocks[-1] += "  # edited"
    assert blog.build(*blocks) == shown
    assert 0 not in blog.ran  # not because everything ran


def test_what_a_unit_does_to_states_now_and_then_is_followed_always():
    once = Observation(
        writes={"x": Value(digest="1"), "y": Value(), "state:os": Value(), RUNNING: Value(digest="thread")},
        reads=frozenset(["file:a"]),
        child=True,
    )
    now = Observation(writes={"x": Value(digest="2")}, reads=frozenset(["file:b"])).besides(once)
    assert now.writes == {"x": Value(digest="2"), "state:os": Value()}
    assert now.reads == {"file:a", "file:b"}
    assert now.child
