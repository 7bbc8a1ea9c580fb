"""One state of a small kitchen, what its devices do in it, and what tells it from others; `expediter_model` explores it."""

import pickle
from dataclasses import dataclass, field, replace
from functools import cache

from pizzeria.ovens.expediter.decisions import Expediter
from pizzeria.ovens.protocol.messages import decode

RUN = "today"


@dataclass(frozen=True)
class World:
    """One state of everything; what is pickled is never changed in place."""

    facts: tuple = ()
    epoch: int = 0
    leader: bytes | None = None
    late: tuple | None = None  # the epoch of one who was superseded, and himself
    devices: tuple = ()  # (name, pickled, session)
    works: frozenset = frozenset()
    words: frozenset = frozenset()
    told: frozenset = frozenset()  # (order, step) of which an order knows that it is done
    left: tuple = ()  # take-overs, expiries, deaths
    path: tuple = field(default=(), compare=False)


@cache
def hears(pickled, session, one):
    device = pickle.loads(pickled)
    device.hear(one[0], dict(one[2]), 0.0)
    return speaks(device, session)


@cache
def goes_on(pickled, session):
    device = pickle.loads(pickled)
    device.tick(device.until)
    return speaks(device, session)


@cache
def dies(pickled, session):
    old = pickle.loads(pickled)
    new = type(old)(old.name, 9.0)  # later than whatever was loaded before
    new.hear("run", {"run": RUN, "scale": 1.0}, 9.0)
    return word(*decode(*old.will(session))), *speaks(new, session + 1)


@cache
def speaks_again(pickled, session):
    return speaks(pickle.loads(pickled), session)


def speaks(device, session):
    """Return a device as it is once it has said its state, its session, and what it said."""
    topic, payload, _ = device.state_message(session)
    return pickle.dumps(device), session, word(*decode(topic, payload))


def said(world, epoch, expediter, label):
    """Return the world after an expediter has said what he decided."""
    works = {(f"{kind}_work", name, work_of(work)) for kind, name, work in expediter.take_work()}
    news = {(one["order"], one["step"]) for one in expediter.take_news() if one["state"] == "done"}
    who = (
        {"late": (epoch, pickle.dumps(expediter))}
        if epoch < world.epoch
        else {"leader": pickle.dumps(expediter)}
    )
    return replace(world, **who, works=world.works | works, told=world.told | news, path=(*world.path, label))


def work_of(work):
    return (("lease", work["lease"]), *sorted((k, v) for k, v in work.items() if k != "lease"))


def word(kind, name, message):
    return kind, name, tuple(sorted((k, v) for k, v in message.items() if k not in ("at", "task", "v")))


def taken_over(kitchen, world):
    """Return the world in which the next expediter has read the ledger, and everybody has said his state again."""
    expediter = Expediter(RUN, 1.0, 1.0, world.facts)
    expediter.reconnected(0.0)
    late = None if kitchen.fenced or not world.leader else (world.epoch, world.leader)
    after = replace(world, epoch=world.epoch + 1, late=late, left=(world.left[0] - 1, *world.left[1:]))
    after = said(after, after.epoch, expediter, f"epoch {after.epoch} begins")
    for name, pickled, session in after.devices:
        after = moved(after, name, None, *speaks_again(pickled, session))
    return after


def moved(world, name, label, pickled, session, says):
    """Return the world in which a device is like this, and has said so."""
    devices = tuple((name, pickled, session) if one[0] == name else one for one in world.devices)
    path = world.path if label is None else (*world.path, label)
    return replace(world, devices=devices, words=world.words | {says}, path=path)


# When two worlds are the same


def key(world):
    """Return what tells a world from others: times and orders of dictionaries do not."""
    return (
        tuple(fact[:1] + fact[2:] for fact in world.facts),
        world.leader and mind(world.leader),
        world.late and mind(world.late[1]),
        tuple((name, device_key(pickled), session) for name, pickled, session in world.devices),
        world.works,
        world.words,
        world.told,
        world.left,
    )


@cache
def mind(pickled):
    e = pickle.loads(pickled)
    station = lambda s: (s.name, s.stamp, s.queued, s.lease, s.order, s.task and (s.task.order, s.task.step))
    return (
        tuple(sorted((k, t.state, t.rank, t.lease, t.who, tuple(t.issued)) for k, t in e.tasks.items())),
        tuple(sorted((station(t), t.free) for t in e.tablets.values())),
        tuple(sorted((station(o), o.there, o.baking) for o in e.ovens.values())),
        tuple(sorted((rank, t.order, t.step, t.state) for rank, t in e.heap)),
        tuple((t.order, t.state) for t in e.bakes),
        tuple(t.name for t in e.free_tablets),
        tuple(o.name for o in e.free_ovens),
        tuple(sorted((lease, s.name) for _, lease, s in e.deadlines if s.lease == lease)),
        tuple(sorted(e.charcoal.items())), tuple(sorted(e.burnt)), tuple(sorted(e.closed.items())), e.number,
    )  # fmt: skip


@cache
def device_key(pickled):
    device = pickle.loads(pickled)
    return device.state, device.lease, device.until, device.order, device.seq, device.boot
