"""Many kitchens: cooks × arrival rates × strategies × seeds, in parallel, into one tidy table that can be resumed.

The table is CSV, a row a lunch: first what went in, then what came out, units in the header. A row is written when its
lunch is over, so an interrupted sweep keeps what it finished, and the same call computes only what is missing.
"""

from __future__ import annotations

import csv
import itertools
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from pizzeria.common.ports import HOST
from pizzeria.kitchen.simulation import simulate
from pizzeria.kitchen_parameters import POLICIES, STRATEGIES, KitchenError, OverloadWarning, Setup, checked

Case: TypeAlias = dict[str, Any]
"""Plain data: the parameters of one lunch, and in a row what came of it."""
Rows: TypeAlias = Generator[Case, None, None]
"""Rows as they get done; closed, it calls off what is not."""
UNITS = {
    "orders_per_hour": "1/h",
    "call": "min",
    "restock": "min",
    "prepare": "min",
    "bake": "min",
    "deliver": "min",
    "hand_over": "min",
    "burns_after": "min",
    "minutes": "min",
    "pizzas_per_cook_hour": "1/h",
    "sojourn_mean": "min",
    "sojourn_p50": "min",
    "sojourn_p95": "min",
    "sojourn_p99": "min",
    "waiting_mean": "min",
    "waiting_p95": "min",
    "waiting_p99": "min",
}
INPUTS = ["strategy", "policy", "seed", "orders", *Setup.names()]
OUTPUTS = ["served", "lost", "burnt", "collisions", "minutes", "pizzas_per_cook_hour", "utilisation_of_cooks"]
OUTPUTS += [
    "sojourn_mean",
    "sojourn_p50",
    "sojourn_p95",
    "sojourn_p99",
    "waiting_mean",
    "waiting_p95",
    "waiting_p99",
]
OUTPUTS += ["work_in_process", "peak", "held_share", "idle_share"]
LOCAL: dict[str, Any] = {
    "threads_per_worker": 1,
    "host": HOST,
    "dashboard_address": None,
    "scheduler_kwargs": {"dashboard_address": f"{HOST}:0"},
}
"""How a cluster of our own listens: on loopback alone, and on no port that another may have."""
HEADER = [f"{name} [{UNITS[name]}]" if name in UNITS else name for name in INPUTS + OUTPUTS]


def grid(
    cooks: Iterable[int],
    rates: Iterable[float],
    seeds: Iterable[int],
    strategies: Iterable[str] = STRATEGIES,
    policy: str = "urgent",
    orders: int = 1000,
    **changes: Any,
) -> list[Case]:
    """Return the cases of a sweep as plain dictionaries; anything impossible is a `KitchenError` before it starts."""
    checked(policy, POLICIES, "policy")
    cases = []
    for count, rate, strategy, seed in itertools.product(cooks, rates, strategies, seeds):
        checked(strategy, STRATEGIES, "strategy")
        setup = Setup(cooks=count, orders_per_hour=rate, **changes)
        cases.append(
            {"strategy": strategy, "policy": policy, "seed": seed, "orders": orders, **asdict(setup)}
        )
    if not cases:
        raise KitchenError("nothing to sweep: give at least one number of cooks, rate, strategy and seed")
    return cases


def one(case: Case) -> Case:
    """Run one case and return its row by column name; it runs in another process, so everything is plain data."""
    setup = Setup(**{name: case[name] for name in Setup.names()})
    with (
        warnings.catch_warnings()
    ):  # the row says the utilisation: a warning a row would say it a thousand times
        warnings.simplefilter("ignore", OverloadWarning)
        run = simulate(setup, case["strategy"], case["orders"], case["seed"], case["policy"])
    row = {**case, "utilisation_of_cooks": run.utilisation["cooks"]}
    for stream in ("sojourn", "waiting"):
        row |= {f"{stream}_{name}": value for name, value in asdict(getattr(run, stream)).items()}
    return {name: row[name] if name in row else getattr(run, name) for name in INPUTS + OUTPUTS}


def sweep(
    cases: Sequence[Case],
    path: str | PathLike[str],
    scheduler: str | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> int:
    """Run the cases that `path` does not hold yet, append their rows to it, and return how many were run.

    `scheduler` is None for processes of this machine, ``"local"`` for a dask cluster on it, or the address of a
    dask.distributed scheduler. `progress(done, total)` is called after each row.
    """
    path = Path(path)
    finished = _finished(path)
    todo = [case for case in cases if _key(case) not in finished]
    done = len(cases) - len(todo)
    if progress:
        progress(done, len(cases))
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if file.tell() == 0:
            writer.writerow(HEADER)
            file.flush()
        with _engine(scheduler, workers) as results, closing(results(todo)) as rows:
            for row in rows:
                writer.writerow([row[name] for name in INPUTS + OUTPUTS])
                file.flush()  # what is finished stays finished
                done += 1
                if progress:
                    progress(done, len(cases))
    return len(todo)


def read_table(path: str | PathLike[str]) -> list[dict[str, str]]:
    """Return the rows of a sweep's table as dictionaries of text by column name without its unit."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    if header != HEADER:
        raise KitchenError(f"{path} is not a table of this sweep: its columns differ")
    return [dict(zip(INPUTS + OUTPUTS, row, strict=True)) for row in rows]


def _key(case: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple("" if case[name] is None else str(case[name]) for name in INPUTS)


def _finished(path: Path) -> set[tuple[str, ...]]:
    """Return the keys of the rows already there, after cutting off a last row that was being written."""
    if not path.exists() or not path.stat().st_size:
        return set()
    text = path.read_bytes()
    if not text.endswith(b"\n"):
        if b"\n" not in text:
            raise KitchenError(f"{path} is not a table of this sweep: no header")
        path.write_bytes(text[: text.rindex(b"\n") + 1])
    try:
        return {_key(row) for row in read_table(path)}
    except ValueError as error:
        raise KitchenError(f"cannot resume from {path}: {error}") from None


@contextmanager
def _engine(scheduler: str | None, workers: int | None) -> Iterator[Callable[[Iterable[Case]], Rows]]:
    """Yield a function from cases to an iterator over rows, in the order they get done."""
    if scheduler is None:
        with ProcessPoolExecutor(workers) as pool:

            def here(cases: Iterable[Case]) -> Rows:
                futures = [pool.submit(one, case) for case in cases]
                try:
                    for future in as_completed(futures):
                        yield future.result()
                finally:
                    for future in futures:
                        future.cancel()

            yield here
        return
    with _dask(scheduler, workers) as there:
        yield there


@contextmanager
def _dask(scheduler: str, workers: int | None) -> Iterator[Callable[[Iterable[Case]], Rows]]:
    """Yield the same for a dask cluster; one of ours is closed however the sweep ends, somebody else's forgets it."""
    try:
        from dask import distributed
    except ImportError:
        raise KitchenError("a scheduler needs dask.distributed: pip install distributed") from None
    with ExitStack() as stack:
        try:
            where: Any = scheduler
            if scheduler == "local":
                where = stack.enter_context(distributed.LocalCluster(n_workers=workers or 2, **LOCAL))
            patience = {} if scheduler == "local" else {"timeout": "5s"}  # ours has just started
            client = stack.enter_context(distributed.Client(where, **patience))
        except (OSError, ValueError) as error:
            raise KitchenError(f"no dask scheduler answers at {scheduler}: {error}") from None

        def there(cases: Iterable[Case]) -> Rows:
            # A lunch of a worker that dies is begun anew elsewhere.
            futures = client.map(one, list(cases), pure=False)
            try:
                for _, row in distributed.as_completed(futures, with_results=True):
                    yield row
            except distributed.KilledWorker as error:
                raise KitchenError(
                    f"workers die over one lunch: {error}; the table has the others, the same sweep goes on"
                ) from None
            finally:
                client.cancel(futures)

        yield there
