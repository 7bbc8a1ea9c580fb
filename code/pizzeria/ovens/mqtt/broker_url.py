"""A broker's address as one URL, and what aiomqtt wants to hear of it."""

from __future__ import annotations

import socket
import ssl
from typing import Any
from urllib.parse import unquote, urlsplit

SCHEMES = {
    "mqtt": ("tcp", 1883),
    "mqtts": ("tcp", 8883),
    "ws": ("websockets", 80),
    "wss": ("websockets", 443),
}


def client_options(url: str, ca_file: str | None = None) -> dict[str, Any]:
    """Return the keyword arguments of ``aiomqtt.Client`` for this URL.

    Raises `ValueError`, never naming the password, when the URL is none of a broker.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise ValueError(
            f"a broker's address is {'|'.join(SCHEMES)}://[USER:PASSWORD@]HOST[:PORT], not {public(url)!r}"
        )
    transport, port = SCHEMES[parts.scheme]
    options: dict[str, Any] = {"hostname": parts.hostname, "port": parts.port or port, "transport": transport}
    if parts.username:
        options |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
    if transport == "tcp":
        # Else a small answer waits up to 40 ms for the acknowledgement of the one before it.
        options["socket_options"] = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if transport == "websockets":
        options["websocket_path"] = parts.path or "/mqtt"
    if parts.scheme in ("mqtts", "wss"):
        options["tls_context"] = ssl.create_default_context(cafile=ca_file)
    return options


def public(url: str) -> str:
    """Return the URL without its user and password, fit for a log."""
    return (
        url.split("@")[-1]
        if "://" not in url
        else f"{url.split('://')[0]}://{url.split('://', 1)[1].split('@')[-1]}"
    )
