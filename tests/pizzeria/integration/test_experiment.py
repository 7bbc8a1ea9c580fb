"""The decisive pair, run for real: a pool of ten against the loop, at a hundred clients."""

import argparse
import asyncio
import contextlib
import os
import shlex
from pathlib import Path

import pytest

from pizzeria.datacenter.measure import in_turn, memory_per_client, proxies, results, started
from pizzeria.datacenter.measure.compare_arguments import add_compare_arguments
from pizzeria.datacenter.measure.load import LENGTH, closed, dial, reservation
from pizzeria.datacenter.measure.pair import quick_pair
from pizzeria.datacenter.measure.points import LIMITS, Point
from pizzeria.datacenter.measure.story import ROOMY, STORY
from pizzeria.datacenter.servers.table import SERVERS

SOON = 60  # s; a bound, not a pause
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a Unix")


N, P = 100, 10


def test_the_pair_is_measured():
    """The rates are the machine's, so only an error by orders of magnitude is one. The ratio's cause is counted below."""
    pool, loop, ratio = asyncio.run(quick_pair(N, P))
    assert 1 / 1000 < pool / (P / 0.2124) < 1000
    assert 1 / 1000 < loop / (N / 0.2124) < 1000
    assert ratio == loop / pool


@pytest.mark.parametrize(("name", "in_flight"), [("pool", P), ("loop", N)])
def test_the_ratio_is_what_theory_says(name, in_flight):
    """min(N, P)/S against N/S: so many wait for the credentials at a time, counted by a service that lets one go a time."""

    async def main():
        held, changed, most = [], asyncio.Condition(), 0

        async def vouch(reader, writer):
            nonlocal most
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(int(LENGTH.search(head)[1]))
                    held.append(gone := asyncio.Event())
                    most = max(most, len(held))
                    async with changed:
                        changed.notify_all()
                    await gone.wait()
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n" + b'{"allowed": true}')
            writer.close()

        async def client(port):
            line = await dial(port)
            try:
                return await line.ask(reservation(), SOON)
            finally:
                line.transport.abort()

        async with await asyncio.start_server(vouch, "127.0.0.1", 0, backlog=N) as service:
            url = f"http://127.0.0.1:{service.sockets[0].getsockname()[1]}"
            waits = {"credentials_ms": SOON * 1000, "disk_ms": 0, "compute_ms": 0}
            with started.server(name, url, workers=P, **waits, **ROOMY) as ready:
                async with asyncio.timeout(SOON), asyncio.TaskGroup() as group:
                    clients = [group.create_task(client(ready["port"])) for _ in range(N)]
                    for left in range(N, 0, -1):
                        async with changed:
                            while len(held) < min(in_flight, left):
                                await changed.wait()
                        held.pop(0).set()
        return [one.result() for one in clients], most

    answers, most = asyncio.run(main())
    assert answers == [201] * N
    assert most == in_flight


def test_a_waiting_client_costs_a_process_more_than_a_thread_more_than_a_coroutine():
    process, thread, ours = (
        memory_per_client.price(kind, few, many)
        for kind, few, many in [("process", 5, 25), ("thread", 100, 500), ("our loop", 500, 1500)]
    )
    assert process["resident"] > thread["resident"] > ours["resident"] > 0
    assert thread["reserved"] > 50 * ours["reserved"]


def test_a_waiting_thread_is_refused_at_a_limit_that_is_told():
    found = memory_per_client.thread_ceiling(300)
    assert found["threads"] == 300
    assert found["said"] == "as many as were asked for"
    assert found["mappings"] > 300
    assert found["free"] > 0


def test_the_record_in_the_repository_is_whole():
    """What any honest run of the comparison writes; nothing of it depends on how fast the machine was."""
    record = results.load("content/data/datacenter.json")
    assert {p.server for p in record.points} == set(SERVERS)
    assert {k: record.settings[k] for k in STORY} == STORY
    parser = argparse.ArgumentParser()
    add_compare_arguments(parser)
    said = parser.parse_args(
        shlex.split(record.command.removeprefix("python -m pizzeria datacenter compare"))
    )
    loads = {int(n) for n in said.clients.split(",")}
    assert said.rounds == record.settings["rounds"] >= record.rounds, "the command is the one that wrote it"
    assert all(0 < row["connections"] <= said.held for row in record.held), record.held
    for server in said.servers.split(","):
        assert {p.clients for p in record.points if p.server == server} <= loads, server
    assert {p.clients for p in record.points} == loads
    longest = sum(STORY.values()) / 1000
    for p in record.points:
        assert [w.round for w in p.windows] == list(range(1, record.rounds + 1)), (
            "everybody as often, nobody again"
        )
        for w in p.windows:
            assert w.served > 0, p
            assert w.rate <= p.clients / longest * 1.1, p  # nobody is faster than N/S
            assert w.generator >= 0 <= w.upstream, p
            assert 0 <= w.others <= record.machine["cores"], p
        if p.clients > 10:
            assert p.generator > 0, "its own share is told"
    for p in record.proxies:
        assert len(p.windows) == record.rounds, p
    told = {(p.server, p.limits) for p in record.proxies}
    assert {server for server, _ in told} == set(proxies.PROXIES)
    assert len(told) == len(LIMITS) * len(proxies.PROXIES)
    for row in record.held:
        assert (row["open"], row["failed"], row["errors"]) == (row["connections"], 0, {}), row
        assert len(row["rounds"]) == record.rounds
    assert record.waiting["bytes_each"].keys() == memory_per_client.CROWDS.keys()


def test_a_round_gives_everybody_one_window():
    """Two servers, one round, for real: what a window says of the server, of whom it asks and of ourselves."""
    points, said = in_turn.servers(["pool", "asio-callbacks"], [3]), []
    asyncio.run(in_turn.measure_servers(points, 1, said.append))
    assert sorted(said) == ["round 1: asio-callbacks, 3 clients", "round 1: pool, 3 clients"]
    for point in points:
        (window,) = point.windows
        assert window.round == 1
        assert window.served >= 3
        assert window.errors == window.errors_before == {}
        assert window.threads >= 2
        assert window.proportional > 0
        assert window.at_work is None or 1 <= window.at_work <= window.threads


@pytest.mark.parametrize("limits", LIMITS)
@pytest.mark.parametrize("name", proxies.PROXIES)
def test_the_namesakes_answer(name, limits):
    """Both ways, in front of what the comparison has them ask."""

    async def load(port):
        return await closed(port, 5, 0.3, warm_up=0.1, stagger=0.02, least=6)

    with proxies.running(proxies.slow, 20) as upstream:
        there = None
        with contextlib.ExitStack() as stack:
            if upstream:
                lifted = limits == "lifted"
                there = stack.enter_context(proxies.running(proxies.PROXIES[name], upstream[0], lifted))
            if there is None:
                if os.environ.get("CI") == "true":
                    pytest.fail(f"{name} or Node.js is not installed; .ci/run installs both")
                pytest.skip(f"{name} or Node.js is not installed")
            port, pid = there
            tally = asyncio.run(load(port))
            assert tally.served > 5
            assert not tally.errors + tally.errors_before
    assert not Path(f"/proc/{pid}").exists()


def test_a_namesake_that_is_not_installed_is_left_empty(monkeypatch):
    monkeypatch.setitem(proxies.PROXIES, "nginx", lambda *_: None)
    point = Point("nginx", 1, limits="lifted")
    asyncio.run(in_turn.measure_namesakes([point], 1, lambda _: None))
    assert point.windows == []


def test_the_same_contract_on_postgresql(postgres):
    from support.datacenter import ORDER, Server

    with Server("loop", store=postgres.url) as server:
        headers = {"Idempotency-Key": "once"}
        first, second = server.ask(headers=headers), server.ask(headers=headers)
        assert (first[0], second[0]) == (201, 200)
        assert first[1]["id"] == second[1]["id"]
        assert server.ask(body={**ORDER, "km": 9}, headers=headers)[0] == 422
        server.kill()
    with Server("pool", store=postgres.url) as server:
        assert server.ask("GET", f"/reservations/{first[1]['id']}", None)[:2] == (200, second[1])


def test_a_database_that_is_not_there_is_one_clear_line():
    from support.datacenter import Server

    with (
        pytest.raises(AssertionError, match=r"the PostgreSQL store cannot be opened"),
        Server("asyncio", store="postgresql://pizza@127.0.0.1:9/none"),
    ):
        pass
