"""Every interleaving of a small kitchen: the real expediter and devices, a network and a ledger that do their worst.

A *world* is one state of everything: the ledger and its epoch, the expediter who leads, one who was superseded and does
not know, the devices, and every word that was ever said. From each world all moves are tried. A word may be heard at any
time, again, late, in any order or never: so loss, repetition and reordering need no moves of their own. Nor does a
crash. Whoever dies before he writes has done nothing; who dies between writing and saying said what nobody hears; and a
fenced ledger refuses whatever a superseded one decides, so that he is as good as dead, and what he says late are late
words. Without the fence he is asked, too. Leases may end at any time, cooks and ovens die and begin anew, news get lost,
as often as the kitchen allows.
"""

import math
import pickle
from collections import deque
from dataclasses import dataclass, replace

from pizzeria.ovens.devices.oven import Oven
from pizzeria.ovens.devices.tablet import Tablet
from pizzeria.ovens.expediter.audit import audit
from pizzeria.ovens.expediter.decisions import Expediter
from support.expediter_world import (
    RUN,
    World,
    device_key,
    dies,
    goes_on,
    hears,
    key,
    moved,
    said,
    speaks,
    taken_over,
)

ROUNDS = 60  # of a kitchen without faults, in which everything must end


class Violation(AssertionError):
    """Something that must never be."""


@dataclass(frozen=True)
class Kitchen:
    """What is explored: the steps of each order in turn, who works, and how often what goes wrong.

    `fenced` is whether the ledger asks for the epoch: without, the search must find a violation.
    """

    orders: int = 2
    steps: tuple = ("prepare", "finish")
    tablets: tuple = ("anna", "bruno")
    ovens: tuple = ()
    take_overs: int = 1
    expiries: int = 1
    deaths: int = 0
    fenced: bool = True


def explore(kitchen, most=10**9, ends_of=1):
    """Try everything, breadth first, up to so many worlds; return how many there were, how many moves, and whether that was all.

    Raises `Violation` with the moves that led to it. Of every `ends_of`-th world it is proved that all orders end once
    nothing goes wrong any more.
    """
    first = begun(kitchen)
    seen, agenda, moves = {key(first)}, deque([first]), 0
    while agenda and len(seen) < most:
        world = agenda.popleft()
        if len(agenda) % ends_of == 0:
            finish(kitchen, world)
        for after in steps(kitchen, world):
            moves += 1
            mark = key(after)
            if mark not in seen:
                seen.add(mark)
                check(kitchen, after)
                agenda.append(after)
    return len(seen), moves, not agenda


def begun(kitchen):
    """Return the world in which the first expediter has just come, and everybody has said his state."""
    devices = [Tablet(name, 0.0) for name in kitchen.tablets] + [Oven(name, 0.0) for name in kitchen.ovens]
    for device in devices:
        device.hear("run", {"run": RUN, "scale": 1.0}, 0.0)
    left = (kitchen.take_overs + 1, kitchen.expiries, kitchen.deaths)
    empty = World(left=left, devices=tuple((device.name, pickle.dumps(device), 1) for device in devices))
    return taken_over(kitchen, empty)


def steps(kitchen, world):
    """Give every world that one move leads to."""
    for name, pickled, session in world.devices:
        yield from device_moves(world, name, pickled, session)
    for epoch, pickled in ((world.epoch, world.leader), world.late or (0, None)):
        if pickled:
            for label, act in inputs(kitchen, world, pickle.loads(pickled)):
                yield from turn(world, epoch, pickled, label, act)
    if world.left[0]:
        yield taken_over(kitchen, world)


def device_moves(world, name, pickled, session):
    lease, until = device_key(pickled)[1:3]
    for one in world.works:
        _, at, work = one
        if at == name and work[0][1] > lease:
            yield moved(world, name, f"{name} hears {work}", *hears(pickled, session, one))
    if until < math.inf:
        yield moved(world, name, f"{name} goes on", *goes_on(pickled, session))
    if world.left[2]:
        will, *reborn = dies(pickled, session)
        dead = replace(world, words=world.words | {will}, left=(*world.left[:2], world.left[2] - 1))
        yield moved(dead, name, f"{name} dies and comes back", *reborn)


def inputs(kitchen, world, expediter):
    """Give what may come to an expediter now, as a label and what does it."""
    for kind, name, spoken in world.words:
        stations = expediter.tablets if kind == "tablet_state" else expediter.ovens
        message = dict(spoken)
        if name in stations and stations[name].stamp >= (message["session"], message["seq"]):
            continue
        hear = "tablet_says" if kind == "tablet_state" else "oven_says"
        yield (
            f"hears {name}: {message['state']}",
            lambda e, h=hear, n=name, m=message: getattr(e, h)(0.0, n, m),
        )
    for order in range(1, kitchen.orders + 1):
        for step in wanted(kitchen, world, order):
            task = expediter.tasks.get((order, step))
            if task is None or task.state == "done":
                yield f"hears order {order} ask {step}", lambda e, o=order, s=step: e.ask(0.0, o, s, 1.0, 1.0)
    if world.left[1]:
        for end, lease, station in expediter.deadlines:
            if station.lease == lease:
                yield f"lease {lease} ends", lambda e, end=end, lease=lease: expire(e, end, lease)


def wanted(kitchen, world, order):
    """Give the steps that an order asks for: the first it does not know to be done, and with a bake its rescue."""
    for step in kitchen.steps:
        if (order, step) not in world.told:
            yield step
            if step == "bake":
                yield "take_out"
            return


def expire(expediter, end, lease):
    """Let one lease end before all others."""
    others = [deadline for deadline in expediter.deadlines if deadline[1] != lease]
    expediter.deadlines = [deadline for deadline in expediter.deadlines if deadline[1] == lease]
    expediter.tick(end)
    expediter.deadlines = others


def turn(world, epoch, pickled, label, act):
    """Give the worlds after a turn of an expediter: what he decided is written, then said; news get through or not."""
    expediter = pickle.loads(pickled)
    act(expediter)
    expediter.dispatch(0.0)
    # By number, and none twice: as the ledgers do. One who is late is here only where nothing is fenced.
    known = {fact.number for fact in world.facts}
    facts = world.facts + tuple(fact for fact in expediter.take_facts() if fact.number not in known)
    left = (world.left[0], world.left[1] - label.startswith("lease"), world.left[2])
    after = said(replace(world, facts=facts, left=left), epoch, expediter, f"epoch {epoch} {label}")
    yield after
    if after.told != world.told:
        yield replace(after, told=world.told, path=(*after.path, "and no order hears of it"))


# What must be true


def check(kitchen, world):
    """Raise `Violation` if something is doubled, out of urgency, or said and not written."""
    try:
        counted = audit(world.facts)
        Expediter(RUN, 1.0, 1.0, world.facts)
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise violation(world, f"the ledger makes no sense: {error!r}") from error
    if counted.doubled or counted.out_of_urgency:
        raise violation(world, f"{counted.doubled} doubled, {counted.out_of_urgency} out of urgency")
    by_number = {fact.number: fact for fact in world.facts}
    if sorted(by_number) != list(range(1, len(world.facts) + 1)):
        raise violation(world, "numbers are missing")
    for kind, name, work in world.works:
        fact, what = by_number.get(work[0][1]), dict(work)
        handed = {"tablet_work": "handed", "oven_work": "loaded"}[kind]
        if what["order"] is not None and (
            fact is None or (fact.fact, fact.who, fact.order) != (handed, name, what["order"])
        ):
            raise violation(world, f"{name} was told {what}, and the ledger says {fact}")
    done = {(fact.order, fact.step) for fact in world.facts if fact.fact in ("done", "baked")}
    done |= {(fact.order, "bake") for fact in world.facts if fact.fact == "lost"}
    if world.told - done:
        raise violation(world, f"orders were told {world.told - done}, and the ledger does not say so")


def violation(world, what):
    return Violation(f"{what}, after:\n  " + "\n  ".join(world.path))


def finish(kitchen, world):
    """Raise `Violation` if an order never ends although nothing goes wrong any more."""
    # Whatever is on its way is lost; what was lost is said again.
    world = taken_over(kitchen, replace(world, left=(1, 0, 0), works=frozenset(), words=frozenset()))
    for _ in range(ROUNDS):
        expediter = pickle.loads(world.leader)
        if len(expediter.closed) == kitchen.orders:
            check(kitchen, world)
            return
        for name, pickled, session in world.devices:
            device = pickle.loads(pickled)
            for kind, at, work in sorted(world.works, key=lambda work: work[2][0]):
                if at == name:
                    device.hear(kind, dict(work), 0.0)
            if device.until < math.inf:
                device.tick(device.until)
            world = moved(world, name, None, *speaks(device, session))
        for kind, name, message in sorted(
            world.words, key=lambda one: (dict(one[2])["session"], dict(one[2])["seq"])
        ):
            hear = expediter.tablet_says if kind == "tablet_state" else expediter.oven_says
            hear(0.0, name, dict(message))
        for order in range(1, kitchen.orders + 1):
            for step in wanted(kitchen, world, order):
                expediter.ask(0.0, order, step, 1.0, 1.0)
        expediter.dispatch(0.0)
        facts = tuple(expediter.take_facts())
        # Leases end when everything else has been heard and done.
        if not facts:
            expediter.tick(math.inf)
            expediter.dispatch(0.0)
            facts = tuple(expediter.take_facts())
        world = said(replace(world, facts=world.facts + facts), world.epoch, expediter, "all goes well")
    raise violation(world, f"not all of {kitchen.orders} orders ended")
