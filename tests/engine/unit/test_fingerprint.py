"""What a fingerprint sees: every change of a value, or that it cannot see into it."""

from __future__ import annotations

import csv
import ctypes
import io
import logging
import operator
import queue
import random
import select
import socket
import sqlite3
import threading
import zlib
from unittest.mock import Mock

import pytest

from executable_posts.running.in_kernel.fingerprint import fingerprint
from executable_posts.running.in_kernel.values import only_python


class Private:
    __slots__ = ("__kept",)

    def __init__(self):
        self.__kept = [1]

    def change(self):
        self.__kept.append(2)


class Named(random.Random):
    def __init__(self):
        super().__init__(1)
        self.name = "dice"


class Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_int),)


def views():
    return [{"a": [1]}.keys(), {"b": [2]}.values()]


CHANGED = {
    "the second of two views": (views, lambda two: next(iter(two[1])).append(3)),
    "a private slot": (Private, Private.change),
    "a queue in C": (queue.SimpleQueue, lambda thing: thing.put(1)),
    "a database": (lambda: sqlite3.connect(":memory:"), lambda thing: thing.execute("create table a(b)")),
    "a generator of numbers with a name": (Named, Named.random),
    "a reader of CSV": (lambda: csv.reader(io.StringIO("a\nb\n")), next),
    "a compressor": (zlib.compressobj, lambda thing: thing.compress(b"x" * 100)),
    "what is polled": (select.poll, lambda thing: thing.register(0)),
    "what is a thread's own": (threading.local, lambda thing: setattr(thing, "x", 1)),
    "a structure in C": (lambda: Point(1), lambda thing: setattr(thing, "x", 2)),
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_change_is_seen_or_the_value_is_not_exact(what):
    make, change = CHANGED[what]
    thing = make()
    before = fingerprint(thing, {})
    change(thing)
    after = fingerprint(thing, {})
    assert before.digest != after.digest or not after.exact
    if hasattr(thing, "close"):
        thing.close()


@pytest.mark.parametrize("kind", [Private, threading.Event, queue.Queue, io.StringIO, csv.DictReader, Named])
def test_of_a_class_that_is_all_python_everything_is_seen(kind):
    assert only_python(kind) == (kind not in (io.StringIO, Named))


@pytest.mark.parametrize("value", [operator.attrgetter("x"), threading.Event(), views(), Private()])
def test_what_can_be_seen_whole_is_exact(value):
    assert fingerprint(value, {}).exact


class Rude(type):
    def __getattribute__(cls, name):
        raise RuntimeError(name)


class Nowhere:
    __module__ = None


class Hidden:
    @property
    def __class__(self):
        raise RuntimeError("not told")


RUDE = {  # not made here, since pytest asks parameters what they are
    **{
        f"a mock of {kind!r}": lambda kind=kind: Mock(spec=kind)
        for kind in (threading.Thread, socket.socket, dict, str, ValueError)
    },
    "a class that says nothing": lambda: Rude("Rude", (), {})(),
    "a class from nowhere": Nowhere,
    "an object without a class": Hidden,
}


@pytest.mark.parametrize("what", RUDE)
def test_whatever_a_class_says_of_itself_ends_no_run(what):
    assert fingerprint([RUDE[what]()], {}).digest


def test_a_view_shares_with_its_dictionary():
    menu = {"olives": [1]}
    assert id(menu) in fingerprint(menu.keys(), {}).shared


class Careful(logging.Logger):
    """As Pelican's: whoever imports it gets no other loggers."""


@pytest.mark.parametrize("kind", [logging.Logger, Careful])
def test_a_logger_is_not_all_loggers(kind):
    manager = logging.Manager(logging.RootLogger(logging.WARNING))
    manager.setLoggerClass(kind)
    logger = manager.getLogger("oven")
    assert type(logger) is kind
    before = fingerprint(logger, {}).digest
    assert not logger.isEnabledFor(logging.DEBUG)  # which it remembers
    manager.getLogger("oven.door").setLevel(logging.ERROR)
    manager.root.addHandler(logging.NullHandler())
    assert fingerprint(logger, {}).digest == before
    logger.setLevel(logging.ERROR)
    assert fingerprint(logger, {}).digest != before
