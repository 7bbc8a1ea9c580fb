"""What a build tells while it runs, taken in: blocks for the pages, the fault, and whether its work is still wanted."""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..config import Config
from ..running.cache import matching
from .board import Board

_CODE = re.compile(r"^(```+|~~~+).*?^\1|\{eval\}`[^`]*`", re.MULTILINE | re.DOTALL)


class Heard:
    """Hold what one build has told. fault: the first one; text: the end of what it printed."""

    def __init__(self, board: Board, events: Path, config: Config):
        events.write_bytes(b"")
        self._file, self._read = events, 0
        self._board, self._config = board, config
        self._code: dict[str, str] = {}  # of each post that runs, as it was when it began
        self._counts: dict[str, int] = {}
        self._blocks: Counter[str] = Counter()
        self.fault: dict[str, Any] | None = None
        self.text = ""

    def listen(self, text: str) -> None:
        """Take in what was told since the last call. text: printed."""
        self.text = (self.text + text)[-20_000:]
        with self._file.open("rb") as file:
            file.seek(self._read)
            lines = file.read()
        whole = lines[: lines.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            with contextlib.suppress(ValueError, KeyError):
                self._take(json.loads(line))

    def _take(self, told: dict[str, Any]) -> None:
        running = self._board.state.running
        match told.pop("event"):
            case "begin":
                self._counts[told["post"]] = told["count"]
                self._code[told["post"]] = code_of(self._config.root / told["post"])
            case "block":
                count = self._counts.get(told["post"], 0)
                self._board.show(running={**running, told["post"]: {**told, "count": count}})
            case "end":
                self._blocks["ran"] += told["ran"]
                self._blocks["carried"] += told["blocks"] - told["ran"]
                self._board.show(running={k: v for k, v in running.items() if k != told["post"]})
            case "fault":
                self.fault = self.fault or told

    def counted(self) -> str:
        """Say how many blocks ran and how many were carried over."""
        ran, carried = self._blocks["ran"], self._blocks["carried"]
        return f"{ran} block{'' if ran == 1 else 's'} ran, {carried} carried; watching"

    def outdated(self, saved: Sequence[Path]) -> bool:
        """Tell whether all that runs now runs in vain: the code of these posts, or a file that every post depends on, was saved.

        Prose is no reason: the run that goes on will be found recorded.
        """
        running = self._board.state.running
        if not running:
            return False
        inputs = matching(self._config, self._config.inputs)
        return any(path in inputs for path in saved) or all(
            self._code.get(post) != code_of(self._config.root / post) for post in running
        )


def code_of(path: Path) -> str:
    """Give what runs of a post, roughly: its fences with their first lines, and its values; "" when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(match[0] for match in _CODE.finditer(text))
