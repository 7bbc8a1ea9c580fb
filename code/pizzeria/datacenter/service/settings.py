"""What every server of the data centre can be told, and what it says when it is ready."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any

from pizzeria import facts

MEAN_WRITE = (facts.SHORTEST_WRITE.value + facts.LONGEST_WRITE.value) / 2


@dataclass
class Settings:
    """One server's settings; seconds, unless the name ends in `_ms`."""

    server: str = "loop"
    host: str = "127.0.0.1"
    port: int = 0
    workers: int = 10
    backlog: int = 1024
    queue: int = 1024
    connections: int = 20_000
    deadline: float = 10.0
    client: float = 10.0
    idle: float = 60.0
    drain: float = 15.0
    credentials_url: str = ""
    store: str = ""
    compute_ms: float = facts.COMPUTE.value
    disk_ms: float = MEAN_WRITE
    credentials_ms: float = facts.CREDENTIALS.value
    faults: bool = False
    leash: bool = False  # end when standard input closes: with whoever started us, however they end

    def check(self) -> Settings:
        """Raise `ValueError` naming the first setting that makes no sense."""
        for name in ("workers", "backlog", "queue", "connections", "deadline", "client", "idle", "drain"):
            if not getattr(self, name) > 0:
                raise ValueError(f"--{name} {getattr(self, name)}: more than 0, please")
        for name in ("compute_ms", "disk_ms", "credentials_ms"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"--{name.replace('_', '-')} {getattr(self, name)}: 0 or more, please")
        return self


def announce(settings: Settings, address: Any, **more: object) -> None:
    """Print the one line that says where the server listens, for whoever started it."""
    host, port = address[:2]
    line = {"listening": f"http://{host}:{port}", "pid": os.getpid(), "server": settings.server, **more}
    print(json.dumps(line), flush=True)
