"""Part 3: connected ovens, tablets and the expediter, as programs that talk MQTT."""

from __future__ import annotations

from importlib import import_module

# Loaded when asked for: a program that needs one of them does not pay for all.
_HOME = {
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
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
