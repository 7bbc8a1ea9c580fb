"""How a server's end begins: the first SIGTERM or Ctrl-C calls it, and no later one hurries it; and when it is cut short."""

import signal
import sys
from collections.abc import Callable

STOPPING = (signal.SIGTERM, signal.SIGINT)


def call_once(tell: Callable[[], object]) -> None:
    """Call `tell` at the first SIGTERM or SIGINT; later ones change nothing (main thread only)."""

    def hear(*_: object) -> None:
        begun()
        tell()

    for number in STOPPING:
        signal.signal(number, hear)


def begun() -> None:
    """Let SIGTERM and SIGINT change nothing from now on: the end has begun."""
    # A function that does nothing, not SIG_IGN: Python complains about a signal that is ignored halfway.
    for number in STOPPING:
        signal.signal(number, lambda *_: None)


def cut(left: int, seconds: float) -> None:
    """Say that the drain has taken as long as it may, and how many connections are closed without an answer."""
    if left > 0:
        print(
            f"datacenter: the drain's {seconds:g} s are over (--drain): connections cut: {left}",
            file=sys.stderr,
            flush=True,
        )


def over() -> None:
    """Ignore SIGTERM and SIGINT for good: all is done, and the interpreter that goes must not give them back their power."""
    begun()
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)  # what came before is heard here
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
