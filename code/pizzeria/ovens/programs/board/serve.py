"""Hand the board's page to a browser on this machine, and nothing else to nobody else."""

from __future__ import annotations

import http.server
import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

FOLDER = Path(__file__).parent
FILES = {
    "": ("index.html", "text/html; charset=utf-8"),
    "board.css": ("board.css", "text/css; charset=utf-8"),
    "board.js": ("board.js", "text/javascript; charset=utf-8"),
    "news.js": ("news.js", "text/javascript; charset=utf-8"),
    "shapes.js": ("shapes.js", "text/javascript; charset=utf-8"),
    "mqtt.js": ("mqtt.js", "text/javascript; charset=utf-8"),
}


@contextmanager
def serve_board(ws_url: str, port: int = 0, kitchen: str = "") -> Iterator[str]:
    """Serve the board of the kitchen of this name at this broker (ws:// or wss://) while the block lasts; give the page's address.

    The page is told the broker's user and password, so its address holds a secret: print it to the user only.
    Raises `ValueError` for another kind of address and `OSError` when the port is taken.
    """
    parts = urlsplit(ws_url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError("the board needs the broker's WebSocket address: ws://HOST:PORT/mqtt")
    origin = f"{parts.scheme}://{parts.netloc.split('@')[-1]}"
    broker = {
        "url": f"{origin}{parts.path or '/mqtt'}",
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "prefix": f"{kitchen}/" if kitchen else "",
    }
    token = secrets.token_urlsafe(16)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler(f"/{token}/", broker, origin))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{token}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def handler(base: str, broker: dict[str, str], origin: str) -> type[http.server.BaseHTTPRequestHandler]:
    """Return the request handler that knows the page's files and the broker's address, below `base` alone."""
    policy = f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' {origin}; img-src data:; "
    policy += "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    class Board(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.split("?")[0].removeprefix(base)
            if not self.path.startswith(base) or name not in (*FILES, "broker.json"):
                self.send_error(404)
            elif name == "broker.json":
                self.answer(json.dumps(broker).encode(), "application/json")
            else:
                file, kind = FILES[name]
                self.answer((FOLDER / file).read_bytes(), kind)

        def answer(self, body: bytes, kind: str) -> None:
            self.send_response(200)
            for header in (
                ("Content-Type", kind),
                ("Content-Length", str(len(body))),
                ("Cache-Control", "no-store"),
                ("Content-Security-Policy", policy),
                ("Referrer-Policy", "no-referrer"),
                ("X-Content-Type-Options", "nosniff"),
            ):
                self.send_header(*header)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass  # the address is a secret

    return Board
