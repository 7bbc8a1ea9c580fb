"""The two data centres: one reservation service, every way to wait for it, and what each costs."""

from __future__ import annotations

from pizzeria.common.lazy import attach

# A server that is started does not pay for what measures it.
__getattr__, __all__ = attach(
    __name__,
    {
        "boost": "servers.asio",
        "load_results": "measure.results:load",
        "quick_pair": "measure.pair",
        "reserve": "service.reservation",
    },
)
