"""The connected kitchen as processes, killed with kill -9: every order is served once or burnt, none lost or doubled."""

import asyncio
import os

import pytest

from pizzeria.common.measured import measured
from pizzeria.ovens import crash_experiment


def prove(report, seed):
    print(f"seed {seed}: {report}")
    assert report.served + report.burnt == report.orders, report.log
    assert (report.lost, report.doubled, report.out_of_urgency) == (0, 0, 0), report.log
    assert report.served > report.orders / 2, "burning everything is no way to lose nothing"
    assert "Traceback" not in report.log, report.log


def test_a_killed_cook_and_expediter_cost_nothing(nothing_leaks):
    seed = int.from_bytes(os.urandom(2))

    def lunch():
        report = asyncio.run(crash_experiment(orders=20, seed=seed, kill=("cook", "expediter"), bound=120))
        prove(report, seed)  # whoever was killed, and whether anybody was
        return report

    # On a machine that stands still the lunch may be over before the second blow.
    killed = measured(lunch, lambda report: "expediter" in {who for _, who in report.kills})
    report = killed.value
    assert killed.came_out, report
    assert report.given_back > 0, "a cook died over a pizza"
    assert any(how == "back" for *_, how in report.spans) == (report.given_back > 0)


def test_an_unknown_victim_is_refused():
    with pytest.raises(ValueError, match="nobody is called plumber: choose cook, expediter"):
        asyncio.run(crash_experiment(kill=("plumber",)))
