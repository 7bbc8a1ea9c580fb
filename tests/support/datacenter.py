"""What the data centre's tests share: a server as a process, a raw client, an honest client."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pizzeria.common.subprocesses import stop

ORDER = {"pizzas": ["margherita", "calzone"], "km": 3, "credentials": {"user": "ada", "password": "basil"}}
SOON = 60  # s; a bound, not a pause
PATIENCE = {"header_time": 60, "body_time": 60, "reply_time": 60}
QUICK = {"credentials-ms": 20, "disk-ms": 5, "compute-ms": 0.5}


class Server:
    """A server of the data centre as a process of its own."""

    def __init__(self, server, prefix=(), **options):
        self.options = {"server": server, **QUICK, **{k.replace("_", "-"): v for k, v in options.items()}}
        words = [f"--{name}={value}" for name, value in self.options.items()]
        self.command = [*prefix, sys.executable, "-m", "pizzeria", "datacenter", "serve", *words]

    def __enter__(self):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=self.log, text=True, start_new_session=True
        )
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"no ready line: {self.errors}")
        self.ready = json.loads(line)
        self.port = int(self.ready["listening"].rpartition(":")[2])
        self.pid = self.ready["pid"]
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            stop(self.process, 20)
        self.process.stdout.close()
        self.log.close()

    @property
    def errors(self):
        """What the server has written to its standard error."""
        self.log.seek(0)
        return self.log.read()

    def kill(self):
        """Kill -9, with everything it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(SOON)

    def stop(self, seconds=SOON):
        """SIGTERM; return the exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def raw(self, data=b"", timeout=SOON):
        """Open a connection and send `data`."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        sock.sendall(data)
        return sock

    def half_closed(self, data, timeout=SOON):
        """Open a connection, send `data` and say that this is all."""
        sock = self.raw(data, timeout)
        with contextlib.suppress(
            OSError
        ):  # who was turned away at once has an answer to read, and nobody to tell
            sock.shutdown(socket.SHUT_WR)
        return sock

    def ask(self, method="POST", path="/reservations", body=ORDER, headers=None, timeout=SOON):
        """Ask once, on a connection of its own; return ``(status, document, headers)``."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            payload = body if isinstance(body, bytes | None) else json.dumps(body)
            connection.connect()
            # Who is sent home before the body went out has an answer to read.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, payload, headers or {})
            response = connection.getresponse()
            return response.status, json.loads(response.read()), response.headers
        finally:
            connection.close()

    def metric(self, name):
        """Return a gauge of the server's page of metrics; whoever asks is one open connection."""
        page = read_all(self.raw(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).decode()
        found = [line.rpartition(" ")[2] for line in page.splitlines() if line.startswith(f"{name} ")]
        return float(found[0]) if found else None

    def descriptors(self):
        """Count the open descriptors of the server's process."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def threads(self):
        """Count the threads of the server's process."""
        return len(list(Path(f"/proc/{self.pid}/task").iterdir()))


def post(body=ORDER, headers=""):
    """Return the bytes of a reservation's request."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return (
        f"POST /reservations HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {len(payload)}\r\n\r\n".encode()
        + payload
    )


def status_of(raw):
    """Return the status of the answer that `raw` begins with; None when it is none."""
    return int(raw.split(b" ", 2)[1]) if raw.startswith(b"HTTP/1.1 ") else None


def read_all(sock):
    """Read until the peer closes; a reset ends it too."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while data := sock.recv(65536):
            parts.append(data)
    sock.close()
    return b"".join(parts)


def read_response(sock):
    """Read one response of a kept-alive connection, and no byte of the next; return ``(status, document)``."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            raise http.client.RemoteDisconnected(f"closed after {head!r}")
        head += byte
    length = next(
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    body = b""
    while len(body) < length and (part := sock.recv(length - len(body))):
        body += part
    return int(head.split()[1]), json.loads(body)


def eventually(condition, seconds=SOON):
    """Wait until `condition()` is true; return whether it became so in time."""
    due = time.monotonic() + seconds
    while not (held := condition()) and time.monotonic() < due:
        time.sleep(0.01)
    return held
