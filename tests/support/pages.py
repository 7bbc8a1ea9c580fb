"""Serve a folder as a static host does: compressed, cacheable, with the site's own 404 page."""

from __future__ import annotations

import functools
import gzip
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from urllib.parse import unquote, urlsplit

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".ipynb": "application/json",
    ".xml": "application/xml; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".py": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".png": "image/png",
}


class _Host(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *args, folder: Path, prefix: str, sent: dict[str, int]):
        self.folder, self.prefix, self.sent = folder, prefix, sent
        super().__init__(*args)

    def log_message(self, *_):
        pass

    def find(self, path: str) -> Path | None:
        if not path.startswith(self.prefix + "/"):
            return None
        found = (self.folder / path.removeprefix(self.prefix + "/")).resolve()
        if not found.is_relative_to(self.folder.resolve()):
            return None
        if found.is_dir():
            found = found / "index.html"
        return found if found.is_file() else None

    def do_GET(self):
        path = unquote(urlsplit(self.path).path)
        found = self.find(path)
        if found and found.name == "index.html" and not path.endswith(("/", "/index.html")):
            self.send_response(301)
            self.send_header("Location", urlsplit(self.path).path + "/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        status, shown = (200, found) if found else (404, self.folder / "404.html")
        body = shown.read_bytes() if shown.is_file() else b"not here"
        self.send_response(status)
        self.send_header("Content-Type", TYPES.get(shown.suffix, "application/octet-stream"))
        if shown.suffix != ".png" and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = _gzip(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=600")
        self.send_header("Last-Modified", formatdate(usegmt=True))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)
            name = path.removeprefix(self.prefix + "/")
            self.sent[name] = self.sent.get(name, 0) + len(body)

    do_HEAD = do_GET


@functools.lru_cache(maxsize=256)
def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True  # a browser keeps connections open longer than a test lasts

    def handle_error(self, *_):
        """Say nothing: a browser that navigates away breaks its connections."""


@contextmanager
def serve(folder: Path, prefix: str = "", sent: dict[str, int] | None = None, port: int = 0) -> Iterator[str]:
    """Serve ``folder`` on a free port of 127.0.0.1, below ``prefix``; give the address without a slash at the end.

    port: one that is asked for; raise OSError when somebody has it.

    The bytes of every body that went over the wire are added up in ``sent``, by path below ``prefix``.
    """
    handler = functools.partial(_Host, folder=folder, prefix=prefix, sent={} if sent is None else sent)
    with _Server(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{prefix}"
        finally:
            server.shutdown()
