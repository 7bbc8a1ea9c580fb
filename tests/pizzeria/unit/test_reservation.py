"""The reservation service and its HTTP, without a socket: what fuzzing sends in, and what may come out."""

import json

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pizzeria.datacenter.servers.blocking import run
from pizzeria.datacenter.service import price
from pizzeria.datacenter.service.credentials_client import exchange, verdict_of
from pizzeria.datacenter.service.reservation import Metrics, Refused, Request, Saved, handle, parse_order
from pizzeria.datacenter.service.sqlite_file import SqliteFile
from pizzeria.datacenter.service.store import Store, open_engine
from pizzeria.datacenter.service.wire import MOST_BODY, Conversation

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
                assert len(request.body) <= MOST_BODY
                sent = talk.answer(run(handle(request, house, 0)))
                assert sent.startswith(b"HTTP/1.1 ")
                if not talk.next_cycle():
                    return
    except Refused as refused:
        no = refused
        refusal = talk.answer(no.response(), last=True)
    if no:
        assert 400 <= no.status < 500
        assert refusal.startswith(f"HTTP/1.1 {no.status}".encode())
    assert not house.complaints


def test_an_order_is_checked_before_anybody_is_asked():
    with pytest.raises(Refused, match="at most|between"):
        parse_order(json.dumps({**ORDER, "pizzas": ["x"] * 51}).encode())


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
    import threading

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


def test_stores_that_cannot_be_opened_say_what_to_do(tmp_path):
    (tmp_path / "text").write_text("no database" * 200)
    for where in (str(tmp_path / "no" / "folder"), str(tmp_path / "text"), "redis://x"):
        with pytest.raises(ValueError, match="--store"):
            open_engine(where)


def test_the_price():
    assert price.euros(["Margherita", "hawaii"], 2) == 8 + 9.5 + 1
    assert price.calibrate(0) == 0
    assert price.calibrate(2) > price.calibrate(0.2) > 0
