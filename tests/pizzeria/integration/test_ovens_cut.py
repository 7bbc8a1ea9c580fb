"""What is cut or killed around the connected kitchen: links, cooks, the expediter, a parent."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
import time

import psutil
import pytest

from pizzeria.ovens import LinkError, lunch
from pizzeria.ovens.expediter.ledger import read
from pizzeria.ovens.mqtt.address import Address
from pizzeria.ovens.mqtt.link import SHORTEST, Link
from pizzeria.ovens.programs.in_process import kitchen_here
from pizzeria.ovens.protocol.messages import TREE, encode
from support.small_kitchen import SETUP, SOON, address, run


def test_a_lunch_over_websockets(broker, tmp_path):
    async def main():
        async with kitchen_here(Address((broker.ws_url,)), tmp_path / "ledger.db"):
            return await lunch(Address((broker.ws_url,)), SETUP, 2, 1)

    assert len(run(main())) == 2


def test_orders_killed_in_the_middle_are_carried_on(broker, tmp_path):
    """The lunch is begun anew with its beginning: what was done is not done again, and every order ends."""

    async def main():
        where, ended, began = address(broker), [], time.time()
        async with kitchen_here(where, tmp_path / "ledger.db", cooks=3):

            def first_to_end(served):
                ended.append(served)
                first.cancel()  # at once: a killer who has to wake up first may find all of them served

            first = asyncio.create_task(lunch(where, SETUP, 8, 1, ended=first_to_end, began=began))
            await asyncio.wait((first,))
            return ended, await lunch(where, SETUP, 8, 1, began=began)

    early, served = run(main())
    assert 1 <= len(early) < 8
    assert [one.order for one in served] == list(range(1, 9))
    done = [(f.order, f.step) for f in read(tmp_path / "ledger.db")[1] if f.fact == "done"]
    assert len(done) == len(set(done)) == 32


def test_a_link_comes_back_with_longer_pauses_and_says_one_line(broker, caplog, monkeypatch):
    pauses, honest = [], asyncio.sleep

    async def pause(seconds):
        if seconds >= SHORTEST / 2:
            pauses.append(seconds)
        await honest(0)

    async def main():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        async with Link(address(broker), "lost", []) as link:
            while not link.connected:
                await honest(0.01)
            object.__setattr__(link, "address", Address((f"mqtt://127.0.0.1:{port}",)))
            monkeypatch.setattr(asyncio, "sleep", pause)
            link.cut()
            while len(pauses) < 9:
                await honest(0.01)
            monkeypatch.undo()

    caplog.set_level(logging.WARNING)
    run(main())
    for attempt, seconds in enumerate(pauses[:9]):
        longest = min(2.0, SHORTEST * 2**attempt)
        assert longest / 2 <= seconds <= longest
    assert len({round(seconds / SHORTEST, 3) for seconds in pauses[6:]}) > 1, "no jitter"
    assert len([r for r in caplog.records if "lost: no link" in r.getMessage()]) <= 2


def test_a_cut_link_says_its_will_and_greets_again(broker):
    async def main():
        where = address(broker)
        stamps = iter(range(1, 100))
        state = {"run": "r", "boot": 1.0}
        topic = TREE["oven_state"].of("cable")

        def greet():
            said = encode(
                "oven_state", **state, session=link.session, seq=next(stamps), state="empty", order=None
            )
            return [(topic, said, False)]

        def will():
            return topic, encode("oven_state", **state, session=link.session, seq=99, state="gone")

        async with Link(where, "reader", [topic]) as reader:
            while not reader.connected:
                await asyncio.sleep(0.01)
            async with Link(where, "oven cable", [], greet=greet, will=will) as link:
                seen = [(await reader.hear(SOON))[2]]
                link.cut()
                seen += [(await reader.hear(SOON))[2] for _ in range(2)]
            return seen

    states = run(main())
    assert sorted(said["state"] for said in states) == ["empty", "empty", "gone"]
    gone = next(said for said in states if said["state"] == "gone")
    assert gone["session"] == min(said["session"] for said in states), "a will speaks for its own connection"
    assert len({said["session"] for said in states}) == 2


def test_hearing_on_a_link_that_is_vain_raises():
    async def main():
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        where = Address((f"mqtt://cook:wrong@127.0.0.1:{port}",))
        async with Link(where, "nobody", [], patience=0.2) as link:
            with pytest.raises(LinkError, match=f"^mqtt://127.0.0.1:{port}: nobody listens"):
                await link.hear()

    run(main())


def words_of(process):
    """Return the command line of a process; one that has just ended has none."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def live(options: str, **streams) -> subprocess.Popen:
    """Start `kitchen live` as a person does, with nothing in the environment that is ours. options: as typed."""
    known = {key: value for key, value in os.environ.items() if not key.startswith("PIZZERIA_")}
    command = [sys.executable, "-m", "pizzeria", "kitchen", "live", *options.split()]
    return subprocess.Popen(command, env=known, **streams)


def test_a_lunch_goes_on_when_a_person_kills_a_cook_and_the_expediter():
    """What `kitchen live` invites to: kill -9 on its programs; somebody takes over and the lunch ends well."""
    options = "--orders 8 --orders-per-hour 60 --burns-after 1000 --cooks 2 --scale 0.03"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with live(options, **pipes) as lunch_process:
        try:
            me, deadline = psutil.Process(lunch_process.pid), time.monotonic() + SOON
            for word in ("tablet", "expediter"):
                victim = None
                while victim is None:
                    assert time.monotonic() < deadline, f"no {word} was ever there"
                    victim = next((p for p in me.children() if word in words_of(p)), None)
                victim.kill()
            said, errors = lunch_process.communicate(timeout=SOON)
        finally:
            lunch_process.kill()
    assert lunch_process.returncode == 0, errors
    assert "8 of 8 orders closed" in said
    assert " 0 doubled" in said
    assert "8 orders: 8 served, 0 burnt" in said


def test_nothing_outlives_a_killed_parent():
    """kill -9 of `kitchen live`: its broker, its programs and theirs are gone a moment later."""
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with live("--orders 200 --cooks 2 --scale 1", **silent) as parent:
        try:
            me, deadline = psutil.Process(parent.pid), time.monotonic() + SOON
            while len(children := [p for p in me.children() if "pizzeria" in " ".join(words_of(p))]) < 6:
                assert time.monotonic() < deadline, [words_of(p) for p in children]
                time.sleep(0.05)
            children = me.children(recursive=True)
        finally:
            parent.kill()
    _, alive = psutil.wait_procs(children, timeout=SOON)
    for process in alive:
        process.kill()
    assert not alive, [words_of(process) for process in alive]
