"""A broker that is started and shut down as amqtt's is."""

from __future__ import annotations

from types import SimpleNamespace

from mqtt_in_memory import NETWORK


class _Socket:
    def __init__(self, port: int):
        self._port = port

    def getsockname(self) -> tuple[str, int]:
        return ("127.0.0.1", self._port)


class Broker:
    """Listen on the ports that amqtt's configuration names; all listeners are one broker."""

    def __init__(self, config: dict, *_args, **_options):
        self.config = config
        self._servers: dict[str, SimpleNamespace] = {}
        self._ports: list[int] = []

    async def start(self) -> None:
        """Begin to listen; raise OSError when a port is taken."""
        for name, listener in self.config["listeners"].items():
            wanted = int(str(listener["bind"]).rpartition(":")[2])
            port = NETWORK.listen(wanted)
            if self._ports:
                NETWORK.brokers[port] = NETWORK.brokers[self._ports[0]]
            self._ports.append(port)
            self._servers[name] = SimpleNamespace(instance=SimpleNamespace(sockets=[_Socket(port)]))

    async def shutdown(self) -> None:
        """Stop listening, and end every session."""
        for port in self._ports:
            NETWORK.end(port)
        self._ports.clear()
