"""What a still is drawn with: step curves, lines of text, tables, and the colours of a file that knows no theme.

Colours are the theme's variables, with a value of their own for a notebook, which has no theme.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

INK, MUTED, EDGE = "var(--ink, #2a2320)", "var(--muted, #6a5d53)", "var(--edge, #e5d8c5)"
RED, GREEN = "var(--link, #a8331b)", "var(--work, #2f6d31)"
BLUE = "var(--warn, #2f5f8f)"
# Small enough that a phone shows it legibly.
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 500, 230, 44, 34, 34


Points: TypeAlias = list[tuple[float, int]]
Curves: TypeAlias = Mapping[str, tuple[str, str, Points]]
"""By name: a colour, a dash, and `(time, value)`."""


def chart(title: str, curves: Curves, end: float, unit: float, every: int) -> str:
    """Draw step curves ``{name: (colour, dash, [(time, value), ...])}`` until `end`; ticks `every` so often."""
    most = max(value for _, _, points in curves.values() for _, value in points) or 1
    x: Callable[[float], float] = lambda time: LEFT + (WIDTH - LEFT - 10) * time / end
    y: Callable[[float], float] = lambda value: HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most
    parts = [opening(title, HEIGHT)]
    step = next(size for size in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if most / size <= 5)
    for value in range(0, int(most) + 1, step):
        parts.append(f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - 10}" stroke="{EDGE}"/>')
        parts.append(text(LEFT - 8, y(value) + 5, value, "end"))
    for tick in range(0, int(end / unit) + 1, every):
        label = f"{tick} h" if unit == 60 else f"{tick} s"
        parts.append(text(x(tick * unit), HEIGHT - 10, label, "middle" if tick else "start"))
    for place, (name, (colour, dash, points)) in enumerate(curves.items()):
        d = "".join(
            f"{'H' if n else 'M'}{x(at):.1f}{'V' if n else ' '}{y(value):.1f}"
            for n, (at, value) in enumerate(points)
        )
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="2.6"{dashes}/>')
        parts.append(f'<path d="M{LEFT + 200 * place} 14h34" stroke="{colour}" stroke-width="2.6"{dashes}/>')
        parts.append(text(LEFT + 200 * place + 42, 19, name, "start", INK))
    return "".join(parts) + "</svg>"


def opening(title: str, height: int) -> str:
    """Open a picture that has a name."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="640" role="img" xmlns="http://www.w3.org/2000/svg" '
        f'font-family="system-ui, sans-serif" font-size="15"><title>{html.escape(title)}</title>'
    )


def text(x: float, y: float, words: object, anchor: str = "start", colour: str = MUTED) -> str:
    """Write one line of text in a chart."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{html.escape(str(words))}</text>'


def table(head: Iterable[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table: its first column names the rows. A corner without words is no heading."""
    cells = "".join(f'<th scope="col">{html.escape(word)}</th>' if word else "<td></td>" for word in head)
    body = "".join(
        f'<tr><th scope="row">{html.escape(str(row[0]))}</th>'
        + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f'<div class="table-wrap" tabindex="0"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'
