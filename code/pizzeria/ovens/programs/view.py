"""The kitchen in a terminal: what is heard becomes a model, the model becomes one picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from pizzeria.ovens.protocol.messages import Message

LOOKS = {
    "empty": ("○", "dim"),
    "baking": ("♨", "yellow"),
    "baked": ("✓", "green"),
    "burnt": ("✗", "red"),
    "gone": ("?", "dim"),
}
QUEUE_SHOWN = 8
OVENS_SHOWN = 96
NEWS_SHOWN = 4


class View:
    """What ovens, cooks and the pass said last; `pids` maps a program to its process, for whoever wants to kill one."""

    def __init__(self, pids: Callable[[], Mapping[str, int]] = lambda: {}) -> None:
        self.run = ""
        self.ovens: dict[str, Message] = {}
        self.cooks: dict[str, Message] = {}
        self.board: Message = {}
        self.news: list[str] = []
        self.pids = pids

    def hear(self, kind: str, name: str, said: Message) -> None:
        """Take a message; what an earlier run left on the broker is not shown."""
        if kind == "run":
            self.run = said["run"]
        elif kind == "board" and said["run"] == self.run:
            self.board = said
        elif kind in ("oven_state", "tablet_state"):
            known = self.ovens if kind == "oven_state" else self.cooks
            if said["run"] == self.run or (said["state"] == "gone" and name in known):
                known[name] = said

    def note(self, words: str) -> None:
        """Remember something that happened to a program."""
        self.news = [*self.news, words][-NEWS_SHOWN:]

    def counts(self) -> str:
        """Return served, burnt, waiting at the pass and leases given back, as words."""
        board = self.board
        numbers = [board.get(name, 0) for name in ("served", "burnt", "waiting", "given_back")]
        return "served {}, burnt {}, waiting {}, given back {}".format(*numbers)

    def __rich__(self) -> Group:
        who = Table.grid(padding=(0, 2))
        for name in sorted(self.cooks):
            said = self.cooks[name]
            what = (
                f"{said.get('task')}, order {said['order']}" if said["state"] == "working" else said["state"]
            )
            who.add_row(name, Text(what, style="" if said["state"] == "working" else "dim"), self._pid(name))
        queue = Table.grid(padding=(0, 2))
        for wait in self.board.get("queue", [])[:QUEUE_SHOWN]:
            queue.add_row(f"order {wait['order']}", wait["task"])
        others = [f"{name} {self._pid(name)}" for name in self.pids() if name not in self.cooks]
        parts: list[RenderableType] = [
            Text(self.counts(), style="bold"),
            Panel(
                Columns([self._oven(name) for name in sorted(self.ovens, key=natural)[:OVENS_SHOWN]]),
                title="ovens",
            ),
            Columns(
                [Panel(who, title="who does what"), Panel(queue, title="at the pass, most urgent first")]
            ),
            Text(f"try kill -9: {', '.join(others)}" if others else "", style="dim"),
            *(Text(words, style="magenta") for words in self.news),
        ]
        return Group(*parts)

    def _oven(self, name: str) -> Text:
        said = self.ovens[name]
        sign, style = LOOKS[said["state"]]
        order = "" if said.get("order") is None else f" {said['order']}"
        return Text(f"{name:>3} {sign}{order:<5}", style=style)

    def _pid(self, name: str) -> str:
        pid = self.pids().get(name)
        return f"pid {pid}" if pid else ""


def natural(name: str) -> tuple[int, str]:
    """Sort 10 after 9."""
    return (len(name), name)
