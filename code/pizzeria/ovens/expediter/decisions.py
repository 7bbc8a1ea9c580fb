"""The expediter, pure: who says what comes in, work and news go out; he decides, others carry and write down."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heapify, heappop, nsmallest
from math import inf

from pizzeria.ovens.expediter.state import KITCHEN, OVEN, LedgerFact, PassState
from pizzeria.ovens.expediter.stations import Station, TabletStation
from pizzeria.ovens.protocol.messages import WORDS, Message


class Expediter(PassState):
    """Hands the most urgent work to whoever is free, under leases; every input may come twice, late or out of order.

    `scale` is the seconds a kitchen minute takes, `patience` the seconds by which a lease outlives twice its work.
    `facts` is what an expediter before this one left in the ledger.
    """

    # What comes in

    def ask(self, now: float, order: int, step: str, minutes: float, burns_after: float = 0.0) -> None:
        """Take an order's wish for one of its steps; a wish known already is answered once more."""
        if order in self.closed:
            self._tell(now, order, step, "done", None)
            return
        task = self.tasks.get((order, step))
        if task is None:
            self._decide(now, "asked", order, step, minutes=minutes, burns_after=burns_after)
        elif task.state in ("handed", "done"):
            self._tell(task.handed, order, step, "handed", task.who)
            if task.state == "done":
                self._tell(task.done, order, step, "done", task.who)

    def tablet_says(self, now: float, name: str, said: Message) -> None:
        """Take a tablet's state: `ready`, `working`, `done` or, from its will, `gone`."""
        tablet = self._tablet(name)
        if not self._is_news(tablet, said):
            return
        state, lease = said["state"], said.get("lease")
        tablet.free = False
        if state == "gone":
            self._give_back(now, tablet, "gone")
            return
        if state == "done":
            self._done(now, lease, name)
            if lease == tablet.lease:
                tablet.lease = None
        if state == "working":
            return
        if tablet.lease:  # it has not heard of its work yet, or starts anew: the same lease again
            self.unsaid[tablet] = None
            return
        tablet.free = True
        if not tablet.queued:
            tablet.queued = True
            self.free_tablets.append(tablet)

    def oven_says(self, now: float, name: str, said: Message) -> None:
        """Take an oven's state: `empty`, `baking`, `baked`, `burnt` or, from its will, `gone`."""
        oven = self._oven(name)
        if not self._is_news(oven, said):
            return
        state, order = said["state"], said.get("order")
        oven.there = state != "gone"
        if not oven.there:
            return  # nobody reaches it; what is in it goes on baking
        if oven.order is None or order != oven.order:
            if oven.order is not None and state == "empty" and oven.baking and said["boot"] > oven.loaded:
                self._decide(now, "lost", oven.order, OVEN, name)
            elif oven.order is not None or order is not None:
                self.unsaid[oven] = None  # it missed what it should do
            self._offer(oven)
            return
        if not oven.baking:
            self._decide(now, "baking", order, OVEN, name)
        if state in ("baked", "burnt") and self.tasks[order, OVEN].state != "done":
            self._decide(now, "baked", order, OVEN, name)
        if state == "burnt" and order not in self.charcoal:
            self._decide(now, "charcoal", order, OVEN, name)

    def tick(self, now: float) -> float | None:
        """Give back what leases ended on; return the next moment at which one ends, or None."""
        while self.deadlines and self.deadlines[0][0] <= now:
            _, lease, station = heappop(self.deadlines)
            if station.lease != lease:
                continue
            if isinstance(station, TabletStation):
                self._give_back(now, station, "expired")
            elif station.order is not None and self.tasks[station.order, OVEN].state != "done":
                self._decide(now, "lost", station.order, OVEN, station.name)
        return self.deadlines[0][0] if self.deadlines else None

    def reconnected(self, now: float) -> None:
        """Start every lease anew, since no news could come, and say every outstanding work again."""
        stations = [
            s for s in (*self.tablets.values(), *self.ovens.values()) if s.lease and s.order is not None
        ]
        self._end_leases([(now + self._length(s), s.lease, s) for s in stations if s.lease])
        self.unsaid.update(dict.fromkeys(stations))

    def stood_still(self, seconds: float) -> None:
        """Let every lease last so much longer: we could hear nothing meanwhile."""
        self._end_leases([(end + seconds, lease, station) for end, lease, station in self.deadlines])

    def dispatch(self, now: float) -> None:
        """Hand out: the first free oven to the longest waiting pizza, the first free cook to the most urgent work."""
        bakes, ovens = self.bakes, self.free_ovens
        while bakes and ovens:
            if bakes[0].state == "done":
                bakes.popleft()
                continue
            oven = ovens.popleft()
            oven.queued = False
            if oven.there:
                self._decide(now, "loaded", bakes[0].order, OVEN, oven.name)
        heap, free = self.heap, self.free_tablets
        while heap and free:
            if heap[0][1].state != "waiting":
                heappop(heap)
            else:
                tablet, task = free.popleft(), heap[0][1]
                tablet.queued = False
                if tablet.free:
                    self._decide(now, "handed", task.order, task.step, tablet.name)

    # What goes out

    def take_facts(self) -> list[LedgerFact]:
        """Return the facts decided since the last call: to be written down before anything else goes out."""
        facts, self.facts = self.facts, []
        return facts

    def take_work(self) -> list[tuple[str, str, Message]]:
        """Return what ovens and tablets should hear now, as ``("oven"|"tablet", name, message)``."""
        stations, self.unsaid = self.unsaid, {}
        return [work for station in stations if (work := station.work(self.run))]

    def lasts(self, now: float, kind: str, name: str) -> float:
        """Return for how many seconds the work that an oven or a tablet was handed is worth something to it, 1 at least."""
        stations: Mapping[str, Station] = self.ovens if kind == "oven" else self.tablets
        station = stations[name]
        return inf if station.order is None else max(1.0, station.ends - now)

    def take_news(self) -> list[Message]:
        """Return what the orders should hear now, as a list of dicts."""
        news, self.news = self.news, []
        return news

    def waiting(self, most: int) -> tuple[int, list[Message]]:
        """Return how many wait for a cook, and the `most` most urgent as ``{"order", "task"}``."""
        waits = [task for _, task in self.heap if task.state == "waiting"]
        first = nsmallest(most, waits, key=lambda task: task.rank)
        return len(waits), [{"order": task.order, "task": WORDS[task.step]} for task in first]

    # Deciding

    def _is_news(self, station: Station, said: Message) -> bool:
        """Return whether this is later than all that the station said: a stamp is (connection, count)."""
        stamp = (said["session"], said["seq"])
        if said["state"] == "gone":  # a will speaks for its own connection only
            if station.stamp[0] > stamp[0]:
                self.stale += 1
                return False
        elif stamp <= station.stamp or said["run"] != self.run:
            self.stale += 1
            return False
        station.stamp = stamp
        return True

    def _end_leases(self, deadlines: list[tuple[float, int, Station]]) -> None:
        """Have every lease end at another time than it would have."""
        self.deadlines = deadlines
        heapify(self.deadlines)
        for end, lease, station in deadlines:
            if station.lease == lease:
                station.ends = end

    def _done(self, now: float, lease: int | None, who: str) -> None:
        if lease is None or (task := self.leases.get(lease)) is None:
            return
        if task.state != "done":
            self._decide(now, "done", task.order, task.step, who, lease)
        elif lease != task.lease:
            self._decide(now, "again", task.order, task.step, who, lease)

    def _give_back(self, now: float, tablet: TabletStation, why: str) -> None:
        lease = tablet.lease
        task = None if lease is None else self.leases.get(lease)
        if lease and task is not None and task.state == "handed":
            self._decide(now, "back", task.order, task.step, tablet.name, lease)
        tablet.lease = None

    def _decide(
        self,
        now: float,
        what: str,
        order: int,
        step: str,
        who: str = KITCHEN,
        lease: int = 0,
        minutes: float = 0.0,
        burns_after: float = 0.0,
    ) -> None:
        fact = LedgerFact(self.number + 1, now, what, order, step, who, lease, minutes, burns_after)
        self.facts.append(fact)
        self.apply(fact)
