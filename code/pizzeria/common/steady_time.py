"""A clock that nobody sets: seconds since 1970 when this process looked first, monotonic from there on."""

import time

_BEGAN = time.time() - time.monotonic()


def steady_time() -> float:
    """Return the seconds since 1970; who sets the machine's clock meanwhile moves it by nothing."""
    return _BEGAN + time.monotonic()
