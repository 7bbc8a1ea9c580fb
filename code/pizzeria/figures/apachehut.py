"""The scheme of Apach' Hut: one order holds one cook from the warehouse to the last bite."""

from collections.abc import Callable

from pizzeria.figures import icons
from pizzeria.figures.bars import Scale, arrow, define_stripes, pill
from pizzeria.figures.given import Minutes
from pizzeria.figures.palette import style_sheet
from pizzeria.figures.schedule import held
from pizzeria.figures.svg import Drawing

WIDTH, HEIGHT = 600, 986
_STRIP = 452
_STEPS: tuple[tuple[Callable[[Drawing], None], str, str, str, str, str], ...] = (
    (
        icons.warehouse,
        "0–{m.warehouse} min",
        "wait",
        "Fetch the ingredients",
        "Out of stock? Wait for",
        "the next delivery.",
    ),
    (
        icons.pizza,
        "{m.prepare} min",
        "work",
        "Prepare the pizza",
        "The only skilled work",
        "in the whole chain.",
    ),
    (icons.oven, "{m.oven} min", "wait", "Stand by the oven", "Idle, in case the oven", "feels lonely."),
    (
        icons.scooter,
        "{m.delivery} min",
        "wait",
        "Wait for the delivery",
        "Idle, until the client",
        "is satisfied.",
    ),
)


# How a step of the trace is drawn: worked on by the cook, or merely waited for.
_BARS = {
    "restock": ("wait", "warehouse"),
    "prepare": ("work", "pizza"),
    "bake": ("wait", "oven"),
    "deliver": ("wait", "delivery"),
}


def draw_apachehut(minutes: Minutes = Minutes()) -> bytes:  # noqa: B008 (frozen)
    """Draw one order at Apach' Hut: the people it passes, and the cook it holds all along."""
    d = Drawing(
        "apachehut",
        WIDTH,
        HEIGHT,
        "Apach’ Hut: one order holds one cook",
        _description(minutes),
        style_sheet(),
    )
    d.rect(1, 1, WIDTH - 2, HEIGHT - 2, "card", rx=20)
    define_stripes(d)
    d.text(36, 60, "Apach’ Hut: one order, one cook", "h1")
    d.text(36, 92, "The synchronous kitchen: whoever starts, waits.", "m")
    _handover(d, minutes)
    _steps(d, minutes)
    _timeline(d, minutes)
    return d.to_bytes()


def _description(m: Minutes) -> str:
    return (
        f"A client phones and waits for an agent, who talks for {m.agent} minutes and hands the order to a "
        f"cook if one is free. The cook waits 0 to {m.warehouse} minutes for the warehouse, prepares the "
        f"pizza for {m.prepare} minutes, stands idle by the oven for {m.oven} and waits {m.delivery} for the "
        f"delivery. One order holds the cook for {m.held_at_least} to {m.held_at_most} minutes, of which "
        f"{m.prepare} are work."
    )


def _handover(d: Drawing, m: Minutes) -> None:
    for x, draw, who, what in (
        (96, icons.client, "Client", "phones, waits"),
        (298, icons.agent, "Agent", f"talks for {m.agent} min"),
        (504, icons.cook, "Cook", "if one is free"),
    ):
        with d.at(x - 34, 116, 1.06):
            draw(d)
        d.text(x, 210, who, "b", "middle")
        d.text(x, 234, what, "m", "middle")
    arrow(d, 148, 154, 94, 0)
    arrow(d, 350, 154, 94, 0)


def _steps(d: Drawing, m: Minutes) -> None:
    top, high = 254, 98
    for row, (draw, duration, kind, name, first, second) in enumerate(_STEPS):
        y = top + row * high
        if row:
            d.path(f"M36 {y}H{_STRIP - 14}", "rule")
        with d.at(40, y + 17):
            draw(d)
        d.text(128, y + 34, name, "b")
        d.text(128, y + 58, first, "m")
        d.text(128, y + 82, second, "m")
        d.rect(_STRIP, y + 1, 112, high - 2, kind, rx=8)
        if kind == "work":
            d.text(_STRIP + 56, y + 56, duration.format(m=m), "inv", "middle")
        else:
            pill(d, _STRIP + 56, y + 49, duration.format(m=m))
    y = top + len(_STEPS) * high
    d.text(564, y + 27, "Held all along. Only now is the cook free again.", "hot", "end")


def _timeline(d: Drawing, m: Minutes) -> None:
    scale = Scale(36, 564, m.held_at_most)
    d.rect(14, 694, WIDTH - 28, 278, "panel", rx=12)
    d.text(36, 726, "The cook’s time, to scale", "h2")
    idle = []
    for y, late, title in ((764, False, "In stock"), (836, True, "Out of stock, at worst")):
        steps = held(m, late)
        total = steps[-1].end
        idle.append(100 * (1 - m.prepare / total))
        d.text(36, y - 8, f"{title}: works {m.prepare} of {total:g} minutes")
        for step in steps:
            kind, label = _BARS[step.what]
            scale.bar(d, step.start, step.end, y, 34, kind, label)
    scale.axis(d, 880)
    d.rect(36, 930, 22, 22, "work", rx=5)
    d.text(66, 948, "hands on")
    d.rect(166, 930, 22, 22, "wait", rx=5)
    d.text(196, 948, "held, waiting")
    d.text(564, 948, f"idle {idle[0]:.0f} to {idle[1]:.0f} % of it", "hot", "end")
