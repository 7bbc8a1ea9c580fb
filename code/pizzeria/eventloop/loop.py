"""The event loop of the post: a heap of deadlines, a ready queue and coroutines driven by hand.

A coroutine talks to the loop by what it yields, and it may yield two things only:

* a ``float``: *wake me up in so long* (any unit: the loop only adds; the kitchens count in minutes);
* a function of one task: *take me into custody*; whoever holds the task gives it back with `Loop.wake`.

Everything else (`sleep`, tasks, time-outs, resources) is written with these two. Time is virtual unless the loop is
given a clock and a way to wait: then the same loop keeps real time, and a reactor may wait on its behalf.
"""

import types
from collections import deque
from heapq import heappop, heappush, heappushpop
from itertools import count
from math import inf, isfinite


class Cancelled(BaseException):
    """Thrown into a coroutine that somebody cancelled, at the `await` where it sleeps."""


class Pause(tuple):
    """Sleep for a constant time: ``nap = Pause((5.0,))``, then ``await nap`` as often as you like."""

    # A tuple's iterator yields what the tuple holds, then stops: all that `await` asks for, at the speed of C.
    __slots__ = ()
    __await__ = tuple.__iter__


@types.coroutine
def _nothing():
    return
    yield


# An `await` that does not wait: a generator that has ended may be awaited again and again.
AT_ONCE = _nothing()
list(AT_ONCE)


@types.coroutine
def sleep(delay):
    """Sleep for `delay` units of the loop's time (0 lets the others run first); negative or NaN is an error."""
    if not delay >= 0:
        raise ValueError(f"cannot sleep for {delay}: time only goes forward")
    yield delay + 0.0


class Task:
    """A coroutine the loop drives; `await` it for its result, or for the error it died of."""

    __slots__ = ("coroutine", "error", "loop", "result", "waiting_for", "watchers")

    def __init__(self, loop, coroutine):
        self.loop, self.coroutine = loop, coroutine
        self.waiting_for = None  # sequence number or custody; a queue entry that says something else is stale
        self.result = self.error = None
        self.watchers = ()

    @property
    def done(self):
        """Whether it has ended: then there is no coroutine left to drive."""
        return self.coroutine is None

    def __await__(self):
        if not self.done:
            yield self._watched_by
        if self.error is not None:
            raise self.error
        return self.result

    def cancel(self):
        """Throw `Cancelled` where the task sleeps; a task that is done stays as it is."""
        if self.done or isinstance(self.coroutine, _Thrower):
            return
        if self in self.loop.ready:
            # It may have a resource coming: let it take it, so that it can give it back.
            self.loop.spawn(self._cancel_soon())
        else:
            self.coroutine = _Thrower(self)
            self.loop.wake(self)

    async def _cancel_soon(self):
        self.cancel()

    def _watched_by(self, task):
        self.watchers = (*self.watchers, task)

    def _finish(self, result, error=None):
        self.coroutine, self.result, self.error = None, result, error
        watchers = [task for task in self.watchers if task.waiting_for == self._watched_by]
        for task in watchers:
            self.loop.wake(task)
        if error is not None and not watchers and not isinstance(error, Cancelled):
            raise error  # nobody is there to hear it: errors never pass silently


class _Thrower:
    """Stand in for the coroutine of a cancelled task, for one step."""

    def __init__(self, task):
        self.task, self.coroutine = task, task.coroutine

    def send(self, _):
        self.task.coroutine = self.coroutine
        return self.coroutine.throw(Cancelled())


class Loop:
    """Run coroutines by their deadlines, on virtual time, or on `clock` when `wait(delay)` can let time pass.

    `wait(None)` means: until something happens outside; it is asked only while `outside` (tasks that wait for the
    world) is above 0. Ties are broken by priority, lowest first, then by who went to sleep first.
    """

    sleep = staticmethod(sleep)

    def __init__(self, clock=None, wait=None):
        if (clock is None) != (wait is None):
            raise ValueError("a real clock needs a way to wait, and the other way round")
        self.clock, self.wait = clock, wait
        self.now = clock() if clock else 0.0
        self.ready = deque()
        self.outside = 0
        self._heap, self._tick = [], count(1).__next__

    def spawn(self, coroutine, delay=0.0, priority=0):
        """Start `coroutine` after `delay` and return its `Task`; with no delay it queues behind the ready ones."""
        task = Task(self, coroutine)
        if delay:
            task.waiting_for = sequence = self._tick()
            heappush(self._heap, (self.now + delay, priority, sequence, task))
        else:
            self.ready.append(task)
        return task

    def wake(self, task):
        """Give back a task that was in custody: it runs after those already ready."""
        task.waiting_for = None
        self.ready.append(task)

    def run(self, until=inf):
        """Run until nothing is left to do, or until the clock shows `until`; return the time it stopped."""
        ready, heap, tick, following = self.ready, self._heap, self._tick, None
        jump = until if self.wait is None else -inf  # virtual time may jump so far, real time has to pass
        while True:
            if ready:
                task = ready.popleft()
            elif following or heap:
                due, _, sequence, task = following or heappop(heap)
                following = None
                if task.waiting_for is not sequence:  # it was cancelled meanwhile
                    continue
                if due > jump:
                    heappush(heap, (due, _, sequence, task))
                    if self._let_time_pass(until):
                        continue
                    return self.now
                self.now = due
            elif self._let_time_pass(until):
                continue
            else:
                return self.now
            try:
                command = task.coroutine.send(None)
            except StopIteration as stop:
                task.coroutine, task.result = None, stop.value
                if task.watchers:
                    task._finish(stop.value)
            except (Exception, Cancelled) as error:
                task._finish(None, error)
            else:
                if command.__class__ is float:
                    task.waiting_for = sequence = tick()
                    if ready:
                        heappush(heap, (self.now + command, 0, sequence, task))
                    else:  # to sleep and who is next, in one go
                        following = heappushpop(heap, (self.now + command, 0, sequence, task))
                elif callable(command):
                    task.waiting_for = command
                    command(task)
                else:
                    raise TypeError(f"{command!r} was awaited, which this loop does not know how to wait for")

    def _let_time_pass(self, until):
        """Wait for the next deadline or for the outside; return False when there is nothing to wait for."""
        heap = self._heap
        if self.wait is None:
            self.now = until if heap else self.now
            return False
        if not heap and not self.outside:
            return False
        due = min(heap[0][0] if heap else inf, until)
        self.wait(max(0.0, due - self.clock()) if isfinite(due) else None)
        self.now = self.clock()
        while heap and heap[0][0] <= self.now:
            _, _, sequence, task = heappop(heap)
            if task.waiting_for is sequence:
                self.ready.append(task)
        return bool(self.ready) or self.now < until

    def complete(self, coroutine):
        """Run until `coroutine` ends and return its result; what others still wait for stays as it is."""

        async def main():
            ended.result = await coroutine
            raise ended

        ended = _Ended()
        self.spawn(main())
        try:
            self.run()
        except _Ended as end:
            if end is not ended:
                raise
            return ended.result
        raise RuntimeError("stuck: it waits for something that nobody left on the loop will do")

    async def within(self, delay, coroutine):
        """Await `coroutine`, but cancel it and raise `TimeoutError` after `delay`."""

        async def ring():
            await sleep(delay)
            job.cancel()

        job, alarm = self.spawn(coroutine), self.spawn(ring())
        try:
            return await job
        except Cancelled:
            if alarm.done:
                raise TimeoutError(f"not done within {delay}") from None
            raise
        finally:
            job.cancel()
            alarm.cancel()


class _Ended(Exception):
    result = None
