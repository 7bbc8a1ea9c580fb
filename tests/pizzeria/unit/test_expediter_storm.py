"""Whole lunches without a broker, on a network that loses, repeats and delays."""

import heapq
import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from pizzeria.ovens.devices.oven import Oven
from pizzeria.ovens.devices.tablet import Tablet
from pizzeria.ovens.expediter.audit import audit, spans
from pizzeria.ovens.expediter.decisions import Expediter
from pizzeria.ovens.expediter.ledger import read
from pizzeria.ovens.protocol.messages import decode
from support.ledgers import held


class Storm:
    """A lunch in virtual time: the real devices, and a network and expediters that fail as `dice` says."""

    def __init__(self, dice, folder, orders=6, cooks=2, ovens=3, loss=0.1, deaths=4):
        self.dice, self.path, self.loss = dice, folder / "ledger.db", loss
        self.now, self.agenda, self.tick = 1000.0, [], itertools.count()
        self.done = {(order, step): False for order in range(1, orders + 1) for step in PATH}
        self.devices = [Tablet(f"t{n}", 1000.0) for n in range(cooks)] + [
            Oven(f"o{n}", 1000.0) for n in range(ovens)
        ]
        self.sessions = dict.fromkeys((d.name for d in self.devices), 1)
        self.ledger = None
        self.crashes = deaths
        self.open()

    def at(self, delay, what, *args):
        heapq.heappush(self.agenda, (self.now + delay, next(self.tick), what, args))

    def send(self, what, *args):
        for _ in range(self.dice.choices((0, 1, 2), (self.loss, 1 - 2 * self.loss, self.loss))[0]):
            self.at(self.dice.uniform(0.0, 0.05), what, *args)

    def open(self):
        if self.ledger:
            self.ledger.release()
        self.ledger = held(self.path, scale=0.02)
        self.expediter = Expediter(self.ledger.run, 0.02, 1.0, self.ledger.facts())
        self.expediter.reconnected(self.now)
        run = {"run": self.ledger.run, "scale": 0.02}
        for device in self.devices:
            self.at(0.0, self.device_hears, device, "run", run)

    def device_hears(self, device, kind, said):
        if device.hear(kind, said, self.now):
            self.device_says(device)

    def device_says(self, device):
        topic, payload, _ = device.state_message(self.sessions[device.name])
        self.send(self.pass_hears, *decode(topic, payload))

    def pass_hears(self, kind, name, said):
        (self.expediter.tablet_says if kind == "tablet_state" else self.expediter.oven_says)(
            self.now, name, said
        )

    def ask(self):
        for order in {order for order, _ in self.done}:
            wants = next((step for step in PATH if not self.done[order, step]), None)
            for step in ("bake", "take_out") if wants == "bake" else (wants,) if wants else ():
                self.send(self.expediter_asked, order, step)

    def expediter_asked(self, order, step):
        self.expediter.ask(self.now, order, step, 15.0, 20.0)

    def turn(self):
        """Let the expediter decide, write down, and say; or die before or after writing."""
        self.expediter.tick(self.now)
        self.expediter.dispatch(self.now)
        fate = self.dice.random() if self.crashes > 0 else 1.0
        facts = self.expediter.take_facts()
        if fate < 0.01:
            self.crashes -= 1
            self.open()  # what he decided is lost, and nobody heard of it
            return
        self.ledger.write(facts)
        if fate < 0.02:
            self.crashes -= 1
            self.open()  # it is written, and nobody heard of it
            return
        names = {device.name: device for device in self.devices}
        for kind, name, work in self.expediter.take_work():
            self.send(self.device_hears, names[name], f"{kind}_work", work)
        for news in self.expediter.take_news():
            if news["state"] == "done":
                self.send(self.done.__setitem__, (news["order"], news["step"]), True)

    def kill_a_cook(self):
        if self.crashes <= 0:
            return
        self.crashes -= 1
        device = self.dice.choice([d for d in self.devices if d.kind == "tablet"])
        topic, payload = device.will(self.sessions[device.name])
        self.send(self.pass_hears, *decode(topic, payload))
        self.sessions[device.name] += 1
        self.devices[self.devices.index(device)] = reborn = Tablet(device.name, self.now)
        self.at(0.1, self.device_hears, reborn, "run", {"run": self.ledger.run, "scale": 0.02})

    def run(self):
        self.at(self.dice.uniform(0, 3), self.kill_a_cook)
        ask_at = say_at = self.now
        for _ in range(60_000):
            self.now += 0.005
            while self.agenda and self.agenda[0][0] <= self.now:
                _, _, what, args = heapq.heappop(self.agenda)
                what(*args)
            for device in self.devices:
                if device.tick(self.now):
                    self.device_says(device)
            if self.now >= say_at:
                say_at = self.now + 0.5
                for device in self.devices:
                    self.device_says(device)
            if self.now >= ask_at:
                ask_at = self.now + 0.2
                self.ask()
            self.turn()
            if all(self.done.values()):
                return
        raise AssertionError(f"not done after 5 minutes: {[k for k, v in self.done.items() if not v]}")


PATH = ("start", "prepare", "bake", "take_out", "finish")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_every_order_ends_once_whatever_is_lost_repeated_or_killed(seed, tmp_path_factory):
    storm = Storm(random.Random(seed), tmp_path_factory.mktemp("storm"))
    storm.run()
    storm.ledger.release()
    about, facts = read(storm.path)
    counted = audit(facts)
    assert set(counted.closed) == {order for order, _ in storm.done}
    assert counted.doubled == 0
    assert counted.out_of_urgency == 0
    assert [f.number for f in facts] == list(range(1, len(facts) + 1))
    assert counted.hand_outs >= 4 * len(counted.closed)
    works = spans(facts, about["opened"], about["scale"])
    assert {order for _, _, order, *_ in works} == set(counted.closed)
    assert all(start <= end for start, end, *_ in works)
