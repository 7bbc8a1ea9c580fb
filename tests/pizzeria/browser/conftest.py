"""What the tests of the ovens' board start from."""

from contextlib import ExitStack

import pytest

from pizzeria.ovens.brokers.kinds import Embedded
from support.boards import ACCESS


@pytest.fixture(scope="module")
def embedded():
    with Embedded(ACCESS) as broker:
        yield broker


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack
