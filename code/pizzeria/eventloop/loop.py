"""The event loop of the post: a heap of deadlines, a ready queue and coroutines driven by hand.

A coroutine talks to the loop by what it yields, and it may yield two things only:

* a ``float``: *wake me up in so long* (any unit: the loop only adds; the kitchens count in minutes);
* a function of one task: *take me into custody*; whoever holds the task gives it back with `Loop.wake`.

Everything else (`sleep`, tasks, time-outs, resources) is written with these two. Time is virtual unless the loop is
given a clock and a way to wait: then the same loop keeps real time, and a reactor may wait on its behalf.
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from heapq import heappop, heappush, heappushpop
from math import inf, isfinite
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, cast, overload

from pizzeria.eventloop.sleepers import Sleepers, first_of, join

T = TypeVar("T")
Command: TypeAlias = "float | Callable[[Task[Any]], object]"
"""What a coroutine may yield."""


class Driven(Protocol):
    """What a loop drives: a coroutine, or what stands in for one."""

    @property
    def send(self) -> Callable[[None], Any]:
        """Go on, and return the next `Command`; `StopIteration` holds the result."""


class Cancelled(BaseException):
    """Thrown into a coroutine that somebody cancelled, at the `await` where it sleeps."""


class Pause(list[Command]):
    """Sleep for a constant time: ``nap = Pause((5.0,))``, then ``await nap`` as often as you like."""

    # An iterator of C yields the one thing that is held, then stops: all that `await` asks for. Backwards, because that
    # is a method, and `__iter__` a slot, for whose call a tuple of arguments would be made.
    __slots__ = ()
    __await__ = cast("Callable[[Pause], Generator[Command, None, None]]", list.__reversed__)


@types.coroutine
def _nothing() -> Generator[None, None, None]:
    return
    yield


# An `await` that does not wait: a generator that has ended may be awaited again and again.
AT_ONCE = _nothing()
list(cast("Iterator[None]", AT_ONCE))


@types.coroutine
def sleep(delay: float) -> Generator[float, None, None]:
    """Sleep for `delay` units of the loop's time (0 lets the others run first); negative or NaN is an error."""
    if not delay >= 0:
        raise ValueError(f"cannot sleep for {delay}: time only goes forward")
    yield delay + 0.0


class Task(Generic[T]):
    """A coroutine the loop drives; `await` it for its result, or for the error it died of."""

    __slots__ = ("coroutine", "error", "loop", "result", "waiting_for", "watchers")

    def __init__(self, loop: Loop, coroutine: Coroutine[Any, Any, T] | Driven) -> None:
        self.loop = loop
        self.coroutine: Coroutine[Any, Any, T] | Driven | None = coroutine
        # When it is due or who has it in custody; a queue entry that says something else is stale.
        self.waiting_for: object = None
        self.result: T | None = None
        self.error: BaseException | None = None
        self.watchers: tuple[Task[Any], ...] = ()

    @property
    def done(self) -> bool:
        """Whether it has ended: then there is no coroutine left to drive."""
        return self.coroutine is None

    def __await__(self) -> Generator[Command, None, T]:
        if not self.done:
            yield self._watched_by
        if self.error is not None:
            raise self.error
        return cast("T", self.result)

    def cancel(self) -> None:
        """Throw `Cancelled` where the task sleeps; a task that is done stays as it is."""
        if self.done or isinstance(self.coroutine, _Thrower):
            return
        if self in self.loop.ready:
            # It may have a resource coming: let it take it, so that it can give it back.
            self.loop.spawn(self._cancel_soon())
        else:
            self.coroutine = _Thrower(self)
            self.loop.wake(self)

    async def _cancel_soon(self) -> None:
        self.cancel()

    def _watched_by(self, task: Task[Any]) -> None:
        self.watchers = (*self.watchers, task)

    def _finish(self, result: T | None, error: BaseException | None = None) -> None:
        self.coroutine, self.result, self.error = None, result, error
        watchers = [task for task in self.watchers if task.waiting_for == self._watched_by]
        for task in watchers:
            self.loop.wake(task)
        if error is not None and not watchers and not isinstance(error, Cancelled):
            raise error  # nobody is there to hear it: errors never pass silently


class _Thrower:
    """Stand in for the coroutine of a cancelled task, for one step."""

    def __init__(self, task: Task[Any]) -> None:
        self.task, self.coroutine = task, cast("Coroutine[Any, Any, Any]", task.coroutine)

    def send(self, _: None) -> Any:
        self.task.coroutine = self.coroutine
        return self.coroutine.throw(Cancelled())


class Loop:
    """Run coroutines by their deadlines, on virtual time, or on `clock` when `wait(delay)` can let time pass.

    `wait(None)` means: until something happens outside; it is asked only while `outside` (tasks that wait for the
    world) is above 0. Ties are broken by priority, lowest first, then by who went to sleep first.
    """

    sleep = staticmethod(sleep)

    def __init__(
        self, clock: Callable[[], float] | None = None, wait: Callable[[float | None], object] | None = None
    ) -> None:
        if (clock is None) != (wait is None):
            raise ValueError("a real clock needs a way to wait, and the other way round")
        self.clock, self.wait = clock, wait
        self.now = clock() if clock else 0.0
        self.ready: deque[Task[Any]] = deque()
        self.outside = 0
        # Due times, each once or more, and who sleeps until then: comparing floats costs a third of comparing tuples.
        self._heap: list[float] = []
        self._sleepers: Sleepers[Task[Any]] = {}

    @overload
    def spawn(self, coroutine: Coroutine[Any, Any, T], delay: float = 0.0, priority: int = 0) -> Task[T]: ...

    @overload
    def spawn(self, coroutine: Driven, delay: float = 0.0, priority: int = 0) -> Task[Any]: ...

    def spawn(
        self, coroutine: Coroutine[Any, Any, T] | Driven, delay: float = 0.0, priority: int = 0
    ) -> Task[T] | Task[Any]:
        """Start `coroutine` after `delay` and return its `Task`; with no delay it queues behind the ready ones."""
        task: Task[T] = Task(self, coroutine)
        if delay:
            task.waiting_for = due = self.now + delay
            heappush(self._heap, due)
            if priority or due in self._sleepers:
                join(self._sleepers, due, task, priority)
            else:
                self._sleepers[due] = task
        else:
            self.ready.append(task)
        return task

    def wake(self, task: Task[Any]) -> None:
        """Give back a task that was in custody: it runs after those already ready."""
        task.waiting_for = None
        self.ready.append(task)

    def run(self, until: float = inf) -> float:
        """Run until nothing is left to do, or until the clock shows `until`; return the time it stopped."""
        ready, heap, sleepers = self.ready, self._heap, self._sleepers
        following: float | None = None
        now = self.now
        jump = until if self.wait is None else -inf  # virtual time may jump so far, real time has to pass
        while True:
            if ready:
                task = ready.popleft()
                self.now = now  # who ran before may have put it forward for himself
            else:
                if following is not None:
                    due, following = following, None
                elif heap:
                    due = heappop(heap)
                elif self._let_time_pass(until):
                    now = self.now
                    continue
                else:
                    return self.now
                if due > jump:
                    heappush(heap, due)
                    if self._let_time_pass(until):
                        now = self.now
                        continue
                    return self.now
                sleeper = sleepers.pop(due, None)
                if type(sleeper) is not Task:
                    sleeper = first_of(sleepers, due, sleeper)
                    if sleeper is None:
                        continue
                if sleeper.waiting_for != due:  # it was cancelled meanwhile
                    continue
                task = sleeper
                self.now = now = due
            try:
                command = task.coroutine.send(None)  # type: ignore[union-attr]  # who is ready is not done; a look would cost every step
            except StopIteration as stop:
                task.coroutine, task.result = None, stop.value
                if task.watchers:
                    task._finish(stop.value)
            except (Exception, Cancelled) as error:
                task._finish(None, error)
            else:
                if type(command) is float:
                    task.waiting_for = due = self.now + command
                    if sleepers.setdefault(due, task) is not task:
                        join(sleepers, due, task)
                    if ready:
                        heappush(heap, due)
                    else:  # to sleep and who is next, in one go
                        following = heappushpop(heap, due)
                elif callable(command):
                    task.waiting_for = command
                    command(task)
                else:
                    raise TypeError(f"{command!r} was awaited, which this loop does not know how to wait for")

    def _let_time_pass(self, until: float) -> bool:
        """Wait for the next deadline or for the outside; return False when there is nothing to wait for."""
        heap = self._heap
        if self.wait is None or self.clock is None:
            self.now = until if heap else self.now
            return False
        if not heap and not self.outside:
            return False
        due = min(heap[0] if heap else inf, until)
        self.wait(max(0.0, due - self.clock()) if isfinite(due) else None)
        self.now = self.clock()
        while heap and heap[0] <= self.now:
            task = first_of(self._sleepers, heap[0], self._sleepers.pop(heap[0], None))
            if task is not None and task.waiting_for == heap[0]:
                self.ready.append(task)
            heappop(heap)
        return bool(self.ready) or self.now < until

    def complete(self, coroutine: Awaitable[T]) -> T:
        """Run until `coroutine` ends and return its result; what others still wait for stays as it is."""

        async def main() -> None:
            ended.result = await coroutine
            raise ended

        ended = _Ended()
        self.spawn(main())
        try:
            self.run()
        except _Ended as end:
            if end is not ended:
                raise
            return cast("T", ended.result)
        raise RuntimeError("stuck: it waits for something that nobody left on the loop will do")

    async def within(self, delay: float, coroutine: Coroutine[Any, Any, T]) -> T:
        """Await `coroutine`, but cancel it and raise `TimeoutError` after `delay`."""

        async def ring() -> None:
            await sleep(delay)
            job.cancel()

        job: Task[T] = self.spawn(coroutine)
        alarm = self.spawn(ring())
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
    result: object = None
