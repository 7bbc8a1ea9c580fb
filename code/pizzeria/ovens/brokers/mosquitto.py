"""Mosquitto, the broker most kitchens would run: passwords, topic rights, persistence, WebSockets, TLS."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pizzeria.common.ports import HOST
from pizzeria.ovens.brokers.base import BrokerError, BrokerProcess

MISSING = "no mosquitto on this machine: install the package mosquitto"


def find_mosquitto() -> str | None:
    """Return the path of the broker, or None; Debian keeps it where a user's PATH does not look."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def program() -> str:
    """Return the path of the broker; `BrokerError` when there is none."""
    if found := find_mosquitto():
        return found
    raise BrokerError(MISSING)


class Mosquitto(BrokerProcess):
    """One Mosquitto 2.x with a configuration file of its own."""

    name = "mosquitto"
    mqtt = 5
    shared_subscriptions = True
    names_denied = False  # with an ACL file it grants every subscription, and delivers nothing

    def available(self) -> str | None:
        """Return why there is no Mosquitto, or None."""
        return None if find_mosquitto() else MISSING

    def version(self) -> str:
        """Return the version of the broker, as it says it."""
        said = subprocess.run([program(), "-h"], capture_output=True, text=True, timeout=10).stdout
        return said.splitlines()[0].removeprefix("mosquitto version ")

    def launch(self, node: int) -> None:
        """Start the broker; a killed one finds the persistence file it left."""
        config = self.write("mosquitto.conf", "\n".join(self._lines(node)) + "\n")
        self.spawn(node, [program(), "-c", str(config)])

    def _lines(self, node: int) -> Iterator[str]:
        access, ports = self.access, self.ports[node]
        yield from ("log_dest stderr", "log_type error", "log_type warning", "set_tcp_nodelay true")
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            yield "user root"  # else it becomes a user who may not read this folder
        # A slow reader must not stop the ovens, nor lose what an expediter coming back still needs.
        yield from ("max_queued_messages 100000", "max_inflight_messages 1000")
        if access.persistent:
            # Written at every change, because kill -9 gives no occasion to write later.
            yield from ("persistence true", f"persistence_location {self.folder}/")
            yield from ("autosave_on_changes true", "autosave_interval 1")
        if access.user:
            yield from ("allow_anonymous false", f"password_file {self._passwords()}")
        else:
            yield "allow_anonymous true"
        if access.topics:
            lines = [f"user {access.user}", *(f"topic readwrite {topic}" for topic in access.topics)]
            lines += [f"topic read {topic}" for topic in access.read_only]
            yield f"acl_file {self.write('mosquitto.acl', chr(10).join(lines) + chr(10))}"
        for port, protocol in ((ports["mqtt"], "mqtt"), (ports["ws"], "websockets")):
            yield from (f"listener {port} {HOST}", f"protocol {protocol}")
            if access.tls:
                yield from (f"certfile {self.folder}/broker.crt", f"keyfile {self.folder}/broker.key")

    def _passwords(self) -> Path:
        # Hashed here as mosquitto_passwd would: that takes the password from its command line, or cuts it at a colon.
        salt, rounds = secrets.token_bytes(12), 101
        key = hashlib.pbkdf2_hmac("sha512", self.access.password.encode(), salt, rounds)
        hashed = "$".join(("", "7", str(rounds), *(base64.b64encode(part).decode() for part in (salt, key))))
        return self.write("mosquitto.passwords", f"{self.access.user}:{hashed}\n")
