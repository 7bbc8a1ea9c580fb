"""One connection from the first byte to the last, written once for every server.

What a stream and a house are, `interfaces.py` says; on a thread their waits block, on a loop they let go.
"""

from __future__ import annotations

from typing import Literal

from pizzeria.datacenter.service.interfaces import Counter, Stream
from pizzeria.datacenter.service.reservation import Refused, Request
from pizzeria.datacenter.service.wire import Conversation

LINGER = 1.0  # seconds to read on after an early refusal, so that the reset does not overtake our answer
DRAINING = 0.2  # seconds in which a connection accepted before the end may still bring its request


async def see_through(stream: Stream, house: Counter) -> None:
    """Serve a connection that was counted in, count it out and close it; whatever goes wrong stays here."""
    try:
        await converse(stream, house)
    except OSError:
        pass  # the client went away, or takes no answer (TimeoutError is an OSError)
    except Exception as error:
        house.complain(error)
    finally:
        house.connections -= 1
        stream.close()


async def converse(stream: Stream, house: Counter) -> None:
    """Serve one connection; the caller closes it. Nothing but `OSError` comes out: the peer went away."""
    settings, clock = house.settings, house.clock
    talk: Conversation | None = None
    while True:
        if talk is None:  # an idle client costs a socket and this coroutine, and no parser
            data = await wait_for_request(stream, house)
            if not data:
                return
            talk = Conversation()
        else:
            data = None
        try:
            request = await next_request(stream, talk, house, data)
            if not request:
                return
        except Refused as no:
            house.count(no.status)
            await stream.send(talk.answer(no.response(), last=True), clock() + settings.client)
            await linger(stream, clock() + LINGER)
            return
        response = await house.respond(request, clock() + settings.deadline)
        sent = talk.answer(response, last=house.must_close())
        await stream.send(sent, clock() + settings.client)
        if not talk.next_cycle():
            return
        if not talk.http.trailing_data[0]:
            talk = None


async def wait_for_request(stream: Stream, house: Counter) -> bytes:
    """Wait, idle, for the first bytes of a request; empty when the client left or stayed silent for too long."""
    house.idle.add(stream)
    try:
        patience = DRAINING if house.draining else house.settings.idle
        return await stream.recv(house.clock() + patience)
    except TimeoutError:
        return b""
    finally:
        house.idle.discard(stream)


async def next_request(
    stream: Stream, talk: Conversation, house: Counter, data: bytes | None
) -> Request | Literal[False]:
    """Read on until a request is complete; one that dawdles is refused with 408."""
    due = house.clock() + house.settings.client
    if data is not None:
        talk.feed(data)
    while (request := talk.next_request()) is None:
        if talk.wants_to_be_asked:
            await stream.send(talk.go_on(), due)
        try:
            talk.feed(await stream.recv(due))
        except TimeoutError:
            raise Refused(408, "the request took too long to arrive", last=True) from None
    return request


async def linger(stream: Stream, due: float) -> None:
    """Say that we have finished and read on for a moment: closing over unread bytes would reset the connection."""
    stream.finish()
    try:
        for _ in range(64):
            if not await stream.recv(due):
                return
    except TimeoutError:
        return
