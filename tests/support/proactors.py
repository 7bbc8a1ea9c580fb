"""What the tests of the proactor share: its kinds here, and what completes."""

from __future__ import annotations

from pizzeria.eventloop.reactor import mechanisms
from pizzeria.eventloop.uring import uring_refusal

KINDS = (*mechanisms(), *(() if uring_refusal() else ("io_uring",)))


def collect(proactor, count) -> list:
    found: list = []
    for _ in range(200):
        found += proactor.completions(5)
        if len(found) >= count:
            return found
    raise AssertionError(f"{len(found)} of {count} completions came")


def one(proactor):
    (completion,) = collect(proactor, 1)
    return completion
