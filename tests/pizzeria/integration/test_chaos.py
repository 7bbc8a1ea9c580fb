"""500 orders on every broker while cooks, expediters, links and the broker itself are killed with kill -9."""

import asyncio
import os
from collections import Counter

import pytest

from pizzeria.kitchen_parameters import Setup
from pizzeria.ovens import crash_experiment
from pizzeria.ovens.brokers.kinds import KINDS, Access
from support.small_kitchen import absent

ORDERS = 500
VICTIMS = ("cook", "cook", "cook", "expediter", "expediter", "oven", "oven", "oven", "broker")
ACCESS = Access("cook", "ba:si@l", topics=("kitchen/#",))
BOUND = 240  # s on a busy machine; about 20 on two idle cores
# A minute takes 5 ms, so that the lunch takes 10 s; then a broker that is away for a second is away for hours.
KITCHEN = {"scale": 0.005, "setup": Setup(cooks=6, orders_per_hour=60.0, burns_after=600.0), "cooks": 6}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_order_is_served_once_or_burnt_whoever_is_killed(kind):
    broker = kind(ACCESS)
    absent(broker)
    seed = int(os.environ.get("CHAOS_SEED") or int.from_bytes(os.urandom(2)))
    print(f"CHAOS_SEED={seed}")
    report = asyncio.run(
        crash_experiment(orders=ORDERS, seed=seed, kill=VICTIMS, broker=broker, bound=BOUND, **KITCHEN)
    )
    print(report, [(round(minute), who) for minute, who in report.kills])
    assert report.served + report.burnt == ORDERS, report.log
    assert (report.lost, report.doubled, report.out_of_urgency) == (0, 0, 0), report.log
    assert report.served > ORDERS / 2, "burning everything is no way to lose nothing"
    assert report.hand_outs >= 4 * ORDERS
    assert report.given_back >= 1, "cooks were killed at work, so something must have been given back"
    killed = Counter("cook" if who in COOKS else who for _, who in report.kills)
    assert killed["cook"] >= 3, "a blow that came too late is dealt again"
    assert (killed["expediter"], killed["an oven's link"]) == (2, 3)
    assert len(report.kills) == len(VICTIMS) + killed["cook"] - 3
    assert "Traceback" not in report.log, report.log
    assert ACCESS.password not in report.log
    assert "ba%3Asi%40l" not in report.log


COOKS = ("anna", "bruno", "carla", "dino", "elena", "fabio")
