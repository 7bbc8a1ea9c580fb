"""The two data centres: one reservation service, every way to wait for it, and what each costs."""

from pizzeria.datacenter.compare import quick_pair
from pizzeria.datacenter.results import load as load_results
from pizzeria.datacenter.service import reserve

__all__ = ["load_results", "quick_pair", "reserve"]
