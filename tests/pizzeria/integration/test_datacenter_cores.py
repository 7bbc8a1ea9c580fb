"""One loop a core: the kernel deals out connections, limits and counts are common, and a loop that dies is replaced.

What any server promises is promised on two cores too: the contract's fixture `server` has them.
"""

import os
import signal
import socket
import subprocess
import sys

import psutil
import pytest

from pizzeria.datacenter.servers.blocking import listen
from pizzeria.datacenter.service.settings import Settings
from support.datacenter import SOON, Server, eventually, read_all, read_response

ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def two():
    with Server("loop", cores=2, connections=40, idle=60) as running:
        yield running


def knock(server):
    """Open a connection, ask once, keep it open; return the socket and the first line of the answer."""
    sock = server.raw(ASK)
    return sock, read_response(sock)


def asked_again(sock):
    """Ask once more on a connection; return whether there is an answer."""
    try:
        sock.sendall(ASK)
        return read_response(sock)[0] == 200
    except OSError:
        return False


def open_at(pid):
    """Return how many clients a loop has; it may keep a connection of its own to the credentials service."""
    mine = psutil.Process(pid).net_connections("tcp")
    door = {one.laddr for one in mine if one.status == "LISTEN"}
    return sum(one.status == "ESTABLISHED" and one.laddr in door for one in mine)


def open_doors(process, port):
    """Return whether a process listens there."""
    try:
        return any(
            one.status == "LISTEN" and one.laddr.port == port for one in process.net_connections("tcp")
        )
    except psutil.Error:
        return False


def test_both_loops_get_clients_and_together_they_take_no_more_than_one_would(two):
    visitors = [knock(two)[0] for _ in range(40)]
    try:
        assert all(open_at(pid) > 0 for pid in two.ready["loops"]), "2 to the 39th to one"
        with two.raw(ASK) as one_more:
            assert b" 503 " in read_all(one_more).split(b"\r\n")[0]
    finally:
        for sock in visitors:
            sock.close()


def test_whichever_loop_is_asked_tells_the_counts_of_all(two):
    assert {two.ask()[0] for _ in range(12)} == {201}
    for _ in range(4):
        page = read_all(two.raw(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).decode()
        assert 'http_responses_total{server="loop",status="201"} 12' in page
        assert "store_records 12" in page


def test_a_killed_loop_is_replaced_and_the_other_ones_clients_notice_nothing(two):
    assert {two.ask()[0] for _ in range(12)} == {201}
    visitors = [knock(two)[0] for _ in range(30)]
    first, _ = two.ready["loops"]
    of_the_first = open_at(first)
    os.kill(first, signal.SIGKILL)
    eventually(lambda: "loop 0 has died; another takes its place" in two.errors)
    answered = [sock for sock in visitors if asked_again(sock)]
    assert len(answered) == len(visitors) - of_the_first
    for sock in visitors:
        sock.close()
    eventually(lambda: len([p for p in psutil.Process(two.pid).children() if open_doors(p, two.port)]) == 2)
    assert {two.ask()[0] for _ in range(20)} == {201}, "nobody is sent to the dead one"
    assert two.metric("store_records") == 32, "what the dead one has written is not forgotten"
    assert two.stop() == 0


def test_loops_end_with_whoever_looks_after_them(two):
    loops = [psutil.Process(pid) for pid in two.ready["loops"]]
    os.kill(two.pid, signal.SIGKILL)
    _, alive = psutil.wait_procs(loops, timeout=SOON)
    assert not alive


def test_a_loop_that_cannot_begin_is_one_line_and_nothing_is_left(tmp_path):
    command = [sys.executable, "-m", "pizzeria", "datacenter", "serve", "--cores=2"]
    ran = subprocess.run(
        [*command, f"--store={tmp_path}/none/at.all"], capture_output=True, text=True, timeout=SOON
    )
    assert ran.returncode == 1
    assert "give --store a file in a folder that exists" in ran.stderr
    assert "Traceback" not in ran.stderr
    ran = subprocess.run([*command, "--server=asyncio"], capture_output=True, text=True, timeout=SOON)
    assert ran.returncode == 1
    assert "--cores 2: only the server loop has more than one" in ran.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_is_shared_with_whoever_shares_it_whatever_kind_of_address_it_has(host):
    if host == "::1" and not socket.has_ipv6:
        pytest.skip("a system without IPv6")
    settings = Settings(host=host)
    with listen(settings, shared=0) as one:
        port = one.getsockname()[1]
        with listen(settings, shared=port) as other:
            assert one.getsockname() == other.getsockname()
            with pytest.raises(OSError, match="in use"):
                listen(Settings(host=host, port=port))
    with listen(settings) as alone, pytest.raises(OSError, match="in use"):
        listen(settings, shared=alone.getsockname()[1])
