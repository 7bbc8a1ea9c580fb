"""What queueing theory says before anything has run.

Rates are orders a minute, times minutes. *Wait* means time in the queue, service not included. Every formula holds in
the steady state only, so a utilisation of 1 or more is a `KitchenError`.
"""

from __future__ import annotations

from math import sqrt

from pizzeria.kitchen_parameters import KitchenError, Setup


def utilisation(rate: float, service: float, servers: int) -> float:
    """Return the share of time a server works: rate × service / servers; exact for any distribution."""
    if servers < 1 or rate <= 0 or service <= 0:
        raise KitchenError("theory needs servers, a rate and a service time above 0")
    return rate * service / servers


def utilisation_bound(servers: int, service: float) -> float:
    """Return the orders a minute that no kitchen can exceed: servers / service, whatever the order of service.

    Source: the utilisation law (Denning and Buzen 1978). Valid always; reached only with work always at hand.
    """
    return servers / service


def little(rate: float, sojourn: float) -> float:
    """Return the mean number in the system: rate × sojourn.

    Source: Little, Operations Research 9 (1961). Valid for any stable system over a long time, and for any run that
    starts and ends empty.
    """
    return rate * sojourn


def erlang_c(servers: int, load: float) -> float:
    """Return the probability that an arrival has to wait; `load` in erlangs (rate × service).

    Source: Erlang 1917, by the recursion of the Erlang B formula. Valid for M/M/c (Poisson, exponential service).
    """
    _stable(load / servers)
    blocked = 1.0
    for busy in range(1, servers + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def mmc_wait(rate: float, service: float, servers: int) -> float:
    """Return the mean wait in minutes of M/M/c: Erlang C × service / (servers − load). Exact."""
    load = rate * service
    return erlang_c(servers, load) * service / (servers - load)


def pollaczek_khinchine(rate: float, service: float, scv: float) -> float:
    """Return the mean wait in minutes of one server: ρ S (1 + C²) / (2 (1 − ρ)), C² = variance / mean² of service.

    Source: Pollaczek 1930, Khinchine 1932. Exact for M/G/1.
    """
    load = rate * service
    _stable(load)
    return load * service * (1 + scv) / (2 * (1 - load))


def lee_longton(rate: float, service: float, servers: int, scv: float) -> float:
    """Return the mean wait in minutes of M/G/c: (1 + C²) / 2 times that of M/M/c.

    Source: Lee and Longton, Operational Research Quarterly 10 (1959). Exact for one server and for C² = 1; a few
    per cent off otherwise in heavy traffic, and too low for nearly constant service with many idle servers.
    """
    return (1 + scv) / 2 * mmc_wait(rate, service, servers)


def cosmetatos(rate: float, service: float, servers: int, scv: float) -> float:
    """Return the mean wait in minutes of M/G/c, corrected for regular service.

    Source: Cosmetatos, Operational Research Quarterly 27 (1976): M/D/c first, then C² between it and M/M/c. Valid for
    C² up to about 1; within 2 % for utilisations above a half.
    """
    load = utilisation(rate, service, servers)
    random = mmc_wait(rate, service, servers)
    excess = (1 - load) * (servers - 1) * (sqrt(4 + 5 * servers) - 2) / (16 * load * servers)
    regular = (1 + excess) / 2 * random
    return scv * random + (1 - scv) * regular


def kingman(rate: float, service: float, arrival_scv: float, scv: float) -> float:
    """Return the mean wait in minutes of one server: ρ / (1 − ρ) × (Ca² + Cs²) / 2 × S.

    Source: Kingman 1961. An approximation for G/G/1 that is asymptotically exact in heavy traffic, exact for M/G/1.
    """
    load = rate * service
    _stable(load)
    return load / (1 - load) * (arrival_scv + scv) / 2 * service


def sakasegawa(rate: float, service: float, servers: int, arrival_scv: float, scv: float) -> float:
    """Return the mean wait in minutes of many servers: ρ^(√(2(c+1)) − 1) / (c (1 − ρ)) × (Ca² + Cs²) / 2 × S.

    Source: Sakasegawa, Annals of the Institute of Statistical Mathematics 29 (1977). For G/G/c; Kingman's for c = 1.
    """
    load = utilisation(rate, service, servers)
    _stable(load)
    power: float = load ** (sqrt(2 * (servers + 1)) - 1)
    return power / (servers * (1 - load)) * (arrival_scv + scv) / 2 * service


def held_scv(setup: Setup) -> float:
    """Return C² (variance / mean²) of the minutes Apach' Hut holds a cook: only the wait for stock varies."""
    second = setup.out_of_stock * setup.restock**2 / 3
    return (second - setup.restock_mean**2) / setup.held("apachehut") ** 2


def predictions(setup: Setup, strategy: str) -> dict[str, float]:
    """Return what theory says about a kitchen, by name; times in minutes, an unstable kitchen is a `KitchenError`.

    At Apach' Hut calls are M/M/c; what leaves an M/M/c is again Poisson (Burke 1956), so the cooks are M/G/c. A pizza
    of Ngin O' Pepperonix comes back to the cooks three times, and no formula here covers that: only the bounds hold.
    """
    rate = setup.orders_per_hour / 60
    for load in setup.utilisation(strategy).values():
        _stable(load)
    said = {
        "utilisation of cooks": setup.utilisation(strategy)["cooks"],
        "pizzas per cook-hour, at most": 60 * utilisation_bound(1, setup.held(strategy)),
        "wait for an agent (Erlang C)": mmc_wait(rate, setup.call, setup.agents),
    }
    if strategy == "apachehut":
        service, scv = setup.held(strategy), held_scv(setup)
        said["wait for a cook (Lee-Longton)"] = lee_longton(rate, service, setup.cooks, scv)
        said["wait for a cook (Cosmetatos)"] = cosmetatos(rate, service, setup.cooks, scv)
        said["wait for a cook (Sakasegawa)"] = sakasegawa(rate, service, setup.cooks, 1.0, scv)
    return said


def _stable(load: float) -> None:
    if not load < 1:
        raise KitchenError(f"no steady state at a utilisation of {load:.0%}")
