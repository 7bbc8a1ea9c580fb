"""Theory against textbook values, against itself, and against the simulation where the formulas hold."""

from math import sqrt
from statistics import mean, stdev

import pytest

from pizzeria.kitchen import (
    KitchenError,
    Setup,
    claim,
    compare,
    fifty_clients,
    grab,
    predictions,
    simulate,
    tablet_race,
    theory,
)


def test_textbook_values():
    assert theory.erlang_c(1, 0.5) == pytest.approx(0.5)
    assert theory.erlang_c(2, 1.0) == pytest.approx(1 / 3)
    assert theory.mmc_wait(0.5, 1.0, 1) == pytest.approx(1.0)
    assert theory.pollaczek_khinchine(0.5, 1.0, 0.0) == pytest.approx(0.5)
    assert theory.little(0.5, 2.0) == 1.0
    assert theory.utilisation_bound(2, 0.5) == 4.0


@pytest.mark.parametrize("load", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("scv", [0.0, 0.5, 1.0])
def test_with_one_server_every_formula_is_pollaczek_khinchine(load, scv):
    exact = theory.pollaczek_khinchine(load, 1.0, scv)
    assert theory.lee_longton(load, 1.0, 1, scv) == pytest.approx(exact)
    assert theory.cosmetatos(load, 1.0, 1, scv) == pytest.approx(exact)
    assert theory.kingman(load, 1.0, 1.0, scv) == pytest.approx(exact)
    assert theory.sakasegawa(load, 1.0, 1, 1.0, scv) == pytest.approx(exact)


def test_no_steady_state_no_formula():
    for formula in (lambda: theory.mmc_wait(2, 1, 2), lambda: theory.kingman(1, 1, 1, 1)):
        with pytest.raises(KitchenError, match="steady state"):
            formula()
    with pytest.raises(KitchenError, match="steady state at a utilisation of 113%"):
        predictions(Setup(cooks=1, orders_per_hour=1.0), "apachehut")


def test_simulated_waits_lie_within_the_confidence_bounds_of_theory():
    setup = Setup(cooks=4).at_load("apachehut", 0.7)
    waits = [simulate(setup, "apachehut", 4000, seed).cook_wait for seed in range(10)]
    bound = 3.25 * stdev(waits) / sqrt(len(waits))  # 99 % of Student's t with 9 degrees of freedom
    expected = predictions(setup, "apachehut")["wait for a cook (Cosmetatos)"]
    assert bound < expected / 4  # or the test could not fail
    assert abs(mean(waits) - expected) < bound + 0.02 * expected  # 2 %: what the formula itself is good for


def test_no_kitchen_beats_its_utilisation_bound():
    for strategy in ("apachehut", "nginxopepperoni"):
        run = simulate(Setup(cooks=2, ovens=40, agents=9), strategy, 300, at_once=True)
        bound = 60 / Setup().held(strategy)
        assert 0.85 * bound < run.pizzas_per_cook_hour < 1.05 * bound


def test_fifty_clients_one_cook():
    verdict = fifty_clients()
    assert verdict.hours["apachehut"] == pytest.approx(56.7, abs=0.05)
    assert verdict.hours["nginxopepperoni"] == pytest.approx(14.6, abs=0.05)
    for strategy, hours in verdict.hours.items():
        assert verdict.simulated_hours[strategy] == pytest.approx(hours, rel=0.1)
    assert verdict.in_the_works["apachehut"] == 1 < verdict.in_the_works["nginxopepperoni"] < 50
    assert verdict.data_centre_in_flight == 54
    assert 4.1 < verdict.speed_up < 4.2


def test_the_race_serves_twice_and_the_claim_cures_it():
    assert [pizza for pizza, _ in tablet_race(grab)] == [1, 1, 2, 2, 3, 3]
    assert [pizza for pizza, _ in tablet_race(claim)] == [1, 2, 3]


def test_urgency_is_for_the_pizza_in_the_oven():
    setup = Setup(cooks=12, agents=5).at_load("nginxopepperoni", 0.9)
    burnt = {name: simulate(setup, "nginxopepperoni", 3000, policy=name).burnt for name in ("urgent", "fifo")}
    assert burnt["fifo"] > 20 * max(1, burnt["urgent"])
    assert simulate(setup, "nginxopepperoni", 300, policy="race").collisions > 0


def test_the_chart_shows_all_of_its_curves():
    lunch = compare(Setup(cooks=2, orders_per_hour=1), orders=40, seed=1)
    in_house, served = lunch.plot().axes
    assert served.get_ylim()[0] == 0
    assert served.get_ylim()[1] >= 40
    assert in_house.get_ylim()[1] >= max(run.peak for run in lunch)
