"""The ovens' board and whom it is linked to: a broker that comes back, one that lets nobody in, a kitchen that runs."""

import os
import re
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from pizzeria.ovens.brokers.kinds import KINDS
from pizzeria.ovens.programs.board.serve import serve_board
from support.boards import ACCESS, SOON, kitchen_of, open_board, wait_for
from support.browsers import absent


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_board_comes_back_with_the_broker(stack, browser, kind):
    broker = kind(ACCESS)
    if reason := broker.available():
        absent(reason)
    stack.enter_context(broker)
    page = open_board(stack, browser, broker)
    wait_for(page, "#status", "live")
    if (
        broker.nodes > 1
    ):  # the page knows one node: that a cluster goes on without it is the brokers' contract
        kitchen_of(stack, broker).says("oven/1/state", {"state": "baked", "order": 1})
        wait_for(page, "#ovens li", "baked")
        return
    broker.kill()
    wait_for(page, "#status", "offline: the broker is not there")
    broker.restart()
    wait_for(page, "#status", "live")
    wait_for(page, "#news li", re.compile(r"the broker is back after \d+ s"))
    kitchen_of(stack, broker).says("oven/1/state", {"state": "baked", "order": 1})
    wait_for(page, "#ovens li", "baked")


def test_a_wrong_password_is_said_on_the_page(stack, browser, embedded):
    address = urlsplit(embedded.ws_url).netloc.split("@")[1]
    url = stack.enter_context(serve_board(f"ws://cook:wrong@{address}/mqtt"))
    page = browser.new_page()
    stack.callback(page.close)
    page.goto(url)
    wait_for(page, "#status", "offline")
    assert "wrong" not in page.url


def test_the_board_of_a_running_kitchen(stack, browser, shots):
    """`kitchen live --open`, as a person starts it: the page it names shows the lunch to its end, then Ctrl-C closes."""
    command = [sys.executable, "-m", "pizzeria", "kitchen", "live", "--open", "--leash"]
    command += ["--orders", "12", "--orders-per-hour", "60", "--scale", "0.01", "--burns-after", "500"]
    opened = {**os.environ, "BROWSER": "true"}  # the page is opened here
    opened.pop("PIZZERIA_BROKER", None)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=opened, **pipes) as kitchen:
        stack.callback(kitchen.kill)
        url = kitchen.stderr.readline().removeprefix("the board: ").strip()
        assert url.startswith("http://127.0.0.1:")
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        stack.callback(page.close)
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        page.locator("#ovens li:nth-child(16)").wait_for(timeout=3 * SOON)
        page.locator("#tablets li:nth-child(4)").wait_for(timeout=3 * SOON)
        page.locator("#ovens li[data-state=baking]").first.wait_for(timeout=3 * SOON)
        page.screenshot(path=shots / "board-live.png", full_page=True)
        wait_for(page, "#served", re.compile("^12$"))
        assert page.locator("#burnt").inner_text() == "0"
        assert not errors
        assert any("the lunch is over" in line for line in kitchen.stderr), (
            "the last client has his pizza as well"
        )
        kitchen.send_signal(signal.SIGINT)
        said, _ = kitchen.communicate(timeout=60)
    assert "12 of 12 orders closed" in said, said
