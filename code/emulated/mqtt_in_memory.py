"""An MQTT broker in memory: topics and filters, retained messages, wills, delivery in order.

Every delivery is a callback of the running loop, one a message, so that clients take turns as they do on a network.
QoS is carried along and makes no difference: nothing is lost on the way from memory to memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

Deliver = Callable[[str, bytes, int, bool], None]


def matches(topic: str, wanted: str) -> bool:
    """Tell whether a topic fits a filter: ``+`` stands for one level, a last ``#`` for all that follow."""
    have, want = topic.split("/"), wanted.split("/")
    if want[0] == "$share":
        want = want[2:]
    if topic.startswith("$") and want[0] in ("+", "#"):
        return False
    for at, level in enumerate(want):
        if level == "#":
            return True
        if at >= len(have) or level not in ("+", have[at]):
            return False
    return len(have) == len(want)


@dataclass
class Session:
    """Hold one client's connection. deliver: called with topic, payload, QoS, retained; will: published if it drops."""

    deliver: Deliver
    will: tuple[str, bytes, int, bool] | None = None
    filters: dict[str, int] = field(default_factory=dict)
    open: bool = True


class Broker:
    """Take messages from sessions and pass them to those that subscribed."""

    def __init__(self):
        self.sessions: list[Session] = []
        self.retained: dict[str, tuple[bytes, int]] = {}

    def connect(self, deliver: Deliver, will=None) -> Session:
        session = Session(deliver, will)
        self.sessions.append(session)
        return session

    def subscribe(self, session: Session, wanted: str, qos: int) -> None:
        """Begin a subscription; what is retained under it comes at once."""
        session.filters[wanted] = qos
        for topic, (payload, sent) in list(self.retained.items()):
            if matches(topic, wanted):
                self._send(session, topic, payload, min(qos, sent), True)

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> None:
        """Pass a message on, once to each session; an empty retained one forgets what was retained."""
        if retain and payload:
            self.retained[topic] = (payload, qos)
        elif retain:
            self.retained.pop(topic, None)
        for session in self.sessions:
            granted = [q for wanted, q in session.filters.items() if matches(topic, wanted)]
            if granted:
                self._send(session, topic, payload, min(qos, max(granted)), False)

    def leave(self, session: Session, clean: bool = True) -> None:
        """End a session; without a goodbye its will is published."""
        if not session.open:
            return
        session.open = False
        self.sessions.remove(session)
        if not clean and session.will:
            self.publish(*session.will)

    def close(self) -> None:
        """End every session, as a broker does that goes down: nobody reads the wills."""
        for session in list(self.sessions):
            self.leave(session)

    def _send(self, session: Session, *message) -> None:
        def arrive():
            if session.open:
                session.deliver(*message)

        asyncio.get_running_loop().call_soon(arrive)


class Network:
    """Hold the brokers that listen, by port; the host is always this page."""

    def __init__(self):
        self.brokers: dict[int, Broker] = {}
        self._next = 49152

    def listen(self, port: int = 0) -> int:
        """Start a broker; port 0 takes a free one. Raise OSError when the port is taken."""
        if not port:
            while self._next in self.brokers:
                self._next += 1
            port = self._next
        if port in self.brokers:
            raise OSError(f"port {port} is taken")
        self.brokers[port] = Broker()
        return port

    def end(self, port: int) -> None:
        """Stop the broker on a port."""
        self.brokers.pop(port).close()


NETWORK = Network()
