"""`datacenter serve --open`, as a person starts it: two servers on one board, a crowd that comes and goes, Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import psutil
import pytest

from support.datacenter import eventually
from support.visit import violations

SOON = 60_000  # ms
QUICK = ("--credentials-ms=5", "--disk-ms=1", "--compute-ms=0.1")


@contextmanager
def serving(*servers):
    """Start two servers under one board; give the command, the servers' ready lines and the board's address."""
    command = [sys.executable, "-m", "pizzeria", "datacenter", "serve", "--open", *servers, *QUICK]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env={**os.environ, "BROWSER": "true"}, **pipes) as running:
        try:
            ready = [json.loads(running.stdout.readline()) for _ in range(2)]
            url = running.stderr.readline().removeprefix("the board: ").strip()
            drained = threading.Thread(target=running.stderr.read)  # who is not read stands still one day
            drained.start()
            yield running, ready, url
        finally:
            running.kill()
    drained.join()


@pytest.fixture(scope="module")
def served():
    with serving("--server", "loop", "--beside", "threads") as started:
        yield started


def test_no_process_outlives_a_command_that_was_killed(browser):
    with serving("--server", "pool", "--beside", "processes") as (running, ready, url):
        page = browser.new_page()
        page.goto(url)
        page.locator(".house .processes").first.filter(has_text=re.compile("[1-9]")).wait_for(timeout=SOON)
        os.kill(ready[0]["pid"], signal.SIGKILL)
        page.locator(".house[data-alive=false] .words").filter(has_text="has ended").wait_for(timeout=SOON)
        page.locator(".house[data-alive=true]").wait_for(timeout=SOON)
        page.close()
        started = psutil.Process(running.pid).children(recursive=True)
    assert len(started) > 2
    assert eventually(lambda: not any(map(alive, started)))


def alive(process):
    """Whether it runs; one that nobody has reaped does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def open_board(browser, url, width=1400, scheme="light"):
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page.errors, page.asked = [], []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("console", lambda said: said.type == "error" and page.errors.append(said.text))
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(url)
    page.locator(".house:nth-child(2) .threads").filter(has_text="thread").wait_for(timeout=SOON)
    return page


@pytest.mark.parametrize(("width", "scheme"), [(1400, "light"), (390, "dark")])
def test_the_board_is_tidy_and_asks_nobody_else(browser, served, judges, shots, width, scheme):
    _, _, url = served
    page = open_board(browser, url, width, scheme)
    try:
        assert page.locator(".house .name").all_inner_texts() == ["loop", "threads"]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page, judges / "axe-core" / "axe.min.js") == []
        assert all(asked.startswith((url, "data:")) for asked in page.asked)
        assert not page.errors
        page.screenshot(path=shots / f"servers-board-{width}-{scheme}.png", full_page=True)
    finally:
        page.close()


def test_a_crowd_comes_is_counted_and_goes_and_ctrl_c_ends_all(browser, served, shots):
    running, ready, url = served
    page = open_board(browser, url)
    try:
        page.get_by_role("button", name="40", exact=True).focus()
        page.keyboard.press("Enter")
        loop, threads = page.locator(".house").nth(0), page.locator(".house").nth(1)
        for house in (loop, threads):
            house.locator(".served").filter(has_text=re.compile(r"^[1-9]")).wait_for(timeout=SOON)
            house.locator(".unit").filter(has_text=re.compile("s$")).wait_for(timeout=SOON)
            house.locator(".connections").filter(has_text=re.compile("^40$")).wait_for(timeout=SOON)
        threads.locator(".threads").filter(has_text=re.compile(r"^4\d threads$")).wait_for(timeout=SOON)
        assert re.fullmatch(r"[1-5] threads?", loop.locator(".threads").inner_text())
        assert threads.locator(".picture circle").count() == 40
        assert "has a thread" in threads.locator(".words").inner_text()
        pressed = "#crowds [aria-pressed=true]"
        assert page.locator(pressed).all_inner_texts() == ["40"]
        page.screenshot(path=shots / "servers-board-crowd.png", full_page=True)
        page.get_by_role("button", name="nobody").click()
        loop.locator(".words").filter(has_text="Nobody knocks").wait_for(timeout=SOON)
        loop.locator(".connections").filter(has_text=re.compile("^0$")).wait_for(timeout=SOON)
        assert not page.errors
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
        page.locator("#status").filter(has_text="offline").wait_for(timeout=SOON)
        assert not [one["pid"] for one in ready if psutil.pid_exists(one["pid"])]
    finally:
        page.close()
