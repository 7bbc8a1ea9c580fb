"""The connected kitchen as processes, killed with kill -9: every order is served once or burnt, none lost or doubled."""

import asyncio
import os

import pytest

from pizzeria.ovens import crash_experiment
from pizzeria.ovens.expediter.ledger import read


def prove(report, seed):
    print(f"seed {seed}: {report}")
    assert report.served + report.burnt == report.orders, report.log
    assert (report.lost, report.doubled, report.out_of_urgency) == (0, 0, 0), report.log
    assert report.served > report.orders / 2, "burning everything is no way to lose nothing"
    assert "Traceback" not in report.log, report.log


def test_a_killed_cook_and_expediter_cost_nothing(nothing_leaks):
    seed = int.from_bytes(os.urandom(2))
    report = asyncio.run(
        crash_experiment(orders=20, seed=seed, kill=("cook", "expediter"), bound=120, more=5)
    )
    prove(report, seed)
    assert "expediter" in {who for _, who in report.kills}
    assert report.given_back > 0, "a cook died over a pizza"
    assert any(how == "back" for *_, how in report.spans)


def test_more_orders_ring_until_the_last_fault(tmp_path):
    ledger = str(tmp_path / "ledger.db")

    async def late(_dice):
        while max(fact.order for fact in (await asyncio.to_thread(read, ledger))[1]) < 8:
            await asyncio.sleep(0.05)

    report = asyncio.run(
        crash_experiment(orders=4, kill=("late",), faults={"late": late}, more=2, ledger=ledger, bound=120)
    )
    prove(report, 1)
    assert report.orders >= 8
    assert [who for _, who in report.kills] == ["late"]


def test_an_unknown_victim_is_refused():
    with pytest.raises(ValueError, match="nobody is called plumber: choose cook, expediter"):
        asyncio.run(crash_experiment(kill=("plumber",)))
