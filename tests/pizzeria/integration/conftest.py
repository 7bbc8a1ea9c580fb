"""The nine servers, a broker, and reactors and proactors on every mechanism, as the tests want them."""

from __future__ import annotations

import contextlib
import select
import socket

import pytest

from pizzeria.datacenter.servers import asio
from pizzeria.datacenter.servers.table import SERVERS
from pizzeria.eventloop.proactor import open_proactor
from pizzeria.eventloop.reactor import Reactor, mechanisms
from pizzeria.ovens.brokers.kinds import Embedded
from pizzeria.ovens.expediter.ledger import StoredLedger
from support.datacenter import PATIENCE, Server
from support.datacenter_credentials import credentials_service
from support.ledgers import LONG
from support.postgres import PostgresServer
from support.proactors import KINDS
from support.reactors import STANDS_IN, Kevent, StandInKqueue
from support.small_kitchen import ACCESS, absent


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server."""
    server = PostgresServer()
    absent(server)
    with server:
        yield server


TWO_CORES = "loop-on-two-cores"
HURRY = dict.fromkeys(PATIENCE, 0.6)


@pytest.fixture(scope="session")
def compiled():
    """Compile the C++ servers before the clock of any test runs."""
    for name in asio.SOURCES:
        asio.program(name)


@pytest.fixture(params=SERVERS)
def name(request):
    """The name of a server; a new row in SERVERS is tested by being there."""
    return request.param


@pytest.fixture(scope="module")
def credentials():
    """The address of a credentials service that takes 20 ms."""
    with credentials_service(delay_ms=20) as url:
        yield url


PLACES = {"queue": 64, "workers": 8}


@contextlib.contextmanager
def ending_well(name, **asked):
    """Run a server that ends when it is asked to, and has nothing to complain of."""
    with Server(name, **PLACES, **asked) as running:
        yield running
        assert running.stop() == 0
        assert "Traceback" not in running.errors


@pytest.fixture(scope="module", params=[*SERVERS, TWO_CORES])
def server(request, compiled, credentials):
    """A server that is patient: however busy the machine, nobody honest is sent home."""
    name, more = ("loop", {"cores": 2}) if request.param == TWO_CORES else (request.param, {})
    with ending_well(name, **PATIENCE, deadline=60, idle=60, credentials_url=credentials, **more) as running:
        yield running


@pytest.fixture(scope="module", params=SERVERS)
def hurried(request, compiled, credentials):
    """A server that is not: for tests in which somebody is too slow."""
    with ending_well(request.param, **HURRY, deadline=1.5, idle=1, credentials_url=credentials) as running:
        yield running


@pytest.fixture
def long_epochs(monkeypatch):
    """Have no epoch end because the machine stood still: time is what a test moves on."""
    monkeypatch.setattr(StoredLedger, "tenure", LONG)


@pytest.fixture(params=[*mechanisms(), *STANDS_IN])
def reactor(request, monkeypatch):
    errors: list = []
    if request.param in STANDS_IN:
        constants = {
            "KQ_FILTER_READ": -1,
            "KQ_FILTER_WRITE": -2,
            "KQ_EV_ADD": 1,
            "KQ_EV_DELETE": 2,
            "KQ_EV_CLEAR": 0x20,
        }
        for name, value in {**constants, "kqueue": StandInKqueue, "kevent": Kevent}.items():
            monkeypatch.setattr(select, name, value, raising=False)
    with Reactor(request.param, lambda what, error: errors.append((what, error))) as one:
        one.errors = errors
        yield one


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.setblocking(False)
        yield ours, theirs


@pytest.fixture(params=KINDS)
def proactor(request):
    with open_proactor(request.param) as one:
        assert one.kind == request.param
        yield one
    assert one.pending == 0


@pytest.fixture(scope="module")
def broker():
    with Embedded(ACCESS) as setup:
        yield setup
