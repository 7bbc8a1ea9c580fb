"""Where the broker is, and what is wrong when it cannot be used: one line each, without credentials."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field

from pizzeria.ovens.mqtt.broker_url import endpoint, public
from pizzeria.ovens.protocol.messages import checked_name

BROKER, CA_FILE, KITCHEN = "PIZZERIA_BROKER", "PIZZERIA_CA_FILE", "PIZZERIA_KITCHEN"
MQTT, VERSIONS = "PIZZERIA_MQTT", (3, 5)  # 3 is 3.1.1
SILENCE = "no answer; is it an MQTT broker?"


class LinkError(OSError):
    """The broker cannot be used as asked; the message is one line for a person, without credentials."""


@dataclass(frozen=True)
class Address:
    """Where the broker is: one URL, or those of a cluster's nodes; `ca_file` is whom to trust for TLS.

    `kitchen` names one of several on that broker: its topics begin with the name and a slash. `mqtt` is the version that
    it offers, 3 (which is 3.1.1) or 5; `refused` are those of its URLs that, asked for 5, have refused it.
    """

    urls: tuple[str, ...]
    ca_file: str | None = None
    kitchen: str = ""
    mqtt: int = 3
    refused: set[str] = field(default_factory=set, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.kitchen:
            checked_name(self.kitchen)
        for url in self.urls:
            try:
                endpoint(url, self.ca_file)
            except (OSError, ssl.SSLError) as error:
                raise LinkError(
                    f"{self.ca_file}: no certificate that can be read: {error.strerror or error}"
                ) from None

    def __str__(self) -> str:
        return " or ".join(map(public, self.urls))

    @classmethod
    def given(
        cls,
        urls: str | None = None,
        ca_file: str | None = None,
        kitchen: str | None = None,
        mqtt: int | None = None,
    ) -> Address | None:
        """Return the address an option or the environment gives (commas between a cluster's nodes), or None."""
        urls = urls or os.environ.get(BROKER)
        if not urls:
            return None
        nodes = tuple(url.strip() for url in urls.split(","))
        ca_file = ca_file or os.environ.get(CA_FILE) or None
        return cls(nodes, ca_file, kitchen_named(kitchen), version_named(mqtt))

    @property
    def prefix(self) -> str:
        """What the topics of its kitchen begin with."""
        return f"{self.kitchen}/" if self.kitchen else ""

    def environment(self) -> dict[str, str]:
        """Return the variables that give a child process this address: a password is not for command lines."""
        return {BROKER: ",".join(self.urls), KITCHEN: self.kitchen, MQTT: str(self.mqtt)} | (
            {CA_FILE: self.ca_file} if self.ca_file else {}
        )


def kitchen_named(kitchen: str | None = None) -> str:
    """Return the kitchen's name by option or environment, or an empty one."""
    return kitchen or os.environ.get(KITCHEN, "")


def version_named(mqtt: int | None = None) -> int:
    """Return the version of MQTT by option or environment, or 3; raise `LinkError` for one that is none."""
    said = str(mqtt or os.environ.get(MQTT) or VERSIONS[0])
    if said not in map(str, VERSIONS):
        raise LinkError(f"{MQTT} is 3 (for 3.1.1) or 5, not {said[:20]!r}")
    return int(said)


class Denied(OSError):
    """The broker refuses a subscription."""


def explain(error: BaseException) -> tuple[str, bool]:
    """Return what is wrong, in one line without credentials, and whether trying again is vain."""
    text = str(error).replace("\n", " ")
    low = text.lower()
    if isinstance(error, Denied):
        return f"this user may not read {text}", True
    if "certificate verify failed" in low:
        return (
            f"its certificate is signed by nobody we trust; name its authority with --ca-file or {CA_FILE}",
            True,
        )
    if "wrong version number" in low or "record layer failure" in low:
        return "it does not speak TLS; mqtt:// instead of mqtts://?", True
    if "not authori" in low or "bad user" in low:
        return "the broker refuses this user or password", True
    if "connection refused" in low or "errno 111" in low:
        return "nobody listens there (connection refused)", False
    if isinstance(error, TimeoutError) or "timed out" in low:
        return SILENCE, False
    return text or type(error).__name__, False
