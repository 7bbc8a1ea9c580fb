"""Who sleeps until when: mostly one a moment; of several the lowest priority wakes first, then who went to sleep first."""

from __future__ import annotations

from operator import itemgetter
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Crowd: TypeAlias = "list[tuple[int, T]]"
"""Several who sleep until the same moment: their priorities, in the order in which they wake up."""
Sleepers: TypeAlias = "dict[float, T | Crowd[T]]"


def join(sleepers: Sleepers[T], due: float, task: T, priority: int = 0) -> None:
    """Let one more sleep until then, behind those of its priority."""
    others = sleepers.get(due, [])
    crowd = sleepers[due] = others if isinstance(others, list) else [(0, others)]
    crowd.append((priority, task))
    crowd.sort(key=itemgetter(0))


def first_of(sleepers: Sleepers[T], due: float, sleeper: T | Crowd[T] | None) -> T | None:
    """Return the first of whoever slept until then, and let the others sleep on."""
    if not isinstance(sleeper, list):
        return sleeper
    task = sleeper.pop(0)[1]
    if sleeper:
        sleepers[due] = sleeper
    return task
