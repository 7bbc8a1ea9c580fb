"""Every figure the post rests on, once: its value, its unit and its standing.

*given* comes from the post's own story, *assumed* is what the story leaves open (and therefore a parameter
everywhere), *measured* was found by running something and is measured again where the post shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

STANDINGS = ("given", "assumed", "measured")


@dataclass(frozen=True)
class Fact:
    """One figure: `value` in `unit`, what it says, and whether it is given, assumed or measured."""

    value: float
    unit: str
    standing: str
    says: str

    def __post_init__(self) -> None:
        if self.standing not in STANDINGS:
            raise ValueError(f"a fact is {', '.join(STANDINGS)}, not {self.standing!r}")


def _given(value: float, unit: str, says: str) -> Fact:
    return Fact(value, unit, "given", says)


def _assumed(value: float, unit: str, says: str) -> Fact:
    return Fact(value, unit, "assumed", says)


# The two kitchens
CALL = _given(5.0, "min", "an agent talks to a client, on average (taken as exponential: assumed)")
LONGEST_REST = _given(20.0, "min", "a cook waits with a book for an order on a quiet day, at most")
SHORTEST_RESTOCK = _given(0.0, "min", "until the next delivery of a missing ingredient, at least")
LONGEST_RESTOCK = _given(
    30.0, "min", "until the next delivery of a missing ingredient, at most (uniform: assumed)"
)
PREPARE = _given(15.0, "min", "preparing a pizza, the only skilled work")
BAKE = _given(30.0, "min", "a pizza in the oven")
DELIVER = _given(20.0, "min", "from the box until the client is satisfied")
OVEN_TEMPERATURE = _given(210.0, "°C", "the oven")
CHARCOAL = _given(20.0, "min", "in the oven until a pizza is charcoal (in jest: the story bakes for 30)")
CLIENTS_PER_COOK = _given(50, "clients", "served by one event-driven cook (the claim under test)")
CLIENTS_PER_RESTAURANT = _given(10, "clients", "a new synchronous restaurant is needed for every so many")

OUT_OF_STOCK = _assumed(0.2, "1", "probability that an ingredient is missing")
HAND_OVER = _assumed(0.5, "min", "picking up an order somebody else left, a tablet in hand")
AGENTS = _assumed(2, "agents", "in the call centre; the ticket waits on the counter, the agent does not")
COOKS = _assumed(12, "cooks", "in a kitchen")
OVENS_PER_COOK = _assumed(4, "ovens", "for each cook")
ORDERS_PER_HOUR = _assumed(8.0, "1/h", "orders arrive, at random (Poisson)")
BURNS_AFTER = _assumed(5.0, "min", "a baked pizza stays good in its oven")

# The data centre
CREDENTIALS = _given(500.0, "ms", "checking credentials by REST, waiting")
COMPUTE = _given(10.0, "ms", "computing the delivery price, at most; the only computation")
PRICE = _assumed(1.0, "ms", "computing the delivery price, on every server of the post")
SHORTEST_WRITE = _given(10.0, "ms", "writing a reservation to disk, waiting, at least")
LONGEST_WRITE = _given(50.0, "ms", "writing a reservation to disk, waiting, at most on a quiet disk")
THREAD_STACK = _given(2.0, "MB", "stack of a Linux thread (the claim under test)")
SERVER_MEMORY = _given(4.0, "GB", "memory of the server of 2016")
THREADS_PER_SERVER = _given(2000, "threads", "that fit in that memory (the claim under test)")
SELECT_LIMIT = _given(1024, "descriptors", "that select can watch on a standard Linux")
MANY_CONNECTIONS = _given(20_000, "connections", "too many for select")
THREAD_STACK_RESERVED = Fact(
    8.0, "MB", "measured", "address space reserved for a thread's stack (not resident)"
)
THREAD_LIMIT = Fact(22_000, "threads", "measured", "where threads end (vm.max_map_count)")


def all_facts() -> dict[str, Fact]:
    """Return every fact by name, in the order of the story."""
    return {name: fact for name, fact in globals().items() if isinstance(fact, Fact)}
