"""What the figures of the two kitchens show: traces of the simulator, one cook, a handful of orders.

Calls and hand-overs take no time here, so that the bars are the minutes the story gives.
"""

from dataclasses import dataclass

from pizzeria.figures.given import Lunch, Minutes
from pizzeria.kitchen import Setup, Span, Trace, simulate


@dataclass(frozen=True)
class Order:
    """One order on the clock, in minutes from the start of lunch.

    `missing` is when a cook found the warehouse empty (equal to `ready` when it was not).
    """

    number: int
    arrives: float
    missing: float
    ready: float
    starts: float
    baking: float
    baked: float
    delivered: float

    def todo(self, now: float) -> str | None:
        """Say what this order asks of a cook at `now`, or None when it waits for something else."""
        if now == self.baked:
            return f"baked at {self.baked}: send it off"
        if self.ready <= now <= self.starts:
            if self.ready > self.missing:
                return f"in stock at {self.ready}: prepare it"
            return f"ordered at {self.arrives}: prepare it"
        return None


def lunch_trace(strategy: str, lunch: Lunch, minutes: Minutes) -> Trace:
    """Run a lunch with one cook in the simulator and return who did what, when."""
    orders = len(lunch.arrivals)
    setup = Setup(
        cooks=1,
        agents=orders,
        ovens=orders,
        prepare=minutes.prepare,
        bake=minutes.oven,
        deliver=minutes.delivery,
        hand_over=0,
    )
    gaps = (at - before for at, before in zip(lunch.arrivals, (0, *lunch.arrivals), strict=False))
    late = (minutes.warehouse if n in lunch.out_of_stock else 0 for n in range(1, orders + 1))
    trace = Trace()
    guests = [(float(gap), 0.0, float(wait)) for gap, wait in zip(gaps, late, strict=True)]
    simulate(setup, strategy, guests=guests, trace=trace)
    return trace


def interleave(lunch: Lunch, minutes: Minutes) -> list[Order]:
    """Read one event-driven cook's lunch off the trace, an `Order` each, by number."""
    trace = lunch_trace("nginxopepperoni", lunch, minutes)
    return [_order(number, trace.spans) for number in range(1, len(lunch.arrivals) + 1)]


def one_by_one(lunch: Lunch, minutes: Minutes) -> float:
    """Return the minute at which one synchronous cook has served the same lunch."""
    return max(span.end for span in lunch_trace("apachehut", lunch, minutes).spans)


def held(minutes: Minutes, late: bool) -> list[Span]:
    """Return what happens, step by step, while one order holds the cook of Apach' Hut; `late` when out of stock."""
    trace = lunch_trace("apachehut", Lunch((0,), (1,) if late else (), 1), minutes)
    (whole,) = trace.of("cook 1")
    steps = [span for span in trace.of("order") if span.what in ("restock", "prepare", "bake", "deliver")]
    assert (steps[0].start, steps[-1].end) == (whole.start, whole.end)
    return steps


def _order(number: int, spans: list[Span]) -> Order:
    part = {span.what: span for span in spans if span.order == number and span.who == "order"}
    arrives, prepare, bake = part["in the house"].start, part["prepare"], part["bake"]
    restock = part.get("restock")
    times = (
        arrives,
        restock.start if restock else arrives,
        restock.end if restock else arrives,
        prepare.start,
        prepare.end,
        bake.end,
        part["deliver"].end,
    )
    return Order(number, *(int(t) if t == int(t) else t for t in times))
