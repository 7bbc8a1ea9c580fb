"""The reservation service without a socket: what fuzzing sends in, and what may come out."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pizzeria.datacenter.servers.blocking import run
from pizzeria.datacenter.service import price
from pizzeria.datacenter.service.reservation import (
    Conflict,
    Metrics,
    Refused,
    Request,
    Saved,
    handle,
    parse_order,
)
from pizzeria.datacenter.service.settings import FIXED, Settings, limits_table, options
from support.reservations import ORDER, House, asked

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={"pizzas": ANYTHING | st.just(["calzone"]), "km": ANYTHING, "credentials": ANYTHING | st.just(ORDER["credentials"])},
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


def test_the_price():
    assert price.euros(["Margherita", "hawaii"], 2) == 8 + 9.5 + 1
    assert price.calibrate(0) == 0
    assert price.calibrate(2) > price.calibrate(0.2) > 0


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
