"""HTTP/1.1 on the wire: bytes in, a request out; a response in, bytes out. No socket here either.

h11 parses and writes. It takes in good part what other parsers take for something else (a bare line feed, a folded
header, two equal lengths, a length beside chunks), and where two parsers differ, a request can be smuggled past one of
them. So a head is looked over before h11 sees it, and whatever could be read in two ways is refused.
"""

from __future__ import annotations

import re
from typing import Literal

import h11

from pizzeria.datacenter.service.reservation import Refused, Request, Response
from pizzeria.datacenter.service.settings import Settings

REASONS = {200: b"OK", 201: b"Created", 503: b"Service Unavailable"}
TEXT = bytes(sorted({*b"\t\r\n", *range(0x20, 0x100)} - {0x7F}))  # what a head is made of
LENGTH = re.compile(rb"\ncontent-length:[ \t]*[0-9]{1,18}[ \t]*\r")


class Conversation:
    """Our side of one request: `feed` what arrived, take `next_request`, send what `answer` returns."""

    __slots__ = ("body", "chunked", "head", "http", "most_body", "most_head", "request", "tail")

    def __init__(self, most_head: int = Settings.header_bytes, most_body: int = Settings.body_bytes) -> None:
        self.http = h11.Connection(h11.SERVER, max_incomplete_event_size=most_head)
        self.most_head, self.most_body = most_head, most_body
        self.head: bytes | None = b""  # what has arrived of it; None once it is whole
        self.request: h11.Request | None = None
        self.body = bytearray()
        self.chunked, self.tail = False, b""

    def feed(self, data: bytes) -> None:
        """Take in what arrived; empty means that the peer has finished sending."""
        if self.head is not None:
            if data:
                data = self.head + data
                end = data.find(b"\r\n\r\n") + 4
                if end < 4:
                    self.head = data
                    return self.wait_for_more(data)
                self.look_over(data[:end])
            elif self.head:  # half a head, and no more to come: let h11 say what it thinks of it
                self.http.receive_data(self.head)
            self.head = None
        if self.chunked:
            self.tail = self.tail[-4:] + data
        try:
            self.http.receive_data(data)
        except (h11.RemoteProtocolError, RuntimeError) as error:
            raise Refused(400, f"not HTTP: {error}", last=True) from None

    def wait_for_more(self, data: bytes) -> None:
        """Refuse a head that is not whole yet and never will be."""
        if len(data) >= self.most_head:
            raise Refused(431, f"a head has at most {self.most_head} bytes", last=True)
        if data.count(b"\n") != data.count(b"\r\n"):
            raise Refused(400, "a line ends in CR LF", last=True)

    def look_over(self, head: bytes) -> None:
        """Refuse a head that is too long, or that another parser could read in another way."""
        if len(head) > self.most_head:
            raise Refused(431, f"a head has at most {self.most_head} bytes", last=True)
        if not head.count(b"\r\n") == head.count(b"\n") == head.count(b"\r"):
            raise Refused(400, "a line ends in CR LF", last=True)
        if b"\n " in head or b"\n\t" in head:
            raise Refused(400, "a header is one line", last=True)
        if head.translate(None, TEXT):
            raise Refused(400, "a control character in the head", last=True)
        low = head.lower()
        lengths, codings = low.count(b"\ncontent-length:"), low.count(b"\ntransfer-encoding:")
        if lengths + codings > 1 or (lengths and not LENGTH.search(low)):
            raise Refused(400, "one Content-Length, a number, or one Transfer-Encoding", last=True)
        self.chunked = codings == 1

    def next_request(self) -> Request | Literal[False] | None:
        """Return a complete request, or None when more has to arrive, or False when none will come any more.

        Raises `Refused` (400, 413, 431, 501): answer it, and close.
        """
        if self.head:
            return None
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
                self.request = event
                self.check(event)
            elif event.__class__ is h11.Data:
                self.body += event.data
                if len(self.body) > self.most_body:
                    raise Refused(413, f"a body has at most {self.most_body} bytes", last=True)
            elif event.__class__ is h11.EndOfMessage:
                return self.whole(event)

    def check(self, event: h11.Request) -> None:
        """Refuse what the first look at a head cannot see."""
        version = event.http_version
        if version != b"1.1" and (version != b"1.0" or self.chunked):
            raise Refused(400, "the version is 1.1, or 1.0 without chunks", last=True)
        for name, value in event.headers:
            if name == b"content-length" and int(value) > self.most_body:
                raise Refused(413, f"a body has at most {self.most_body} bytes", last=True)

    def whole(self, end: h11.EndOfMessage) -> Request:
        """Return the request that has ended."""
        if (
            self.chunked
        ):  # h11 takes a bare line feed for the end, and trailers for headers that nobody expects
            consumed = self.tail[: len(self.tail) - len(self.left_over)]
            if end.headers or not consumed.endswith(b"\r\n\r\n"):
                raise Refused(400, "chunks end in an empty one, and no trailers", last=True)
        asked = self.request
        assert asked is not None  # an end has a beginning
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in asked.headers}
        target = asked.target.decode("latin-1")
        if target[:7].lower() == "http://":  # as a proxy is asked: we take ourselves for whoever is meant
            target = "/" + target[7:].partition("/")[2]
        return Request(asked.method.decode("ascii"), target, headers, bytes(self.body))

    @property
    def in_body(self) -> bool:
        """Whether the head has been read."""
        return self.request is not None

    @property
    def left_over(self) -> bytes:
        """What has arrived beyond the request: the next one begins with it."""
        return self.http.trailing_data[0]

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

    @property
    def may_go_on(self) -> bool:
        """Whether another request may follow on this connection, once the answer has been made."""
        return self.http.our_state is h11.DONE and self.http.their_state is h11.DONE


def only_answer(response: Response) -> bytes:
    """Return the bytes of a response to a request that nobody reads: the house is full."""
    return Conversation().answer(response, last=True)
