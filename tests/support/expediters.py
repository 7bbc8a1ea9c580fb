"""What the tests of the expediter share: what tablets and ovens say to him, and what he says."""

import itertools

from pizzeria.ovens.expediter.decisions import Expediter

RUN = "today"
COUNT = itertools.count(1)


def says(state, lease=None, session=1, seq=None, run=RUN, **more):
    return {
        "run": run,
        "session": session,
        "seq": seq or next(COUNT),
        "boot": 0.0,
        "state": state,
        "lease": lease,
        **more,
    }


def handed(expediter, now=0.0):
    """Dispatch; return what was handed to whom, as {name: message}."""
    expediter.dispatch(now)
    return {name: work for _, name, work in expediter.take_work()}


def loaded(expediter, order=1):
    expediter.ask(0.0, order, "bake", 30.0, 5.0)
    expediter.ask(0.0, order, "take_out", 0.5)
    expediter.oven_says(0.0, "1", says("empty"))
    return handed(expediter)["1"]


def facts_of(expediter):
    return [fact.fact for fact in expediter.take_facts()]


def told(expediter):
    return [(n["order"], n["step"], n["state"], n["at"], n["who"]) for n in expediter.take_news()]


def late(expediter):
    """Let anna's lease end and bruno have her work; return both leases."""
    expediter.ask(0.0, 1, "prepare", 1.0)
    expediter.tablet_says(0.0, "anna", says("ready"))
    first = handed(expediter)["anna"]["lease"]
    expediter.tick(7.0)
    assert not handed(expediter, 7.0), "anna says nothing"
    expediter.tablet_says(7.0, "bruno", says("ready"))
    return first, handed(expediter, 7.0)["bruno"]["lease"]


def again(expediter):
    """Make an expediter of all facts until now."""
    expediter.seen = [*getattr(expediter, "seen", []), *expediter.take_facts()]
    return Expediter(RUN, expediter.scale, expediter.patience, expediter.seen)
