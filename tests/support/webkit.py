"""WebKit as Debian ships it: its driver and browser on a display of their own, spoken to by plain WebDriver."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

DRIVER, DISPLAY = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
BROWSERS = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
RUN_LIMIT = 240_000  # ms


class Page:
    """One window of WebKit."""

    def __init__(self, address: str, session: str):
        self.address = f"{address}/session/{session}"

    def goto(self, url: str) -> None:
        call("POST", f"{self.address}/url", {"url": url})

    def evaluate(self, function: str, *arguments):
        """Call a JavaScript function that may be async; give what it resolves with. Raise RuntimeError when it fails."""
        script = f"""const done = arguments[arguments.length - 1], given = [...arguments].slice(0, -1);
        Promise.resolve().then(() => ({function})(...given)).then(value => done({{value}}), e => done({{error: String(e)}}));"""
        answer = call("POST", f"{self.address}/execute/async", {"script": script, "args": list(arguments)})
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer.get("value")


def call(method: str, url: str, body=None):
    """Ask the driver; give the value of its answer. Raise RuntimeError with its words when it refuses."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, method=method), timeout=300) as answer:
            return json.load(answer)["value"]
    except urllib.error.HTTPError as error:
        raise RuntimeError(error.read().decode(errors="replace")) from None


@contextmanager
def started(command: list, **options) -> Iterator[subprocess.Popen]:
    """Run a program for as long as the block lasts."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def webkit() -> Iterator[Page]:
    """Start a display, the driver and the browser; give its page; end them all."""
    with ExitStack() as stack:
        told, tell = os.pipe()
        screen = [DISPLAY, "-displayfd", str(tell), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
        stack.enter_context(started(screen, pass_fds=[tell]))
        os.close(tell)
        with os.fdopen(told) as line:
            display = f":{line.readline().strip()}"
        home = stack.enter_context(tempfile.TemporaryDirectory())
        with socket.create_server(("127.0.0.1", 0)) as free:  # the driver cannot say which port it would take
            port = free.getsockname()[1]
        env = {**os.environ, "DISPLAY": display, "XDG_RUNTIME_DIR": home, "HOME": home}
        env |= {"WEBKIT_DISABLE_COMPOSITING_MODE": "1", "LIBGL_ALWAYS_SOFTWARE": "1"}
        driver = stack.enter_context(started([DRIVER, f"--port={port}"], env=env))
        address = f"http://127.0.0.1:{port}"
        wait_for_driver(driver, port)
        options = {"webkitgtk:browserOptions": {"binary": str(BROWSERS[-1]), "args": ["--automation"]}}
        session = call("POST", f"{address}/session", {"capabilities": {"alwaysMatch": options}})
        page = Page(address, session["sessionId"])
        stack.callback(call, "DELETE", page.address)
        call("POST", f"{page.address}/timeouts", {"script": RUN_LIMIT})
        yield page


def wait_for_driver(driver: subprocess.Popen, port: int) -> None:
    """Return when the driver takes connections. Raise RuntimeError when it ended instead."""
    while driver.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            continue
    raise RuntimeError(f"WebKitWebDriver ended with {driver.returncode}")
