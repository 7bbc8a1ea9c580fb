"""What a lunch must have been, whatever happened: its ledger, what was overheard, and what the orders say, held against one another."""

from pizzeria.ovens.expediter.audit import audit
from pizzeria.ovens.protocol.messages import TREE

WORK = {"tablet_work": "handed", "oven_work": "loaded"}

OVERHEARD = [TREE[kind].filter for kind in (*WORK, "news")]


async def overhear(link, heard):
    """Append to a list whatever a link hears, until cancelled."""
    while True:
        if message := await link.hear():
            heard.append(message)


def prove(facts, heard, served, orders):
    """Assert that nothing was lost, doubled, out of urgency, or said and not written; return the `Audit`.

    `facts` is the ledger, `heard` are ``(kind, name, message)`` of work and news, `served` what each order knows at its end.
    """
    assert [fact.number for fact in facts] == list(range(1, len(facts) + 1)), (
        "a number is missing or given twice"
    )
    counted = audit(facts)
    assert set(counted.closed) == set(range(1, orders + 1)), "lost"
    assert (counted.doubled, counted.out_of_urgency) == (0, 0)
    assert {one.order: one.burnt for one in served} == counted.closed, "an order believes something else"
    by_number = {fact.number: fact for fact in facts}
    done = {
        (fact.order, "bake" if fact.fact != "done" else fact.step, fact.at): fact.who
        for fact in facts
        if fact.fact in ("done", "baked", "lost")
    }
    handed = {
        (fact.order, fact.step, fact.at, fact.who) for fact in facts if fact.fact in ("handed", "loaded")
    }
    assert heard
    for kind, name, said in heard:
        if kind in WORK and said["order"] is not None:
            fact = by_number.get(said["lease"])
            assert fact is not None, f"{name} was told {said}, which was never written"
            assert (fact.fact, fact.who, fact.order) == (WORK[kind], name, said["order"]), (fact, said)
            assert said.get("step") in (fact.step, None)
        for news in said.get("news", ()):
            order, step, at, who = (news[what] for what in ("order", "step", "at", "who"))
            if news["state"] == "handed":
                # One that was done late says so of whoever did it.
                assert any((order, step, at) == one[:3] for one in handed), f"an order was told {news}"
            elif who is not None:
                assert done.get((order, step, at)) == who, f"an order was told {news}"
            else:
                assert order in counted.closed
    return counted
