"""Who may say and hear what, read off the topic tree: an access list for a broker, with a user for each role and device."""

from __future__ import annotations

from collections.abc import Iterable

from pizzeria.ovens.protocol.messages import TREE, checked_name

DEVICES = ("oven", "tablet")
ROLES = ("expediter", "orders", "board")


def rights(role: str, name: str = "", prefix: str = "") -> tuple[list[str], list[str]]:
    """Return the topic filters that a role may say, and those it may hear; an oven or a tablet has a `name`.

    `prefix` is what the topics of its kitchen begin with.
    """

    def filters(kinds: Iterable[str]) -> list[str]:
        return [prefix + (TREE[kind].of(name) if name else TREE[kind].filter) for kind in kinds]

    says = [kind for kind, topic in TREE.items() if role == topic.says or kind == "dead"]
    hears = [kind for kind, topic in TREE.items() if {role, "everybody"} & set(topic.hears.split(", "))]
    return filters(says), filters(hears)


def rights_by_user(devices: Iterable[str], prefix: str = "") -> dict[str, tuple[list[str], list[str]]]:
    """Return what ``expediter``, ``orders``, ``board`` and each of `devices` may say and hear, by user; see `rights`.

    A device is called like its user: ``oven-1``, ``tablet-anna``. It may say its own state and hear its own work, and speaks
    for no other. Raises `ValueError` for another name.
    """
    users = {role: rights(role, prefix=prefix) for role in ROLES}
    for user in devices:
        role, _, name = user.partition("-")
        if role not in DEVICES:
            raise ValueError(f"{user!r} is no device: oven-NAME or tablet-NAME")
        users[user] = rights(role, checked_name(name), prefix)
    return users


def mosquitto_access_list(devices: Iterable[str], prefix: str = "") -> str:
    """Return an ``acl_file`` for Mosquitto, with the users of `rights_by_user`."""
    lines = []
    for user, (says, hears) in rights_by_user(devices, prefix).items():
        lines.append(f"user {user}")
        lines += (
            [f"topic write {topic}" for topic in says] + [f"topic read {topic}" for topic in hears] + [""]
        )
    return "\n".join(lines)
