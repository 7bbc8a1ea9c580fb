"""Fixtures of the pizzeria's unit tests."""

import pytest

from pizzeria.ovens.expediter.decisions import Expediter
from support.expediters import RUN


@pytest.fixture
def expediter():
    return Expediter(RUN, scale=1.0, patience=5.0)
