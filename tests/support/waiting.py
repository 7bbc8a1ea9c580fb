"""Waiting until something is true: told what never came, within a bound that only what hangs reaches."""

import asyncio
import time

SOON = 120.0  # s; a bound, not a pause


def soon(true, what="it", seconds=SOON):
    """Wait until `true()` is, and return what it returned; `what` says what that is, or is asked for it."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        in_time(deadline, what)
        time.sleep(0.02)
    return found


async def soon_async(true, what="it", seconds=SOON):
    """Wait as `soon` does, on an event loop."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        in_time(deadline, what)
        await asyncio.sleep(0.02)
    return found


def in_time(deadline, what):
    """Fail once the deadline has passed."""
    assert time.monotonic() < deadline, f"waited in vain for {what() if callable(what) else what}"
