"""Whom a server asks and where it writes may fail it: one clear status, nothing lost or doubled, nothing left open."""

import os
import resource

import pytest

from pizzeria.datacenter.servers.table import SERVERS
from support.datacenter import ORDER, PATIENCE, Server, eventually
from support.datacenter_credentials import LIES, liars

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the data centre's servers need a Unix"),
    pytest.mark.usefixtures("compiled"),
]


def order_of(user):
    return {**ORDER, "credentials": {"user": user, "password": "basil"}}


@pytest.fixture(scope="module")
def service():
    with liars() as url:
        yield url


@pytest.fixture(scope="module", params=SERVERS)
def trusting(request, service, compiled):
    """A server that asks a liar, and waits for its words as long as it takes."""
    with Server(request.param, **PATIENCE, deadline=60, credentials_url=service) as running:
        yield running
        assert running.stop() == 0
        assert running.errors == ""


class TestTheCredentialsService:
    @pytest.mark.parametrize("user", LIES)
    def test_lies(self, trusting, user):
        """Over a new link and over one that was kept; afterwards all is well."""
        status = LIES[user][1]
        for _ in range(2):
            said, document, _ = trusting.ask(body=order_of(user))
            assert said == status, document
            assert "Traceback" not in str(document)
            assert trusting.ask()[0] == 201

    def test_what_nobody_asked_for_is_nobodys_verdict(self, trusting):
        assert [trusting.ask(body=order_of("twice"))[0] for _ in range(3)] == [403] * 3

    def test_afterwards_nothing_is_open(self, trusting):
        assert trusting.ask()[0] == 201
        assert eventually(lambda: trusting.metric("connections_open") <= 1)
        assert trusting.metric("reservations_in_flight") == 0
        assert eventually(lambda: trusting.descriptors() < 30), trusting.descriptors()

    @pytest.mark.parametrize("user", ["silent", "dripping", "half"])
    def test_hangs(self, name, service, user):
        """Two words at the deadline, and one order after that with the same key."""
        with Server(name, **PATIENCE, deadline=0.5, workers=3, credentials_url=service) as server:
            before = server.descriptors()
            for _ in range(3):
                assert server.ask(body=order_of(user))[0] == 504
            assert eventually(lambda: server.descriptors() <= before + 2), (before, server.descriptors())
            assert server.metric("reservations_in_flight") == 0
            assert server.stop() == 0
            assert server.errors == ""


class TestTheDisk:
    def test_a_disk_that_takes_longer_than_the_deadline(self, name, service, tmp_path):
        """It was written all the same, once: asked again it is found, and not made."""
        key, store = {"Idempotency-Key": "slow"}, tmp_path / "book"
        with Server(
            name, store=store, **PATIENCE, deadline=0.4, disk_ms=60_000, credentials_url=service
        ) as server:
            status, document, _ = server.ask(headers=key)
            assert (status, "same Idempotency-Key" in document["error"]) == (504, True)
            assert server.stop() == 0
        with Server(name, store=store, **PATIENCE, deadline=60, credentials_url=service) as server:
            answers = [server.ask(headers=key) for _ in range(2)]
            assert answers[0][0] in (
                200,
                201,
            )  # a busy machine may have taken all of its time before the disk
            assert (answers[1][0], answers[1][1]["id"]) == (200, answers[0][1]["id"])

    def test_a_full_disk_that_has_room_again(self, name, tmp_path):
        """What was refused can be asked for again, and is made once; what was acknowledged has stayed."""
        full = (
            "bash",
            "-c",
            'ulimit -S -f 200; exec "$@"',
            "full",
        )  # 1,024-byte blocks: to a program, a full disk
        quick = {"compute_ms": 0, "disk_ms": 0, "credentials_ms": 0}
        with Server(name, prefix=full, store=tmp_path / "book", deadline=60, **quick) as server:
            body = {**ORDER, "pizzas": ["x" * 80] * 50}
            made, refused = {}, []
            for n in range(400):
                status, document, _ = server.ask(body=body, headers={"Idempotency-Key": str(n)})
                if status == 201:
                    made[n] = document["id"]
                else:
                    assert status == 507, document
                    refused.append(n)
                    if len(refused) == 3:
                        break
            assert made
            assert len(refused) == 3
            writer = server.ready.get("registry", server.pid)
            resource.prlimit(writer, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            for n in refused:
                answers = [server.ask(body=body, headers={"Idempotency-Key": str(n)}) for _ in range(2)]
                assert [status for status, *_ in answers] == [201, 200]
                assert answers[0][1]["id"] == answers[1][1]["id"]
                made[n] = answers[0][1]["id"]
            assert server.stop() == 0
        with Server(name, store=tmp_path / "book", deadline=60, **quick) as server:
            assert len(set(made.values())) == len(made)
            for n, reservation in made.items():
                again = server.ask(body=body, headers={"Idempotency-Key": str(n)})
                assert (again[0], again[1]["id"]) == (200, reservation)
            assert server.stop() == 0
