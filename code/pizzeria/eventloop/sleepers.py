"""Who sleeps until when: mostly one a moment; of several the lowest priority wakes first, then who went to sleep first."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TypeAlias, TypeVar

T = TypeVar("T")


class Crowd(list[tuple[int, int, T]]):
    """Several who sleep until the same moment, as a heap: priority, and who came first. came: how many have come."""

    came = 0


Sleepers: TypeAlias = "dict[float, T | Crowd[T]]"


def join(sleepers: Sleepers[T], due: float, task: T, priority: int = 0) -> None:
    """Let one more sleep until then, behind those of its priority."""
    others = sleepers.get(due)
    if isinstance(others, Crowd):
        crowd = others
    else:
        crowd = sleepers[due] = Crowd() if others is None else Crowd([(0, 0, others)])
    crowd.came += 1
    heappush(crowd, (priority, crowd.came, task))


def first_of(sleepers: Sleepers[T], due: float, sleeper: T | Crowd[T] | None) -> T | None:
    """Return the first of whoever slept until then, and let the others sleep on."""
    if not isinstance(sleeper, Crowd):
        return sleeper
    task: T = heappop(sleeper)[2]
    if sleeper:
        sleepers[due] = sleeper
    return task
