"""What the tests of the connected kitchen share."""

import asyncio
import os
import subprocess
import sys

import pytest

from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens.brokers.kinds import Access
from pizzeria.ovens.mqtt.address import Address


def absent(setup):
    """Skip on a desk and fail in CI where this set-up cannot run."""
    reason = setup.available()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI=true: .ci/run installs it")
    if reason:
        pytest.skip(reason)


ACCESS = Access("cook", "ba:si@l", topics=("kitchen/#",))
SECRETS = ("ba:si@l", "ba%3Asi%40l")
SETUP = Setup(cooks=2, ovens=4, orders_per_hour=60.0, burns_after=500.0)
SOON = 60  # s; a bound, not a pause


def address(setup):
    return Address(tuple(setup.urls), setup.ca_file)


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, SOON))


STAMP = {"run": "yesterday", "session": 1, "seq": 1, "boot": 1.0}


def program(name, *options, url=None, **environment):
    """Run a program that is to fail; return its exit code and the lines it says."""
    known = {key: value for key, value in os.environ.items() if not key.startswith("PIZZERIA_")}
    ran = subprocess.run(
        [sys.executable, "-m", "pizzeria", name, *options],
        env=known | ({"PIZZERIA_BROKER": url} if url else {}) | environment,
        capture_output=True, text=True, timeout=SOON,
    )  # fmt: skip
    said = ran.stdout + ran.stderr
    assert not [secret for secret in (*SECRETS, "wrong") if secret in said], "credentials in a log"
    assert "Traceback" not in said, said
    return ran.returncode, [line for line in said.splitlines() if "trying again" not in line]
