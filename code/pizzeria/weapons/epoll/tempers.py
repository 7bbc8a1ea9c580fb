"""Which temper the loops of the world have chosen: each is started, and the kernel is asked what it registered.

``/proc/PID/fdinfo`` of an epoll tells the events of every descriptor that it watches. What is not installed is left out.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil

from pizzeria.common.ports import held_port
from pizzeria.common.subprocesses import python, ready_program, stop

PATIENCE = 30.0  # seconds, for whatever is certain to come
EDGE, ONE_SHOT, EXCLUSIVE = 1 << 31, 1 << 30, 1 << 28
_ASYNCIO = """
import asyncio, os
async def hear(reader, writer):
    writer.write(await reader.read(9))
    await reader.read()
async def main():
    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    print(os.getpid(), server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()
"""
_PYTHON = {
    "asyncio": _ASYNCIO + "asyncio.run(main())",
    "uvloop": _ASYNCIO + "import uvloop\nuvloop.run(main())",
    "Twisted": """
import os
from twisted.internet import epollreactor
epollreactor.install()
from twisted.internet import protocol, reactor
class Echo(protocol.Protocol):
    def dataReceived(self, data):
        self.transport.write(data)
port = reactor.listenTCP(0, protocol.Factory.forProtocol(Echo), interface="127.0.0.1").getHost().port
print(os.getpid(), port, flush=True)
reactor.run()
""",
    "gevent": """
import os
from gevent.server import StreamServer
def hear(sock, address):
    sock.sendall(sock.recv(9))
    sock.recv(9)
server = StreamServer(("127.0.0.1", 0), hear)
server.start()
print(os.getpid(), server.server_port, flush=True)
server.serve_forever()
""",
}
_NODE = """
const server = require("net").createServer((socket) => socket.on("data", (data) => socket.write(data)));
server.listen(0, "127.0.0.1", () => console.log(`${process.pid} ${server.address().port}`));
"""
_NGINX = """
daemon off; pid FOLDER/pid; error_log FOLDER/error.log; worker_processes 2; events {}
http {
  access_log off; client_body_temp_path FOLDER/a; proxy_temp_path FOLDER/b; fastcgi_temp_path FOLDER/c;
  uwsgi_temp_path FOLDER/d; scgi_temp_path FOLDER/e;
  server { listen 127.0.0.1:PORT; location / { return 200 "ciao"; } }
}
"""


def registered(process: int) -> dict[int, int]:
    """Return what the epolls of a process watch: ``{descriptor: events}``."""
    found = {}
    with contextlib.suppress(OSError):  # one that ends while we look watches nothing
        for descriptor in Path(f"/proc/{process}/fdinfo").iterdir():
            text = descriptor.read_text()
            for number, events in re.findall(r"^tfd: *(\d+) events: *([0-9a-f]+)", text, re.M):
                found[int(number)] = int(events, 16)
    return found


def temper(events: int) -> str:
    """Name the temper that a mask of events asks for."""
    name = "edge" if events & EDGE else "one-shot" if events & ONE_SHOT else "level"
    return f"{name}, exclusive" if events & EXCLUSIVE else name


def tempers_of(processes: Sequence[int]) -> dict[str, str]:
    """Return how the listening sockets of these processes are registered, and how their connections: "" for none yet."""
    seen: dict[str, set[str]] = {"door": set(), "connection": set()}
    for process in processes:
        watched = registered(process)
        with contextlib.suppress(psutil.Error):
            for one in psutil.Process(process).net_connections("tcp"):
                if one.fd in watched:
                    place = "door" if one.status == psutil.CONN_LISTEN else "connection"
                    seen[place].add(temper(watched[one.fd]))
    return {place: " or ".join(sorted(found)) for place, found in seen.items()}


def _asked(processes: Sequence[int], port: int, word: bytes) -> dict[str, str]:
    """Be a client who said a word, was answered and holds the line; give what the kernel then says of the server."""
    end = time.monotonic() + PATIENCE
    with ExitStack() as stack:
        client = stack.enter_context(_connected(port, end))
        client.sendall(word)
        client.recv(999)
        while True:
            found = tempers_of(processes)
            if all(found.values()) or time.monotonic() > end:
                return found


def _connected(port: int, end: float) -> socket.socket:
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise


@contextlib.contextmanager
def _nginx(program: str) -> Iterator[tuple[list[int], int]]:
    with tempfile.TemporaryDirectory(prefix="nginx-") as folder, held_port() as port:
        settings = Path(folder, "nginx.conf")
        settings.write_text(_NGINX.replace("FOLDER", folder).replace("PORT", str(port)))
        command = [program, "-c", str(settings), "-e", f"{folder}/error.log"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with _connected(port, time.monotonic() + PATIENCE) as first:  # then its workers are there
                first.sendall(b"GET / HTTP/1.0\r\n\r\n")
                first.recv(999)
            yield [child.pid for child in psutil.Process(process.pid).children()], port
        finally:
            stop(process)


def everybodys_temper() -> Mapping[str, dict[str, str]]:
    """Start each server that is installed; return how its door and a connection are registered, by its name."""
    commands = {name: [python(), "-c", text] for name, text in _PYTHON.items()}
    if node := shutil.which("node"):
        commands["Node.js"] = [node, "-e", _NODE]
    found = {}
    for name, command in commands.items():
        with ready_program(command, PATIENCE) as line:
            process, port = map(int, line.split())
            found[name] = _asked([process], port, b"ciao")
    if nginx := shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin"):
        with _nginx(nginx) as (workers, port):
            found["nginx"] = _asked(workers, port, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    return found
