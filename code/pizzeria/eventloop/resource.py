"""What is scarce: so many units, and a queue of coroutines that want one.

``async with cooks:`` takes a unit, waiting in line if there is none, and gives it back at the end of the block, however
the block ends. A unit that is given back goes straight to the next in line: nobody can overtake in between.
"""

from collections import deque
from heapq import heappop, heappush

from pizzeria.eventloop.loop import AT_ONCE, Pause


class Nobody:
    """Hold nothing: the block runs at once, as if it stood alone."""

    __slots__ = ()

    def __aenter__(self):
        return AT_ONCE

    def __aexit__(self, kind, error, traceback):
        return AT_ONCE


NOBODY = Nobody()


class Resource:
    """Give `capacity` units in the order they were asked for (first in, first out)."""

    __slots__ = ("_in_line", "_loop", "_queue", "_stand_in_line", "capacity", "free")

    def __init__(self, loop, capacity):
        if capacity < 1 or capacity != int(capacity):
            raise ValueError(f"a resource has a whole number of units, at least 1, not {capacity!r}")
        self.capacity = self.free = capacity
        self._loop = loop
        self._queue = deque()
        # The same custody function for everybody, made once: a task that no longer waits for it has been cancelled.
        self._stand_in_line = self._queue.append
        self._in_line = Pause((self._stand_in_line,))

    @property
    def waiting(self):
        """Count the tasks in line."""
        return sum(task.waiting_for is self._stand_in_line for task in self._queue)

    def __aenter__(self):
        if self.free:
            self.free -= 1
            return AT_ONCE
        return self._in_line

    def __aexit__(self, kind, error, traceback):
        queue = self._queue
        while queue:
            task = queue.popleft()
            if task.waiting_for is self._stand_in_line:
                self._loop.wake(task)
                return AT_ONCE
        self.free += 1
        return AT_ONCE


class Urgent:
    """Give `capacity` units to whoever asks most urgently: ``async with cooks.claim(urgency)``, 0 before 1 before 2.

    Among equals it is first in, first out. Nobody loses a unit he already holds to somebody more urgent.
    """

    __slots__ = ("_asked", "_claims", "_loop", "_queue", "capacity", "free")

    def __init__(self, loop, capacity):
        if capacity < 1 or capacity != int(capacity):
            raise ValueError(f"a resource has a whole number of units, at least 1, not {capacity!r}")
        self.capacity = self.free = capacity
        self._loop = loop
        self._queue, self._asked, self._claims = [], 0, {}

    @property
    def waiting(self):
        """Count the tasks in line."""
        return sum(task.waiting_for is stand for _, _, task, stand in self._queue)

    def claim(self, urgency):
        """Return the reusable ``async with`` block that asks for one unit with this urgency."""
        if urgency not in self._claims:
            self._claims[urgency] = Claim(self, urgency)
        return self._claims[urgency]

    def release(self):
        """Give one unit to the most urgent task in line, or keep it for the next one that asks."""
        queue = self._queue
        while queue:
            _, _, task, stand_in_line = heappop(queue)
            if task.waiting_for is stand_in_line:
                self._loop.wake(task)
                return
        self.free += 1


class Claim:
    """One urgency at the counter of an `Urgent` resource."""

    __slots__ = ("_in_line", "_resource", "_stand_in_line")

    def __init__(self, resource, urgency):
        def stand_in_line(task):
            resource._asked += 1
            heappush(resource._queue, (urgency, resource._asked, task, stand_in_line))

        self._resource = resource
        self._stand_in_line = stand_in_line
        self._in_line = Pause((stand_in_line,))

    def __aenter__(self):
        resource = self._resource
        if resource.free:
            resource.free -= 1
            return AT_ONCE
        return self._in_line

    def __aexit__(self, kind, error, traceback):
        self._resource.release()
        return AT_ONCE
