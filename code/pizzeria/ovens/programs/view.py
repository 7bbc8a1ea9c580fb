"""The kitchen in a terminal: what is heard becomes a model, the model becomes one picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from pizzeria.common.steady_time import steady_time
from pizzeria.ovens.protocol.messages import Message

OVENS = {
    "empty": ("○", "dim"),
    "baking": ("♨", "yellow"),
    "baked": ("!", "bold red"),
    "burnt": ("✗", "red"),
    "gone": ("?", "red"),
}
COOKS = {"working": ("●", "green"), "gone": ("✗", "red")}
FREE = ("○", "dim")
CELL = 9  # columns of the terminal that an oven takes
QUEUE_SHOWN = 8
OVENS_SHOWN = 96
NEWS_SHOWN = 4


class View:
    """What ovens, cooks and the pass said last; `pids` maps a program to its process, `orders` are those to come."""

    def __init__(self, pids: Callable[[], Mapping[str, int]] = lambda: {}, orders: int = 0) -> None:
        self.run = ""
        self.orders = orders
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
            if self.board.get("given_back", 0) < said.get("given_back", 0):
                self.note("work was given back: the next cook takes over")
            if self.board.get("epoch", said["epoch"]) < said["epoch"]:
                self.note(f"another expediter stands at the pass: epoch {said['epoch']}")
            self.board = said
        elif kind in ("oven_state", "tablet_state"):
            known = self.ovens if kind == "oven_state" else self.cooks
            if said["run"] == self.run or (said["state"] == "gone" and name in known):
                if kind == "tablet_state" and name in known:
                    self._met(name, known[name], said)
                known[name] = said

    def _met(self, name: str, before: Message, said: Message) -> None:
        was, is_gone = before["state"] == "gone", said["state"] == "gone"
        if was != is_gone:
            self.note(f"{name} is gone" if is_gone else f"{name} is back")

    def note(self, words: str) -> None:
        """Remember something that happened to a program."""
        self.news = [*self.news, words][-NEWS_SHOWN:]

    def counts(self) -> str:
        """Return served, burnt, waiting at the pass and leases given back, as words."""
        board = self.board
        numbers = [board.get(name, 0) for name in ("served", "burnt", "waiting", "given_back")]
        return "served {}, burnt {}, waiting {}, given back {}".format(*numbers)

    def headline(self) -> Text:
        """Return what matters most: when the last order was out, who is inside, and the longest that anybody was."""
        board, scale = self.board, self.board.get("scale", 0)
        out = board.get("served", 0) + board.get("burnt", 0)
        inside, longest = board.get("inside", 0), board.get("longest", 0)
        if scale and "oldest" in board:
            longest = max(longest, (steady_time() - board["oldest"]) / scale)
        last = f"{board.get('last_out', 0):.0f} min" if out else "-"
        words = Text.assemble("last order out ", (last, "bold green" if out and not inside else "bold"))
        words.append(f" · {inside} inside" if inside or not out else " · nobody is inside")
        return words.append(f" · longest inside {longest:.0f} min")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        width = options.max_width
        yield self.headline()
        yield Text(self.counts(), style="" if self.board.get("burnt") else "dim")
        if self.orders:
            done = self.board.get("served", 0) + self.board.get("burnt", 0)
            bar = Table.grid(padding=(0, 1), expand=True)
            bar.add_column(ratio=1)
            bar.add_row(
                ProgressBar(self.orders, done, complete_style="green", finished_style="green"),
                f"{done} of {self.orders}",
            )
            yield bar
        legend = "  ".join(f"{sign} {state}" for state, (sign, _) in OVENS.items())
        yield Panel(self._ovens(width - 4), title="ovens", subtitle=legend, width=width)
        pair = Table.grid(expand=True)
        pair.add_column(ratio=1)
        pair.add_column(ratio=1)
        height = 2 + max(len(self.cooks), min(QUEUE_SHOWN, len(self.cooks) + 2), 3)
        pair.add_row(
            Panel(self._who(), title="who does what", height=height),
            Panel(self._queue(height - 2), title="at the pass, most urgent first", height=height),
        )
        yield pair
        others = [f"{name} {self.pids()[name]}" for name in self.pids() if name not in self.cooks]
        yield Text(f"try kill -9: {', '.join(others)}, or a cook" if others else "", style="dim")
        yield Group(*(Text(words, style="magenta") for words in self.news))

    def _ovens(self, width: int) -> Table:
        names = sorted(self.ovens, key=natural)[:OVENS_SHOWN]
        rows = -(-len(names) // max(1, width // CELL)) or 1
        across = -(-len(names) // rows) or 1  # no row is much shorter than the others
        table = Table.grid()
        for first in range(0, len(names), across):
            table.add_row(*(self._oven(name) for name in names[first : first + across]))
        return table

    def _who(self) -> Table:
        who = Table.grid(padding=(0, 1))
        for name in sorted(self.cooks):
            said = self.cooks[name]
            sign, style = COOKS.get(said["state"], FREE)
            what = "free" if said["state"] in ("ready", "done") else said["state"]
            if said["state"] == "working":
                what = f"{said.get('task')}, order {said['order']}"
            pid = self.pids().get(name)
            who.add_row(
                Text(sign, style=style),
                name,
                Text(what, style=style),
                Text(f"pid {pid}" if pid else "", style="dim"),
            )
        return who

    def _queue(self, most: int) -> RenderableType:
        waits = self.board.get("queue", [])
        if not waits:
            return Text("nothing waits", style="dim")
        queue = Table.grid(padding=(0, 2))
        all_of_them = self.board.get("waiting", 0)
        shown = waits[: most if all_of_them <= most else most - 1]
        for wait in shown:
            queue.add_row(f"order {wait['order']}", wait["task"])
        if all_of_them > len(shown):
            queue.add_row(Text(f"and {all_of_them - len(shown)} more", style="dim"))
        return queue

    def _oven(self, name: str) -> Text:
        said = self.ovens[name]
        sign, style = OVENS[said["state"]]
        order = "" if said.get("order") is None else f" {said['order']}"
        return Text(f"{name:>2} {sign}{order:<4} ", style=style)


def natural(name: str) -> tuple[int, str]:
    """Sort 10 after 9."""
    return (len(name), name)
