"""One rule for whatever is measured and not computed: it is shown, tried again, and said when it did not come out.

A fact (an order of events, a count, a state, a lower bound of a time) is asserted. A measurement depends on who is
scheduled when, so no build and no test may stop for one bad moment:

- *What is measured* is a ratio within one run, or a difference that is usually tenfold or more.
- *The tolerance* is wide: what is judged (`came_out`) is whether the claim is visible at all, not by how much.
- *Tried again* up to `TRIES` times in all. The first that comes out counts, otherwise the last.
- *When it did not come out*, the sentence says so: `unless` gives the words. Nothing stops.

An exception is no bad luck: it is raised at once, and not tried again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
TRIES = 3
NOT_THIS_TIME = " (Not this time: the machine that built this page was busy with something else.)"


@dataclass(frozen=True, kw_only=True)
class Measured(Generic[T]):
    """What was measured: the `value` that counts, whether it `came_out`, and after how many `tries`."""

    value: T
    came_out: bool
    tries: int

    def unless(self, words: str = NOT_THIS_TIME, usual: str = "") -> str:
        """Return `words` if it did not come out, else `usual`."""
        return unless(self.came_out, words, usual)


def unless(came_out: bool, words: str = NOT_THIS_TIME, usual: str = "") -> str:
    """Return what a sentence adds about a measurement: `words` if it did not come out, else `usual`."""
    return usual if came_out else words


def measured(measure: Callable[[], T], came_out: Callable[[T], bool], tries: int = TRIES) -> Measured[T]:
    """Call `measure` until `came_out` of its value is true, at most so many times; return the `Measured`."""
    for done in _counted(tries):
        value = measure()
        if came_out(value) or done == tries:
            break
    return Measured(value=value, came_out=bool(came_out(value)), tries=done)


async def measured_async(
    measure: Callable[[], Awaitable[T]], came_out: Callable[[T], bool], tries: int = TRIES
) -> Measured[T]:
    """Do what `measured` does with a function whose result is awaited."""
    for done in _counted(tries):
        value = await measure()
        if came_out(value) or done == tries:
            break
    return Measured(value=value, came_out=bool(came_out(value)), tries=done)


def _counted(tries: int) -> range:
    if tries < 1:
        raise ValueError(f"measure at least once, not {tries} times")
    return range(1, tries + 1)
