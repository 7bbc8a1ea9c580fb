"""The ovens' board in a real browser, on a real broker's WebSocket: live, tidy, and nobody else is asked."""

import json
import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import TimeoutError as NotInTime

from support.boards import SOON, kitchen_of, open_board, wait_for
from support.visit import violations


@pytest.mark.parametrize(
    ("width", "scheme"), [(1200, "light"), (1200, "dark"), (390, "light"), (390, "dark")]
)
def test_the_board_shows_the_kitchen(stack, browser, embedded, shots, judges, width, scheme):
    kitchen_of(stack, embedded).rush()
    page = open_board(stack, browser, embedded, viewport={"width": width, "height": 900}, color_scheme=scheme)
    wait_for(page, "#status", "live")
    wait_for(page, "#served", "37")
    wait_for(page, "#ovens li:nth-child(8)", "baked")
    tiles = page.locator("#ovens li")
    states = ["baking", "baked", "empty", "baking", "burnt", "baking", "gone", "baked"]
    assert [tiles.nth(n).get_attribute("data-state") for n in range(8)] == states
    assert "order 41" in tiles.nth(0).inner_text()
    assert "order" not in tiles.nth(2).inner_text(), "an empty oven holds no order"
    assert page.locator("#tablets li").all_inner_texts() == [
        "anna\ntake out, order 42",
        "bruno\nfree",
        "carla\ngone",
    ]
    assert page.locator("#queue li").all_inner_texts() == [
        "order 48\ntake out of oven 8",
        "order 51\nprepare",
    ]
    counts = [page.locator(f"#{name}").inner_text() for name in ("served", "burnt", "waiting", "in-use")]
    assert counts == ["37", "1", "2", "6 / 8"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
        "the page is wider than the screen"
    )
    assert page.locator("#ovens li:nth-child(8) svg").evaluate(
        "svg => [...svg.querySelectorAll('path')].filter(p => getComputedStyle(p).visibility === 'visible').map(p => p.classList[0])"
    ) == ["bell"], "a shape says the state too"
    page.screenshot(path=shots / f"board-{width}-{scheme}.png", full_page=True)
    page_origin, broker_origin = urlsplit(page.url).netloc, urlsplit(embedded.ws_url).netloc.split("@")[1]
    assert {urlsplit(url).netloc for url in page.asked if not url.startswith("data:")} == {
        page_origin,
        broker_origin,
    }
    assert not page.errors
    assert violations(page, judges / "axe-core" / "axe.min.js") == []


def test_the_wall_says_the_last_one_out_who_waits_and_the_longest(stack, browser, embedded):
    kitchen = kitchen_of(stack, embedded)
    page = open_board(stack, browser, embedded, viewport={"width": 1400, "height": 900})
    board = {
        "run": "wall",
        "epoch": 1,
        "queue": [{"order": 9, "task": "finish"}],
        "waiting": 1,
        "burnt": 1,
        "given_back": 0,
    }
    board |= {"scale": 0.01, "served": 7, "inside": 3, "longest": 61.2, "last_out": 118.4}
    kitchen.says("pass/board", board)
    wait_for(page, "#last-out", "118")
    said = {
        name: page.locator(f"#{name}").inner_text() for name in ("inside", "waiting", "urgent", "longest")
    }
    assert said == {"inside": "3 still inside", "waiting": "1", "urgent": "finish, order 9", "longest": "61"}
    kitchen.says("pass/board", board | {"oldest": 1.0})  # since 1970: the longest by far, and still inside
    wait_for(page, "#whose", "still inside")
    kitchen.says("pass/board", board | {"inside": 0, "served": 10, "last_out": 130})
    wait_for(page, "#inside", "nobody is inside: all 11 are out")
    assert page.locator("#last-out").inner_text() == "130"
    kitchen.says("pass/board", b"")


def test_what_failed_and_who_came_back_is_told(stack, browser, embedded):
    kitchen = kitchen_of(stack, embedded)
    board = {"run": "told", "epoch": 1, "queue": [], "waiting": 0, "served": 0, "burnt": 0, "given_back": 0}
    kitchen.says("pass/board", board)
    kitchen.says("tablet/zoe/state", {"run": "told", "state": "working", "task": "prepare", "order": 5})
    page = open_board(stack, browser, embedded)
    wait_for(page, "#tablets li", "zoe")
    assert page.locator("#news li").count() == 0, "how it is when the page opens is no news"
    kitchen.says("tablet/zoe/state", {"run": "told", "state": "gone"})
    wait_for(page, "#news li", "zoe is gone with order 5")
    kitchen.says("pass/board", board | {"given_back": 1})
    wait_for(page, "#news li", "work given back: the next cook takes over")
    kitchen.says("tablet/zoe/state", {"run": "told", "state": "ready"})
    wait_for(page, "#news li", re.compile(r"zoe is back after \d+ s"))
    kitchen.says("pass/board", board | {"given_back": 1, "epoch": 2})
    wait_for(page, "#news li", "another expediter stands at the pass: epoch 2")
    assert page.locator("#given-back").inner_text() == "1"
    assert not page.errors
    kitchen.says("tablet/zoe/state", b"")
    kitchen.says("pass/board", b"")


def test_news_is_seen_at_once_and_forgotten_ovens_go(stack, browser, embedded):
    kitchen = kitchen_of(stack, embedded)
    kitchen.rush()
    page = open_board(stack, browser, embedded)
    wait_for(page, "#ovens li:nth-child(1)", "baking")
    kitchen.says("oven/1/state", {"state": "baked", "order": 41})
    wait_for(page, "#ovens li:nth-child(1)", "baked")
    kitchen.says("oven/8/state", b"")
    page.locator("#ovens li:nth-child(8)").wait_for(state="detached", timeout=SOON)
    assert not page.errors


def test_of_several_kitchens_it_shows_its_own(stack, browser, embedded):
    here, there = kitchen_of(stack, embedded), kitchen_of(stack, embedded)
    there.prefix = "rome/"
    here.says("oven/100/state", {"state": "burnt", "order": 1})
    there.says("oven/200/state", {"state": "baking", "order": 2})
    page = open_board(stack, browser, embedded, kitchen="rome")
    wait_for(page, "#ovens li", "200")
    here.says("oven/101/state", {"state": "burnt", "order": 1})
    there.says("oven/201/state", {"state": "baked", "order": 3})
    wait_for(page, "#ovens li", "201")
    assert page.locator("#ovens li").count() == 2
    for oven in ("100", "101"):
        here.says(f"oven/{oven}/state", b"")


def test_nonsense_on_the_topics_changes_nothing(stack, browser, embedded):
    kitchen = kitchen_of(stack, embedded)
    kitchen.rush()
    page = open_board(stack, browser, embedded)
    wait_for(page, "#ovens li:nth-child(1)", "baking")
    for nonsense in ("{", "[1]", '"baked"', "3", b"\xff\xfe"):
        kitchen.says("oven/1/state", nonsense)
        kitchen.says("pass/board", nonsense)
    kitchen.says("oven/2/state", {"state": "<img src=x onerror=alert(1)>", "order": "<b>7</b>"})
    wait_for(page, "#ovens li:nth-child(2)", "<b>7</b>")
    assert "baking" in page.locator("#ovens li:nth-child(1)").inner_text()
    assert page.locator("#served").inner_text() == "37"
    assert page.locator("#ovens img, #ovens li span b").count() == 0
    assert not page.errors


def test_a_thousand_ovens_fit(stack, browser, embedded):
    kitchen = kitchen_of(stack, embedded)
    page = open_board(stack, browser, embedded, viewport={"width": 390, "height": 900})
    wait_for(page, "#status", "live")
    for last in (False, False, True):  # ovens repeat themselves: a busy broker may lose what is said at QoS 0
        for n in range(1, 1001):
            said = json.dumps({"v": 1, "state": "baking", "order": n})
            kitchen.link.publish(f"kitchen/oven/{n}/state", said, qos=0)
        try:
            page.locator("#ovens li:nth-child(1000)").wait_for(timeout=SOON)
            break
        except NotInTime:
            if last:
                raise
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_yesterdays_ovens_are_not_shown(stack, browser, embedded):
    kitchen = kitchen_of(stack, embedded)
    for n in range(1, 9):
        kitchen.says(f"oven/{n}/state", b"")
    kitchen.says("oven/1/state", {"run": "yesterday", "state": "baked", "order": 1})
    kitchen.says("oven/2/state", {"run": "today", "state": "baking", "order": 2})
    kitchen.says("pass/board", {"run": "today", "queue": [{"order": 3, "task": "prepare"}], "waiting": 70})
    page = open_board(stack, browser, embedded)
    wait_for(page, "#waiting", "70")
    wait_for(page, "#ovens li", "order 2")
    assert page.locator("#ovens li").count() == 1
    assert page.locator("#queue li").first.inner_text() == "order 3\nprepare"
    assert "and 69 more" in page.locator("#queue").inner_text()
    kitchen.says("pass/board", b"")
