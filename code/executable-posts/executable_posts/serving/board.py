"""What every open page is told: which build is on show, what runs, what is wrong, and which files are not what they were."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class State:
    """Hold what pages are told. built: names the build on show; building: what a build that runs was begun for, "" when none does;
    running: post -> the block that runs; fault: of the last build, None when it went well; versions: path of a file
    of the site -> the build that changed it last."""

    built: str
    building: str = ""
    running: dict[str, dict[str, Any]] = field(default_factory=dict)
    fault: dict[str, Any] | None = None
    versions: dict[str, str] = field(default_factory=dict)


class Board:
    """Hold the state, and wake whoever waits for another one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.state = State(built=self.name())
        self.number = 0  # of the state, from 0
        self.closed = False

    @staticmethod
    def name() -> str:
        """Name a build; no other server's build has that name."""
        return f"{time.time_ns():x}"

    def show(self, **facts: Any) -> None:
        """Replace some facts of the state."""
        with self._changed:
            self.state = State(**{**vars(self.state), **facts})
            self.number += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def wait(self, seen: int, seconds: float) -> tuple[int, dict[str, Any]] | None:
        """Wait for a state other than number ``seen``; give its number and facts, None when there was none in time."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed or self.number != seen, seconds)
            return None if self.closed or self.number == seen else (self.number, asdict(self.state))
