"""The two restaurants: one order, written once, and two ways to hold a cook."""

from pizzeria.kitchen.asyncio_time import serve_on_asyncio
from pizzeria.kitchen.race import claim, grab, tablet_race
from pizzeria.kitchen.simulation import Comparison, Result, compare, one_cook_day, simulate
from pizzeria.kitchen.staff import Kitchen
from pizzeria.kitchen.theory import predictions
from pizzeria.kitchen.trace import Span, Trace
from pizzeria.kitchen.verdict import Verdict, fifty_clients
from pizzeria.kitchen_parameters import POLICIES, STRATEGIES, KitchenError, OverloadWarning, Setup, clients
from pizzeria.order import order

__all__ = [
    "POLICIES",
    "STRATEGIES",
    "Comparison",
    "Kitchen",
    "KitchenError",
    "OverloadWarning",
    "Result",
    "Setup",
    "Span",
    "Trace",
    "Verdict",
    "claim",
    "clients",
    "compare",
    "fifty_clients",
    "grab",
    "one_cook_day",
    "order",
    "predictions",
    "serve_on_asyncio",
    "simulate",
    "tablet_race",
]
