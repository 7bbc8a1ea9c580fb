"""Serve a built site on loopback, and rebuild it when its sources change."""

from __future__ import annotations

import functools
import http.server
import sys
import threading
import time
from pathlib import Path

from .publish import run_to_its_end


class _Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")  # an author wants the page just built
        super().end_headers()

    def log_message(self, *_: object) -> None:
        pass

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        page = Path(self.directory, "404.html")
        if code == 404 and page.is_file():
            body = page.read_bytes()
            self.send_response(404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            return
        super().send_error(code, message, explain)


def start_server(folder: Path, port: int) -> http.server.ThreadingHTTPServer:
    """Serve a folder on 127.0.0.1 in a thread; port 0 takes a free one. Stop it by ``shutdown()``."""
    handler = functools.partial(_Handler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _snapshot(paths: list[Path]) -> dict[str, int]:
    """Note when each file below the paths was last changed."""
    files = (f for path in paths for f in ([path] if path.is_file() else path.rglob("*")))
    return {str(f): f.stat().st_mtime_ns for f in files if f.is_file() and "__pycache__" not in f.parts}


def watch(paths: list[Path], command: list[str]) -> None:
    """Run ``command`` now and after every change below ``paths``, until interrupted.

    A change made while the command runs starts it once more, so no save is lost. A failing command is reported by
    itself and the watch goes on.
    """
    from watchfiles import PythonFilter
    from watchfiles import watch as changes

    class Sources(PythonFilter):
        def __init__(self) -> None:
            super().__init__(extra_extensions=(".md", ".css", ".js", ".html", ".svg", ".png", ".toml"))

    def run() -> None:
        begun = time.perf_counter()
        code = run_to_its_end(command)
        verdict = "built" if code == 0 else "NOT built; the site still shows the last good build"
        print(
            f"{verdict} in {time.perf_counter() - begun:.1f} s; watching for changes, Ctrl-C stops",
            file=sys.stderr,
        )

    # The watcher sees changes from its first step on; what was saved before that is found by comparing.
    before = None
    while before != (before := _snapshot(paths)):
        run()
    first = True
    watcher = changes(
        *paths,
        watch_filter=Sources(),
        raise_interrupt=False,
        debounce=300,
        rust_timeout=500,
        yield_on_timeout=True,
    )
    for changed in watcher:
        if changed or (first and _snapshot(paths) != before):
            run()
        first = False
