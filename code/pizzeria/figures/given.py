"""What the figures are computed from: the facts of the story, and what only a drawing has to assume.

Change a value and the drawings follow.
"""

from dataclasses import dataclass

from pizzeria import facts


def _minutes(fact: facts.Fact) -> float:
    """Return a fact's minutes, whole ones as an integer so that a drawing says 15 and not 15.0."""
    if fact.unit != "min":
        raise ValueError(f"{fact.says}: in {fact.unit}, not in minutes")
    return int(fact.value) if fact.value == int(fact.value) else fact.value


@dataclass(frozen=True)
class Minutes:
    """The minutes of one order, as the post gives them.

    `prepare` is the only hands-on time; `warehouse` is the longest wait for ingredients (the shortest is 0).
    """

    agent: float = _minutes(facts.CALL)
    warehouse: float = _minutes(facts.LONGEST_RESTOCK)
    prepare: float = _minutes(facts.PREPARE)
    oven: float = _minutes(facts.BAKE)
    delivery: float = _minutes(facts.DELIVER)

    @property
    def held_at_least(self) -> float:
        """Minutes Apach' Hut holds a cook when everything is in stock."""
        return self.prepare + self.oven + self.delivery

    @property
    def held_at_most(self) -> float:
        """Minutes Apach' Hut holds a cook when the warehouse has just been emptied."""
        return self.warehouse + self.held_at_least


@dataclass(frozen=True)
class Lunch:
    """The example lunch drawn for the event-driven kitchen (assumed, not given by the post).

    Orders arrive at `arrivals`; those named in `out_of_stock` get theirs `minutes.warehouse` later.
    `snapshot` is the order after which the picture of the to-do list is taken: when it leaves the worktop.
    """

    arrivals: tuple[int, ...] = (0, 5, 10, 15, 20)
    out_of_stock: tuple[int, ...] = (2,)
    snapshot: int = 4
