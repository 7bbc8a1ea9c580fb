"""What every server of the data centre can be told, how much it takes of everything, and what it says when it is ready.

A limit is declared here, once: the command line makes options of it, the servers in C++ are told all of it, and the
table of limits in DESIGN.md is printed by ``python -m pizzeria datacenter limits``.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields
from typing import Any

from pizzeria import facts

MEAN_WRITE = (facts.SHORTEST_WRITE.value + facts.LONGEST_WRITE.value) / 2


def setting(default: Any, says: str, beyond: str = "", zero: bool = False) -> Any:
    """Declare a setting: what it says and, of a limit, what whoever goes `beyond` it gets; 0 only where it makes sense."""
    return field(default=default, metadata={"says": says, "beyond": beyond, "zero": zero})


def limit(default: Any, says: str, beyond: str) -> Any:
    """Declare a setting that is a limit."""
    return setting(default, says, beyond)


@dataclass
class Settings:
    """One server's settings; seconds, unless the name ends in `_ms` or `_bytes`, or it counts something."""

    server: str = "loop"
    host: str = "127.0.0.1"
    port: int = setting(0, "0 lets the system choose", zero=True)
    workers: int = setting(10, "threads of the pool")
    cores: int = setting(1, "loops, a process each, that share the port (server loop only)")
    backlog: int = limit(1024, "connections the kernel keeps for us", "the kernel lets them wait")
    connections: int = limit(20_000, "open at a time", "503, closed")
    queue: int = limit(1024, "reservations (of the pool: connections) that may wait", "503")
    requests: int = limit(1000, "requests a connection", "the last answer says that it closes")
    header_bytes: int = limit(16 * 1024, "request line and headers", "431, closed")
    body_bytes: int = limit(64 * 1024, "a request's body", "413, closed")
    header_time: float = limit(10.0, "from a request's first byte to its last header", "408, closed")
    body_time: float = limit(10.0, "from there to the end of its body", "408, closed")
    reply_time: float = limit(10.0, "for a client to take an answer", "reset")
    idle: float = limit(60.0, "silence between requests (of the pool: 1 at most)", "closed")
    deadline: float = limit(10.0, "a request's whole service", "504")
    drain: float = limit(15.0, "for accepted requests after SIGTERM", "closed; standard error says how many")
    credentials_url: str = setting("", "the credentials service; one of our own is started when absent")
    store: str = setting("", "a SQLite file or a postgresql:// address; a temporary file when absent")
    compute_ms: float = setting(facts.COMPUTE.value, "processor time of a price", zero=True)
    disk_ms: float = setting(MEAN_WRITE, "a write takes at least so long: the story's disk", zero=True)
    credentials_ms: float = setting(facts.CREDENTIALS.value, "what the credentials service takes", zero=True)
    faults: bool = False
    leash: bool = False  # end when standard input closes: with whoever started us, however they end

    def check(self) -> Settings:
        """Raise `ValueError` naming the first setting that makes no sense."""
        if self.cores != 1 and self.server != "loop":
            raise ValueError(f"--cores {self.cores}: only the server loop has more than one")
        for one in options():
            value, word = getattr(self, one.name), f"--{one.name.replace('_', '-')}"
            if isinstance(value, str):
                continue
            if one.metadata["zero"]:
                if not 0 <= value < float("inf"):
                    raise ValueError(f"{word} {value}: 0 or more, please")
            elif not value > 0:
                raise ValueError(f"{word} {value}: more than 0, please")
        return self


def options() -> list[Any]:
    """Return the settings that have an option on the command line, as dataclass fields; `metadata` says the rest."""
    return [one for one in fields(Settings) if one.metadata]


# What no setting changes: the shape of an order, and of what the credentials service may say.
MOST_PIZZAS, LONGEST_NAME, LONGEST_KEY, LARGEST_ANSWER = 50, 80, 200, 64 * 1024
FIXED = {
    "most_pizzas": (MOST_PIZZAS, "pizzas in an order", "400"),
    "longest_name": (LONGEST_NAME, "characters of a pizza's name", "400"),
    "longest_key": (LONGEST_KEY, "printable ASCII characters of an Idempotency-Key", "400"),
    "largest_answer": (LARGEST_ANSWER, "bytes of what the credentials service says", "502"),
}


def limits_table() -> str:
    """Return every limit as a Markdown table: its name, what it is when nothing is said, what lies beyond."""
    rows = [
        (
            f"`--{one.name.replace('_', '-')}`",
            one.default,
            unit(one.name),
            one.metadata["says"],
            one.metadata["beyond"],
        )
        for one in options()
        if one.metadata["beyond"]
    ]
    rows += [("fixed", value, "", says, beyond) for value, says, beyond in FIXED.values()]
    lines = ["| option | default | limits | beyond it |", "| --- | --- | --- | --- |"]
    lines += [
        f"| {name} | {f'{value:,g} {of}'.strip()} | {says} | {beyond} |"
        for name, value, of, says, beyond in rows
    ]
    return "\n".join(lines) + "\n"


def unit(name: str) -> str:
    """Return the unit that a setting's name stands for."""
    kind = {one.name: one.type for one in fields(Settings)}[name]
    return "bytes" if name.endswith("_bytes") else "s" if kind == "float" else ""


def announce(settings: Settings, address: Any, **more: object) -> None:
    """Print the one line that says where the server listens, for whoever started it."""
    host, port = address[:2]
    line = {"listening": f"http://{host}:{port}", "pid": os.getpid(), "server": settings.server, **more}
    print(json.dumps(line), flush=True)
