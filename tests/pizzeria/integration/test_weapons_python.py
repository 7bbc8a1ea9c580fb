"""Every Python experiment of part 2 says what the post says it says."""

from __future__ import annotations

import os
import platform
import select
import signal
import sys

import pytest

from pizzeria import weapons
from pizzeria.common.measured import measured
from pizzeria.weapons import descriptors, waits

linux = pytest.mark.skipif(not hasattr(select, "epoll"), reason="epoll is Linux only")


pytestmark = pytest.mark.usefixtures("nothing_leaks")


def test_three_sets():
    assert weapons.three_sets() == {
        "before": False,
        "to read": True,
        "to write": True,
        "exceptional": True,
    }


def test_time_out():
    assert weapons.time_out() == (([], [], []), True)


def test_descriptor_1024():
    waits.room_for_descriptors(1100)
    answers = weapons.descriptor_1024()
    assert answers.pop("select").startswith("ValueError: filedescriptor out of range")
    assert set(answers.values()) == {"ready"}
    assert "poll" in answers


def test_the_limit_of_select_is_the_c_librarys():
    answers = weapons.whose_limit()
    number = next(iter(answers)).rpartition(" ")[2]
    assert int(number.replace(",", "")) > 1023
    assert answers.pop(f"Python's select, descriptor {number}").startswith("ValueError: filedescriptor out")
    assert set(answers.values()) == {"ready"}
    assert (len(answers) == 2) == (sys.platform == "linux" and platform.machine() in waits.PSELECT6)


@linux
def test_the_kernel_tells_a_silent_descriptor_from_a_ready_one():
    reader, writer = os.pipe()
    try:
        if platform.machine() not in waits.PSELECT6:
            pytest.skip("the number of the system call is not known here")
        assert waits.kernel_select(reader) == "silent"
        os.write(writer, b"ding")
        assert waits.kernel_select(reader) == "ready"
    finally:
        os.close(reader)
        os.close(writer)
    with pytest.raises(OSError, match="Bad file descriptor"):
        waits.kernel_select(reader)


@linux
@pytest.mark.parametrize(
    ("trigger", "answers"),
    [
        ("level", [True, True, True, True, False]),
        ("edge", [True, False, False, True, False]),
        ("one-shot", [True, False, False, False, False]),
    ],
)
def test_triggers(trigger, answers):
    assert list(weapons.readiness(trigger).values()) == answers


@pytest.mark.parametrize("mechanism", ["select", "poll"])
def test_select_and_poll_are_level_triggered(mechanism):
    assert list(weapons.readiness(mechanism=mechanism).values()) == [True, True, True, True, False]


@linux
def test_the_stuck_peer_and_the_cure():
    stuck, cured = weapons.stuck_peer(drain=False), weapons.stuck_peer(drain=True)
    assert stuck["client got"] is None
    assert len(stuck["waiter heard"]) == 16
    assert cured["client got"] == "coming up"
    assert cured["waiter heard"].endswith("?")


@linux
def test_bent_descriptors():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert weapons.bent_descriptors() == {"signalfd": "SIGUSR2", "eventfd": 3, "timerfd": 1}
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


@linux
def test_signals_do_not_queue():
    assert weapons.letters_of(signal.SIGUSR2, 3) == weapons.letters_of(signal.SIGUSR2, 1) == 1
    assert weapons.letters_of(signal.SIGUSR2, 0) == 0


@linux
def test_a_signal_that_is_not_blocked_is_refused():
    with pytest.raises(ValueError, match="block SIGUSR2 first"):
        descriptors.open_signal(signal.SIGUSR2)


@linux
def test_a_timer_that_cannot_be_is_refused():
    with pytest.raises(OSError, match="Invalid argument"):
        descriptors.open_timer(-1)


@linux
def test_a_disk_file_is_refused():
    assert weapons.file_under_epoll() == "EPERM"


@linux
def test_the_price_of_a_wait():
    """A ratio of slopes in one run: select and poll rise with the crowd, epoll does not."""
    scan = measured(lambda: weapons.wait_costs((100, 300, 600, 900)), weapons.only_epoll_is_flat)
    assert set(scan.value) == {"select", "poll", "epoll"}
    assert scan.came_out, scan


def test_who_is_flat():
    steep, flat, falling = {100: 10.0, 900: 90.0}, {100: 1.0, 900: 1.1}, {100: 5.0, 900: 1.0}
    assert weapons.only_epoll_is_flat({"select": steep, "poll": steep, "epoll": flat})
    assert weapons.only_epoll_is_flat({"select": steep, "poll": steep})
    assert not weapons.only_epoll_is_flat({"select": steep, "poll": flat, "epoll": flat})
    assert not weapons.only_epoll_is_flat({"select": steep, "poll": steep, "epoll": steep})
    assert not weapons.only_epoll_is_flat({"poll": falling, "epoll": flat})
    assert weapons.only_epoll_is_flat(
        {"select": {100: 3.0}, "poll": steep, "epoll": flat}
    )  # no line in one point


def test_one_program_in_three_styles():
    results = weapons.all_three()
    assert list(results) == ["callbacks", "generators", "async/await"]
    assert set(results.values()) == {(12, "sold for 12")}


def test_green_threads_frozen_and_cured():
    assert weapons.lunch(blocking=True) == 0
    assert weapons.lunch(blocking=False) >= 1000
