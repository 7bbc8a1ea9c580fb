"""Every broker set-up the kitchen is proved on, by one interface: ``with setup: connect(setup.url)``."""

from pizzeria.ovens.embedded import Embedded, embedded_broker
from pizzeria.ovens.mosquitto import Mosquitto
from pizzeria.ovens.nats import NatsCluster
from pizzeria.ovens.setup_process import Access, Setup, SetupError

__all__ = [
    "KINDS",
    "Access",
    "Embedded",
    "Mosquitto",
    "NatsCluster",
    "Setup",
    "SetupError",
    "broker_setups",
    "embedded_broker",
]

KINDS = (Embedded, Mosquitto, NatsCluster)


def broker_setups(access=None):
    """Return one set-up of each kind, none started; ask each whether it is `available`."""
    return [kind(access) for kind in KINDS]
