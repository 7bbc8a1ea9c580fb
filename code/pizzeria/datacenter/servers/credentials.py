"""The separate credentials service: half a second of somebody else's time, over HTTP."""

from __future__ import annotations

import asyncio
import json

from pizzeria.datacenter.servers.asyncio_server import open_for_business
from pizzeria.datacenter.service.interfaces import Host, Stream
from pizzeria.datacenter.service.reservation import Metrics, Refused, Request, Response, answer
from pizzeria.datacenter.service.settings import Settings

PASSWORD = "basil"


class CredentialsHouse:
    """Knows one password, and takes its time. With `faults`, some users' names make it misbehave, for tests."""

    def __init__(self, settings: Settings, host: Host) -> None:
        self.settings, self.host, self.clock = settings, host, host.clock
        self.idle: set[Stream] = set()
        self.draining, self.connections = False, 0
        self.count = Metrics("credentials").count

    def must_close(self) -> bool:
        """Whether a connection ends with this response."""
        return self.draining

    async def respond(self, request: Request, due: float) -> Response:
        """Answer ``POST /check`` with ``{"allowed": true}`` or false, after the delay."""
        try:
            asked = json.loads(request.body)
            user, password = asked["user"], asked["password"]
        except (ValueError, KeyError, TypeError):
            return Refused(400, "a user and a password were expected").response()
        await self.host.sleep(self.settings.credentials_ms / 1000)
        if self.settings.faults:
            if user == "lying":
                return answer(200, {"allowed": "perhaps"})
            if user == "broken":
                return answer(500, {"allowed": True})
            if user == "silent":
                await self.host.sleep(self.settings.idle)
            if user == "vanishing":
                raise ConnectionAbortedError("as asked")
        return answer(200, {"allowed": password == PASSWORD})

    @staticmethod
    def complain(error: BaseException) -> None:
        """Say nothing: this service's troubles are its own."""

    def close(self) -> None:
        """Nothing is kept."""


def serve_credentials(settings: Settings) -> None:
    """Serve until told to stop."""
    asyncio.run(open_for_business(settings, CredentialsHouse))
