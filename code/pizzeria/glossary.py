"""The kitchen's words and what they mean to a computer, each with the place in the code where it lives."""

import html
from dataclasses import dataclass
from pkgutil import resolve_name

from pizzeria.common.table import HtmlTable


@dataclass(frozen=True)
class Word:
    """A word of the kitchen: what it is there, what it is in computing, and ``module:name`` of where it lives."""

    word: str
    kitchen: str
    computing: str
    where: str

    def find(self) -> object:
        """Return what lives there; `ImportError` or `AttributeError` when nothing does."""
        return resolve_name(self.where)


WORDS = (
    Word(
        "agent",
        "talks to the client on the phone, writes the ticket",
        "the part that accepts a connection and reads the request",
        "pizzeria.kitchen_parameters:Setup.agents",
    ),
    Word(
        "Apach’ Hut",
        "holds a cook from the ticket to the satisfied client",
        "a pool of threads (or processes): whoever waits holds a worker",
        "pizzeria.kitchen.staff:Kitchen.hold_all_along",
    ),
    Word(
        "board",
        "what a wall would show: who waits, what is served",
        "a retained message with the state of the queue, and the page that shows it",
        "pizzeria.ovens.programs.board.serve:serve_board",
    ),
    Word(
        "books",
        "minutes and orders of a lunch, added up",
        "streaming statistics: their memory does not grow with the orders",
        "pizzeria.kitchen.books:Books",
    ),
    Word(
        "burnt",
        "a baked pizza that nobody took out in time",
        "a deadline that was missed after the work was done",
        "pizzeria.ovens.devices.oven:Oven.due",
    ),
    Word(
        "client",
        "calls, waits, is satisfied",
        "whoever sends a request and waits for the response",
        "pizzeria.kitchen_parameters:clients",
    ),
    Word(
        "cook",
        "the scarce pair of hands",
        "a thread that has the processor",
        "pizzeria.kitchen_parameters:Setup.cooks",
    ),
    Word(
        "door",
        "where clients come in, and where some are turned away",
        "the accepting side of a server: listener, backlog, limit of connections",
        "pizzeria.datacenter.servers.asyncio_server:AsyncioDoor",
    ),
    Word(
        "expediter",
        "stands at the pass and hands out the most urgent work",
        "a scheduler with a priority queue; the only writer of the state",
        "pizzeria.ovens.expediter.decisions:Expediter",
    ),
    Word(
        "hand-over",
        "picking up an order that somebody else left",
        "a context switch",
        "pizzeria.kitchen_parameters:Setup.hand_over",
    ),
    Word(
        "house",
        "what stands behind the counter of one server",
        "the service's dependencies: credentials, price, store, counts",
        "pizzeria.datacenter.service.house:House",
    ),
    Word(
        "lease",
        "a task is somebody’s for so long, then it is anybody’s again",
        "a fencing token: a number that only grows, with a time limit",
        "pizzeria.ovens.expediter.stations:KitchenTask.lease",
    ),
    Word(
        "leash",
        "nobody stays in the kitchen when the owner has gone",
        "a child process that ends with its parent, however that ends",
        "pizzeria.common.parent_watch:leash",
    ),
    Word(
        "ledger",
        "what the expediter writes down before he says it",
        "a write-ahead log of facts; state is what they add up to",
        "pizzeria.ovens.expediter.ledger:Ledger",
    ),
    Word(
        "lunch",
        "a number of orders, drawn from one seed",
        "a workload, or one run of an experiment",
        "pizzeria.kitchen.simulation:simulate",
    ),
    Word(
        "Ngin O’ Pepperonix",
        "lets go of the cook whenever the order only waits",
        "an event loop: a wait holds a note of where to go on, and no thread",
        "pizzeria.kitchen.staff:Kitchen.hold_hands_on",
    ),
    Word(
        "nobody",
        "a step that needs no cook",
        "a resource that is always free; entering it does not wait",
        "pizzeria.eventloop.resource:NOBODY",
    ),
    Word(
        "order",
        "one pizza, from the ringing phone to the satisfied client",
        "one request: a coroutine, written once for every clock",
        "pizzeria.order:order",
    ),
    Word(
        "oven",
        "works by itself once it is loaded, and says when it is done",
        "a device or a disk: asynchronous input and output, with a completion",
        "pizzeria.ovens.devices.oven:Oven",
    ),
    Word(
        "pass",
        "the shelf between cooks and waiters, where work changes hands",
        "the state that events change, and the queue of what is ready",
        "pizzeria.ovens.expediter.state:PassState",
    ),
    Word(
        "patience",
        "how long before a task is given to somebody else",
        "a time-out",
        "pizzeria.ovens.expediter.decisions:Expediter",
    ),
    Word(
        "policy",
        "what a free cook takes next",
        "the scheduling discipline: by urgency, first come first served, or a race",
        "pizzeria.kitchen_parameters:POLICIES",
    ),
    Word(
        "standby",
        "a second expediter who waits for the first one’s place",
        "a hot spare; an epoch in the ledger decides who leads",
        "pizzeria.ovens.expediter.clerk:Clerk.hold",
    ),
    Word(
        "tablet",
        "tells a cook what is ready to be done",
        "the interface to what is ready: select, poll, epoll, a completion queue",
        "pizzeria.ovens.devices.tablet:Tablet",
    ),
    Word(
        "ticket",
        "the slip on which the agent wrote the order",
        "a future: a result that is not there yet, and who waits for it",
        "pizzeria.datacenter.servers.loop_host:Ticket",
    ),
    Word(
        "urgency",
        "a pizza in the oven burns, a client at the door waits, the rest can wait a little",
        "a priority",
        "pizzeria.order:URGENCY",
    ),
    Word(
        "warehouse",
        "sends a missing ingredient with the next delivery",
        "a slow service elsewhere that a request has to wait for",
        "pizzeria.kitchen_parameters:Setup.restock",
    ),
    Word(
        "world",
        "everything outside the kitchen’s own clock",
        "sockets and files, as awaitable operations on a loop",
        "pizzeria.eventloop.world:World",
    ),
)


def table() -> HtmlTable:
    """Return the words as a table, each looked up first: a word that lives nowhere is an error."""
    rows = []
    for word in WORDS:
        word.find()
        module, _, name = word.where.partition(":")
        home = f"<code>{module}</code>: <code>{name}</code>"
        rows.append((html.escape(word.word), html.escape(word.kitchen), html.escape(word.computing), home))
    return HtmlTable(("word", "in the kitchen", "in computing", "in the code"), rows)
