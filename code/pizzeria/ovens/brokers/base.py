"""A broker as processes of its own: started on free loopback ports, ready when it answers, killed, restarted, stopped."""

from __future__ import annotations

import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn, Self
from urllib.parse import quote

from pizzeria.common.parent_watch import leash, unleash
from pizzeria.common.ports import HOST, held_ports
from pizzeria.common.subprocesses import stop_all

ATTEMPTS = 5  # at finding ports that nobody else takes between our look and the broker's
READY_WITHIN = 30.0  # s; three cluster nodes must elect a leader first
STOP_WITHIN = 5.0  # s, then it is killed


class BrokerError(OSError):
    """A broker could not be started, or did not answer in time."""


class PortTaken(BrokerError):
    """Somebody took one of the ports first."""


@dataclass(frozen=True)
class Access:
    """Who may connect and what they may do; the default lets anybody on this machine do anything.

    `topics` are the topic filters that `user` may publish to and subscribe to, empty means all; `read_only` those he
    may only subscribe to.
    """

    user: str = ""
    password: str = ""
    topics: tuple[str, ...] = ()
    read_only: tuple[str, ...] = ()
    persistent: bool = False
    tls: bool = False

    def __post_init__(self) -> None:
        if bool(self.user) != bool(self.password):
            raise ValueError("a user needs a password, and a password a user")
        if self.topics and not self.user:
            raise ValueError("topics are granted to a user: name one")
        if self.read_only and not self.topics:
            raise ValueError("read_only adds to topics: name those first")


class BrokerProcess:
    """One way to have a broker; a context manager that starts it and stops it.

    `url` and `ws_url` name node 0, `urls` every node. The flags say in what this broker differs from the others.
    """

    name = ""
    nodes = 1
    mqtt = 3  # the highest version it offers: 3.1.1, or 5 with will delay, message expiry and session expiry
    keeps_retained = True  # over kill -9 and restart, when persistent
    keeps_offline = True  # QoS 1 for an absent client with a session, when it connected without a user
    shared_subscriptions = False  # $share
    names_denied = True  # a subscription that is not allowed is refused, not just never served

    def __init__(self, access: Access | None = None) -> None:
        self.access = access or Access()
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self.ports: dict[int, dict[str, int]] = {}
        self._folder: Path | None = None
        self._held = ExitStack()  # its ports: a killed node finds them again
        self._leashes: dict[int, subprocess.Popen[bytes] | None] = {}

    @property
    def folder(self) -> Path:
        """Where it writes, once it was started."""
        if self._folder is None:
            raise BrokerError(f"{self.name} was not started")
        return self._folder

    # What a kind of broker says about itself
    def available(self) -> str | None:
        """Return why this set-up cannot run on this machine, or None."""
        raise NotImplementedError

    def version(self) -> str:
        """Return the version of the broker, as it says it."""
        raise NotImplementedError

    def port_names(self) -> tuple[str, ...]:
        """Return the names of the ports one node needs."""
        return ("mqtt", "ws")

    def launch(self, node: int) -> None:
        """Start the process of one node on ``self.ports[node]``."""
        raise NotImplementedError

    # What all have in common
    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The address of node 0, credentials included."""
        return self.urls[0]

    @property
    def urls(self) -> list[str]:
        """The address of each node, credentials included."""
        scheme = "mqtts" if self.access.tls else "mqtt"
        return [f"{scheme}://{self._credentials()}{HOST}:{self.ports[n]['mqtt']}" for n in range(self.nodes)]

    @property
    def ws_url(self) -> str:
        """The WebSocket address of node 0, or None."""
        return self.ws_urls[0]

    @property
    def ws_urls(self) -> list[str]:
        """The WebSocket address of each node, credentials included."""
        scheme = "wss" if self.access.tls else "ws"
        return [
            f"{scheme}://{self._credentials()}{HOST}:{self.ports[n]['ws']}/mqtt" for n in range(self.nodes)
        ]

    @property
    def ca_file(self) -> str | None:
        """The certificate a client must trust to speak TLS with this broker, or None."""
        return str(self.folder / "broker.crt") if self.access.tls else None

    def start(self) -> str:
        """Start every node and wait until each answers a CONNECT; return the address of node 0.

        Raises `BrokerError` with the broker's own last words.
        """
        missing = self.available()
        if missing:
            raise BrokerError(f"{self.name}: {missing}")
        for attempt in range(ATTEMPTS):
            self._folder = Path(tempfile.mkdtemp(prefix="pizzeria-broker-"))
            names = self.port_names()
            ports = iter(self._held.enter_context(held_ports(self.nodes * len(names))))
            self.ports = {node: {name: next(ports) for name in names} for node in range(self.nodes)}
            try:
                if self.access.tls:
                    make_certificate(self.folder)
                for node in range(self.nodes):
                    self.launch(node)
                self._await_ready(range(self.nodes))
                return self.url
            except PortTaken:
                self.stop()
                if attempt == ATTEMPTS - 1:
                    raise
            except BaseException:
                self.stop()
                raise
        raise AssertionError("the last attempt raises")

    def kill(self, node: int = 0) -> None:
        """Kill one node as a power cut would (SIGKILL), and reap it."""
        process = self.processes.pop(node)
        process.kill()
        unleash(self._leashes.pop(node))
        process.wait(STOP_WITHIN)

    def restart(self, node: int = 0) -> str:
        """Start a killed node again, on the ports it had, and wait until it answers."""
        if node in self.processes:
            raise BrokerError(f"{self.name}: node {node} runs; kill it first")
        self.launch(node)
        self._await_ready([node])
        return self.urls[node]

    def stop(self) -> None:
        """Stop every node and remove what it wrote; harmless when nothing runs."""
        for node in self.processes:
            unleash(self._leashes.pop(node, None))
        stop_all(self.processes.values())
        self.processes = {}
        self._held.close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    # For the kinds
    def spawn(
        self, node: int, command: Sequence[str], stdin: IO[bytes] | int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        """Start one process of this set-up, its words going to a file; remember it by its node."""
        with open(self.log(node), "ab") as log:
            process = subprocess.Popen(command, stdin=stdin, stdout=log, stderr=subprocess.STDOUT)
        self.processes[node], self._leashes[node] = process, leash(process.pid)
        return process

    def log(self, node: int) -> Path:
        return self.folder / f"node-{node}.log"

    def write(self, name: str, text: str) -> Path:
        """Write a file only its owner can read (it may hold a password); return its path."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return path

    def _credentials(self) -> str:
        if not self.access.user:
            return ""
        return f"{quote(self.access.user, safe='')}:{quote(self.access.password, safe='')}@"

    def _await_ready(self, nodes: Iterable[int]) -> None:
        deadline = time.monotonic() + READY_WITHIN
        for node in nodes:
            while not answers(self.ports[node]["mqtt"], self.access, self.ca_file):
                if self.processes[node].poll() is not None:
                    self._explain(node, "ended at once")
                if time.monotonic() > deadline:
                    self._explain(node, f"did not answer a CONNECT within {READY_WITHIN:g} s")
                time.sleep(0.02)

    def _explain(self, node: int, what: str) -> NoReturn:
        words = self.log(node).read_text(encoding="utf-8", errors="replace")
        taken = "already in use" in words
        last = "; ".join(words.strip().splitlines()[-2:]) or "it said nothing"
        raise (PortTaken if taken else BrokerError)(f"{self.name}, node {node}: {what}: {last}")


def answers(port: int, access: Access, ca_file: str | None = None, timeout: float = 3.0) -> bool:
    """Return whether a broker on this loopback port accepts an MQTT CONNECT."""
    flags, payload = 0x02, [b"probe-%d" % time.monotonic_ns()]
    if access.user:
        flags |= 0xC0
        payload += [access.user.encode(), access.password.encode()]
    body = struct.pack(">H4sBBH", 4, b"MQTT", 4, flags, 30)
    body += b"".join(struct.pack(">H", len(text)) + text for text in payload)
    try:
        with socket.create_connection((HOST, port), timeout) as plain:
            link = (
                ssl.create_default_context(cafile=ca_file).wrap_socket(plain, server_hostname=HOST)
                if ca_file
                else plain
            )
            with link:
                link.sendall(bytes([0x10, len(body)]) + body)
                answer = link.recv(4)
                link.sendall(b"\xe0\x00")  # DISCONNECT: a polite probe leaves no session
                return answer[:1] == b"\x20" and answer[-1:] == b"\x00"
    except OSError:
        return False


def make_certificate(folder: Path) -> None:
    """Write a self-signed certificate for 127.0.0.1 (broker.crt, broker.key) into this folder."""
    openssl = shutil.which("openssl")
    if not openssl:
        raise BrokerError("a broker with TLS needs a certificate: install openssl")
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=pizzeria", "-addext", f"subjectAltName=IP:{HOST}"]
    command += ["-keyout", str(folder / "broker.key"), "-out", str(folder / "broker.crt")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise BrokerError(f"openssl made no certificate: {done.stderr.strip().splitlines()[-1:]}")
