"""A page for a browser on this machine, and for nobody else: files, answers, a stream of events, words from its buttons.

The address holds a secret, so whoever does not know it can neither read the page nor press its buttons.
"""

from __future__ import annotations

import http.server
import json
import os
import secrets
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
WALL = PACKAGE / "common" / "wall"  # what the boards share
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
STILL_THERE = 2.0  # s without news, then a comment is sent: whoever has gone is found out
LARGEST = 4096  # bytes that a button may say


def board_files(folder: Path) -> dict[str, Path]:
    """Return the files of a board and of the wall by the names a page asks for them, its index.html's being "".

    The names are their places in the package, so that a script imports the wall's as it does on the disk.
    """
    found = {file.relative_to(PACKAGE).as_posix(): file for each in (folder, WALL) for file in each.iterdir()}
    return {"": folder / "index.html"} | {
        name: file for name, file in found.items() if file.suffix in (".css", ".js")
    }


class Feed:
    """The last state of something, for readers in threads of their own; closing it ends them."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.state: Any = None
        self.number, self.closed = 0, False

    def tell(self, state: Any) -> None:
        """Give everybody a new state; it must be what JSON can say."""
        with self.changed:
            self.state, self.number = state, self.number + 1
            self.changed.notify_all()

    def close(self) -> None:
        """Let every reader end."""
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def events(self) -> Iterator[bytes]:
        """Yield the states as server-sent events, the present one first; a comment where there is no news."""
        seen = 0
        while True:
            with self.changed:
                if self.number == seen and not self.closed:
                    self.changed.wait(STILL_THERE)
                if self.closed:
                    return
                news, seen = (self.state if self.number != seen else None), self.number
            yield b": still here\n\n" if news is None else b"data: " + json.dumps(news).encode() + b"\n\n"


@dataclass(frozen=True)
class Page:
    """What is handed out: `files` by name ("" is the page), `documents` as JSON, an event stream, and what buttons say.

    `told(word, body)` hears a POST and raises `ValueError` when it makes no sense; `connect` are further origins that
    the page may talk to.
    """

    files: Mapping[str, Path]
    documents: Mapping[str, object] = field(default_factory=dict)
    feed: Feed | None = None
    told: Mapping[str, Callable[[Any], object]] = field(default_factory=dict)
    connect: str = ""

    @property
    def policy(self) -> str:
        """The content policy: nothing from elsewhere, no code in the page."""
        return (
            f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {self.connect}; img-src data:; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


@contextmanager
def serve_page(page: Page, port: int = 0) -> Iterator[str]:
    """Serve the page on loopback while the block lasts; give its address. Raises `OSError` when the port is taken."""
    base = f"/{secrets.token_urlsafe(16)}/"
    server = _Server(("127.0.0.1", port), handler(base, page))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{base}"
    finally:
        if page.feed:
            page.feed.close()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        # Whoever closes a page before all of it has come has done nothing wrong.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def handler(base: str, page: Page) -> type[http.server.BaseHTTPRequestHandler]:
    """Return the request handler of a page, below `base` alone."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.split("?")[0].removeprefix(base)
            if not self.path.startswith(base):
                self.send_error(404)
            elif name == "events" and page.feed:
                self.stream(page.feed)
            elif name in page.documents:
                self.answer(json.dumps(page.documents[name]).encode(), "application/json")
            elif name in page.files:
                file = page.files[name]
                self.answer(file.read_bytes(), f"{KINDS[file.suffix]}; charset=utf-8")
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            hear = page.told.get(self.path.removeprefix(base)) if self.path.startswith(base) else None
            if hear is None:
                return self.send_error(404)
            try:
                size = int(self.headers.get("content-length", ""))
                if not 0 <= size <= LARGEST:
                    raise ValueError(f"at most {LARGEST} bytes")
                hear(json.loads(self.rfile.read(size)))
            except ValueError:
                return self.send_error(400)
            self.answer(b"", "application/json", 204)

        def stream(self, feed: Feed) -> None:
            self.head("text/event-stream")
            with suppress(OSError):  # the page was closed
                for event in feed.events():
                    self.wfile.write(event)

        def answer(self, body: bytes, kind: str, status: int = 200) -> None:
            self.head(kind, status, ("Content-Length", str(len(body))))
            self.wfile.write(body)

        def head(self, kind: str, status: int = 200, *more: tuple[str, str]) -> None:
            self.send_response(status)
            for header in (
                ("Content-Type", kind),
                ("Cache-Control", "no-store"),
                ("Content-Security-Policy", page.policy),
                ("Referrer-Policy", "no-referrer"),
                ("X-Content-Type-Options", "nosniff"),
                *more,
            ):
                self.send_header(*header)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass  # the address is a secret

    return Handler


def show(url: str) -> bool:
    """Print the board's address and open it in a browser with a window; return whether there was one."""
    print(f"the board: {url}", file=sys.stderr, flush=True)
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    # A browser of the terminal would take the one we were started in.
    if type(browser) is webbrowser.GenericBrowser and not os.environ.get("BROWSER"):
        return False
    # Some browsers stay in the foreground, and whoever waits for them hears no Ctrl-C.
    threading.Thread(target=browser.open, args=(url,), daemon=True).start()
    return True
