"""The credentials service, with its faults, for tests."""

import contextlib
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pizzeria.common.subprocesses import stop
from support.datacenter import eventually


@contextlib.contextmanager
def credentials_service(delay_ms, faults=True):
    """Run one; yield its address."""
    command = [sys.executable, "-m", "pizzeria", "datacenter", "credentials", f"--delay-ms={delay_ms}"]
    with subprocess.Popen(command + ["--faults"] * faults, stdout=subprocess.PIPE, text=True) as service:
        try:
            yield json.loads(service.stdout.readline())["listening"]
        finally:
            stop(service)


class Gate:
    """A credentials service that counts who asks, and lets nobody go until it is opened: no test has to hit a moment."""

    def __init__(self):
        self.asked, self.lock, self.opened = 0, threading.Lock(), threading.Event()
        self.url = ""

    def holds(self, count):
        """Wait until so many have asked; return whether they did in time."""
        return eventually(lambda: self.asked >= count)

    def open(self):
        """Let everybody go, now and later."""
        self.opened.set()


@contextlib.contextmanager
def gate():
    """Run a `Gate` in this process; it is opened at the end, whatever happened."""
    held = Gate()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            with held.lock:
                held.asked += 1
            held.opened.wait()
            answer = b'{"allowed": true}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            with contextlib.suppress(ConnectionError):  # who asked may have gone meanwhile
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as service:
        held.url = f"http://127.0.0.1:{service.server_port}"
        serving = threading.Thread(target=service.serve_forever)
        serving.start()
        try:
            yield held
        finally:
            held.open()
            service.shutdown()
            serving.join()
