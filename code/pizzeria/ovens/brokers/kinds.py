"""Every broker set-up the kitchen is proved on, by one interface: ``with setup: connect(setup.url)``."""

from __future__ import annotations

from pizzeria.ovens.brokers.base import Access, BrokerError, BrokerProcess
from pizzeria.ovens.brokers.embedded import Embedded, embedded_broker
from pizzeria.ovens.brokers.mosquitto import Mosquitto
from pizzeria.ovens.brokers.nats import NatsCluster

__all__ = [
    "KINDS",
    "Access",
    "BrokerError",
    "BrokerProcess",
    "Embedded",
    "Mosquitto",
    "NatsCluster",
    "embedded_broker",
    "every_broker",
]

KINDS = (Embedded, Mosquitto, NatsCluster)


def every_broker(access: Access | None = None) -> list[BrokerProcess]:
    """Return one set-up of each kind, none started; ask each whether it is `available`."""
    return [kind(access) for kind in KINDS]
