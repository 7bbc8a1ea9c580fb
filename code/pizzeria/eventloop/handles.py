"""What the reactor hands out and reports: a call that can be cancelled, an error with its cause."""

from __future__ import annotations

import errno
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pizzeria.eventloop.reactor import Reactor


class ClosedDescriptor(OSError):
    """A descriptor was closed while the reactor still watched it."""

    def __init__(self, fd: int) -> None:
        super().__init__(
            errno.EBADF,
            f"descriptor {fd} was closed while registered: unregister it first, close it afterwards",
        )
        self.fd = fd


class Handle:
    """A call that was asked for; `cancel` takes it back, as long as it has not been made."""

    __slots__ = ("args", "callback", "cancelled", "deadline", "reactor")

    def __init__(
        self,
        reactor: Reactor,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        deadline: float | None = None,
    ) -> None:
        self.reactor, self.args, self.deadline = reactor, args, deadline
        self.callback: Callable[..., object] | None = callback
        self.cancelled = False

    def cancel(self) -> None:
        """Make sure the call is not made; a second time it does nothing."""
        if not self.cancelled:
            self.cancelled, self.callback, self.args = True, None, ()
            if self.deadline is not None:
                self.reactor._timer_cancelled()


class Entry:
    """One registered descriptor; `born` is the turn of the loop it was registered in."""

    __slots__ = ("born", "callback", "events", "identity")

    def __init__(
        self, events: int, callback: Callable[[int, int], object], identity: int | None, born: int
    ) -> None:
        self.events, self.callback, self.identity, self.born = events, callback, identity, born


def print_error(what: str, error: BaseException) -> None:
    """Report an error in a callback to standard error: what failed, then its traceback."""
    print(f"reactor: {what} failed", file=sys.stderr)
    traceback.print_exception(error)
