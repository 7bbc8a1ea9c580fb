"""A timeline to scale: minutes become widths, work is solid, waiting is striped."""

from dataclasses import dataclass

from pizzeria.figures.svg import Drawing


def define_stripes(d: Drawing) -> None:
    """Define the striped fill of waiting, so that it never rests on colour alone."""
    with d.at(0, 0):
        pattern = d.add(
            "pattern",
            id="wait",
            width=9,
            height=9,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        )
        group, d.here = d.here, pattern
        d.rect(0, 0, 9, 9, "wait-ground")
        d.rect(0, 0, 3, 9, "wait-stripe")
        d.here = group


@dataclass(frozen=True)
class Scale:
    """Places minutes between `left` and `right` pixels."""

    left: float
    right: float
    minutes: float

    def x(self, minute: float) -> float:
        """Return the pixel of a minute."""
        return self.left + (self.right - self.left) * minute / self.minutes

    def bar(
        self, d: Drawing, start: float, end: float, y: float, height: float, class_: str, label: str = ""
    ) -> None:
        """Draw minutes `start` to `end` as a bar with its label in the middle.

        Draws nothing when the bar has no length.
        """
        if end <= start:
            return
        left, width = self.x(start), self.x(end) - self.x(start)
        d.rect(left + 1, y, width - 2, height, class_, rx=min(6, height / 2))
        if label and class_ == "work":
            d.text(left + width / 2, y + height / 2 + 6.5, label, "inv", "middle")
        elif label:
            pill(d, left + width / 2, y + height / 2, label)

    def axis(self, d: Drawing, y: float, step: int = 30) -> None:
        """Draw ticks every `step` minutes under the bars."""
        d.path(f"M{self.left:g} {y:g}H{self.right:g}", "tick")
        for minute in range(0, int(self.minutes) + 1, step):
            x = self.x(minute)
            d.path(f"M{x:.1f} {y:g}v7", "tick")
            words, anchor = (str(minute), "middle") if minute else ("0 min", "start")
            d.text(x, y + 26, words, "m", anchor)


def pill(d: Drawing, x: float, y: float, words: str, class_: str = "b") -> None:
    """Write a few words on a small opaque label centred at (x, y)."""
    width = 10.4 * len(words) + 14
    d.rect(x - width / 2, y - 13, width, 26, "pill", rx=13)
    d.text(x, y + 6.5, words, class_, "middle")


def arrow(d: Drawing, x: float, y: float, dx: float, dy: float) -> None:
    """Draw a straight horizontal or vertical arrow from (x, y)."""
    d.path(f"M{x:g} {y:g}l{dx:g} {dy:g}", "arrow")
    back = 7 if dx + dy > 0 else -7
    if dx:
        d.path(f"M{x + dx - back:g} {y - 6:g}l{back} 6 {-back} 6", "arrow")
    else:
        d.path(f"M{x - 6:g} {y + dy - back:g}l6 {back} 6 {-back}", "arrow")
