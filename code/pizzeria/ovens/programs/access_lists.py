"""Who may say and hear what, in the words of each kind of broker that reads it from a file."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pizzeria.ovens.brokers.nats import permissions
from pizzeria.ovens.protocol.rights import mosquitto_access_list, rights_by_user


def access_list(kind: str | None, devices: Iterable[str], prefix: str) -> str:
    """Return who may say and hear what, as this kind of broker reads it; raise `ValueError` for one that reads none."""
    if kind in (None, "mosquitto"):
        return mosquitto_access_list(devices, prefix)
    if kind == "embedded":
        raise ValueError(
            "amqtt has no access list to load that keeps what is retained from others; the embedded broker is for one process"
            " (there, embedded_broker(passwords=FILE, topics=rights_by_user(...)))"
        )
    return nats_access_list(devices, prefix)


def nats_access_list(devices: Iterable[str], prefix: str = "") -> str:
    """Return a piece of a NATS server's configuration with the users of `rights_by_user`.

    Each one's password is a variable of the server's environment, ``PASSWORD_oven_1``. Raises `ValueError` for a device
    that is none, and for two that would share a variable.
    """
    users = rights_by_user(devices, prefix)
    variables = {user: f"PASSWORD_{user.replace('-', '_')}" for user in users}
    if shared := [
        user for user, variable in variables.items() if list(variables.values()).count(variable) > 1
    ]:
        raise ValueError(
            f"{' and '.join(shared)} would share the password {variables[shared[0]]}: rename one"
        )
    lines = [
        "# For a server with JetStream and mqtt {}: include this file. Passwords are variables of its environment, in quotes",
        """# inside of quotes: PASSWORD_oven_1='"basil"'; what `nats server passwd` prints goes there as well.""",
        "authorization { users = [",
    ]
    for user, (says, hears) in users.items():
        granted = json.dumps(permissions(says, hears))
        types = '["MQTT", "MQTT_WS"]'
        lines.append(
            f'  {{user: "{user}", password: ${variables[user]}, allowed_connection_types: {types}, permissions: {granted}}}'
        )
    return "\n".join([*lines, "]}", ""])
