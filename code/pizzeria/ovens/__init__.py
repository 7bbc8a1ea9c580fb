"""Part 3: connected ovens, tablets and the expediter, as programs that talk MQTT."""

from importlib import import_module

# Loaded when asked for: a program that needs one of them does not pay for all.
_HOME = {
    "Address": "address",
    "Crashes": "crash",
    "Expediter": "expediter",
    "House": "house",
    "Ledger": "ledger",
    "Link": "link",
    "LinkError": "address",
    "Oven": "oven",
    "Tablet": "tablet",
    "audit": "audit",
    "broker_setups": "setups",
    "client_options": "broker_url",
    "crash_experiment": "crash",
    "embedded_broker": "embedded",
    "lunch": "orders",
}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
