"""The only computation of the story: the price of the delivery, as dear as the experiment wants it."""

from __future__ import annotations

import time
from collections.abc import Iterable

MENU = {"margherita": 8.0, "marinara": 7.5, "calzone": 10.5, "capricciosa": 11.0, "diavola": 10.0}
OTHER, PER_KM = 9.5, 0.5


def euros(pizzas: Iterable[str], km: float) -> float:
    """Return the price of an order in euros: the menu, and so much a kilometre."""
    return round(sum(MENU.get(pizza.lower(), OTHER) for pizza in pizzas) + PER_KM * km, 2)


def busy(rounds: int) -> int:
    """Compute for so many rounds; stands for the routes that a real estimate compares."""
    total = 0
    for i in range(rounds):
        total += i * i % 7
    return total


def calibrate(milliseconds: float) -> int:
    """Return how many rounds keep this processor busy for `milliseconds` of processor time (best of five)."""
    if milliseconds <= 0:
        return 0
    probe, best = 20_000, float("inf")
    for _ in range(5):
        begun = time.thread_time()
        busy(probe)
        best = min(best, time.thread_time() - begun)
    return max(1, round(probe * milliseconds / 1000 / best))


class Pricer:
    """Compute prices that cost `milliseconds` of processor time each, calibrated when it is made."""

    def __init__(self, milliseconds: float) -> None:
        self.rounds = calibrate(milliseconds)

    def __call__(self, pizzas: Iterable[str], km: float) -> float:
        busy(self.rounds)
        return euros(pizzas, km)
