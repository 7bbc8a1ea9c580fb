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
        stream.abort()  # the client went away, or takes no answer (TimeoutError is an OSError)
    except Exception as error:
        house.complain(error)
    finally:
        house.connections -= 1
        stream.close()


async def converse(stream: Stream, house: Counter) -> None:
    """Serve one connection; the caller closes it. Nothing but `OSError` comes out: the peer went away."""
    settings, clock, rest = house.settings, house.clock, b""
    for left in range(settings.requests - 1, -1, -1):
        # An idle client costs a socket and this coroutine, and no parser.
        data = rest or await wait_for_request(stream, house)
        if not data:
            return
        talk = Conversation(settings.header_bytes, settings.body_bytes)
        try:
            request = await next_request(stream, talk, house, data)
            if not request:
                return
        except Refused as no:
            house.count(no.status)
            await stream.send(talk.answer(no.response(), last=True), clock() + settings.reply_time)
            await linger(stream, clock() + LINGER)
            return
        response = await house.respond(request, clock() + settings.deadline)
        rest = talk.left_over
        # Whoever has begun a request when the end is called is answered that one too.
        last = not left or (house.must_close() and not (rest and house.draining))
        await stream.send(talk.answer(response, last), clock() + settings.reply_time)
        if not talk.may_go_on:
            if rest:
                await linger(stream, clock() + LINGER)
            return
        del talk, data, request, response
        if rest:  # whoever asks ahead of the answers lets the others have their turn
            await house.host.sleep(0)


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
    stream: Stream, talk: Conversation, house: Counter, data: bytes
) -> Request | Literal[False]:
    """Read on until a request is complete; one that dawdles over its head or its body is refused with 408."""
    due, in_body = house.clock() + house.settings.header_time, False
    talk.feed(data)
    while (request := talk.next_request()) is None:
        if talk.in_body and not in_body:
            due, in_body = house.clock() + house.settings.body_time, True
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
