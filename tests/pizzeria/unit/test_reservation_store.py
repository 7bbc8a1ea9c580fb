"""The store of reservations: groups that are written at once, disks that fail, and where it cannot be opened."""

import threading

import pytest

from pizzeria.datacenter.service import store as stores
from pizzeria.datacenter.service.engine import StoreError
from pizzeria.datacenter.service.reservation import (
    Saved,
)
from pizzeria.datacenter.service.sqlite_file import SqliteFile
from pizzeria.datacenter.service.store import LARGEST_BATCH, Store, open_engine


def test_the_store_writes_in_groups_and_tells_each(tmp_path):
    told, done = [], threading.Event()

    def deliver(batch):
        told.extend(batch)
        if len(told) >= 100:
            done.set()

    store = Store(str(tmp_path / "book"), deliver)
    for n in range(100):
        store.submit((f"key {n % 50}", "digest", {"n": n % 50}), n)
    assert done.wait(10)
    store.close()
    assert {token for token, _ in told} == set(range(100))
    assert sum(saved.created for _, saved in told) == 50
    assert store.commits < 100 == store.written
    again = SqliteFile(tmp_path / "book")
    assert all(again.read(saved.id)["n"] == saved.record["n"] for _, saved in told)
    again.close()


class Faulty:
    """An engine that waits to be let go, and fails when it is told to."""

    errors = (OSError,)

    def __init__(self):
        self.began, self.go, self.batches, self.closed = threading.Event(), threading.Event(), [], False

    def write(self, batch):
        self.began.set()
        assert self.go.wait(10)
        self.batches.append(len(batch))
        if any(key == "full" for key, _, _ in batch):
            raise OSError("no room")
        return [Saved(key, True, record) for key, _, record in batch]

    def read(self, name):
        if name == "bad":
            raise OSError("a bad sector")
        return {"name": name}

    def refusal(self, error):
        return StoreError(503, str(error))

    def close(self):
        self.closed = True


@pytest.fixture
def faulty(monkeypatch):
    engine = Faulty()
    monkeypatch.setattr(stores, "open_engine", lambda where: engine)
    yield engine
    engine.go.set()


def test_a_store_that_hangs_lets_its_server_end(faulty):
    told = []
    store = Store("x", told.extend, room=2)
    store.submit(("first", "", {}), 1)
    assert faulty.began.wait(10)
    for n in (2, 3):
        store.submit((f"{n}", "", {}), n)
    with pytest.raises(TimeoutError, match=r"has not closed within 0\.01 s"):
        store.close(within=0.01)
    assert (told, faulty.closed) == ([], False)
    faulty.go.set()
    store.close(within=60)
    assert ([token for token, _ in told], faulty.closed) == ([1, 2, 3], True)


def test_a_batch_that_fails_is_refused_to_each_and_the_next_is_written(faulty):
    told = []
    store = Store("x", told.extend, room=3000)
    store.submit(("first", "", {}), "first")
    assert faulty.began.wait(10)
    for n in range(LARGEST_BATCH + 3):
        store.submit(("full" if n == 0 else f"{n}", "", {}), n)
    store.submit("bad", "read")
    store.submit("good", "again")
    faulty.go.set()
    store.close()
    assert faulty.closed
    assert not store.thread.is_alive()
    assert faulty.batches == [1, LARGEST_BATCH, 3], "no batch is larger"
    assert (store.commits, store.written) == (2, 4)
    outcomes = dict(told)
    assert [outcomes[n].says for n in range(LARGEST_BATCH)] == ["no room"] * LARGEST_BATCH
    assert outcomes[LARGEST_BATCH].created
    assert outcomes["read"].says == "a bad sector"
    assert outcomes["again"] == {"name": "good"}


def test_a_store_that_is_behind_sends_clients_away(faulty):
    store = Store("x", lambda batch: None, room=2)
    store.submit(("first", "", {}), 0)
    assert faulty.began.wait(10)
    store.submit("a", 1)
    store.submit("b", 2)
    with pytest.raises(StoreError) as no:
        store.submit("c", 3)
    assert (no.value.status, no.value.retry) == (503, 1)
    faulty.go.set()
    store.close()


def test_a_store_at_an_address_is_postgresql(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "pizzeria.datacenter.service.postgres.Postgres", lambda where: seen.append(where) or "it"
    )
    assert open_engine("postgres://h/x") == open_engine("postgresql://h/x") == "it"
    assert seen == ["postgres://h/x", "postgresql://h/x"]


def test_stores_that_cannot_be_opened_say_what_to_do(tmp_path):
    (tmp_path / "text").write_text("no database" * 200)
    for where in (str(tmp_path / "no" / "folder"), str(tmp_path / "text"), "redis://x"):
        with pytest.raises(ValueError, match="--store"):
            open_engine(where)
