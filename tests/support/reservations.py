"""What the tests of the reservation service share: a house that never waits, and an order."""

import json

from pizzeria.datacenter.servers.blocking import run
from pizzeria.datacenter.service import price
from pizzeria.datacenter.service.reservation import (
    Metrics,
    Request,
    Saved,
    handle,
)

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


def asked(house, method, target, body=None, key=None):
    headers = {} if key is None else {"idempotency-key": key}
    request = Request(method, target, headers, b"" if body is None else json.dumps(body).encode())
    response = run(handle(request, house, 0))
    assert house.inside == 0
    assert house.metrics.responses[response.status] >= 1, "every response is counted"
    return response
