"""HTTP/1.1 on the wire, by h11: bytes in, requests out; a response in, bytes out. No socket here either."""

from __future__ import annotations

from typing import Literal

import h11

from pizzeria.datacenter.service.reservation import Refused, Request, Response

MOST_HEADERS = 16 * 1024
MOST_BODY = 64 * 1024
REASONS = {200: b"OK", 201: b"Created", 503: b"Service Unavailable"}


class Conversation:
    """One connection's side of HTTP: `feed` what arrived, take `next_request`, send what `answer` returns."""

    def __init__(self) -> None:
        self.http = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEADERS)
        self.request: h11.Request | None = None
        self.body = bytearray()

    def feed(self, data: bytes) -> None:
        """Take in what arrived; empty means that the peer has finished sending."""
        try:
            self.http.receive_data(data)
        except (h11.RemoteProtocolError, RuntimeError) as error:
            raise Refused(400, f"not HTTP: {error}", last=True) from None

    def next_request(self) -> Request | Literal[False] | None:
        """Return a complete request, or None when more has to arrive, or False when none will come any more.

        Raises `Refused` (400, 413, 431): answer it, and close.
        """
        while True:
            try:
                event = self.http.next_event()
            except h11.RemoteProtocolError as error:
                raise Refused(
                    error.error_status_hint, f"not HTTP as we know it: {error}", last=True
                ) from None
            if event is h11.NEED_DATA:
                return None
            if event is h11.PAUSED or event.__class__ is h11.ConnectionClosed:
                return False
            if event.__class__ is h11.Request:
                self.request, self.body = event, bytearray()
                self.check_length(event)
            elif event.__class__ is h11.Data:
                self.body += event.data
                if len(self.body) > MOST_BODY:
                    raise Refused(413, f"a body has at most {MOST_BODY} bytes", last=True)
            elif event.__class__ is h11.EndOfMessage:
                asked = self.request
                assert asked is not None  # an end has a beginning
                headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in asked.headers}
                target = asked.target.decode("latin-1")
                return Request(asked.method.decode("ascii"), target, headers, bytes(self.body))

    @staticmethod
    def check_length(event: h11.Request) -> None:
        for name, value in event.headers:
            if name == b"content-length" and int(value) > MOST_BODY:
                raise Refused(413, f"a body has at most {MOST_BODY} bytes", last=True)

    @property
    def wants_to_be_asked(self) -> bool:
        """Whether the client waits for "100 Continue" before it sends its body."""
        return self.http.they_are_waiting_for_100_continue

    def go_on(self) -> bytes:
        """Return the bytes that ask for the body."""
        return self.http.send(h11.InformationalResponse(status_code=100, headers=[]))

    def answer(self, response: Response, last: bool = False) -> bytes:
        """Return the bytes of `response`; `last` (or the response's own) says that the connection closes."""
        headers = [*response.headers, ("content-length", str(len(response.body)))]
        if last or response.last:
            headers.append(("connection", "close"))
        reason = REASONS.get(response.status, b"")
        head = h11.Response(status_code=response.status, headers=headers, reason=reason)
        parts = [self.http.send(head)]
        if self.request is None or self.request.method != b"HEAD":
            parts.append(self.http.send(h11.Data(data=response.body)))
        parts.append(self.http.send(h11.EndOfMessage()))
        return b"".join(parts)

    def next_cycle(self) -> bool:
        """Get ready for the next request on this connection; False when it has to be closed."""
        self.request = None
        if self.http.our_state is h11.DONE and self.http.their_state is h11.DONE:
            self.http.start_next_cycle()
            return True
        return False


def only_answer(response: Response) -> bytes:
    """Return the bytes of a response to a request that nobody reads: the house is full."""
    return Conversation().answer(response, last=True)
