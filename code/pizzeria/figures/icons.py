"""The cast, each drawn on a 64 by 64 square with its feet at the bottom."""

from pizzeria.figures.svg import Drawing


def _person(d: Drawing, body: str) -> None:
    d.path("M10 64c0-16 9-23 22-23s22 7 22 23z", f"{body} line")
    d.circle(32, 26, 13, "f-skin line")
    d.path("M27 31q5 4 10 0", "none line")
    d.circle(28, 25, 0.8, "line")
    d.circle(36, 25, 0.8, "line")


def client(d: Drawing) -> None:
    """Draw a hungry client with a phone."""
    _person(d, "f-blue")
    d.path("M19 24c0-16 26-16 26 0-6-8-20-8-26 0z", "f-crust line")
    d.rect(44, 24, 9, 17, "f-steel line", rx=2)
    d.path("M57 22q4 5 0 11", "wire")


def agent(d: Drawing) -> None:
    """Draw a call-centre agent with a headset."""
    _person(d, "f-tomato")
    d.path("M18 27c-1-20 29-20 28 0", "wire")
    d.rect(14, 23, 7, 11, "f-steel line", rx=3)
    d.rect(43, 23, 7, 11, "f-steel line", rx=3)
    d.path("M46 34q0 6-9 5", "none line")


def cook(d: Drawing) -> None:
    """Draw a cook with a toque and a moustache."""
    _person(d, "f-white")
    d.path("M20 19v-6c-8-2-6-13 3-11 3-5 15-5 18 0 9-2 11 9 3 11v6z", "f-white line")
    d.path("M25 31q4-3 7 0 3-3 7 0", "none line")
    d.path("M26 42l6 6 6-6", "f-tomato line")


def warehouse(d: Drawing) -> None:
    """Draw the warehouse with its boxes."""
    d.path("M4 26 32 8l28 18v38H4z", "f-crust line")
    d.rect(13, 32, 38, 32, "f-white line")
    d.rect(17, 48, 15, 16, "f-cheese line")
    d.rect(32, 48, 15, 16, "f-cheese line")
    d.rect(24, 35, 15, 13, "f-cheese line")


def pizza(d: Drawing) -> None:
    """Draw a pizza in the making."""
    d.circle(32, 36, 27, "f-crust line")
    d.circle(32, 36, 20, "f-cheese line")
    for x, y in ((24, 29), (38, 27), (41, 41), (28, 45), (33, 36)):
        d.circle(x, y, 3.6, "f-tomato")
    for x, y in ((31, 24), (21, 38), (36, 48)):
        d.path(f"M{x} {y}q5-4 7 1-4 3-7-1z", "work")


def oven(d: Drawing) -> None:
    """Draw an oven with a pizza behind its window."""
    d.rect(5, 8, 54, 52, "f-steel line", rx=5)
    d.rect(12, 25, 40, 27, "glass line", rx=3)
    d.path("M18 46q14-12 28 0z", "f-cheese")
    d.circle(14, 16.5, 3, "f-tomato line")
    d.circle(24, 16.5, 3, "f-white line")
    d.path("M36 16.5h16", "none line")


def scooter(d: Drawing) -> None:
    """Draw the delivery scooter with its box."""
    d.path("M40 16h8M47 16 54 46", "wire")
    d.path("M4 50c0-12 8-14 14-14h14c3 0 4 10 6 10h6l6-16 6 16h-6l-8 8H4z", "f-tomato line")
    d.rect(4, 13, 24, 21, "f-cheese line", rx=2)
    d.path("M12 21h8", "line")
    d.circle(15, 54, 8, "f-white line")
    d.circle(53, 54, 8, "f-white line")
