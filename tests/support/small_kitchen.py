"""What the tests of the connected kitchen share."""

import os

import pytest


def absent(setup):
    """Skip on a desk and fail in CI where this set-up cannot run."""
    reason = setup.available()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and CI=true: .ci/run installs it")
    if reason:
        pytest.skip(reason)
