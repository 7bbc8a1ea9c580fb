"""How fast the kitchens run, against SimPy 4.1 with the same random draws: python tests/benchmarks/bench_kitchen.py"""

import argparse
import gc
import platform
import random
import sys
import time
import tracemalloc
from datetime import date
from importlib import metadata, util

import simpy

from pizzeria.kitchen import Setup, simulate
from pizzeria.kitchen_parameters import STRATEGIES, clients

COOKS, LOAD = 12, 0.8


def simpy_kitchen(setup, strategy, guests):
    """Run the same kitchen in SimPy; return the wait for the first cook and the sojourn of each order, in minutes."""
    env = simpy.Environment()
    agents, ovens = simpy.Resource(env, setup.agents), simpy.Resource(env, setup.ovens)
    synchronous = strategy == "apachehut"
    cooks = (simpy.Resource if synchronous else simpy.PriorityResource)(env, setup.cooks)
    waits, sojourns = [], []

    def apachehut(call, restock):
        rang = env.now
        with agents.request() as agent:
            yield agent
            yield env.timeout(call)
        ticket = env.now
        with cooks.request() as cook:
            yield cook
            waits.append(env.now - ticket)
            if restock:
                yield env.timeout(restock)
            yield env.timeout(setup.prepare)
            with ovens.request() as oven:
                yield oven
                yield env.timeout(setup.bake)
            yield env.timeout(setup.deliver)
        sojourns.append(env.now - rang)

    def nginxopepperoni(call, restock):
        rang = env.now
        with agents.request() as agent:
            yield agent
            yield env.timeout(call)
        ticket = env.now
        with cooks.request(priority=3) as cook:
            yield cook
            waits.append(env.now - ticket)
            yield env.timeout(setup.hand_over)
        # Even when it is 0: SimPy hands a released unit on one event later, and ours goes straight to the next.
        yield env.timeout(restock)
        with cooks.request(priority=2) as cook:
            yield cook
            yield env.timeout(setup.prepare)
        with ovens.request() as oven:
            yield oven
            yield env.timeout(setup.bake)
            with cooks.request(priority=0) as cook:
                yield cook
                yield env.timeout(setup.hand_over)
        yield env.timeout(setup.deliver)
        with cooks.request(priority=1) as cook:
            yield cook
            yield env.timeout(setup.hand_over)
        sojourns.append(env.now - rang)

    order = apachehut if synchronous else nginxopepperoni

    def phone():
        for gap, call, restock in guests:
            yield env.timeout(gap)
            env.process(order(call, restock))

    env.process(phone())
    env.run()
    return waits, sojourns


def bench_setup(strategy):
    """Return the kitchen of the benchmark: 12 cooks at 80 % load, and agents enough to feed them."""
    return Setup(cooks=COOKS, agents=2 if strategy == "apachehut" else 5).at_load(strategy, LOAD)


def seconds(run):
    """Return the CPU seconds of one run and what it returned; CPU, because neighbours share the machine."""
    gc.collect()
    start = time.process_time()
    outcome = run()
    return time.process_time() - start, outcome


def against_simpy(strategy, orders, rounds):
    """Print orders/s of both simulators, the best of some alternating rounds, and their ratio."""
    setup = bench_setup(strategy)
    guests = list(clients(setup, orders, seed=1))
    ours, theirs = [], []
    for _ in range(rounds):
        spent, mine = seconds(lambda: simulate(setup, strategy, guests=guests))
        ours.append(spent)
        spent, (waits, _) = seconds(lambda: simpy_kitchen(setup, strategy, guests))
        theirs.append(spent)
    if abs(mine.cook_wait - sum(waits) / orders) > 1e-6:
        sys.exit(f"{strategy}: the two simulators disagree, so their speeds mean nothing")
    fast, slow = orders / min(ours), orders / min(theirs)
    print(f"{strategy:16} {orders:9,} orders: {fast:9,.0f}/s, SimPy {slow:8,.0f}/s, ratio {fast / slow:.2f}")


def memory(strategy):
    """Print the peak memory of 10,000 and 100,000 orders: a streaming run keeps it flat."""
    peaks = []
    for orders in (10_000, 100_000):
        tracemalloc.start()
        simulate(bench_setup(strategy), strategy, orders)
        peaks.append(tracemalloc.get_traced_memory()[1] / 2**20)
        tracemalloc.stop()
    print(f"{strategy:16} peak memory {peaks[0]:.1f} MB at 10,000 orders, {peaks[1]:.1f} MB at 100,000")


def against_ciw(orders):
    """Print orders/s of Apach' Hut in Ciw: two stations, no ovens (they never run out), and draws of its own."""
    import ciw

    setup = bench_setup("apachehut")
    draws = random.Random(1)

    class Held(ciw.dists.Distribution):
        def sample(self, t=None, ind=None):
            late = draws.uniform(0, setup.restock) if draws.random() < setup.out_of_stock else 0.0
            return late + setup.prepare + setup.bake + setup.deliver

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(setup.orders_per_hour / 60), None],
        service_distributions=[ciw.dists.Exponential(1 / setup.call), Held()],
        number_of_servers=[setup.agents, setup.cooks],
        routing=[[0.0, 1.0], [0.0, 0.0]],
    )
    ciw.seed(1)
    slow, _ = seconds(lambda: ciw.Simulation(network).simulate_until_max_customers(orders))
    fast, _ = seconds(lambda: simulate(setup, "apachehut", orders))
    print(
        f"apachehut        {orders:9,} orders: Ciw {orders / slow:8,.0f}/s, ratio {slow / fast:.2f} (draws included)"
    )


def main(arguments=None):
    """Run the benchmark and print it with machine, date and command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--million", action="store_true", help="also run 1,000,000 orders")
    parser.add_argument("--memory", action="store_true", help="also measure peak memory (slow: it traces)")
    options = parser.parse_args(arguments)
    versions = f"Python {platform.python_version()}, SimPy {metadata.version('simpy')}"
    print(f"{platform.system()} {platform.machine()}, {versions}, {date.today()}: {' '.join(sys.argv)}")
    print(
        "Same draws, same waits. Ours also computes percentiles, burnt pizzas, a timeline and work in process;"
    )
    print("SimPy's side only lists the waits and the sojourns.")
    for strategy in STRATEGIES:
        against_simpy(strategy, options.orders, options.rounds)
    if options.memory:
        for strategy in STRATEGIES:
            memory(strategy)
    if options.million:
        for strategy in STRATEGIES:
            spent, outcome = seconds(lambda s=strategy: simulate(bench_setup(s), s, 1_000_000))
            print(f"{strategy:16} 1,000,000 orders in {spent:.1f} s of CPU, served {outcome.served:,}")
    if util.find_spec("ciw"):
        against_ciw(min(options.orders, 10_000))
    else:
        print("ciw: absent, not measured")
    print(f"salabim: {'present' if util.find_spec('salabim') else 'absent'}, not measured")


if __name__ == "__main__":
    main()
