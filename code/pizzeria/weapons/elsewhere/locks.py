"""Two event loops, a thread each. While one computes and never lets go: is the other's timer heard?

Threads of one interpreter take turns by its lock, every five milliseconds; here nobody is asked to take turns, so that
it shows who is able to run *at the same time*. Without the lock (a free-threaded Python, 3.13 or newer) or with one each
(an interpreter a thread, 3.13 or newer) the timer is heard. What is asked is yes or no, never how fast.
"""

import asyncio
import mmap
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

READY, RUNG = 0, 1  # what stands where in the memory that both loops see
TIMER, TRIES = 0.05, 20
PATIENCE = {
    True: 0.5,
    False: 30.0,
}  # seconds, with one lock for both or without: until then the bell is certain to come


def shared(path: str) -> mmap.mmap:
    """Map the file that both loops have in common."""
    with open(path, "r+b") as file:
        return mmap.mmap(file.fileno(), 2)


async def ring(path: str) -> None:
    """Be the second loop: start a timer, and ring when it is over."""
    with shared(path) as flags:
        flags[READY] = 1
        await asyncio.sleep(TIMER)
        flags[RUNG] = 1


async def compute(path: str, patience: float) -> str:
    """Be the first loop: compute, without an await, until the bell is heard or patience ends."""
    with shared(path) as flags:
        while not flags[READY]:
            await asyncio.sleep(0.001)
        if flags[RUNG]:
            return "too early"
        end = time.monotonic() + patience
        while not flags[RUNG]:
            if time.monotonic() > end:
                return "only afterwards"
        return "meanwhile"


def in_this_interpreter(path: str) -> None:
    """Run the second loop in a thread of this interpreter."""
    asyncio.run(ring(path))


def in_one_of_its_own(path: str) -> None:
    """Run the second loop in an interpreter of its own, which has a lock of its own."""
    module: Any
    code = f"import runpy, asyncio\nmine = runpy.run_path({__file__!r})\nasyncio.run(mine['ring']({path!r}))"
    if sys.version_info >= (3, 14):
        from concurrent import interpreters

        module = interpreters
        other = module.create()
        other.exec(code)
        other.close()
        return
    import importlib

    module = importlib.import_module("_interpreters")
    number = module.create()
    module.run_string(number, code)
    module.destroy(number)


def heard(second: Callable[[str], None], one_lock: bool) -> str:
    """Return when the second loop's bell was heard."""
    for _ in range(TRIES):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "flags")
            path.write_bytes(bytes(2))
            thread = threading.Thread(target=second, args=(str(path),))
            thread.start()
            said = asyncio.run(compute(str(path), PATIENCE[one_lock]))
            thread.join()
        if said != "too early":
            return said
    raise RuntimeError("the machine stood still at every try")


def main() -> None:
    """Print who was heard when."""
    sys.setswitchinterval(3600)
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(f"{'one lock' if locked else 'no lock'}, two threads: heard {heard(in_this_interpreter, locked)}")
    if locked and sys.version_info >= (3, 13):
        print(f"a lock each, two interpreters: heard {heard(in_one_of_its_own, False)}")


if __name__ == "__main__":
    main()
