"""Shorter SVG paths that draw the same: no point closer to its neighbours' line than a hair, relative, rounded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

HAIR = 0.15
"""Units of the picture by which a simplified line may leave the original: less than a pixel at usual sizes."""
_TOKEN = re.compile(r"[A-Za-z]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_TAKES = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "Q": 4, "Z": 0}

Point = tuple[float, float]


def number(value: float, digits: int = 1) -> str:
    """Write a number with at most ``digits`` decimals and nothing that does not count."""
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", ""):
        return "0"
    return text.replace("0.", ".", 1) if re.match(r"-?0\.", text) else text


def numbers(values: Iterable[float], digits: int = 1) -> str:
    """Write numbers in a row with no more separators than a reader of SVG needs."""
    out = ""
    for value in values:
        text = number(value, digits)
        glued = text.startswith("-") or (text.startswith(".") and "." in re.split(r"[ -]", out)[-1])
        out += text if not out or glued else f" {text}"
    return out


def shorten(d: str, digits: int = 1, hair: float = HAIR) -> str:
    """Rewrite path data; what is not made of absolute M, L, H, V, C, Q and Z comes back with rounded numbers."""
    try:
        segments = list(_segments(d))
    except ValueError:
        return re.sub(r"-?\d*\.\d+", lambda m: number(float(m[0]), digits + 1), " ".join(d.split()))
    pen = _Pen(digits)
    run: list[Point] = []
    for command, points in segments:
        if command in "ML" and run and command == "L":
            run.append(points[0])
            continue
        _draw_run(pen, run, hair)
        run = []
        if command in "ML":
            run = [points[0]]
            if command == "M":
                pen.move(points[0])
        elif command == "Z":
            pen.close()
        else:
            pen.curve(command.lower(), points)
            run = [points[-1]]
    _draw_run(pen, run, hair)
    return pen.text


def thin(points: list[Point], hair: float = HAIR) -> list[Point]:
    """Drop the points that a line through the others misses by no more than ``hair`` (Ramer, Douglas and Peucker)."""
    if len(points) < 3:
        return points
    keep = {0, len(points) - 1}
    todo = [(0, len(points) - 1)]
    while todo:
        first, last = todo.pop()
        (x0, y0), (x1, y1) = points[first], points[last]
        dx, dy = x1 - x0, y1 - y0
        length = (dx * dx + dy * dy) ** 0.5
        worst, at = hair, 0
        for index in range(first + 1, last):
            x, y = points[index]
            if length:
                # Beyond the ends, the distance to the end counts: a line that turns back is no straight line.
                along = ((x - x0) * dx + (y - y0) * dy) / length
                off = abs(dx * (y - y0) - dy * (x - x0)) / length
                off = max(off, -along, along - length)
            else:
                off = ((x - x0) ** 2 + (y - y0) ** 2) ** 0.5
            if off > worst:
                worst, at = off, index
        if at:
            keep.add(at)
            todo += [(first, at), (at, last)]
    return [points[index] for index in sorted(keep)]


def bounds(d: str) -> tuple[float, float, float, float] | None:
    """Return the box around a path's points (left, top, right, bottom), None for a path not understood or empty."""
    try:
        points = [point for _, group in _segments(d) for point in group]
    except ValueError:
        return None
    if not points:
        return None
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


class _Pen:
    """Write relative commands from rounded position to rounded position, so that no error adds up."""

    def __init__(self, digits: int):
        self.digits, self.text, self.last = digits, "", ""
        self.x = self.y = 0.0
        self.start: Point = (0.0, 0.0)

    def _round(self, point: Point) -> Point:
        return round(point[0], self.digits), round(point[1], self.digits)

    def _put(self, command: str, values: Iterable[float]) -> None:
        body = numbers(values, self.digits)
        if command == self.last and command in "lhvcq":
            self.text += body if body.startswith("-") else f" {body}"
        else:
            self.text += command + body
        self.last = command

    def move(self, point: Point) -> None:
        self.x, self.y = self.start = self._round(point)
        self._put("M", self.start)

    def line(self, point: Point) -> None:
        x, y = self._round(point)
        dx, dy = x - self.x, y - self.y
        if dx and dy:
            self._put("l", (dx, dy))
        elif dx:
            self._put("h", (dx,))
        elif dy:
            self._put("v", (dy,))
        self.x, self.y = x, y

    def curve(self, command: str, points: list[Point]) -> None:
        rounded = [self._round(point) for point in points]
        self._put(command, [v for x, y in rounded for v in (x - self.x, y - self.y)])
        self.x, self.y = rounded[-1]

    def close(self) -> None:
        self._put("z", ())
        self.x, self.y = self.start


def _draw_run(pen: _Pen, run: list[Point], hair: float) -> None:
    for point in thin(run, hair)[1:]:
        pen.line(point)


def _segments(d: str) -> Iterator[tuple[str, list[Point]]]:
    """Yield (command, points) of absolute path data, H and V as L. Raise ValueError at anything else."""
    tokens = _TOKEN.findall(d)
    if re.sub(r"[\s,]+", "", d) != "".join(tokens):
        raise ValueError("not path data")
    at, command = 0, ""
    here: Point = (0.0, 0.0)
    start = here
    while at < len(tokens):
        if tokens[at].isalpha():
            command = tokens[at].replace("z", "Z")
            at += 1
        elif command == "M":
            command = "L"
        if command not in _TAKES or (command == "Z" and at < len(tokens) and not tokens[at].isalpha()):
            raise ValueError(f"the command {command!r}")
        values = [float(token) for token in tokens[at : at + _TAKES[command]]]
        if len(values) < _TAKES[command]:
            raise ValueError("too few numbers")
        at += len(values)
        if command == "H":
            points = [(values[0], here[1])]
        elif command == "V":
            points = [(here[0], values[0])]
        else:
            points = list(zip(values[::2], values[1::2], strict=True))
        here = points[-1] if points else start
        if command == "M":
            start = here
        yield "L" if command in "HV" else command, points
