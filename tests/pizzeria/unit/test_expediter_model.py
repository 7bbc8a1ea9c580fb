"""Every interleaving of small kitchens, to a bound; and faults that are planted, so that we know that the search finds any.

`MODEL_WORLDS=1000000` searches further (an hour); the number of worlds is printed.
"""

import os
from heapq import heappush

import pytest

from pizzeria.ovens.expediter import state
from pizzeria.ovens.expediter.decisions import Expediter
from support.expediter_model import Kitchen, Violation, explore

WORLDS = int(os.environ.get("MODEL_WORLDS", 0))
OVEN = {
    "steps": ("bake", "take_out", "finish"),
    "tablets": ("anna",),
    "ovens": ("1",),
    "orders": 1,
    "expiries": 0,
}
# What is searched to its end, and with how many worlds to a bound.
KITCHENS = {
    "two cooks, a lease that ends, a take-over": (Kitchen(orders=1, steps=("finish",)), 10_000),
    "two steps, a take-over": (Kitchen(orders=1, expiries=0), 10_000),
    "an oven": (Kitchen(**OVEN, take_overs=0), 10_000),
    "an oven, a take-over": (Kitchen(**OVEN), 5_000),
    "an oven, and somebody dies": (Kitchen(**OVEN, take_overs=0, deaths=1), 5_000),
    "a cook who dies, a lease that ends, a take-over": (
        Kitchen(orders=1, steps=("finish",), tablets=("anna",), deaths=1), 5_000,
    ),
    "two orders, a take-over": (Kitchen(expiries=0), 5_000),
}  # fmt: skip
WHOLE = ("two cooks, a lease that ends, a take-over", "two steps, a take-over", "an oven")


@pytest.mark.parametrize("name", KITCHENS)
def test_nothing_is_lost_doubled_or_out_of_urgency_in_any_order_of_things(name):
    kitchen, bound = KITCHENS[name]
    worlds, moves, all_of_them = explore(kitchen, most=WORLDS or bound, ends_of=10)
    print(f"{name}: {worlds:,} worlds, {moves:,} moves{', all there are' if all_of_them else ''}")
    assert all_of_them == (name in WHOLE) or WORLDS
    assert worlds > 1000


def search(**more):
    explore(Kitchen(**{"orders": 1, "steps": ("finish",), **more}), most=20_000)


def test_without_the_fence_it_is_found_that_two_write():
    with pytest.raises(Violation, match="the ledger says|makes no sense|doubled|out of urgency"):
        search(fenced=False, orders=2, expiries=0)


def test_a_done_that_counts_twice_is_found(monkeypatch):
    def done(self, now, lease, who):
        if lease in self.leases:
            task = self.leases[lease]
            self._decide(now, "done", task.order, task.step, who, lease)

    monkeypatch.setattr(Expediter, "_done", done)
    with pytest.raises(Violation, match="1 doubled"):
        search(steps=("prepare", "finish"))


def test_an_order_that_is_forgotten_is_found(monkeypatch):
    """Work that is given back and not queued again never ends, when the cook who had it has died."""

    def back(self, fact):
        self.tablets[fact.who].lease = None

    monkeypatch.setitem(state.APPLY, "back", back)
    with pytest.raises(Violation, match="not all of 1 orders ended"):
        search(tablets=("anna",), deaths=1, expiries=0, take_overs=0)


def test_the_newest_first_is_found(monkeypatch):
    def wait(self, task, fact):
        task.state, task.rank = "waiting", (state.URGENCY[task.step], -fact.number)
        heappush(self.heap, (task.rank, task))

    monkeypatch.setattr(state.PassState, "_wait", wait)
    with pytest.raises(Violation, match="1 out of urgency"):
        search(orders=2, tablets=("anna",), expiries=0, take_overs=0)
