"""The two data centres: one reservation service, every way to wait for it, and what each costs."""

from __future__ import annotations

from importlib import import_module

# Loaded when asked for: a server that is started does not pay for what measures it.
_HOME = {
    "boost": "servers.asio:boost",
    "load_results": "measure.results:load",
    "quick_pair": "measure.pair:quick_pair",
    "reserve": "service.reservation:reserve",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, what = _HOME[name].partition(":")
    return getattr(import_module(f"{__name__}.{module}"), what)
