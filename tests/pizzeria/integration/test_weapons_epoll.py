"""epoll's post: every count and every order of events that a sentence there rests on."""

from __future__ import annotations

import errno
import json
import os
import platform
import re
import select
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from pizzeria import weapons
from pizzeria.eventloop.multishot import Multishot, multishot_refusal
from pizzeria.eventloop.ready_list import TEMPERS, ReadyList
from pizzeria.weapons import descriptors, epoll, waits
from pizzeria.weapons.epoll import agreement, herd, messages, teeth
from support.browsers import absent

pytestmark = [
    pytest.mark.skipif(not hasattr(select, "epoll"), reason="epoll is Linux only"),
    pytest.mark.usefixtures("nothing_leaks"),
]
refused = multishot_refusal()
ring = pytest.mark.skipif(refused is not None, reason=f"no multishot receives here: {refused}")


def test_the_model_answers_as_the_kernel_does():
    found = epoll.conversations(4)
    assert found == dict.fromkeys(TEMPERS, (7**4, 7**4))


@pytest.mark.parametrize("temper", TEMPERS)
def test_a_model_that_is_wrong_is_found_out(temper, monkeypatch):
    """Told once too often, or once too seldom: some short conversation shows it."""

    class Wrong(ReadyList):
        def ask(self, most=1):
            told = super().ask(most)
            if temper == "level":
                self.ready.clear()
            else:
                self.ready.extend(told)
            return told

    monkeypatch.setattr(agreement, "ReadyList", Wrong)
    held, alike = epoll.conversations(3)[temper]
    assert alike < held


def test_a_full_pipe_tells_unless_this_kernel_had_changed_its_mind():
    told = epoll.news_of_a_full_pipe()
    assert told in ([True, False, False], [True] * 3), "a kernel is silent about the second, or about none"
    assert epoll.news_of_a_full_pipe(pages=3)[0]


def test_a_greedy_drain_starves_and_a_bound_cures():
    greedy, bounded = epoll.quiet_clients_wait(None), epoll.quiet_clients_wait(16)
    assert list(greedy) == list(bounded)
    assert all(waited == 500 - rang for rang, waited in greedy.items())
    assert max(bounded.values()) < 16
    assert set(epoll.quiet_clients_wait(1, words=50, quiet=5).values()) == {0}


def test_letters_for_the_dead():
    assert list(epoll.letters_for_the_dead().values()) == [
        "still rings",
        "EBADF",
        "it is told of the dead one's bytes",
        "silent",
    ]


@pytest.mark.parametrize("temper", TEMPERS)
def test_who_is_registered_late_is_told_of_what_came_before(temper):
    late, nothing = ReadyList(), ReadyList()
    late.register("table 7", temper, waiting=5)
    nothing.register("table 7", temper)
    assert (late.ask(), nothing.ask()) == (["table 7"], [])
    assert epoll.told_when_registered() == "EPOLLIN"


def test_room_to_write_rings_once_and_names_the_unread_byte_again():
    story = epoll.room_to_write()
    taken = int(story.pop("a megabyte is sent").split()[0].replace(",", ""))
    assert 0 < taken < 1 << 20
    both = "EPOLLIN EPOLLOUT"
    assert list(story.values()) == [both, "EAGAIN", "silent", both, "silent"]


def test_a_short_read_does_not_hear_the_end():
    assert epoll.the_end(0) == ["EPOLLIN", "5 of 64 bytes", "silent"]
    assert epoll.the_end(select.EPOLLRDHUP) == ["EPOLLIN EPOLLRDHUP", "5 of 64 bytes", "silent"]


@pytest.mark.parametrize(
    ("temper", "meanwhile", "afterwards"),
    [("level", True, True), ("edge", True, False), ("one-shot", False, True)],
)
def test_two_workers(temper, meanwhile, afterwards):
    assert list(epoll.second_worker_is_told(temper).values()) == [True, meanwhile, afterwards]


@pytest.mark.parametrize("way", epoll.WAYS)
def test_the_herd(way):
    """Who wins is luck; that nobody is lost, and nobody comes in without having been woken, is not."""
    door = epoll.at_the_door(way, waiters=4, clients=20)
    assert sum(door.accepted) == 20
    assert len(door.accepted) == len(door.told) == len(door.roused) == 4
    assert all(told >= accepted for told, accepted in zip(door.told, door.accepted, strict=True))
    assert door.each("told") >= 1
    if way == "reuseport":
        assert door.told == door.accepted, "nobody else waits at one's own door"


def test_a_herd_that_fails_says_why(monkeypatch):
    monkeypatch.setitem(herd.WAYS, "tunnel", "no way")
    with pytest.raises(RuntimeError, match="invalid choice: 'tunnel'"):
        epoll.at_the_door("tunnel")


def test_a_closed_door_hangs_up_on_its_queue():
    counts = epoll.killed_with_a_queue(clients=30)
    assert counts["connected"] == 30 == counts["let in"] + counts["hung up on"]


def test_a_full_backlog_delays_and_does_not_refuse():
    counts = weapons.knock()
    assert counts["refused"] == 0
    assert counts["connected"] + counts["waiting"] == 6 == counts["let in, once he opened"]
    assert counts["waiting"]


def test_the_1024_is_the_c_library_s():
    answers = weapons.whose_limit(5000)
    assert [answer for who, answer in answers.items() if who.startswith("the kernel")] == ["ready"]
    reader, writer = os.pipe()
    assert waits.kernel_select(reader) == "silent"
    os.write(writer, b"ding")
    assert waits.kernel_select(reader) == "ready"
    os.close(reader)
    os.close(writer)


def test_an_unknown_processor_is_told(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "abacus")
    assert not [who for who in weapons.whose_limit(5000) if who.startswith("the kernel")]


def test_signals_coalesce_and_real_time_signals_queue():
    assert weapons.letters_of(signal.SIGUSR1, 3) == 1
    assert weapons.letters_of(signal.SIGRTMIN, 3) == 3
    with pytest.raises(ValueError, match=r"block SIGRTMIN\+2 first"):
        descriptors.open_signal(signal.SIGRTMIN + 2)


@pytest.mark.parametrize("crowd", [1, 3, 16])
def test_system_calls_a_message(crowd):
    def calls(kind):
        return epoll.calls_a_message(kind, crowd, rounds=5)

    assert calls("epoll").calls == 5 * (1 + crowd)
    assert calls("epoll, until EAGAIN").calls == 5 * (1 + 2 * crowd)
    if refused is None:
        single, many = calls("io_uring"), calls("io_uring, multishot")
        assert (single.calls, single.told, single.buffers) == (5, 5 * crowd, crowd)
        assert (many.calls, many.told) == (5, 0)
        assert {single.messages, many.messages} == {5 * crowd}


@ring
def test_the_kernel_counts_the_same(tmp_path):
    """What our own counters say is what strace sees."""
    if shutil.which("strace") is None:
        absent("strace is not installed")
    if subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True).returncode:
        pytest.skip("this system lets nobody trace")
    code = "from pizzeria.weapons.epoll import calls_a_message as c; print(c({!r}, 4, 50).calls)"
    for kind, names in (("epoll", "epoll_wait,recvfrom"), ("io_uring, multishot", "io_uring_enter")):
        log = tmp_path / "calls"
        traced = [
            "strace",
            "-f",
            "-o",
            str(log),
            "-e",
            f"trace={names}",
            sys.executable,
            "-c",
            code.format(kind),
        ]
        done = subprocess.run(traced, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        seen = log.read_text().count("(")
        # Opening and closing the ring take a few calls more.
        assert int(done.stdout) <= seen <= int(done.stdout) + 10


@ring
def test_an_empty_pool_ends_the_receive_and_loses_nothing():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, Multishot(buffers=4) as receiver:
        receiver.listen(ours.fileno())
        receiver.arrivals(0, 0.0)
        for number in range(6):
            theirs.send(b"order %d" % number)
        first = receiver.arrivals(5, 10)
        assert [one.data for one in first] == [b"order %d" % number for number in range(4)] + [b""]
        assert (first[-1].error, first[-1].more) == (errno.ENOBUFS, False)
        receiver.listen(ours.fileno())
        assert [one.data for one in receiver.arrivals(2, 10)] == [b"order 4", b"order 5"]
        theirs.close()
        (end,) = receiver.arrivals(1, 10)
        assert (end.data, end.more, end.error) == (b"", False, 0)


@ring
def test_the_pool_s_tail_goes_round():
    """It has 16 bits, and a server has more messages than that before breakfast."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, Multishot(buffers=2, size=8) as receiver:
        receiver.listen(ours.fileno())
        for number in range(0x10000 + 10):
            theirs.send(b"%d" % number)
            (one,) = receiver.arrivals(1, 10)
            assert one.data == b"%d" % number
        assert receiver.told == 1


def test_a_pool_is_a_power_of_two():
    with pytest.raises(ValueError, match="a power of two, not 6"):
        Multishot(buffers=6)


@pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="a filter for two processors")
def test_where_io_uring_is_forbidden_uvloop_says_nothing():
    found = epoll.asked(forbidden=True)
    assert "io_uring is forbidden here" in found["ring"]
    assert "io_uring is forbidden here" in found["multishot"]
    assert found["its descriptors"] == ["eventfd", "eventpoll"]
    assert re.fullmatch(r"1\.\d+\.\d+", json.loads(json.dumps(epoll.asked(forbidden=False)))["libuv"])


def test_words_are_not_lost_when_counted(monkeypatch):
    monkeypatch.setattr(messages.Readiness, "hear", lambda self, count: [b"another word"] * count)
    with pytest.raises(AssertionError):
        epoll.calls_a_message("epoll", 2, rounds=1)


def test_nobody_says_a_word(monkeypatch):
    monkeypatch.setattr(teeth, "PATIENCE", 0)
    monkeypatch.setattr(teeth, "WORD", b"")
    with pytest.raises(TimeoutError, match="nobody said a word"):
        epoll.quiet_clients_wait(None)
