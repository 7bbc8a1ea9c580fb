"""A broker as those see it who start one, kill it and start it again."""

from __future__ import annotations

from typing import Protocol


class Broker(Protocol):
    """One or several nodes that speak MQTT, not started yet."""

    nodes: int
    mqtt: int
    """The highest version of MQTT that it offers: 3, which is 3.1.1, or 5."""

    @property
    def name(self) -> str:
        """What kind it is."""

    @property
    def urls(self) -> list[str]:
        """The address of each node, credentials included."""

    @property
    def ws_url(self) -> str:
        """The WebSocket address of the first node."""

    @property
    def ca_file(self) -> str | None:
        """The certificate a client must trust to speak TLS with it, or None."""

    def start(self) -> str:
        """Start every node, wait until each answers, and return the address of the first."""

    def kill(self, node: int = 0) -> None:
        """Kill one node as a power cut would."""

    def restart(self, node: int = 0) -> str:
        """Start a killed node again, where it was."""

    def stop(self) -> None:
        """Stop every node; harmless when nothing runs."""
