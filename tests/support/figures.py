"""The figures of the first post that can be played with: their names, and how a reader plays."""

from __future__ import annotations

import re

KITCHENS = ("fig-kitchens-alive", "fig-scarce", "fig-habits")
SERVERS = ("fig-rounds", "fig-servers-alive", "fig-convoys", "fig-rude")
PLAYED = ("fig-yours", *KITCHENS, *SERVERS, "fig-look", "fig-turns", "fig-requests", "fig-ovens", "fig-crash")
FIGURES = ("fig-ring", *PLAYED, "fig-pipe", "fig-knee", "fig-sandbox")
HOUSES = ("apachehut", "nginxopepperoni")


def slide(figure, key, value):
    """Move a slider with the arrow keys until it shows a value."""
    slider = figure.locator(f"input[data-key={key}]")
    shown = figure.locator(f"input[data-key={key}]").locator("xpath=preceding-sibling::output")
    for _ in range(30):
        now = int(re.match(r"\d+", shown.inner_text())[0])
        if now == value:
            return
        slider.press("ArrowRight" if now < value else "ArrowLeft")
    raise AssertionError(f"{key} never showed {value}")


def at(figure, position):
    """Wait until the run of a position is shown."""
    words = "-".join(map(str, position.values()))
    figure.locator(f'[data-position="{words}"]').wait_for(timeout=60_000)
    drawn(figure)


def numbers(figure, house):
    """Read the numbers of a card: name -> text."""
    cells = figure.locator(f".x-card.{house} dd")
    return {cell.get_attribute("data-number"): cell.inner_text() for cell in cells.all()}


def scrub(figure):
    return figure.locator(".x-scrub")


def seconds_of_clock(figure):
    return float(scrub(figure).input_value())


def drawn(figure):
    """Wait until what was asked for is drawn."""
    figure.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def settled(figure):
    """Wait until the clock stands still, and read it."""
    before = None
    for _ in range(40):
        now = seconds_of_clock(figure)
        if now == before:
            return now
        before = now
        figure.page.evaluate("new Promise(done => setTimeout(done, 250))")
    raise AssertionError("the clock never stood still")


def press(figure, label):
    button = figure.get_by_role("button", name=label, exact=True)
    button.focus()
    button.press("Enter")
    drawn(figure)


def type_over(editor, text):
    """Replace all that an editor holds."""
    editor.click()
    editor.page.keyboard.press("Control+a")
    editor.page.keyboard.insert_text(text)


def scrub_by(figure, key):
    scrub(figure).press(key)
    drawn(figure)


def minutes(text):
    """Read a duration as the page writes it."""
    hours, rest = re.fullmatch(r"(\d+) h (\d+)", text).groups()
    return 60 * int(hours) + int(rest)
