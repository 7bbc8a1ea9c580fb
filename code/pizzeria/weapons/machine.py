"""The state machine of an order: a table, a run through it on our loop, and its diagram, drawn from the table."""

from __future__ import annotations

import html
from collections import deque
from collections.abc import Mapping
from typing import TypeAlias

from pizzeria.eventloop.loop import Loop, sleep

Table: TypeAlias = Mapping[tuple[str, str], tuple[str, str, tuple[str, float] | None]]
# (state, event) -> (next state, what is done, and the event that follows after so many minutes, if any)
ORDER: Table = {
    ("phoned", "called"): ("in the oven", "prepare it", ("baked", 30)),
    ("in the oven", "baked"): ("on the road", "send it off", ("delivered", 20)),
    ("on the road", "delivered"): ("paid", "take the money", None),
}
START = "phoned"


class BadTransition(ValueError):
    """An event came that means nothing in the state the order is in."""


def step(table: Table, state: str, event: str) -> tuple[str, str, tuple[str, float] | None]:
    """Look one transition up: ``(next state, action, what follows)``."""
    try:
        return table[state, event]
    except KeyError:
        known = ", ".join(sorted(e for s, e in table if s == state)) or "nothing"
        raise BadTransition(f"{event!r} while {state!r}: there it may hear {known}") from None


def run_machine(
    orders: int = 2, table: Table = ORDER, bootstrap: bool = True, compute: float = 15
) -> list[tuple[float, int, str, str]]:
    """Run the table on our loop, in virtual minutes, and return the log of ``(minute, order, event, action)``.

    One thread: preparing holds the loop for `compute` minutes. Without the bootstrap nothing ever happens.
    """
    loop = Loop()
    events: deque[tuple[int, str]] = deque()
    states = dict.fromkeys(range(1, orders + 1), START)
    log: list[tuple[float, int, str, str]] = []
    busy_until = 0.0

    async def happen(delay: float, number: int, event: str) -> None:
        await sleep(delay)
        events.append((number, event))
        handle()

    def handle() -> None:
        nonlocal busy_until
        while events:
            number, event = events.popleft()
            now = max(loop.now, busy_until)
            states[number], action, follows = step(table, states[number], event)
            log.append((now, number, event, action))
            if action == "prepare it":
                busy_until = now = now + compute
            if follows:
                loop.spawn(happen(now - loop.now + follows[1], number, follows[0]))

    if bootstrap:
        for number in states:
            loop.spawn(happen(5, number, "called"))
    loop.run()
    return log


class Diagram:
    """A state machine as a picture: SVG in a notebook, DOT as text, both made from the table."""

    def __init__(self, table: Table, start: str = START) -> None:
        self.table, self.start = table, start
        self.states = list(
            dict.fromkeys([start, *(s for s, _ in table), *(row[0] for row in table.values())])
        )

    @property
    def dot(self) -> str:
        """The diagram in the language of Graphviz."""
        lines = ["digraph order {", "  rankdir=LR;"]
        lines += [f'  "{s}"{" [peripheries=2]" if self._is_final(s) else ""};' for s in self.states]
        lines += [
            f'  "{s}" -> "{to}" [label="{event}: {action}"];'
            for (s, event), (to, action, _) in self.table.items()
        ]
        return "\n".join([*lines, "}"])

    def __repr__(self) -> str:
        return self.dot

    def _is_final(self, state: str) -> bool:
        return all(s != state for s, _ in self.table)

    @property
    def svg(self) -> str:
        """The diagram as SVG: one box a state, one arrow a transition, in the colours of the page."""
        width, gap, height = 130, 130, 130
        place: dict[str, float] = {state: 20 + n * (width + gap) for n, state in enumerate(self.states)}
        parts = []
        for state, x in place.items():
            parts.append(f'<rect x="{x}" y="45" width="{width}" height="46" rx="23"/>')
            if self._is_final(state):
                parts.append(f'<rect x="{x + 4}" y="49" width="{width - 8}" height="38" rx="19"/>')
            parts.append(_text(x + width / 2, 73, state, "bold"))
        for (state, event), (to, action, _) in self.table.items():
            x1, x2 = place[state] + width, place[to]
            if x2 > x1 - width:
                parts.append(f'<path d="M{x1} 68 H{x2 - 2}" marker-end="url(#order-tip)"/>')
                middle = (x1 + x2) / 2
            else:  # back, or to itself: around below
                x1, x2 = place[state] + width / 2, place[to] + width / 2 - 20
                parts.append(f'<path d="M{x1} 91 C{x1} 130 {x2} 130 {x2} 93" marker-end="url(#order-tip)"/>')
                middle = (x1 + x2) / 2
            parts += [_text(middle, 60, event), _text(middle, 86, action, style="italic")]
        whole = 20 + len(place) * (width + gap) - gap + 20
        title = "The state machine of an order: " + ", then ".join(self.states)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {height}" role="img" '
            f'font-family="system-ui, sans-serif" font-size="14" style="max-width:100%;height:auto">'
            f"<title>{html.escape(title)}</title>"
            '<defs><marker id="order-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            'orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="currentColor" stroke="none"/></marker></defs>'
            f'<g fill="none" stroke="currentColor" stroke-width="1.5">{"".join(parts)}</g></svg>'
        )

    def _repr_svg_(self) -> str:
        return self.svg


def _text(x: float, y: int, words: str, weight: str = "normal", style: str = "normal") -> str:
    looks = (
        f'fill="currentColor" stroke="none" text-anchor="middle" font-weight="{weight}" font-style="{style}"'
    )
    return f'<text x="{x:g}" y="{y}" {looks}>{html.escape(words)}</text>'
