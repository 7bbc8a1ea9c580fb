"""The state at the pass, made of facts alone: what waits, who has what, and what is closed.

A *fact* is a row of the ledger and the only thing that changes the state, live and when a ledger is read again. The
number of a fact that hands something out is its *lease*: unique, growing, and never issued twice, because facts are
written down before anybody hears of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import NamedTuple

from pizzeria.order import URGENCY
from pizzeria.ovens.expediter.stations import KitchenTask, OvenStation, Station, TabletStation
from pizzeria.ovens.protocol.messages import Message

OVEN, KITCHEN = "bake", "kitchen"  # the step that needs an oven; who is neither oven nor tablet


class LedgerFact(NamedTuple):
    """One row of the ledger; `at` in seconds since 1970, `minutes` of kitchen time."""

    number: int
    at: float
    fact: str
    order: int
    step: str
    who: str
    lease: int
    minutes: float
    burns_after: float


class PassState:
    """What stands at the pass; `scale` and `patience` in seconds, `facts` from the ledger of whoever stood here before."""

    def __init__(
        self, run: str, scale: float, patience: float = 5.0, facts: Iterable[LedgerFact] = ()
    ) -> None:
        self.run, self.scale, self.patience = run, scale, patience
        # Of orders that are not closed.
        self.tasks: dict[tuple[int, str], KitchenTask] = {}
        self.leases: dict[int, KitchenTask] = {}
        # What waits for a cook with its rank, most urgent first.
        self.heap: list[tuple[tuple[int, int], KitchenTask]] = []
        self.bakes: deque[KitchenTask] = deque()  # what waits for an oven, in order
        self.tablets: dict[str, TabletStation] = {}
        self.ovens: dict[str, OvenStation] = {}
        self.free_tablets: deque[TabletStation] = deque()
        self.free_ovens: deque[OvenStation] = deque()
        self.deadlines: list[tuple[float, int, Station]] = []
        self.charcoal: dict[int, int] = {}  # order -> the fact that says so
        self.burnt: set[int] = set()  # orders
        self.closed: dict[int, bool] = {}  # order -> was it burnt
        self.inside: dict[int, float] = {}  # order -> when it was first asked for; the oldest first
        self.first: float | None = None  # when the first order was asked for
        self.last_out = self.longest = (
            0.0  # when the last order so far left; the longest that one was inside, in s
        )
        self.number = self.given_back = self.repeated = self.stale = 0
        self.facts: list[LedgerFact] = []
        self.news: list[Message] = []
        self.unsaid: dict[Station, None] = {}  # a set that keeps its order
        for fact in facts:
            self.apply(fact)
        self.news.clear()
        self.unsaid.clear()

    def apply(self, fact: LedgerFact) -> None:
        """Change the state by one fact."""
        self.number = fact.number
        APPLY[fact.fact](self, fact)

    def _asked(self, fact: LedgerFact) -> None:
        order, step = fact.order, fact.step
        self.inside.setdefault(order, fact.at)
        self.first = fact.at if self.first is None else self.first
        task = self.tasks[order, step] = KitchenTask(order, step, fact.minutes, fact.burns_after)
        if step == OVEN:
            self.bakes.append(task)
        elif step != "take_out" or ((bake := self.tasks.get((order, OVEN))) and bake.state == "done"):
            self._wait(task, fact)

    def _wait(self, task: KitchenTask, fact: LedgerFact) -> None:
        task.state, task.rank = "waiting", (URGENCY[task.step], fact.number)
        heappush(self.heap, (task.rank, task))

    def _handed(self, fact: LedgerFact) -> None:
        task = self.tasks[fact.order, fact.step]
        while self.heap[0][1].state != "waiting":  # done meanwhile, by whoever had it before
            heappop(self.heap)
        if heappop(self.heap)[1] is not task:
            raise ValueError(f"fact {fact.number} of the ledger hands out what was not the most urgent")
        self._lease(task, self._tablet(fact.who), fact)

    def _lease(self, task: KitchenTask, station: Station, fact: LedgerFact) -> None:
        task.state, task.lease, task.who, task.handed = "handed", fact.number, fact.who, fact.at
        task.issued.append(fact.number)
        station.lease, station.task, station.order = fact.number, task, fact.order
        self.leases[fact.number] = task
        station.ends = fact.at + self._length(station)
        heappush(self.deadlines, (station.ends, fact.number, station))
        self.unsaid[station] = None
        self._tell(fact.at, fact.order, fact.step, "handed", fact.who)

    def _done_fact(self, fact: LedgerFact) -> None:
        task = self.tasks[fact.order, fact.step]
        task.state, task.done, task.who = "done", fact.at, fact.who
        if (tablet := self.tablets.get(fact.who)) and tablet.lease == fact.lease:
            tablet.lease = None
        if fact.step == "take_out":
            if self.charcoal.get(fact.order, fact.lease) < fact.lease:
                self.burnt.add(fact.order)
            self._empty(fact)
        if fact.step == "finish":
            self._close(fact)
        self._tell(fact.at, fact.order, fact.step, "done", fact.who)

    def _empty(self, fact: LedgerFact) -> None:
        oven = self._oven(str(self.tasks[fact.order, OVEN].who))
        if oven.order == fact.order:
            oven.lease, oven.task, oven.order = fact.number, None, None
            self.unsaid[oven] = None
            self._offer(oven)

    def _close(self, fact: LedgerFact) -> None:
        order, self.last_out = fact.order, fact.at
        self.longest = max(self.longest, fact.at - self.inside.pop(order))
        self.closed[order] = order in self.burnt
        self.burnt.discard(order)
        self.charcoal.pop(order, None)
        for step in (*URGENCY, OVEN):
            if task := self.tasks.pop((order, step), None):
                task.state = "done"
                for lease in task.issued:
                    self.leases.pop(lease, None)

    def _back(self, fact: LedgerFact) -> None:
        task = self.tasks[fact.order, fact.step]
        self.tablets[fact.who].lease = None
        task.state = "waiting"  # with the rank it had: it does not queue again
        heappush(self.heap, (task.rank, task))
        self.given_back += 1

    def _again(self, fact: LedgerFact) -> None:
        self.repeated += 1

    def _loaded(self, fact: LedgerFact) -> None:
        while self.bakes[0].state == "done":
            self.bakes.popleft()
        task = self.bakes.popleft()
        oven = self._oven(fact.who)
        oven.baking, oven.loaded = False, fact.at
        self._lease(task, oven, fact)

    def _baking(self, fact: LedgerFact) -> None:
        self.ovens[fact.who].baking = True

    def _baked(self, fact: LedgerFact) -> None:
        bake = self.tasks[fact.order, OVEN]
        bake.state, bake.done = "done", fact.at
        self._tell(fact.at, fact.order, OVEN, "done", fact.who)
        if task := self.tasks.get((fact.order, "take_out")):
            self._wait(task, fact)

    def _charcoal(self, fact: LedgerFact) -> None:
        self.charcoal[fact.order] = fact.number

    def _lost(self, fact: LedgerFact) -> None:
        """Take note of a pizza that went down with its oven: nothing is left to take out."""
        self.burnt.add(fact.order)
        if self.tasks[fact.order, OVEN].state != "done":
            self._baked(fact)
        self._empty(fact)

    def _tablet(self, name: str) -> TabletStation:
        if name not in self.tablets:
            self.tablets[name] = TabletStation(name)
        return self.tablets[name]

    def _oven(self, name: str) -> OvenStation:
        if name not in self.ovens:
            self.ovens[name] = OvenStation(name)
        return self.ovens[name]

    def _offer(self, oven: OvenStation) -> None:
        if oven.there and oven.order is None and not oven.queued:
            oven.queued = True
            self.free_ovens.append(oven)

    def _length(self, station: Station) -> float:
        task = None if station.lease is None else self.leases.get(station.lease)
        minutes = task.minutes if task else 0.0
        return 2 * minutes * self.scale + self.patience * (1 if isinstance(station, TabletStation) else 4)

    def _tell(self, at: float, order: int, step: str, state: str, who: str | None) -> None:
        said: Message = {"order": order, "step": step, "state": state, "at": at, "who": who}
        if step == "finish" and state == "done":
            said["burnt"] = self.closed[order]
        self.news.append(said)


APPLY: dict[str, Callable[[PassState, LedgerFact], None]] = {
    "asked": PassState._asked,
    "handed": PassState._handed,
    "done": PassState._done_fact,
    "back": PassState._back,
    "again": PassState._again,
    "loaded": PassState._loaded,
    "baking": PassState._baking,
    "baked": PassState._baked,
    "charcoal": PassState._charcoal,
    "lost": PassState._lost,
}
