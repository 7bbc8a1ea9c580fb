"""What a kitchen is made of: people, ovens, minutes and how often the phone rings."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, fields
from math import inf, isfinite
from typing import TypeAlias

from pizzeria import facts

STRATEGIES = ("apachehut", "nginxopepperoni")
POLICIES = ("urgent", "fifo", "race")


Guest: TypeAlias = tuple[float, float, float]
"""A client: `(gap, call, restock)` in minutes."""


class KitchenError(ValueError):
    """Something about a kitchen that cannot be; the message is one line for a person."""


class OverloadWarning(UserWarning):
    """More work comes in than the kitchen can do: there is no steady state."""


@dataclass(frozen=True)
class Setup:
    """A kitchen; durations in minutes, `orders_per_hour` in 1/h, `out_of_stock` a probability.

    `ovens=None` is four for each cook, `lines=None` an endless queue on the phone; with `lines` clients who find that
    many others waiting hear a busy tone and are lost.
    """

    cooks: int = int(facts.COOKS.value)
    orders_per_hour: float = facts.ORDERS_PER_HOUR.value
    agents: int = int(facts.AGENTS.value)
    ovens: int = None  # type: ignore[assignment]  # stands for four a cook, and is replaced at once
    call: float = facts.CALL.value
    out_of_stock: float = facts.OUT_OF_STOCK.value
    restock: float = facts.LONGEST_RESTOCK.value
    prepare: float = facts.PREPARE.value
    bake: float = facts.BAKE.value
    deliver: float = facts.DELIVER.value
    hand_over: float = facts.HAND_OVER.value
    burns_after: float = facts.BURNS_AFTER.value
    lines: int | None = None

    def __post_init__(self) -> None:
        if self.ovens is None and _is_count(self.cooks):
            object.__setattr__(self, "ovens", int(facts.OVENS_PER_COOK.value) * self.cooks)
        for name in ("cooks", "agents", "ovens"):
            if not _is_count(getattr(self, name)):
                raise KitchenError(f"{name} must be a whole number above 0, not {getattr(self, name)!r}")
        for name in ("orders_per_hour", "call", "prepare", "bake", "deliver"):
            if not 0 < _number(name, getattr(self, name)) < inf:
                raise KitchenError(f"{name} must be above 0, not {getattr(self, name)!r}")
        for name in ("restock", "hand_over", "burns_after"):
            if not 0 <= _number(name, getattr(self, name)) < inf:
                raise KitchenError(f"{name} must be 0 or more, not {getattr(self, name)!r}")
        if not 0 <= _number("out_of_stock", self.out_of_stock) <= 1:
            raise KitchenError(f"out_of_stock is a probability between 0 and 1, not {self.out_of_stock!r}")
        if self.lines is not None and (self.lines != 0 and not _is_count(self.lines)):
            raise KitchenError(f"lines must be a whole number, 0 or more, not {self.lines!r}")

    @property
    def restock_mean(self) -> float:
        """Return the minutes an average order waits for ingredients."""
        return self.out_of_stock * self.restock / 2

    def held(self, strategy: str) -> float:
        """Return the minutes an average order holds a cook under `strategy` (oven queues not counted)."""
        if checked(strategy, STRATEGIES, "strategy") == "apachehut":
            return self.restock_mean + self.prepare + self.bake + self.deliver
        return self.prepare + 3 * self.hand_over

    def hands_on(self, strategy: str) -> float:
        """Return the minutes of a cook's work in one order: preparing, and hand-overs where there are any."""
        return (
            self.prepare if checked(strategy, STRATEGIES, "strategy") == "apachehut" else self.held(strategy)
        )

    def utilisation(self, strategy: str) -> dict[str, float]:
        """Return the offered load of each station as a share of its capacity, above 1 when it cannot cope."""
        rate = self.orders_per_hour / 60
        in_oven = self.bake + (0 if strategy == "apachehut" else self.hand_over)
        return {
            "agents": rate * self.call / self.agents,
            "cooks": rate * self.held(strategy) / self.cooks,
            "ovens": rate * in_oven / self.ovens,
        }

    def at_load(self, strategy: str, load: float) -> Setup:
        """Return this kitchen with orders coming in as fast as keeps its cooks at `load` (0.8 is 80 %)."""
        return self.but(orders_per_hour=load * self.cooks / self.held(strategy) * 60)

    def but(self, **changes: object) -> Setup:
        """Return this kitchen with some of it changed; ovens follow the cooks unless they are named."""
        if "cooks" in changes and self.ovens == facts.OVENS_PER_COOK.value * self.cooks:
            changes.setdefault("ovens", None)
        return Setup(**{**asdict(self), **changes})

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of the parameters, in order."""
        return [field.name for field in fields(cls)]


def clients(setup: Setup, orders: int, seed: int, at_once: bool = False) -> Iterator[Guest]:
    """Return an iterator over `(gap, call, restock)` in minutes for each of `orders` clients.

    `gap` is the time since the client before (exponential, or 0 when all call `at_once`), `call` the talk (exponential),
    `restock` the wait for ingredients (0, or uniform when something is missing). Each has a random stream of its own,
    so that changing one parameter leaves the other draws as they were.
    """
    if not _is_count(orders):
        raise KitchenError(f"orders must be a whole number above 0, not {orders!r}")
    return _draw(setup, orders, seed, at_once)


def _draw(setup: Setup, orders: int, seed: int, at_once: bool) -> Iterator[Guest]:
    gaps, calls, stock = (random.Random(f"{seed} {purpose}") for purpose in ("gaps", "calls", "stock"))
    rate, talk, longest, missing = (
        setup.orders_per_hour / 60,
        1 / setup.call,
        setup.restock,
        setup.out_of_stock,
    )
    for _ in range(orders):
        # Both draws are always made, so that the streams stay in step whatever the probability.
        luck, late = stock.random(), longest * stock.random()
        yield (
            0.0 if at_once else gaps.expovariate(rate),
            calls.expovariate(talk),
            late if luck < missing else 0.0,
        )


def checked(value: str, choices: Collection[str], what: str) -> str:
    """Return `value` if it is one of `choices`, else say what `what` could have been."""
    if value not in choices:
        raise KitchenError(f"unknown {what} {value!r}: choose {', '.join(choices)}")
    return value


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise KitchenError(f"{name} must be a number, not {value!r}")
    return value
