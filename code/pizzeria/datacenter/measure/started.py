"""Servers as processes of their own, started for an experiment and stopped by their pid."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from pizzeria.common.subprocesses import python, ready_program

STOP_WITHIN = 20.0  # s: a server drains first


@contextlib.contextmanager
def program(*words: object, within: float = STOP_WITHIN) -> Iterator[dict[str, Any]]:
    """Run ``python -m pizzeria datacenter WORDS``; yield its ready line as a dict. It is stopped at the end, and killed
    when it has not ended ``within`` so many seconds."""
    command = [python(), "-m", "pizzeria", "datacenter", *map(str, words)]
    with ready_program(command, within) as line:
        ready = json.loads(line)
        ready["port"] = int(ready["listening"].rpartition(":")[2])
        yield ready


@contextlib.contextmanager
def credentials(delay_ms: float) -> Iterator[str]:
    """Run a credentials service; yield its address."""
    with credentials_program(delay_ms) as ready:
        yield ready["listening"]


@contextlib.contextmanager
def credentials_program(delay_ms: float) -> Iterator[dict[str, Any]]:
    """Run a credentials service; yield its ready line: where it listens, its pid."""
    with program("credentials", "--delay-ms", delay_ms) as ready:
        yield ready


@contextlib.contextmanager
def server(name: str, credentials_url: str, **settings: object) -> Iterator[dict[str, Any]]:
    """Run the server `name` with `settings` (underscores for dashes); yield its ready line."""
    words = [f"--{key.replace('_', '-')}={value}" for key, value in settings.items()]
    patience = (
        float(str(settings.get("drain", 0.0))) + STOP_WITHIN
    )  # whoever is inside may take all of the drain
    with program(
        "serve", "--server", name, "--credentials-url", credentials_url, *words, within=patience
    ) as ready:
        yield ready
