"""A broker's address as one URL, and what it says, to us and to aiomqtt."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

SCHEMES = {
    "mqtt": ("tcp", 1883),
    "mqtts": ("tcp", 8883),
    "ws": ("websockets", 80),
    "wss": ("websockets", 443),
}


@dataclass(frozen=True)
class Endpoint:
    """Where a broker listens and who we are there; `path` is that of a WebSocket, None over plain TCP."""

    host: str
    port: int
    path: str | None
    tls: ssl.SSLContext | None
    user: str | None
    password: str = ""


def endpoint(url: str, ca_file: str | None = None) -> Endpoint:
    """Return what a URL says; raise `ValueError`, never naming the password, when it is none of a broker."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ValueError(
            f"a broker's address is {'|'.join(SCHEMES)}://[USER:PASSWORD@]HOST[:PORT], not {public(url)!r}"
        )
    transport, port = SCHEMES[parts.scheme]
    path = parts.path or "/mqtt" if transport == "websockets" else None
    tls = ssl.create_default_context(cafile=ca_file) if parts.scheme in ("mqtts", "wss") else None
    user = unquote(parts.username) if parts.username else None
    return Endpoint(parts.hostname, parts.port or port, path, tls, user, unquote(parts.password or ""))


def client_options(url: str, ca_file: str | None = None) -> dict[str, Any]:
    """Return the keyword arguments of ``aiomqtt.Client`` for this URL; `ValueError` as of `endpoint`."""
    where = endpoint(url, ca_file)
    transport = "tcp" if where.path is None else "websockets"
    options: dict[str, Any] = {"hostname": where.host, "port": where.port, "transport": transport}
    if where.user:
        options |= {"username": where.user, "password": where.password}
    if where.path is None:
        # Else a small answer waits up to 40 ms for the acknowledgement of the one before it.
        options["socket_options"] = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    else:
        options["websocket_path"] = where.path
    if where.tls:
        options["tls_context"] = where.tls
    return options


def public(url: str) -> str:
    """Return the URL without its user and password, fit for a log."""
    return (
        url.split("@")[-1]
        if "://" not in url
        else f"{url.split('://')[0]}://{url.split('://', 1)[1].split('@')[-1]}"
    )
