"""500 orders on every broker while all fails in turn: killed, stopped and cut; the ledger in a file or on a server."""

import os
from collections import Counter

import pytest

from pizzeria.ovens.brokers.kinds import KINDS
from support.chaos import ACCESS, FAULTS, chaos
from support.small_kitchen import absent

ORDERS = 500
COOKS = ("anna", "bruno", "carla", "dino", "elena", "fabio")
ON_A_SERVER = ("mosquitto", "nats-cluster")  # bench_chaos.py has each broker with both ledgers


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_order_is_served_once_or_burnt_whatever_fails(kind, request):
    absent(kind())
    server = request.getfixturevalue("postgres") if kind.name in ON_A_SERVER else None
    seed = int(os.environ.get("CHAOS_SEED") or int.from_bytes(os.urandom(2)))
    print(f"CHAOS_SEED={seed}")
    report = chaos(kind, server, ORDERS, seed)
    print(report, [(round(minute), who) for minute, who in report.kills], report.take_overs)
    assert report.served + report.burnt == report.orders >= ORDERS, report.log
    assert (report.lost, report.doubled, report.out_of_urgency) == (0, 0, 0), report.log
    assert report.served > report.orders / 2, "burning everything is no way to lose nothing"
    assert report.hand_outs >= 4 * ORDERS
    assert report.given_back >= 1, "cooks were killed at work, so something must have been given back"
    killed = Counter("cook" if who in COOKS else who for _, who in report.kills)
    assert killed["cook"] >= 2, "a blow that came too late is dealt again"
    assert (killed["expediter"], killed["stopped expediter"], killed["cut"]) == (1, 2, 1)
    assert len(report.kills) == len(FAULTS) + killed["cook"] - 2
    assert report.epochs >= 4, "three times somebody else had to lead"
    assert "Traceback" not in report.log, report.log
    assert ACCESS.password not in report.log
    assert "ba%3Asi%40l" not in report.log
