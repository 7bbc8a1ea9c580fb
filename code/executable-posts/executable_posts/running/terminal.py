"""What a terminal would show of printed text: overwritten lines, erased characters, colours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
# Roughly what terminals show; used to find the nearest of the sixteen for a colour given by its number or its channels.
_SHADES = (
    *((0, 0, 0), (205, 49, 49), (13, 160, 90), (190, 140, 0), (36, 114, 200), (188, 63, 188), (17, 150, 180), (200, 200, 200)),
    *((102, 102, 102), (241, 76, 76), (35, 209, 139), (245, 245, 67), (59, 142, 234), (214, 112, 214), (41, 184, 219), (255, 255, 255)),
)  # fmt: skip
# Everything that begins with ESC and is no text: CSI and OSC sequences, and the short ones.
ESCAPE = re.compile(
    r"\x1b(?:\[(?P<args>[0-9;:<=>?]*)[ -/]*(?P<what>[@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)
_MOVES = re.compile(r"[\r\b]|\x1b\[[0-9]*K")
_RESET = "\x1b[0m"


class Style(NamedTuple):
    """Hold how text looks. fg, bg: 0 to 15, -1 for the page's own."""

    fg: int = -1
    bg: int = -1
    bold: bool = False
    faint: bool = False
    italic: bool = False
    underline: bool = False
    inverse: bool = False
    strike: bool = False

    def classes(self) -> str:
        """Name the CSS classes of this style, "" for plain text."""
        fg, bg = (self.bg, self.fg) if self.inverse else (self.fg, self.bg)
        found = [f"ansi-{COLOURS[fg % 8]}"] if fg >= 0 else ["ansi-inverse-ink"] if self.inverse else []
        found += ["ansi-bright"] if fg > 7 else []
        found += [f"ansi-on-{COLOURS[bg % 8]}"] if bg >= 0 else ["ansi-on-inverse"] if self.inverse else []
        found += ["ansi-on-bright"] if bg > 7 else []
        found += [
            f"ansi-{name}"
            for name in ("bold", "faint", "italic", "underline", "strike")
            if getattr(self, name)
        ]
        return " ".join(found)

    def code(self) -> str:
        """Write the sequence that turns a terminal from plain to this style."""
        codes = [str(code) for name, code in _FLAGS.items() if getattr(self, name)]
        codes += [str(30 + self.fg if self.fg < 8 else 82 + self.fg)] if self.fg >= 0 else []
        codes += [str(40 + self.bg if self.bg < 8 else 92 + self.bg)] if self.bg >= 0 else []
        return f"\x1b[{';'.join(codes)}m" if codes else ""


PLAIN = Style()
_FLAGS = {"bold": 1, "faint": 2, "italic": 3, "underline": 4, "inverse": 7, "strike": 9}
# Any: a field is a flag or a number.
_SET: dict[int, dict[str, Any]] = {code: {name: True} for name, code in _FLAGS.items()} | {
    21: {"underline": True},
    22: {"bold": False, "faint": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"inverse": False},
    29: {"strike": False},
    39: {"fg": -1},
    49: {"bg": -1},
}


def _nearest(red: int, green: int, blue: int) -> int:
    return min(
        range(16),
        key=lambda n: sum((a - b) ** 2 for a, b in zip(_SHADES[n], (red, green, blue), strict=True)),
    )


def _of_256(number: int) -> int:
    if number < 16:
        return max(number, 0)
    if number > 231:
        return _nearest(*[8 + 10 * (min(number, 255) - 232)] * 3)
    number -= 16
    return _nearest(*(55 + 40 * part if part else 0 for part in (number // 36, number // 6 % 6, number % 6)))


def restyled(style: Style, args: str) -> Style:
    """Apply the arguments of one colour sequence, such as ``1;31``; what is unknown changes nothing."""
    codes = [int(part) if part.isdigit() else 0 for part in re.split("[;:]", args)]
    while codes:
        code = codes.pop(0)
        if code == 0:
            style = PLAIN
        elif code in _SET:
            style = style._replace(**_SET[code])
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style = style._replace(fg=code - 30 if code < 90 else code - 82)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style = style._replace(bg=code - 40 if code < 100 else code - 92)
        elif code in (38, 48) and codes:
            kind, wanted = codes.pop(0), -1
            if kind == 5 and codes:
                wanted = _of_256(codes.pop(0))
            elif kind == 2 and len(codes) >= 3:
                wanted = _nearest(*(min(255, c) for c in codes[:3]))
                del codes[:3]
            style = style._replace(fg=wanted) if code == 38 else style._replace(bg=wanted)
    return style


def spans(text: str, style: Style = PLAIN) -> Iterator[tuple[Style, str]]:
    """Cut text into (style, text without sequences); sequences other than colours are dropped."""
    at = 0
    for match in ESCAPE.finditer(text):
        if match.start() > at:
            yield style, text[at : match.start()]
        at = match.end()
        if match["what"] == "m":
            style = restyled(style, match["args"])
    if at < len(text):
        yield style, text[at:]


def settled(text: str) -> str:
    """Give what stays on a terminal: a carriage return goes back and overwrites, a backspace takes one away."""
    text = re.sub(r"\r+\n", "\n", text)
    if not _MOVES.search(text):
        return text
    lines, style = [], PLAIN
    for line in text.split("\n"):
        if _MOVES.search(line):
            line, style = _overwritten(line, style)
        else:
            for match in ESCAPE.finditer(line):
                style = restyled(style, match["args"]) if match["what"] == "m" else style
        lines.append(line)
    return "\n".join(lines)


def _overwritten(line: str, style: Style) -> tuple[str, Style]:
    before, at = style, 0
    cells: list[tuple[Style, str]] = []
    for piece in re.split(
        rf"({ESCAPE.pattern.replace('(?P<args>', '(?:').replace('(?P<what>', '(?:')}|[\r\b])", line
    ):
        escape = ESCAPE.fullmatch(piece)
        if piece == "\r":
            at = 0
        elif piece == "\b":
            at = max(0, at - 1)
            del cells[at : at + 1]
        elif escape and escape["what"] == "m":
            style = restyled(style, escape["args"])
        elif escape and escape["what"] == "K":
            kind = escape["args"] or "0"
            if kind == "0":
                del cells[at:]
            else:
                cells[: at if kind == "1" else len(cells)] = [(PLAIN, " ")] * at
        elif not escape:
            cells[at : at + len(piece)] = [(style, character) for character in piece]
            at += len(piece)
    while cells and cells[-1] == (PLAIN, " ") and "\x1b" in line:
        cells.pop()
    out, now = [], before
    for wanted, character in cells:
        if wanted != now:
            out.append((_RESET if now != PLAIN else "") + wanted.code())
            now = wanted
        out.append(character)
    if now != style:
        out.append((_RESET if now != PLAIN else "") + style.code())
    return "".join(out), style
