"""Who sleeps until when: mostly one a moment; of several the lowest priority wakes first, then who went to sleep first."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Crowd: TypeAlias = "list[tuple[int, int, T]]"
"""Several who sleep until the same moment, as a heap: priority, and who came first."""
Sleepers: TypeAlias = "dict[float, T | Crowd[T]]"
_turn = count().__next__


def join(sleepers: Sleepers[T], due: float, task: T, priority: int = 0) -> None:
    """Let one more sleep until then, behind those of its priority."""
    others = sleepers.get(due, [])
    crowd = sleepers[due] = others if isinstance(others, list) else [(0, _turn(), others)]
    heappush(crowd, (priority, _turn(), task))


def first_of(sleepers: Sleepers[T], due: float, sleeper: T | Crowd[T] | None) -> T | None:
    """Return the first of whoever slept until then, and let the others sleep on."""
    if not isinstance(sleeper, list):
        return sleeper
    task: T = heappop(sleeper)[2]
    if sleeper:
        sleepers[due] = sleeper
    return task
