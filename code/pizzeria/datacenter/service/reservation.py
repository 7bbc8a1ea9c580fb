"""The reservation service, without a socket in it: a request goes in, a response comes out, waits are awaited.

Every server of the data centre runs this same coroutine. What differs is what an `await` does to whoever runs it: it
holds a thread, or it lets go of it. The `house` provides the waits (`check`, `save`), the price and the book.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias

from pizzeria.datacenter.service.settings import LONGEST_KEY, LONGEST_NAME, MOST_PIZZAS

Record: TypeAlias = dict[str, Any]
"""A reservation as JSON has it."""


class Request(NamedTuple):
    """A parsed HTTP request; `headers` has lower-case names, `body` is bytes."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes = b""


class Response(NamedTuple):
    """An HTTP response; `last` closes the connection after it."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    last: bool = False


class Refused(Exception):
    """A request that gets no reservation, and the status that says why; `retry` in seconds asks to come again."""

    def __init__(self, status: int, says: str, retry: int | None = None, last: bool = False) -> None:
        super().__init__(says)
        self.status, self.says, self.retry, self.last = status, says, retry, last

    def response(self) -> Response:
        """Return the response to send: JSON with `error`, and Retry-After where trying again makes sense."""
        headers = () if self.retry is None else (("retry-after", str(self.retry)),)
        return answer(self.status, {"error": self.says}, headers, self.last)


class Saved(NamedTuple):
    """What the store says of a record: its id, whether it is new, and the record it has under that key."""

    id: str
    created: bool
    record: dict[str, Any]


class Conflict(Refused):
    """The idempotency key was used before, for another order."""

    def __init__(self) -> None:
        super().__init__(422, "this Idempotency-Key was used for a different reservation: take a new key")


def answer(
    status: int, document: object, headers: tuple[tuple[str, str], ...] = (), last: bool = False
) -> Response:
    """Return a response with `document` as JSON."""
    body = json.dumps(document, ensure_ascii=False).encode() + b"\n"
    return Response(status, body, (("content-type", "application/json"), *headers), last)


def text(status: int, body: str) -> Response:
    """Return a response of plain text."""
    return Response(status, body.encode(), (("content-type", "text/plain; version=0.0.4; charset=utf-8"),))


class Metrics:
    """What `/metrics` reports, in Prometheus's text format."""

    def __init__(self, server: str) -> None:
        self.server, self.lock = server, threading.Lock()
        self.responses: Counter[int] = Counter()

    def count(self, status: int) -> None:
        """Count one response; from any thread."""
        with self.lock:
            self.responses[status] += 1

    def render(self, gauges: Mapping[str, tuple[str, object]]) -> str:
        """Return the page; `gauges` maps a name to ``(help, value)``."""
        lines = ["# HELP http_responses_total Responses sent.", "# TYPE http_responses_total counter"]
        for status, count in sorted(self.responses.copy().items()):
            lines.append(f'http_responses_total{{server="{self.server}",status="{status}"}} {count}')
        for name, (says, value) in gauges.items():
            lines += [f"# HELP {name} {says}", f"# TYPE {name} gauge", f"{name} {value}"]
        return "\n".join(lines) + "\n"


def parse_order(body: bytes) -> tuple[list[str], float, str, str]:
    """Return ``(pizzas, km, user, password)`` of a request's JSON; anything of another shape is refused with 400."""
    try:
        order = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, f"the body is not JSON: {error}") from None
    if not isinstance(order, dict):
        raise Refused(400, "the body is not a JSON object")
    pizzas, km, known = order.get("pizzas"), order.get("km", 1.0), order.get("credentials")
    if not isinstance(pizzas, list) or not all(
        isinstance(p, str) and 0 < len(p) <= LONGEST_NAME for p in pizzas
    ):
        raise Refused(400, "pizzas: a list of names was expected")
    if not 1 <= len(pizzas) <= MOST_PIZZAS:
        raise Refused(400, f"pizzas: between 1 and {MOST_PIZZAS} of them")
    if isinstance(km, bool) or not isinstance(km, int | float) or not 0 <= km <= 100:
        raise Refused(400, "km: a number from 0 to 100")
    if not isinstance(known, dict) or not all(isinstance(known.get(n), str) for n in ("user", "password")):
        raise Refused(400, "credentials: an object with user and password")
    if any("\ud800" <= letter <= "\udfff" for word in (*pizzas, *known.values()) for letter in str(word)):
        raise Refused(400, "the text holds half a character (a lone surrogate)")
    return pizzas, float(km), known["user"], known["password"]


class ServiceHouse(Protocol):
    """What a reservation needs: the waits, the price and the book."""

    @property
    def price(self) -> Callable[[list[str], float], float]:
        """Compute the price of so many pizzas so many kilometres away, in euros."""

    @property
    def count(self) -> Callable[[int], object]:
        """Count a response by its status."""

    @property
    def draining(self) -> bool:
        """Whether the end has been called."""

    def enter(self) -> bool:
        """Count a reservation in, or return False when as many are inside as may wait."""

    def leave(self) -> object:
        """Count it out."""

    def check(self, user: str, password: str, due: float) -> Awaitable[bool]:
        """Wait for the verdict of the credentials service."""

    def save(self, key: str, digest: str, record: Record, due: float) -> Awaitable[Saved]:
        """Wait until the record is on the disk."""

    def find(self, name: str, due: float) -> Awaitable[Record | None]:
        """Wait for the record with this id; None when there is none."""

    def report(self) -> Awaitable[str]:
        """Return the page of metrics."""

    def complain(self, error: BaseException) -> None:
        """Tell the operator about an error of ours."""


async def reserve(request: Request, house: ServiceHouse, due: float) -> Response:
    """Make one reservation, the seven steps of the story; every `await` is a wait."""
    pizzas, km, user, password = parse_order(request.body)
    key = request.headers.get("idempotency-key", "")
    if len(key) > LONGEST_KEY or not key.isprintable() or not key.isascii():
        raise Refused(400, f"Idempotency-Key: at most {LONGEST_KEY} printable ASCII characters")
    if not await house.check(user, password, due):  # (1) credentials
        raise Refused(403, "wrong user or password")
    euros = house.price(pizzas, km)  # (2) price
    record = {"pizzas": pizzas, "km": km, "user": user, "euros": euros}
    digest = hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()
    saved = await house.save(f"{user}\n{key}" if key else "", digest, record, due)  # (3) disk
    document = {"id": saved.id, **saved.record}
    location = (("location", f"/reservations/{saved.id}"),)
    return answer(201 if saved.created else 200, document, location)


async def route(request: Request, house: ServiceHouse, due: float) -> Response:
    """Find what the request asks for, and do it."""
    path = request.target.partition("?")[0]
    if path == "/reservations":
        expect(request, "POST")
        if not house.enter():
            raise Refused(503, "the kitchen is full: come again", retry=1)
        try:
            return await reserve(request, house, due)
        finally:
            house.leave()
    if path.startswith("/reservations/"):
        expect(request, "GET")
        record = await house.find(path.removeprefix("/reservations/"), due)
        if record is None:
            raise Refused(404, "no such reservation")
        return answer(200, record)
    if path == "/healthz":
        expect(request, "GET")
        return answer(200, {"status": "draining" if house.draining else "open"})
    if path == "/metrics":
        expect(request, "GET")
        return text(200, await house.report())
    raise Refused(404, "nothing here: POST /reservations, GET /reservations/{id}, /healthz, /metrics")


def expect(request: Request, method: str) -> None:
    """Refuse any other method than `method` with 405."""
    if request.method != method:
        raise Refused(405, f"this takes {method} only")


async def handle(request: Request, house: ServiceHouse, due: float) -> Response:
    """Answer any request; refusals become responses, and an error of ours becomes a 500 that tells nothing away."""
    try:
        response = await route(request, house, due)
    except Refused as no:
        response = no.response()
    except TimeoutError:
        response = answer(
            504, {"error": "not done before its deadline; try again with the same Idempotency-Key"}
        )
    except Exception as error:
        house.complain(error)
        response = answer(500, {"error": "our mistake"})
    house.count(response.status)
    return response
