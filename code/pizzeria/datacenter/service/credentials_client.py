"""Asking the credentials service over keep-alive connections; HTTP by h11, the waits by the host's streams."""

from __future__ import annotations

import json
from collections import deque
from urllib.parse import urlsplit

import h11

from pizzeria.datacenter.service.interfaces import Dial, Stream
from pizzeria.datacenter.service.reservation import Refused
from pizzeria.datacenter.service.settings import LARGEST_ANSWER


class Credentials:
    """The credentials service at `url`, asked through `dial(host, port, due)`; links are kept and used again."""

    def __init__(self, url: str, dial: Dial) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"--credentials-url {url}: an address like http://127.0.0.1:8000 was expected")
        self.host, self.port = parts.hostname, parts.port or 80
        self.dial = dial
        self.idle: deque[Stream] = deque()

    async def allowed(self, user: str, password: str, due: float) -> bool:
        """Return whether they are who they say; 503 when it is down, 502 when its answer is none, late: TimeoutError."""
        try:
            return await self.ask(json.dumps({"user": user, "password": password}).encode(), due)
        except TimeoutError:
            raise
        except OSError:
            raise Refused(503, "the credentials service is down: come again", retry=1) from None

    async def ask(self, body: bytes, due: float) -> bool:
        while True:
            try:
                kept, link = True, self.idle.pop()
            except IndexError:
                kept, link = False, await self.dial(self.host, self.port, due)
            keep = False
            try:
                verdict, keep = await exchange(link, self.host, body, due)
                return verdict
            except ConnectionError:
                if not kept:  # an old link may have died of boredom; a new one has no excuse
                    raise
            finally:
                if keep:
                    self.idle.append(link)
                else:
                    link.close()

    def close(self) -> None:
        """Close the links that nobody uses."""
        while self.idle:
            self.idle.pop().close()


async def exchange(link: Stream, host: str, body: bytes, due: float) -> tuple[bool, bool]:
    """Ask once over `link`; return ``(verdict, whether the link can be used again)``."""
    http = h11.Connection(h11.CLIENT)
    headers = [("host", host), ("content-type", "application/json"), ("content-length", str(len(body)))]
    asked = http.send(h11.Request(method="POST", target="/check", headers=headers))
    asked += http.send(h11.Data(data=body)) + http.send(h11.EndOfMessage())
    await link.send(asked, due)
    status, said, heard = None, bytearray(), 0
    try:
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                data = await link.recv(due)
                if not data and not heard:
                    raise ConnectionResetError("closed before it answered")
                heard += len(data)
                if heard > LARGEST_ANSWER:
                    raise Refused(502, "the credentials service talks too much")
                http.receive_data(data)
            elif event.__class__ is h11.Response:
                status = event.status_code
            elif event.__class__ is h11.Data:
                said += event.data
            elif event.__class__ is h11.EndOfMessage:
                break
    except h11.RemoteProtocolError:
        raise Refused(502, "the credentials service does not speak HTTP") from None
    # Who says more than was asked would be heard by whoever asks next on this link.
    keep = http.their_state is h11.DONE and http.our_state is h11.DONE and not http.trailing_data[0]
    return verdict_of(status, bytes(said)), keep


def verdict_of(status: int | None, said: bytes) -> bool:
    """Return True or False; anything else the service may say is refused with 502, never taken for a yes."""
    try:
        verdict = json.loads(said)["allowed"] if status == 200 else None
    except (ValueError, KeyError, TypeError, RecursionError):
        verdict = None
    if verdict is not True and verdict is not False:
        raise Refused(502, f"the credentials service gave no verdict (status {status})")
    return verdict
