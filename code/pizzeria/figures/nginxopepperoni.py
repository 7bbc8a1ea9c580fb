"""The scheme of Ngin O' Pepperonix: events, one to-do list, and a cook who never waits for an oven."""

from pizzeria.figures import icons
from pizzeria.figures.bars import Scale, arrow, define_stripes, pill
from pizzeria.figures.given import Lunch, Minutes
from pizzeria.figures.palette import style_sheet
from pizzeria.figures.schedule import Order, interleave, one_by_one
from pizzeria.figures.svg import Drawing

WIDTH = 600
_LANE = 34


def draw_nginxopepperoni(minutes: Minutes = Minutes(), lunch: Lunch = Lunch()) -> bytes:  # noqa: B008 (frozen)
    """Draw the event-driven kitchen: who raises events, the list they land in, one cook's lunch to scale."""
    orders = interleave(lunch, minutes)
    alone = one_by_one(lunch, minutes)
    now = orders[lunch.snapshot - 1].baking
    waiting = [order for order in orders if order.todo(now)]
    # As the tablets sort it: a pizza in the oven first, then whoever asked first.
    waiting.sort(key=lambda order: (order.baked != now, order.starts))
    todo = [(order.number, what) for order in waiting if (what := order.todo(now))]
    timeline = 368 + 34 * len(todo) + 140
    height = timeline + 92 + _LANE * (len(orders) + 1) + 144
    d = Drawing(
        "nginxopepperoni",
        WIDTH,
        height,
        "Ngin O’ Pepperonix: nobody waits",
        _description(orders, alone),
        style_sheet(),
    )
    d.rect(1, 1, WIDTH - 2, height - 2, "card", rx=20)
    define_stripes(d)
    d.text(36, 60, "Ngin O’ Pepperonix", "h1")
    d.text(36, 92, "Nobody waits: whatever takes time, calls.", "m")
    _sources(d)
    _list(d, todo, now)
    _cook(d, 368 + 34 * len(todo))
    _timeline(d, orders, alone, timeline)
    return d.to_bytes()


def _description(orders: list[Order], alone: float) -> str:
    count, work = len(orders), sum(order.baking - order.starts for order in orders)
    return (
        "Clients, the warehouse, connected ovens and delivery raise events. All land in one to-do list, "
        "shown on every tablet. A cook takes the most urgent, starts whatever takes time, lets go and comes "
        f"back for the next: the event loop. Below, {count} orders share one cook who works {work} minutes; "
        f"all are delivered after {max(order.delivered for order in orders):g} minutes, against {alone:g} with "
        "one synchronous cook."
    )


def _sources(d: Drawing) -> None:
    for x, draw, who, event in (
        (84, icons.client, "Clients", "“Hungry!”"),
        (228, icons.warehouse, "Warehouse", "“In stock!”"),
        (372, icons.oven, "Ovens", "“Baked!”"),
        (516, icons.scooter, "Delivery", "“Delivered!”"),
    ):
        with d.at(x - 32, 114):
            draw(d)
        d.text(x, 204, who, "b", "middle")
        d.text(x, 230, event, "hot", "middle")
        arrow(d, x, 242, 0, 32)


def _list(d: Drawing, todo: list[tuple[int, str]], now: float) -> None:
    bottom = 334 + 34 * len(todo)
    d.rect(36, 282, 528, bottom - 268, "f-ink", rx=16)
    d.rect(48, 294, 504, bottom - 292, "pill", rx=8)
    d.text(66, 322, "To do, most urgent first", "h2")
    d.text(534, 322, f"minute {now}", "m", "end")
    for row, (order, task) in enumerate(todo):
        y = 352 + 34 * row
        d.path(f"M66 {y - 22}H534", "rule")
        d.rect(66, y - 16, 48, 26, "work", rx=13)
        d.text(90, y + 3.5, f"#{order}", "inv", "middle")
        d.text(128, y + 4, task, "b" if row == 0 else "")


def _cook(d: Drawing, top: float) -> None:
    with d.at(263, top + 28, 1.16):
        icons.cook(d)
    d.path(f"M150 {top + 4}v36q0 32 32 32h62", "loop")
    d.path(f"M234 {top + 62}l12 10-12 10", "loop")
    d.path(f"M356 {top + 72}h62q32 0 32-32v-28", "loop")
    d.path(f"M440 {top + 18}l10-12 10 12", "loop")
    d.text(138, top + 50, "takes the", "b", "end")
    d.text(138, top + 74, "most urgent", "b", "end")
    d.text(462, top + 50, "lets go,", "b")
    d.text(462, top + 74, "comes back", "b")
    d.text(300, top + 124, "One cook. This is the loop.", "hot", "middle")


def _timeline(d: Drawing, orders: list[Order], alone: float, top: float) -> None:
    end = max(order.delivered for order in orders)
    scale = Scale(92, 564, end)
    bottom = top + 86 + _LANE * (len(orders) + 1) + 14
    d.rect(14, top, WIDTH - 28, bottom - top + 122, "panel", rx=12)
    d.text(36, top + 34, f"{len(orders)} orders, one cook, to scale", "h2")
    first = orders[0]
    d.text(scale.x((first.baking + first.baked) / 2), top + 76, "oven", "m", "middle")
    d.text(scale.x((first.baked + first.delivered) / 2), top + 76, "delivery", "m", "middle")
    for row, order in enumerate(orders):
        y = top + 80 + _LANE * row
        d.text(36, y + 20, f"#{order.number}", "b")
        scale.bar(d, order.missing, order.ready, y + 6, 15, "wait")
        if order.ready > order.missing:
            pill(d, scale.x((order.missing + order.ready) / 2), y + 13.5, "restock")
        for listed, taken in ((order.arrives, order.missing), (order.ready, order.starts)):
            if taken > listed:
                d.path(f"M{scale.x(listed) + 4:.1f} {y + 13.5:g}H{scale.x(taken) - 4:.1f}", "todo")
        scale.bar(d, order.starts, order.baking, y, 27, "work")
        scale.bar(d, order.baking, order.baked, y + 6, 15, "wait")
        scale.bar(d, order.baked, order.delivered, y + 6, 15, "wait")
    y = top + 88 + _LANE * len(orders)
    d.text(36, y + 22, "Cook", "b")
    for order in orders:
        scale.bar(d, order.starts, order.baking, y, 30, "work", f"#{order.number}")
    free = max(order.baking for order in orders)
    d.text(scale.x(free) + 10, y + 21.5, "free for the next", "m")
    scale.axis(d, bottom)
    _legend(d, bottom + 46)
    d.text(36, bottom + 102, f"All served in {end:g} min. At Apach’ Hut: {alone:g} min.", "hot")


def _legend(d: Drawing, y: float) -> None:
    d.rect(36, y, 22, 22, "work", rx=5)
    d.text(66, y + 17.5, "hands on")
    d.rect(166, y + 3.5, 26, 15, "wait", rx=6)
    d.text(200, y + 17.5, "waits, holds nobody")
    d.path(f"M396 {y + 11:g}h26", "todo")
    d.text(432, y + 17.5, "on the list")
