"""One cook, several orders: who works on what, and when.

The only resource is the cook. The event-driven cook lets go whenever an order has to wait and then takes the
most urgent to-do, which is the oldest order; the synchronous cook stays with an order until the client is
satisfied.
"""

from dataclasses import dataclass

from pizzeria.figures.given import Lunch, Minutes


@dataclass(frozen=True)
class Order:
    """One order on the clock, in minutes from the start of lunch."""

    number: int
    arrives: float
    ready: float
    starts: float
    baking: float
    baked: float
    delivered: float

    def todo(self, now: float) -> str | None:
        """Say what this order asks of a cook at `now`, or None when it waits for something else."""
        if self.ready <= now <= self.starts:
            return "in stock: prepare it" if self.ready > self.arrives else "ordered: prepare it"
        if now == self.baked:
            return "baked: send it off"
        return None


def interleave(lunch: Lunch, minutes: Minutes) -> list[Order]:
    """Schedule a lunch on one event-driven cook, oldest ready order first.

    Taking a pizza out of the oven and handing it over cost no time here: the post counts preparing only.
    """
    arrived = dict(enumerate(lunch.arrivals, start=1))
    ready = {n: at + (minutes.warehouse if n in lunch.out_of_stock else 0) for n, at in arrived.items()}
    clock, done = 0, []
    while waiting := sorted(set(arrived) - {order.number for order in done}):
        clock = max(clock, min(ready[n] for n in waiting))
        number = next(n for n in waiting if ready[n] <= clock)
        baking = clock + minutes.prepare
        baked = baking + minutes.oven
        done.append(
            Order(number, arrived[number], ready[number], clock, baking, baked, baked + minutes.delivery)
        )
        clock = baking
    return sorted(done, key=lambda order: order.number)


def one_by_one(lunch: Lunch, minutes: Minutes) -> float:
    """Return the minute at which one synchronous cook has served the same lunch."""
    clock = 0
    for number, arrives in enumerate(lunch.arrivals, start=1):
        late = minutes.warehouse if number in lunch.out_of_stock else 0
        clock = max(clock, arrives + late) + minutes.held_at_least
    return clock
