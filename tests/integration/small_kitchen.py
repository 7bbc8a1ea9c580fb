"""A connected kitchen in the test's own process: the programs' loops as tasks, one broker for a module."""

import asyncio
import os
import time
from contextlib import asynccontextmanager

import pytest

from pizzeria.ovens import device, pass_program
from pizzeria.ovens.oven import Oven
from pizzeria.ovens.tablet import Tablet


def absent(setup):
    """Skip on a desk and fail in CI where this set-up cannot run."""
    reason = setup.available()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI=true: .ci/run installs it")
    if reason:
        pytest.skip(reason)


@asynccontextmanager
async def kitchen(address, ledger, scale=0.01, cooks=2, ovens=4, patience=2.0):
    """Run an expediter, cooks and ovens while the block lasts; raise what ended one of them."""
    devices = [Tablet(f"cook-{n}", time.time()) for n in range(cooks)]
    devices += [Oven(f"{n}", time.time()) for n in range(ovens)]
    tasks = [asyncio.create_task(pass_program.serve(address, ledger, scale, patience))]
    tasks += [asyncio.create_task(device.serve(one, address)) for one in devices]
    try:
        yield devices
    finally:
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=10)
    for task in ended:
        task.result()
        raise AssertionError("a program ended by itself")
