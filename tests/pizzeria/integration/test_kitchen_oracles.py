"""The kitchens against independent ones: SimPy, the Kiefer-Wolfowitz recursion, and asyncio."""

import asyncio
import importlib.util
import selectors
from heapq import heapreplace
from pathlib import Path

import pytest

from pizzeria.kitchen import STRATEGIES, Setup, Trace, clients, serve_on_asyncio, simulate

BENCH = Path(__file__).parents[2] / "benchmarks" / "bench_kitchen.py"


def simpy_kitchen():
    spec = importlib.util.spec_from_file_location("bench_kitchen", BENCH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.simpy_kitchen


def spans(trace, what):
    return [span for span in trace.spans if (span.who, span.what) == ("order", what)]


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("load", [0.5, 0.9])
@pytest.mark.parametrize("ovens", [None, 11])
def test_simpy_gives_the_same_waits(strategy, load, ovens):
    setup = Setup(cooks=6, agents=4).at_load(strategy, load).but(ovens=ovens)
    guests = list(clients(setup, 1500, seed=3))
    trace = Trace()
    run = simulate(setup, strategy, guests=guests, trace=trace)
    waits, sojourns = simpy_kitchen()(setup, strategy, guests)
    assert run.served == len(sojourns) == 1500
    assert run.cook_wait == pytest.approx(sum(waits) / 1500, abs=1e-6)
    assert run.sojourn.mean == pytest.approx(sum(sojourns) / 1500, abs=1e-6)
    # Not only on average: order by order (the trace is rounded to a millionth of a minute).
    ours = sorted(span.end - span.start for span in spans(trace, "in the house"))
    assert ours == pytest.approx(sorted(sojourns), abs=2e-6)
    assert sum(waits) > 1  # or nobody waited and nothing was compared


def kiefer_wolfowitz(setup, guests):
    """Return the mean wait for a cook, from two vectors of the times at which agents and cooks get free."""
    agents, cooks, now, tickets = [0.0] * setup.agents, [0.0] * setup.cooks, 0.0, []
    for gap, call, restock in guests:
        now += gap
        end = max(now, agents[0]) + call
        heapreplace(agents, end)
        tickets.append((end, restock))
    waited = 0.0
    for ticket, restock in sorted(tickets):
        start = max(ticket, cooks[0])
        waited += start - ticket
        heapreplace(cooks, start + restock + setup.prepare + setup.bake + setup.deliver)
    return waited / len(tickets)


@pytest.mark.parametrize("cooks", [1, 4, 12])
def test_kiefer_wolfowitz_gives_the_same_waits(cooks):
    setup = Setup(cooks=cooks).at_load("apachehut", 0.85)
    guests = list(clients(setup, 2000, seed=5))
    run = simulate(setup, "apachehut", guests=guests)
    assert run.cook_wait == pytest.approx(kiefer_wolfowitz(setup, guests), abs=1e-6)
    assert run.cook_wait > 1


class JumpingSelector(selectors.DefaultSelector):
    """Instead of waiting, move the clock: asyncio without the sleeping."""

    now = 0.0

    def select(self, timeout=None):
        if timeout:
            self.now += timeout
        return super().select(0)


class JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self.jumps = JumpingSelector()
        super().__init__(self.jumps)
        self._clock_resolution = 1e-12

    def time(self):
        return self.jumps.now


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("policy", ["urgent", "fifo"])
def test_asyncio_gives_the_same_schedule(strategy, policy):
    # Durations that do not add up to one another: when two things fall on one instant, either order is right.
    setup = Setup(cooks=2, prepare=15.137, bake=29.771, deliver=20.33, hand_over=0.517).at_load(strategy, 0.8)
    ours, theirs = Trace(), Trace()
    simulate(setup, strategy, 60, 4, policy, trace=ours)
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        run = runner.run(
            serve_on_asyncio(setup, strategy, 60, 4, policy, second_per_minute=1.0, trace=theirs)
        )
    assert run.served == 60

    def schedule(trace):
        return sorted(
            (span.order, span.what, span.who.split()[0], span.start, span.end) for span in trace.spans
        )

    mine, other = schedule(ours), schedule(theirs)
    assert [row[:3] for row in mine] == [row[:3] for row in other]
    for one, two in zip(mine, other, strict=True):
        assert one[3:] == pytest.approx(two[3:], abs=1e-3)


def test_asyncio_serves_everybody_on_a_real_clock():
    run = asyncio.run(serve_on_asyncio(Setup(cooks=2), "nginxopepperoni", 5, 1, second_per_minute=1e-4))
    assert (run.arrived, run.served, run.lost) == (5, 5, 0)
