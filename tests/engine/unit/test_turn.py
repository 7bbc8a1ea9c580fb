"""Taking turns: one at a time between processes, any number within one, and nobody waits where there is no lock."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from executable_posts.running import turn as module
from executable_posts.running.turn import Turn

HOLD = (
    "import fcntl, os, sys; f = os.open(sys.argv[1], os.O_RDONLY); fcntl.flock(f, fcntl.LOCK_EX); "
    "print('held', flush=True); sys.stdin.readline()"
)


@pytest.fixture
def holder():
    """Another process that holds the lock of a file or folder until it is told to let go."""
    started = []

    def hold(path):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_who_comes_second_waits_and_says_so(tmp_path, holder, monkeypatch, kind):
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    path = tmp_path if kind == "folder" else tmp_path / "lock"
    if kind == "file":
        path.write_text("4711")
    other, heard, told = holder(path), threading.Event(), []

    def say(text):
        told.append(text)
        heard.set()

    order = []

    def wait():
        with Turn(path, "another build is at it", say):
            order.append("we")

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert heard.wait(30)
    order.append("they")
    other.stdin.write("\n")
    other.stdin.flush()
    waiting.join(30)
    assert order == ["they", "we"]
    who = "process 4711" if kind == "file" else "another process"
    assert told == [f"another build is at it ({who}): waiting for it"]


def test_whoever_is_killed_lets_go(tmp_path, holder):
    path = tmp_path / "lock"
    path.touch()
    holder(path).kill()
    with Turn(path, "x", lambda text: None):
        pass


def test_within_one_process_it_may_be_entered_again(tmp_path):
    turn, inside = Turn(tmp_path / "new" / "lock", "x", pytest.fail), []

    def enter():
        with turn:
            inside.append(1)

    with turn, turn:
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join(30)
    assert inside == [1]
    with turn:  # and it was let go in between
        pass


def test_where_there_can_be_no_lock_nobody_waits(tmp_path):
    (tmp_path / "file").touch()
    with Turn(tmp_path / "file" / "lock", "x", pytest.fail):
        pass
