"""What the service needs of whoever runs it: a stream to a peer, a host that can wait, a house behind the counter.

Each is a `Protocol`. Threads, processes, our own loop, asyncio and Twisted keep these promises in their own ways; what
differs between them is only whether an `await` holds a thread or lets go of it. `due` is always a moment of the host's
clock, in seconds; whoever waits beyond it gets a `TimeoutError`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeAlias

from pizzeria.datacenter.service.reservation import Record, Request, Response, Saved
from pizzeria.datacenter.service.settings import Settings

Item: TypeAlias = tuple[str, str, Record] | str
"""What a store is asked: ``(key, digest, record)`` to write, or an id to read."""
Outcome: TypeAlias = Saved | Record | Exception | None
"""What a store answers: what it saved, the record that was read or None, or an error to raise."""
Dial: TypeAlias = "Callable[[str, int, float], Awaitable[Stream]]"


class Stream(Protocol):
    """A connection whose `recv` and `send` can be awaited."""

    async def recv(self, due: float) -> bytes:
        """Return what has arrived, empty at the end."""

    async def send(self, data: bytes, due: float) -> None:
        """Send all of `data`."""

    def finish(self) -> None:
        """Say that nothing more will be sent."""

    def hang_up(self) -> None:
        """End a `recv` that waits, once what has arrived is read."""

    def abort(self) -> None:
        """Close at once, whatever was sent: the peer is gone, or does not take it."""

    def close(self) -> None:
        """Close, after what was sent has left; it may be closed already."""


class Host(Protocol):
    """Who waits: everything that blocking threads and event loops do differently."""

    @property
    def clock(self) -> Callable[[], float]:
        """Seconds on a clock that only goes forward."""

    @property
    def sleep(self) -> Callable[[float], Awaitable[object]]:
        """Wait for so many seconds."""

    @property
    def ticket(self) -> Callable[[], Any]:
        """Return a place for an outcome of the store, of a kind that only this host looks into."""

    async def dial(self, host: str, port: int, due: float) -> Stream:
        """Connect."""

    async def outcome(self, ticket: Any, due: float) -> Outcome:
        """Wait until the store has spoken."""

    def deliver(self, batch: list[tuple[Any, Outcome]]) -> None:
        """Bring the store's word from its thread to those who wait for it."""


class Counter(Protocol):
    """The house as a connection sees it, from the other side of the counter."""

    settings: Settings
    idle: set[Stream]
    draining: bool
    connections: int

    @property
    def host(self) -> Host:
        """Who waits here."""

    @property
    def clock(self) -> Callable[[], float]:
        """The host's clock."""

    @property
    def count(self) -> Callable[[int], object]:
        """Count a response by its status."""

    def must_close(self) -> bool:
        """Whether a connection ends with the response that is being sent."""

    async def respond(self, request: Request, due: float) -> Response:
        """Answer one request."""

    def complain(self, error: BaseException) -> None:
        """Tell the operator about an error of ours."""

    def close(self) -> None:
        """Close what is open."""


class Engine(Protocol):
    """What writes and reads reservations: one writer, whole batches, an error that becomes a refusal."""

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What may go wrong in it."""

    def write(self, batch: list[tuple[str, str, Record]]) -> list[Outcome]:
        """Write a batch in one transaction; return an outcome for each."""

    def read(self, name: str) -> Record | None:
        """Return the record with this id, or None."""

    def refusal(self, error: Exception) -> Exception:
        """Return what to tell a client because of `error`."""

    def close(self) -> None:
        """Close it; what was written stays."""
