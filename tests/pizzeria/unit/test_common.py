"""What several rooms share: files written whole, free ports, programs that are started and stopped."""

import importlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pizzeria.common.files import aside, one_at_a_time, write_whole
from pizzeria.common.ports import HOST, held_port, held_ports
from pizzeria.common.steady_time import steady_time
from pizzeria.common.subprocesses import LAST_WORDS, Drain, ready_program, stop, stop_all
from pizzeria.datacenter.measure import proxies
from support.waiting import soon

NOISE = """
import sys
import time
for _ in range(2000):
    for stream in (sys.stdout, sys.stderr):
        print("x" * 500, file=stream)
"""
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); signal.pause()"
)
# In a network of its own, with four ports to give away.
NO_OTHER_LEFT = """
import errno
import fcntl
import socket
import struct
from pathlib import Path
from pizzeria.common.ports import HOST, held_ports

SIOCSIFFLAGS, UP = 0x8914, 0x1
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", UP))
Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("41000 41003")
with held_ports(3) as ports, socket.create_server((HOST, 0)) as other:
    assert sorted([*ports, other.getsockname()[1]]) == [41000, 41001, 41002, 41003]
    servers = [socket.create_server((HOST, port)) for port in ports]
    servers.pop().close()  # as a killed one
    for ask in (socket.create_server, socket.create_connection):
        try:
            ask((HOST, 0) if ask is socket.create_server else servers[0].getsockname())
        except OSError as error:
            print(errno.errorcode[error.errno])
    socket.create_server((HOST, ports[-1])).close()
"""


def test_a_file_is_written_whole(tmp_path):
    file = tmp_path / "deep" / "record.json"
    write_whole(file, "one")
    write_whole(file, "two")
    assert file.read_text() == "two"
    assert list(file.parent.iterdir()) == [file]


def test_one_at_a_time_keeps_the_others_out(tmp_path):
    fcntl = pytest.importorskip("fcntl")
    other = os.open(tmp_path, os.O_RDONLY)
    try:
        with one_at_a_time(tmp_path), pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        os.close(other)
    with pytest.raises(ZeroDivisionError), one_at_a_time(tmp_path):
        raise ZeroDivisionError
    with one_at_a_time(tmp_path):
        assert list(tmp_path.iterdir()) == []


def test_an_interrupted_file_leaves_the_old_one(tmp_path):
    file = tmp_path / "record.json"
    write_whole(file, "one")

    def interrupted():
        with aside(file) as made:
            made.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert file.read_text() == "one"
    assert list(tmp_path.iterdir()) == [file]


def test_held_ports_are_different_and_whoever_names_one_gets_it():
    with held_ports(5) as ports, held_port() as another:
        assert len({*ports, another}) == 6
        for port in (*ports, another) * 2:
            socket.create_server((HOST, port)).close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a bound port cannot be shared")
def test_nobody_is_given_a_held_port():
    """Not even where no other is left: who asks for any port is refused, and who connects is too."""
    done = subprocess.run(
        ["unshare", "--map-root-user", "--net", sys.executable, "-c", NO_OTHER_LEFT],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "unshare" in done.stderr:
        pytest.skip("no namespaces here")
    assert done.stdout.split() == ["EADDRINUSE", "EADDRNOTAVAIL"], done.stderr


def test_elsewhere_the_ports_are_free_when_their_program_begins(monkeypatch):
    """A system that does not share a bound port would refuse the program that the port is for."""
    monkeypatch.setattr(sys, "platform", "darwin")
    with held_port() as port, socket.socket() as alone:
        alone.bind((HOST, port))  # without SO_REUSEADDR: nobody may have it


def test_who_does_not_stop_is_killed():
    processes = []
    for _ in range(2):
        process = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"ready\n"
        process.stdout.close()
        processes.append(process)
    stop_all(processes, 0.1)
    assert [process.returncode for process in processes] == [-signal.SIGKILL] * 2
    stop(processes[0])  # harmless


def test_a_noisy_program_does_not_stand_still(tmp_path):
    done = tmp_path / "done"
    program = (
        f"print('ready', flush=True)\n{NOISE}\nopen({str(done)!r}, 'w').close()\nimport time; time.sleep(60)"
    )
    with ready_program([sys.executable, "-c", program]) as line:
        assert line == "ready\n"
        soon(done.exists, done.name)


def test_a_program_that_is_noisy_before_it_is_ready():
    program = (
        "import sys\nfor _ in range(2000): print('x' * 500, file=sys.stderr)\nprint('ready', flush=True)"
    )
    with ready_program([sys.executable, "-c", program]) as line:
        assert line == "ready\n"


def test_what_a_noisy_program_said_is_kept_to_its_last_lines():
    program = (
        "import sys\nfor n in range(100_000): print('line', n, file=sys.stderr)\nsys.exit('no such oven')"
    )
    with pytest.raises(ValueError, match=r"did not start: line \d+\n") as ended:  # noqa: SIM117
        with ready_program([sys.executable, "-c", program]):
            raise AssertionError("it is not ready")
    assert str(ended.value).endswith("line 99999\nno such oven")
    assert len(str(ended.value)) < LAST_WORDS + len(str(ended.value).partition("did not")[0]) + 50


def test_nothing_is_kept_of_a_noise_that_nobody_wants(nothing_leaks):
    reading, writing = os.pipe()
    drain = Drain(os.fdopen(reading, "rb", buffering=0), keep=0)
    with os.fdopen(writing, "wb") as noise:
        noise.write(b"x" * 1_000_000)
    assert drain.last_words(30) == ""
    assert not drain.thread.is_alive()


def test_a_program_that_does_not_start_has_last_words():
    with pytest.raises(ValueError, match=r"did not start: .*no such oven"):  # noqa: SIM117
        with ready_program([sys.executable, "-c", "import sys; sys.exit('no such oven')"]):
            raise AssertionError("it is not ready")


def test_a_noisy_proxy_comes_to_listen():
    def noisy(folder, port, upstream, lifted):
        serve = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)"
        return [sys.executable, "-c", NOISE + serve]

    with proxies.running(noisy, 0) as (port, pid):
        assert Path(f"/proc/{pid}").exists()
        socket.create_connection((HOST, port), timeout=5).close()


def test_a_proxy_that_ends_says_why():
    def broken(folder, port, upstream, lifted):
        return [sys.executable, "-c", "import sys; sys.exit('no such module')"]

    with pytest.raises(ValueError, match="no such module"), proxies.running(broken, 0):
        raise AssertionError("it does not run")


def test_who_sets_the_clock_moves_no_time_of_ours(monkeypatch):
    before = steady_time()
    assert abs(before - time.time()) < 3600
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert before <= steady_time() < before + 3600


def test_a_name_of_a_package_is_loaded_when_it_is_asked_for(monkeypatch, tmp_path):
    package = tmp_path / "larder"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from pizzeria.common.lazy import attach\n"
        '__getattr__, __all__ = attach(__name__, {"flour": "shelf", "oil": "shelf:olive", "yeast": "fridge"})\n'
    )
    (package / "shelf.py").write_text("flour, olive = 1, 2\n")
    (package / "fridge.py").write_text("raise RuntimeError('nobody asked for it')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "larder", raising=False)
    larder = importlib.import_module("larder")
    assert (larder.__all__, larder.flour, larder.oil) == (["flour", "oil", "yeast"], 1, 2)
    with pytest.raises(AttributeError, match="module 'larder' has no attribute 'salt'"):
        _ = larder.salt
    with pytest.raises(RuntimeError, match="nobody asked"):
        _ = larder.yeast
