"""Serve a built site on loopback. Its pages get one script on the way, which keeps them up to date; no file gets anything."""

from __future__ import annotations

import functools
import http.server
import io
import json
import os
import re
import sys
import threading
from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from ..page import into_head
from .board import Board

OURS = "/.serve/"  # below it is what is no part of the site
SCRIPTS = ("page.js", "morph.js", "panel.js")
LOOPBACK = frozenset(["localhost", "127.0.0.1", "[::1]"])  # who is asked for, in a request from this machine
BEAT = 10.0  # seconds between signs of life, by which a page that is gone is noticed
_EMPTY = b"<!doctype html><html lang=en><head><meta charset=utf-8><title>Not built yet</title></head><body><p>Nothing has been built yet.</p></body></html>"


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(
        self,
        *args: object,
        directory: str,
        board: Board | None,
        swapping: AbstractContextManager[object],
        hosts: frozenset[str],
    ):
        self.board, self.swapping, self.hosts = board, swapping, hosts
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]  # what socketserver gives a handler

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")  # an author wants the page just built
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass

    def parse_request(self) -> bool:
        """Read a request; refuse one for another host: a page from elsewhere may name us so to read what we serve."""
        if not super().parse_request():
            return False
        host = re.sub(r":\d*$", "", self.headers.get("Host", "localhost").strip().lower())
        if host in self.hosts or host.endswith(".localhost"):
            return True
        self.send_error(
            HTTPStatus.MISDIRECTED_REQUEST,
            explain=f"Not for {host}: serve --allow-host {host} says otherwise.",
        )
        return False

    def do_GET(self) -> None:
        if self.board and self.path.partition("?")[0] == f"{OURS}events":
            with suppress(OSError):
                self._events(self.board)
        else:
            super().do_GET()

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        name = self.path.partition("?")[0].removeprefix(OURS)
        if self.board and name in SCRIPTS:
            script = Path(__file__).with_name("js") / name
            return self._answer(HTTPStatus.OK, "text/javascript", script.read_bytes())
        if self.board and name == "versions":  # not in every event: they are as many as the site's files
            versions = json.dumps(self.board.state.versions).encode()
            return self._answer(HTTPStatus.OK, "application/json", versions)
        try:
            found = self._opened()
        except (OSError, ValueError):  # what no file is called raises either
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        if found is None:
            return super().send_head()
        if isinstance(found, bytes):
            return self._page(found)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", self.guess_type(self.path.partition("?")[0]))
        self.send_header("Content-Length", str(os.fstat(found.fileno()).st_size))
        self.end_headers()
        return found

    def _opened(self) -> bytes | BinaryIO | None:
        """Read the page that is asked for, or open another file; None for a folder. Raise OSError or ValueError for neither.

        Nobody is answered meanwhile: who is slow to read would keep a build from its place.
        """
        as_folder = self.path.partition("?")[0].endswith("/")
        with self.swapping:  # between two sites there is none
            path = Path(self.translate_path(self.path))
            if path.is_dir():
                path = path / "index.html"
                if not as_folder or not path.is_file():
                    return _EMPTY if as_folder and path.parent == Path(self.directory) else None
            elif as_folder:
                raise FileNotFoundError(path)
            return path.read_bytes() if path.suffix in (".html", ".htm") else path.open("rb")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        own = self._not_found() if code == HTTPStatus.NOT_FOUND else None
        if own is None:
            super().send_error(code, message, explain)
            return
        body = self._page(own, HTTPStatus.NOT_FOUND)
        if self.command != "HEAD":
            self.wfile.write(body.getvalue())

    def _not_found(self) -> bytes | None:
        with self.swapping, suppress(OSError):
            return Path(self.directory, "404.html").read_bytes()
        return None

    def _page(self, body: bytes, status: HTTPStatus = HTTPStatus.OK) -> io.BytesIO:
        if self.board:
            built = self.board.state.built
            tag = f'<script type="module" src="{OURS}page.js" data-built="{built}"></script>'
            # Bytes are kept as they are, whatever they are encoded in.
            body = first_in_head(body.decode("latin-1"), tag).encode("latin-1")
        return self._answer(status, "text/html", body)

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> io.BytesIO:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)

    def _events(self, board: Board) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        seen = -1
        while not board.closed:
            state = board.wait(seen, BEAT)
            if state:
                seen = state[0]
            self.wfile.write(event(state[1]) if state else b": here\n\n")
            self.wfile.flush()


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        # Whoever closes a page before all of it has come has done nothing wrong.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def first_in_head(page: str, tag: str) -> str:
    """Return a page (HTML) with ``tag`` before all other scripts of its head."""
    # After the policy, which must be in force; before the first script, since deferred ones run in their order.
    end = into_head(page, "\0").find("\0")
    bare = re.sub(r"<!--.*?-->", lambda match: " " * len(match[0]), page, flags=re.DOTALL)
    script = re.compile("<script", re.IGNORECASE).search(bare, 0, max(0, end))
    at = script.start() if script else end if end >= 0 else len(page)
    return page[:at] + tag + page[at:]


def event(state: dict[str, object]) -> bytes:
    """Write a state as a server-sent event, without the versions of files."""
    told = {name: value for name, value in state.items() if name != "versions"}
    return b"data: " + json.dumps(told).encode() + b"\n\n"


def start_server(
    folder: Path,
    port: int,
    board: Board | None = None,
    swapping: AbstractContextManager[object] | None = None,
    hosts: Iterable[str] = (),
) -> http.server.ThreadingHTTPServer:
    """Serve a folder on 127.0.0.1 in a thread; port 0 takes a free one. Stop it by ``shutdown()``.

    board: what pages are told; without one they are served as they are. swapping: held while the folder is replaced.
    hosts: names besides those of this machine by which a request may ask for it, as behind a tunnel.
    """
    handler = functools.partial(
        _Handler,
        directory=str(folder),
        board=board,
        swapping=swapping or threading.Lock(),
        hosts=LOOPBACK | {host.lower() for host in hosts},
    )
    server = _Server(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server
