"""The embedded broker: amqtt, pure Python, on loopback, in this process or in one of its own; no installation."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import metadata, util
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from pizzeria.common.ports import HOST
from pizzeria.common.subprocesses import python
from pizzeria.ovens.brokers.base import BrokerError, BrokerProcess

Rights: TypeAlias = tuple[Iterable[str], Iterable[str]]
Topics: TypeAlias = "Mapping[str, Rights] | Iterable[tuple[str, Rights]]"
"""By user: the topic filters that may be published to, and those that may be subscribed to."""


@dataclass(frozen=True)
class Listening:
    """Where a broker listens: over TCP and over WebSocket."""

    url: str
    ws_url: str


@asynccontextmanager
async def embedded_broker(
    port: int = 0, passwords: str | PathLike[str] | None = None, topics: Topics = ()
) -> AsyncIterator[str]:
    """Run a broker in this process while the block lasts; give its address, ``mqtt://127.0.0.1:PORT``."""
    async with listening_broker(port, passwords=passwords, topics=topics) as listening:
        yield listening.url


@asynccontextmanager
async def listening_broker(
    port: int = 0,
    ws_port: int = 0,
    passwords: str | PathLike[str] | None = None,
    topics: Topics = (),
    certificate: tuple[str, str] | None = None,
    host: str = HOST,
) -> AsyncIterator[Listening]:
    """Run a broker in this process while the block lasts; give its `Listening`. Port 0 takes a free one.

    `passwords` is a file of ``user:argon2 hash`` lines (None lets anybody in), `topics` maps a user to the topic filters
    he may publish to and those he may subscribe to, `certificate` is a certificate's path and its key's. Raises
    `BrokerError` when it cannot listen.
    """
    from amqtt import errors

    quiet()
    broker = discreet_broker(configuration(host, port, ws_port, passwords, dict(topics), certificate))
    try:
        async with asyncio.timeout(10):
            await broker.start()
    except (errors.AMQTTError, errors.BrokerError, TimeoutError, OSError) as error:
        raise BrokerError(f"the embedded broker cannot listen on {host}:{port}: {error}") from None
    try:
        # It has no public way to say which ports it was given.
        tcp, ws = (
            next(iter(broker._servers[name].instance.sockets)).getsockname()[1] for name in ("default", "ws")
        )
        s = "s" if certificate else ""
        yield Listening(f"mqtt{s}://{host}:{tcp}", f"ws{s}://{host}:{ws}/mqtt")
    finally:
        await asyncio.wait_for(broker.shutdown(), 15)


def discreet_broker(options: dict[str, Any]) -> Any:
    """Return a broker of amqtt's that tells a client only what that client subscribed to, and loses nothing beside it.

    amqtt 0.12 sends whoever connects the retained messages of everybody's subscriptions, allowed or not; and with an access
    list it drops a message in the middle of its delivery when somebody subscribes meanwhile.
    """
    from amqtt import broker

    base: Any = broker.Broker

    class Discreet(base):  # type: ignore[misc]  # amqtt has no types
        def __init__(self, options: dict[str, Any]) -> None:
            super().__init__(options)
            self._subscriptions = Snapshots()

        async def _publish_retained_messages_for_subscription(self, subscription: Any, session: Any) -> None:
            if any(holder is session for holder, _ in self._subscriptions.get(subscription[0], ())):
                await super()._publish_retained_messages_for_subscription(subscription, session)

    return Discreet(options)


class Snapshots(dict[str, list[Any]]):
    """A dict that may change while somebody goes through it: he goes through what was there when he began."""

    def __iter__(self) -> Iterator[str]:
        return iter(list(super().keys()))

    def items(self) -> Any:
        """Return the keys and copies of the lists, as they are now."""
        return [(key, list(value)) for key, value in super().items()]


def configuration(
    host: str,
    port: int,
    ws_port: int,
    passwords: str | PathLike[str] | None,
    topics: Mapping[str, Rights],
    certificate: tuple[str, str] | None,
) -> dict[str, Any]:
    """Return the configuration of amqtt for these options, as a dict."""
    listener: dict[str, Any] = {"type": "tcp", "bind": f"{host}:{port}"}
    if certificate:
        listener |= {"ssl": True, "certfile": str(certificate[0]), "keyfile": str(certificate[1])}
    if passwords:
        plugins: dict[str, dict[str, Any]] = {
            "amqtt.plugins.authentication.FileAuthPlugin": {"password_file": str(passwords)}
        }
    else:
        plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    if topics:
        rights = [{user: list(pair[n]) for user, pair in topics.items()} for n in (0, 1)]
        plugins["amqtt.plugins.topic_checking.TopicAccessControlListPlugin"] = {
            "publish_acl": rights[0],
            "acl": rights[1],
        }
    listeners = {"default": listener, "ws": {**listener, "type": "ws", "bind": f"{host}:{ws_port}"}}
    return {"listeners": listeners, "plugins": plugins}


def quiet() -> None:
    """Let amqtt and what it stands on report only failures of their own: a client that leaves is not one."""
    for name in ("amqtt", "transitions", "websockets"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


class Embedded(BrokerProcess):
    """The embedded broker in a process of its own, so that it can be killed."""

    name = "embedded"
    keeps_retained = False  # all its memory is memory
    keeps_offline = False  # of anonymous users; a user with a name gets what came while he was away

    def available(self) -> str | None:
        """Return why there is no amqtt, or None."""
        return None if util.find_spec("amqtt") else "no amqtt: pip install amqtt"

    def version(self) -> str:
        """Return the version of amqtt."""
        return f"amqtt {metadata.version('amqtt')}"

    def launch(self, node: int) -> None:
        """Start the process and hand it its options on its standard input, which nobody else can read."""
        options: dict[str, Any] = {"port": self.ports[node]["mqtt"], "ws_port": self.ports[node]["ws"]}
        if self.access.user:
            options["passwords"] = str(self._passwords())
        if self.access.topics:
            readable = (*self.access.topics, *self.access.read_only)
            options["topics"] = {self.access.user: (self.access.topics, readable)}
        if self.access.tls:
            options["certificate"] = [f"{self.folder}/broker.crt", f"{self.folder}/broker.key"]
        file = self.write("embedded.json", json.dumps(options))
        with open(file, "rb") as stdin:
            self.spawn(node, [python(), "-m", "pizzeria.ovens.brokers.embedded"], stdin)

    def _passwords(self) -> Path:
        from pwdlib.hashers.argon2 import Argon2Hasher

        # A cheap hash: the broker computes it on its only thread, at every CONNECT.
        hashed = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash(self.access.password)
        return self.write("embedded.passwords", f"{self.access.user}:{hashed}\n")


async def serve(options: dict[str, Any]) -> None:
    """Run a broker until this process is told to end."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with listening_broker(**options) as listening:
        print(json.dumps(vars(listening)), flush=True)
        await stop.wait()


if __name__ == "__main__":
    try:
        asyncio.run(serve(json.load(sys.stdin)))
    except BrokerError as error:
        sys.exit(str(error))
