"""The two data centres: one reservation service, every way to wait for it, and what each costs."""

from pizzeria.datacenter.measure.pair import quick_pair
from pizzeria.datacenter.measure.results import load as load_results
from pizzeria.datacenter.servers.asio import boost
from pizzeria.datacenter.service.reservation import reserve

__all__ = ["boost", "load_results", "quick_pair", "reserve"]
