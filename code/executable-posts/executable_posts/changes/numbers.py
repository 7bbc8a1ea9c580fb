"""Numbers in texts: found, left out, and compared within a tolerance."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

# Its sign is one only where no word or number stands before it: `a-1` and `2026-11-27` have none.
_NUMBER = re.compile(
    r"(?<![\w.])(?:(?<![)\]])[-+−])?"
    r"(?:0x[0-9a-fA-F]+|(?:\d{1,3}(?:,\d{3})+(?![\d,])|\d+)(?:\.\d+)*(?:[eE][-+]?\d+)?)"
)
_ROOM = re.compile(rf"[ \t]*{_NUMBER.pattern}[ \t]*")
_RULE = re.compile(r"[-=_─━═]{3,}")  # of a table: as long as its numbers are wide
_BLANKS = re.compile(r"[ \t]+")


@dataclass(frozen=True)
class Pair:
    """Hold one number that differs. of: what it is a number of, "" where only its place says it; old, new: as written;
    relative: the change as a part of the old one, None where there is none."""

    of: str
    old: str
    new: str
    relative: float | None


@dataclass(frozen=True)
class Tolerance:
    """Hold how far a number may be from the published one. share: of that number; margin: in its own unit."""

    share: float = 0.0
    margin: float = 0.0

    @classmethod
    def of(cls, written: str) -> Tolerance:
        """Read ``5%`` or ``0.5``, "" for none; raise ValueError."""
        if not written:
            return cls()
        number = float(written.removesuffix("%"))
        if not math.isfinite(number) or number < 0:
            raise ValueError(f"{written!r} is no tolerance")
        return cls(share=number / 100) if written.endswith("%") else cls(margin=number)

    def allows(self, old: str, new: str) -> bool:
        """Tell whether a number is near enough to the published one; texts are as `numbers` finds them."""
        if old == new:
            return True
        a, b = value(old), value(new)
        if a is None or b is None:
            return False
        room = max(self.margin, self.share * abs(a))
        return room > 0 and abs(b - a) <= room * (1 + 1e-9)  # 1.05 is 1 and 5 %, and a hair


def numbers(text: str) -> list[str]:
    """List the numbers of a text, as written."""
    return _NUMBER.findall(text)


def skeleton(text: str) -> str:
    """Give a text without its numbers, and without the blanks and rules that make room for them."""
    lines = _BLANKS.sub(" ", _RULE.sub("---", _ROOM.sub(" # ", text))).split("\n")
    return "\n".join(line.strip() for line in lines)


def value(written: str) -> float | None:
    """Read a number as written; None for one that is none after all, such as ``1.2.3``."""
    plain = written.replace(",", "").replace("−", "-")
    try:
        number = float(int(plain, 16)) if "0x" in plain else float(plain)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def relative(old: str, new: str) -> float | None:
    """Give the change from one number to another as a part of the first; None where that says nothing."""
    a, b = value(old), value(new)
    if a is None or b is None or a == 0 or a == b or a * b < 0:
        return None
    change = (b - a) / abs(a)
    return change if math.isfinite(change) else None


def percent(change: float | None) -> str:
    """Write a relative change for people, with its sign: ``+6.3 %``, or ``× 12`` from ten times on; "" for None."""
    if change is None:
        return ""
    if change >= 9:
        return f"× {1 + change:,.0f}"
    part = abs(100 * change)
    digits = f"{part:.0f}" if part >= 9.95 else f"{part:.2g}"
    return f"{'+' if change > 0 else '-'}{'<0.1' if part < 0.095 else digits} %"


def pairs(old: str, new: str, tolerance: Tolerance, of: str = "") -> list[Pair] | None:
    """List the numbers in which two texts differ by more than a tolerance; None when they differ in more than numbers."""
    if old == new:
        return []
    before, after = numbers(old), numbers(new)
    if len(before) != len(after) or skeleton(old) != skeleton(new):
        return None
    return [
        Pair(of, a, b, relative(a, b))
        for a, b in zip(before, after, strict=True)
        if not tolerance.allows(a, b)
    ]
