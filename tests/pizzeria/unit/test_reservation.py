"""The reservation service and its HTTP, without a socket: what fuzzing sends in, and what may come out."""

import json
import threading
from pathlib import Path

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pizzeria.datacenter.servers.blocking import run
from pizzeria.datacenter.service import price
from pizzeria.datacenter.service import store as stores
from pizzeria.datacenter.service.converse import converse
from pizzeria.datacenter.service.credentials_client import exchange, verdict_of
from pizzeria.datacenter.service.engine import StoreError
from pizzeria.datacenter.service.reservation import (
    Conflict,
    Metrics,
    Refused,
    Request,
    Saved,
    answer,
    handle,
    parse_order,
)
from pizzeria.datacenter.service.settings import FIXED, Settings, limits_table, options
from pizzeria.datacenter.service.sqlite_file import SqliteFile
from pizzeria.datacenter.service.store import LARGEST_BATCH, Store, open_engine
from pizzeria.datacenter.service.wire import Conversation

ORDER = {"pizzas": ["margherita"], "km": 2, "credentials": {"user": "ada", "password": "basil"}}


class House:
    """A house that never waits, and keeps its book in a dict."""

    draining = False

    def __init__(self):
        self.book, self.complaints, self.inside = {}, [], 0
        self.metrics = Metrics("test")
        self.count, self.price, self.complain = self.metrics.count, price.euros, self.complaints.append

    def enter(self):
        self.inside += 1
        return True

    def leave(self):
        self.inside -= 1

    async def check(self, user, password, due):
        return password == "basil"

    async def save(self, key, digest, record, due):
        name = str(len(self.book))
        self.book[name] = record
        return Saved(name, True, record)

    async def find(self, name, due):
        return self.book.get(name)

    async def report(self):
        return self.metrics.render({})


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={"pizzas": ANYTHING | st.just(["calzone"]), "km": ANYTHING, "credentials": ANYTHING | st.just(ORDER["credentials"])},
)  # fmt: skip
PIECES = st.sampled_from(
    [b"POST", b"GET", b" ", b"/reservations", b"/metrics", b" HTTP/1.1", b" HTTP/1.0", b"\r\n", b"\r\n\r\n", b"Host: x\r\n",
     b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999\r\n", b"Transfer-Encoding: chunked\r\n",
     b"5\r\nhello\r\n", b"0\r\n\r\n", b"Expect: 100-continue\r\n", b"\x00", b"\xff", b"{}", json.dumps(ORDER).encode()]
)  # fmt: skip


@given(body=NEARLY | ANYTHING)
def test_any_json_is_an_order_or_a_400(body):
    house = House()
    request = Request("POST", "/reservations", {}, json.dumps(body).encode())
    response = run(handle(request, house, 0))
    assert response.status in (201, 400, 403)
    assert (response.status == 201) == bool(house.book)
    assert not house.complaints
    assert house.inside == 0
    json.loads(response.body)


@given(body=st.binary(max_size=300), target=st.text(max_size=30), key=st.text(max_size=300))
def test_any_bytes_get_a_clear_status(body, target, key):
    house = House()
    for request in (
        Request("POST", "/reservations", {"idempotency-key": key}, body),
        Request("GET", target, {}, body),
        Request("BREW", "/" + target, {}, body),
    ):
        assert run(handle(request, house, 0)).status in (200, 400, 403, 404, 405)
    assert not house.complaints


@settings(max_examples=300)
@given(pieces=st.lists(PIECES | st.binary(max_size=20), max_size=20), ends=st.booleans())
def test_any_bytes_on_the_wire_are_requests_or_a_refusal(pieces, ends):
    talk, house, no = Conversation(), House(), None
    try:
        for piece in [*pieces, *([b""] if ends else [])]:
            talk.feed(piece)
            request = talk.next_request()
            if request is False:
                return
            if request:
                assert len(request.body) <= Settings.body_bytes
                sent = talk.answer(run(handle(request, house, 0)))
                assert sent.startswith(b"HTTP/1.1 ")
                rest = talk.left_over
                if not talk.may_go_on:
                    return
                talk = Conversation()
                talk.feed(rest)
    except Refused as refused:
        no = refused
        refusal = talk.answer(no.response(), last=True)
    if no:
        assert 400 <= no.status <= 501
        assert refusal.startswith(f"HTTP/1.1 {no.status}".encode())
    assert not house.complaints


def test_an_order_is_checked_before_anybody_is_asked():
    with pytest.raises(Refused, match="at most|between"):
        parse_order(json.dumps({**ORDER, "pizzas": ["x"] * 51}).encode())


class Full(House):
    """A house where nobody may come in any more."""

    draining = True

    def enter(self):
        return False


class Slow(House):
    """A house whose disk takes longer than the client waits."""

    async def save(self, key, digest, record, due):
        raise TimeoutError


def asked(house, method, target, body=None, key=None):
    headers = {} if key is None else {"idempotency-key": key}
    request = Request(method, target, headers, b"" if body is None else json.dumps(body).encode())
    response = run(handle(request, house, 0))
    assert house.inside == 0
    assert house.metrics.responses[response.status] >= 1, "every response is counted"
    return response


def test_a_reservation_is_made_and_found():
    house = House()
    made = asked(house, "POST", "/reservations?from=phone", ORDER)
    record = {"pizzas": ["margherita"], "km": 2.0, "user": "ada", "euros": price.euros(["margherita"], 2)}
    assert json.loads(made.body) == {"id": "0", **record}
    assert made.status == 201
    assert dict(made.headers) == {"content-type": "application/json", "location": "/reservations/0"}
    assert made.last is False
    found = asked(house, "GET", "/reservations/0")
    assert (found.status, json.loads(found.body)) == (200, record)
    gone = asked(house, "GET", "/reservations/7")
    assert (gone.status, json.loads(gone.body)) == (404, {"error": "no such reservation"})


def test_a_key_belongs_to_its_user_and_a_reservation_is_new_once():
    house, keys = House(), []

    async def save(key, digest, record, due):
        keys.append((key, digest))
        return Saved("7", len(keys) == 1, record)

    house.save = save
    said = [asked(house, "POST", "/reservations", ORDER, key).status for key in ("k", "k", "", None)]
    assert said == [201, 200, 200, 200]
    assert [key for key, _ in keys] == ["ada\nk", "ada\nk", "", ""]
    assert len({digest for _, digest in keys}) == 1
    asked(house, "POST", "/reservations", {**ORDER, "km": 3}, "k")
    assert keys[-1][1] != keys[0][1], "another order has another digest"


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"pizzas": ["x" * 80] * 50, "km": 100}, 201, ""),
        ({"km": 0}, 201, ""),
        ({"pizzas": ["x" * 81]}, 400, "a list of names"),
        ({"pizzas": [""]}, 400, "a list of names"),
        ({"pizzas": ["x", 1]}, 400, "a list of names"),
        ({"pizzas": "margherita"}, 400, "a list of names"),
        ({"pizzas": []}, 400, "between 1 and 50"),
        ({"pizzas": ["x"] * 51}, 400, "between 1 and 50"),
        ({"km": 100.5}, 400, "from 0 to 100"),
        ({"km": -0.5}, 400, "from 0 to 100"),
        ({"km": True}, 400, "from 0 to 100"),
        ({"km": "2"}, 400, "from 0 to 100"),
        ({"credentials": ["ada"]}, 400, "user and password"),
        ({"credentials": {"user": "ada"}}, 400, "user and password"),
        ({"credentials": {"user": "ada", "password": 1}}, 400, "user and password"),
        ({"credentials": {"user": "a\ud800", "password": "basil"}}, 400, "half a character"),
        ({"credentials": {"user": "ada", "password": "salt"}}, 403, "wrong user or password"),
    ],
)
def test_an_order_at_the_edge_of_what_is_taken(change, status, says):
    house = House()
    response = asked(house, "POST", "/reservations", {**ORDER, **change})
    assert response.status == status
    assert says in json.loads(response.body).get("error", "")
    assert len(house.book) == (status == 201)


@pytest.mark.parametrize(
    ("key", "status"), [("k" * 200, 201), ("k" * 201, 400), ("a\tb", 400), ("k" * 300 + "\n", 400)]
)
def test_a_key_is_short_and_can_be_read(key, status):
    assert asked(House(), "POST", "/reservations", ORDER, key).status == status


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/reservations", 405),
        ("POST", "/reservations/0", 405),
        ("POST", "/healthz", 405),
        ("POST", "/metrics", 405),
        ("GET", "/", 404),
        ("GET", "/health", 404),
    ],
)
def test_what_is_not_there_or_takes_another_method(method, target, status):
    response = asked(House(), method, target, ORDER)
    assert response.status == status
    assert dict(response.headers) == {"content-type": "application/json"}


def test_a_full_house_says_when_to_come_again_and_a_draining_one_that_it_is():
    house = Full()
    response = asked(house, "POST", "/reservations", ORDER)
    assert (response.status, dict(response.headers)["retry-after"]) == (503, "1")
    assert json.loads(asked(house, "GET", "/healthz").body) == {"status": "draining"}
    well = asked(House(), "GET", "/healthz")
    assert (well.status, json.loads(well.body)) == (200, {"status": "open"})


def test_what_is_not_done_in_time_may_be_asked_again():
    house = Slow()
    response = asked(house, "POST", "/reservations", ORDER)
    assert response.status == 504
    assert "try again" in json.loads(response.body)["error"]
    assert not house.complaints


def test_metrics_are_served_as_text():
    house = House()
    asked(house, "GET", "/healthz")
    page = asked(house, "GET", "/metrics")
    assert (page.status, page.body) == (
        200,
        b"# HELP http_responses_total Responses sent.\n# TYPE http_responses_total counter\n"
        b'http_responses_total{server="test",status="200"} 1\n',
    )
    assert dict(page.headers)["content-type"].startswith("text/plain; version=0.0.4")


def test_another_order_under_a_key_is_a_conflict_that_says_so():
    no = Conflict()
    assert (no.status, str(no)) == (422, no.says)
    assert "take a new key" in json.loads(no.response().body)["error"]
    assert no.response().status == 422


def test_our_own_mistakes_are_a_500_that_tells_nothing():
    house = House()
    house.price = None
    response = run(handle(Request("POST", "/reservations", {}, json.dumps(ORDER).encode()), house, 0))
    assert response.status == 500
    assert b"NoneType" not in response.body
    assert house.complaints
    assert house.inside == 0


def test_metrics_are_prometheus_text():
    metrics = Metrics("loop")
    metrics.count(201)
    page = metrics.render({"connections_open": ("Open connections.", 3)})
    assert 'http_responses_total{server="loop",status="201"} 1\n' in page
    assert page.endswith("# TYPE connections_open gauge\nconnections_open 3\n")


@pytest.mark.parametrize(
    "said", [b"", b"null", b"[]", b'{"allowed": 1}', b'{"allowed": "yes"}', b"\xff", b'{"a": 1}']
)
def test_what_is_no_verdict_is_never_a_yes(said):
    with pytest.raises(Refused) as no:
        verdict_of(200, said)
    assert no.value.status == 502


class Scripted:
    """A link on which the credentials service says what the test wants."""

    def __init__(self, *says):
        self.says = list(says)

    async def send(self, data, due):
        server = h11.Connection(h11.SERVER)
        server.receive_data(data)
        assert server.next_event().target == b"/check"

    async def recv(self, due):
        return self.says.pop(0) if self.says else b""


def test_a_verdict_in_pieces():
    body = b'{"allowed": true}'
    says = b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n" + body
    assert run(exchange(Scripted(*(bytes([b]) for b in says)), "x", b"{}", 0)) == (True, True)


@pytest.mark.parametrize(
    "says", [(b"SSH-2.0-x\r\n\r\n",), (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{",)]
)
def test_a_service_that_does_not_speak_http(says):
    with pytest.raises(Refused) as no:
        run(exchange(Scripted(*says), "x", b"{}", 0))
    assert no.value.status == 502


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


def test_the_price():
    assert price.euros(["Margherita", "hawaii"], 2) == 8 + 9.5 + 1
    assert price.calibrate(0) == 0
    assert price.calibrate(2) > price.calibrate(0.2) > 0


class Pipe:
    """A stream on which everything has arrived already, and a host that counts who lets the others have their turn."""

    draining, connections, count = False, 1, staticmethod(lambda status: None)
    clock = staticmethod(lambda: 0.0)

    def __init__(self, said, requests):
        self.said, self.sent, self.turns, self.idle = [said], [], 0, set()
        self.settings, self.host = Settings(requests=requests), self

    async def recv(self, due):
        return self.said.pop(0) if self.said else b""

    async def send(self, data, due):
        self.sent.append(data)

    async def sleep(self, seconds):
        self.turns += 1

    async def respond(self, request, due):
        return answer(200, {"asked": request.target})

    def must_close(self):
        return False

    def finish(self):
        self.sent.append(b"")


def test_who_asks_ahead_of_the_answers_lets_others_have_their_turn():
    pipe = Pipe(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n" * 5, requests=4)
    run(converse(pipe, pipe))
    *answers, end = pipe.sent
    assert [b"200" in one for one in answers] == [True] * 4
    assert b"connection: close" in answers[-1].lower()
    assert (pipe.turns, end) == (3, b""), "the fifth is not answered, and read before the end"


def test_the_table_of_limits_is_what_the_code_says():
    table = limits_table()
    assert table in Path("DESIGN.md").read_text(encoding="utf-8"), (
        "python -m pizzeria datacenter limits says another"
    )
    assert table.count("\n") == 2 + sum(bool(one.metadata["beyond"]) for one in options()) + len(FIXED)


@pytest.mark.parametrize("name", [one.name for one in options()])
def test_a_setting_that_makes_no_sense_is_named(name):
    if isinstance(getattr(Settings(), name), str):
        return
    with pytest.raises(ValueError, match=f"--{name.replace('_', '-')} -1: (more than 0|0 or more), please"):
        Settings(**{name: -1}).check()


def test_what_h11_takes_in_good_part_is_refused_before_it_sees_it():
    """The reasons for a first look: should h11 become as strict, it can go."""
    head = b"POST /reservations HTTP/1.1\r\nHost: x\r\n"
    for said in (
        head.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n",
        head + b"X: y\r\n z\r\nContent-Length: 0\r\n\r\n",
        head + b"X: \x01\r\nContent-Length: 0\r\n\r\n",
        head + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
        head + b"Content-Length: 0, 0\r\n\r\n",
        head + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        head + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\n",
        head + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n",
    ):
        alone, talk = h11.Connection(h11.SERVER), Conversation()
        alone.receive_data(said)
        assert [type(alone.next_event()) for _ in range(2)] == [h11.Request, h11.EndOfMessage], said
        with pytest.raises(Refused) as no:
            heard(talk, said)
        assert no.value.status == 400


def heard(talk, said):
    talk.feed(said)
    return talk.next_request()
