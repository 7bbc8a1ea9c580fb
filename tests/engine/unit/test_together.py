"""Tasks at once: how many, in which order they are told, and what a fault ends."""

from __future__ import annotations

import threading

import pytest

from executable_posts.reading.post import parse
from executable_posts.running.execute import Progress
from executable_posts.running.kernel import Result
from executable_posts.running.together import Ended, Task, run_together

BOUND = 30
POSTS = [parse(f"---\ntitle: {n}\ndate: 2026-01-02\n---\n\n```python\n{n}\n```\n", f"{n}.md") for n in "abc"]


class Heard(Progress):
    def __init__(self):
        self.told, self.places = [], []

    def begin(self, post, count):
        self.told.append(f"begin {post.label}")

    def block(self, post, block):
        self.told.append(f"block {post.label}")

    def done(self, post, block, result):
        self.told.append(f"done {post.label}")

    def note(self, text):
        self.told.append(text)

    def running(self, places):
        self.places.append([post.label for post, _ in places])


def tell(progress, post):
    progress.begin(post, 1)
    progress.block(post, post.blocks[0])
    progress.done(post, post.blocks[0], Result())


def test_what_comes_early_is_told_in_its_turn():
    heard, second_is_done = Heard(), threading.Event()

    def first(progress):
        progress.begin(POSTS[0], 1)
        assert second_is_done.wait(BOUND)
        progress.block(POSTS[0], POSTS[0].blocks[0])
        return 1

    def second(progress):
        tell(progress, POSTS[1])
        second_is_done.set()
        return 2

    assert run_together([Task(run=first), Task(run=second)], 2, heard) == [1, 2]
    assert heard.told == ["begin a.md", "block a.md", "begin b.md", "block b.md", "done b.md"]
    assert ["b.md"] in heard.places  # what runs is heard at once
    assert heard.places[-1] == []


def test_no_more_than_asked_run_and_who_is_alone_comes_last():
    lock, now, most, order = threading.Lock(), set(), [], []
    # Of two at a time, both must be there before either goes.
    pair = threading.Barrier(2)

    def task(name, alone=False):
        def run(progress):
            with lock:
                now.add(name)
                most.append(len(now))
                order.append(name)
            if alone:
                assert now == {name}
            else:
                pair.wait(BOUND)
            with lock:
                now.remove(name)
            return name

        return Task(run=run, alone=alone)

    tasks = [task("a", alone=True), task("b"), task("c"), task("d", alone=True), task("e"), task("f")]
    assert run_together(tasks, 2, Progress()) == list("abcdef")
    assert max(most) == 2
    assert order[-2:] == ["a", "d"]


def test_a_fault_ends_those_after_it_and_waits_for_those_before():
    heard, ended, both = Heard(), threading.Event(), threading.Barrier(3)

    def first(progress):
        progress.started(lambda: pytest.fail("the one before goes on"))
        both.wait(BOUND)
        assert ended.wait(BOUND)
        raise ValueError("the first in order")

    def second(progress):
        both.wait(BOUND)
        raise ValueError("the first in time")

    def third(progress):
        progress.started(ended.set)
        both.wait(BOUND)
        assert ended.wait(BOUND)
        raise RuntimeError("was ended")

    def never(progress):
        pytest.fail("nothing begins after a fault")

    tasks = [Task(run=run) for run in (first, second, third, never)]
    first, second, third, fourth = run_together(tasks, 3, heard)
    assert str(first) == "the first in order"
    assert str(second) == "the first in time"
    assert isinstance(third, Ended)
    assert isinstance(fourth, Ended)
    assert heard.told == ["the first in time; waiting for the post before it"]


def test_to_the_end_means_all_of_them():
    def fails(progress):
        raise ValueError("x")

    outcomes = run_together([Task(run=fails), Task(run=lambda _: 2)], 1, Progress(), to_the_end=True)
    assert isinstance(outcomes[0], ValueError)
    assert outcomes[1] == 2


def test_a_task_that_was_ended_before_it_started_does_not_start():
    fault, may_start = threading.Event(), threading.Event()

    def first(progress):
        assert may_start.wait(BOUND)
        raise ValueError("x")

    def second(progress):
        may_start.set()
        assert fault.wait(BOUND)
        progress.started(lambda: None)
        pytest.fail("it was ended")

    class Noted(Progress):
        def running(self, places):  # heard once the fault was taken note of
            fault.set()

    outcomes = run_together([Task(run=first), Task(run=second)], 2, Noted())
    assert isinstance(outcomes[1], Ended)


def test_an_interrupt_ends_all():
    begun, ended = threading.Event(), threading.Event()

    def run(progress):
        progress.started(ended.set)
        begun.set()
        progress.note("now")
        assert ended.wait(BOUND)
        raise RuntimeError("was ended")

    class Interrupted(Progress):
        def running(self, places):
            raise KeyboardInterrupt

    def quick(progress):
        assert begun.wait(BOUND)

    with pytest.raises(KeyboardInterrupt):
        run_together([Task(run=quick), Task(run=run)], 2, Interrupted())
    assert ended.is_set()
