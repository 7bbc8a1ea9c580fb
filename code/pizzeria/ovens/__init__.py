"""Part 3: connected ovens, tablets and the expediter, as programs that talk MQTT."""

from __future__ import annotations

from pizzeria.common.lazy import attach

# A program that needs one of them does not pay for all.
__getattr__, __all__ = attach(
    __name__,
    {
        "Address": "mqtt.address",
        "Crashes": "experiments.crash",
        "Expediter": "expediter.decisions",
        "Link": "mqtt.link",
        "LinkError": "mqtt.address",
        "Oven": "devices.oven",
        "Tablet": "devices.tablet",
        "WholeKitchen": "programs.whole_kitchen",
        "audit": "expediter.audit",
        "client_options": "mqtt.broker_url",
        "crash_experiment": "experiments.crash",
        "embedded_broker": "brokers.embedded",
        "every_broker": "brokers.kinds",
        "lunch": "orders.lunch",
        "open_ledger": "expediter.ledger",
    },
)
